"""The page of operations shows what belongs to nobody, and what two people claim."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from aura_engine.sources import TableTally, UnresolvedReport
from tests.integration.ui.conftest import OpenPage

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def record(store: Engine, report: UnresolvedReport) -> None:
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO pipeline_run (kind, status, requested_by, as_of, started_at,"
                " finished_at, counts) VALUES ('full', 'succeeded', 'test', :at, :at, :at,"
                " CAST(:counts AS jsonb))"
            ),
            {"at": AT, "counts": json.dumps({"unresolved": report.as_dict()})},
        )


def test_unresolved_and_contested_rows_of_each_table_are_shown(
    open_page: OpenPage, store: Engine
) -> None:
    posts = TableTally(references=9, rows=40, unresolved_references=2, unresolved_rows=7)
    users = TableTally(references=9, rows=9, contradictory_references=1, contradictory_rows=1)
    report = UnresolvedReport({"social.posts": posts, "messaging.users": users}, 3)
    record(store, report)
    page = open_page("operacion")
    assert not page.exception
    tables = [shown.value for shown in page.dataframe if "Sin dueño" in shown.value.columns]
    assert [table.to_numpy().tolist() for table in tables] == [
        [["messaging.users", 0, 1, 9], ["social.posts", 7, 0, 40]]
    ]
    said = " ".join(caption.value for caption in page.caption)
    assert "Identificadores que reclaman dos personas: 3." in said


def test_where_all_resolve_it_says_so(open_page: OpenPage, store: Engine) -> None:
    record(store, UnresolvedReport({"social.posts": TableTally(references=9, rows=40)}, 0))
    page = open_page("operacion")
    assert any("corresponden a alguien" in caption.value for caption in page.caption)
