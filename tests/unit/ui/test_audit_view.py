"""Rows of the log for people, and as a file that no spreadsheet takes for more than it is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aura_engine.store.reads import AuditEntry
from aura_ui.audit_filters import wanted
from aura_ui.audit_view import entries_csv, entries_table

ZONE = ZoneInfo("America/Mexico_City")
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def entry(**given: object) -> AuditEntry:
    told = {
        "at": AT, "actor": "user:3", "role": "counselor", "email": "ana@escuela.example",
        "action": "ficha", "subject": "person", "pseudonym": "K7-FQ2M", "account_email": None,
        "detail": None, "request_id": None,
    }  # fmt: skip
    return AuditEntry(**{**told, **given})


def cells(*entries: AuditEntry) -> list[list[str]]:
    return list(csv.reader(io.StringIO(entries_csv(entries, ZONE).decode("utf-8-sig"))))[1:]


def test_a_row_is_said_in_words() -> None:
    rows = entries_table(
        [
            entry(),
            entry(pseudonym=None),
            entry(actor="demo:analyst", email=None, role="analyst", subject="list", pseudonym=None),
            entry(actor="cli", email=None, role="system", action="/api/v2/x", subject="log"),
        ],
        ZONE,
    ).to_numpy()
    assert list(rows[0][1:6]) == [
        "ana@escuela.example", "orientación", "Ficha", "una persona", "K7-FQ2M",
    ]  # fmt: skip
    assert rows[1][5] == "cuenta eliminada"
    assert list(rows[2][1:5]) == ["demostración (análisis)", "análisis", "Ficha", "una lista"]
    assert list(rows[3][1:5]) == ["línea de órdenes", "sistema", "/api/v2/x", "este registro"]


def test_a_file_holds_whole_moments_and_the_log_s_own_names() -> None:
    assert cells(entry()) == [
        ["2026-03-01T03:30:00-06:00", "user:3", "ana@escuela.example", "counselor", "ficha",
         "person", "K7-FQ2M", "", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(begin: str) -> None:
    given = f"{begin}HYPERLINK(1)"
    ((*_, detail, request),) = cells(entry(detail=given, request_id=given))
    assert (detail, request) == (f"'{given}", f"'{given}")


def test_days_of_the_address_are_the_reader_s() -> None:
    found = wanted({"desde": "2026-03-01", "hasta": "2026-03-02", "p": "k7fq2m"}, ZONE)
    assert found.pseudonym == "K7-FQ2M"
    assert found.since == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert found.until == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_the_last_day_of_all_calendars_asks_for_nothing() -> None:
    assert wanted({"hasta": date.max.isoformat(), "desde": "0001-01-01"}, ZONE) == wanted({}, ZONE)


def test_a_day_ends_where_the_next_begins_though_clocks_change() -> None:
    zone = ZoneInfo("Europe/Madrid")
    found = wanted({"desde": "2026-03-29", "hasta": "2026-03-29"}, zone)
    assert found.until is not None
    assert found.since is not None
    lasts = found.until.astimezone(UTC) - found.since.astimezone(UTC)
    assert lasts == timedelta(hours=23)
