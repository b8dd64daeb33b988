"""What the page of operations says of references that mean nobody."""

from __future__ import annotations

from datetime import UTC, datetime

from aura_engine.store.reads import ServiceStatus
from aura_ui.operation import (
    language_in_words,
    parts_table,
    references_in_words,
    unresolved_table,
)


def tally(unresolved: int, contradictory: int, rows: int = 9) -> dict[str, int]:
    return {"unresolved_rows": unresolved, "contradictory_rows": contradictory, "rows": rows}


def test_what_is_nobodys_and_what_two_claim_are_shown_for_each_table() -> None:
    tables = {"social.posts": tally(2, 0), "messaging.users": tally(0, 1), "a": tally(0, 0)}
    runs = [{"counts": {}}, {"counts": {"unresolved": {"tables": tables}}}]
    shown = unresolved_table(runs)
    assert shown.to_numpy().tolist() == [["messaging.users", 0, 1, 9], ["social.posts", 2, 0, 9]]
    assert list(shown.columns)[2] == "Reclamadas por dos"


def test_before_the_first_reading_there_is_nothing_to_show() -> None:
    assert unresolved_table([{"counts": {}}]).empty
    assert unresolved_table([]).empty


def read(contradictory: int, **tables: dict[str, int]) -> list[dict[str, object]]:
    counted = {"contradictory_references": contradictory, "tables": tables}
    return [{"counts": {"unresolved": counted}}]


def test_ids_that_two_people_claim_are_said_though_no_row_holds_them() -> None:
    (said,) = references_in_words(read(2, posts=tally(0, 0)))
    assert said.startswith("Identificadores que reclaman dos personas: 2.")


def test_that_all_is_well_is_said_only_after_a_reading() -> None:
    (well,) = references_in_words(read(0, posts=tally(0, 0)))
    assert "corresponden a alguien" in well
    (unknown,) = references_in_words([{"counts": {}}])
    assert "Todavía no" in unknown


def detail(**details: object) -> str:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    status = ServiceStatus("scheduler", is_up=True, since=at, details=details)
    table = parts_table({"scheduler": status}, at, UTC)
    return str(table.iloc[0, -1])


def test_the_scheduler_names_its_language_model_and_what_runs_it() -> None:
    assert detail(text_model="aura-es-mini", backend="onnx-cpu-int8") == (
        "aura-es-mini · onnx-cpu-int8"
    )
    assert detail(text_model=None) == ""


def test_a_model_that_reads_ahead_says_how_much_is_left_or_what_keeps_it() -> None:
    told = {"text_model": "a", "backend": "b"}
    assert "faltan 12,345 textos" in detail(**told, read_ahead={"unread": 12_345})
    assert detail(**told, read_ahead={"problem": "sin red"}).endswith("sin red")
    assert detail(problem="no hay modelo", **told) == "no hay modelo"


def lag(**changes: object) -> str:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    details = {"changes": changes} if changes else {}
    status = ServiceStatus("aura_social", is_up=True, since=at, details=details)
    table = parts_table({"aura_social": status}, at, UTC)
    return str(table.loc[table["Parte"] == "aura_social", "Retraso"].item())


def test_a_source_says_how_far_behind_its_changes_are_and_how_many_wait() -> None:
    assert lag() == "–"
    assert lag(mode="triggers", problem=None) == "–"
    assert lag(lag_seconds=0.2, waiting=0) == "0 s"
    assert lag(lag_seconds=75.0, waiting=1_200) == "1 min 15 s · 1,200 en espera"


def reader(*runs: dict[str, object], **details: object) -> str:
    status = ServiceStatus("scheduler", is_up=True, since=datetime.now(UTC), details=details)
    parts = {"scheduler": status} if details else {}
    return language_in_words(parts, [{"status": "succeeded", "counts": {}, "id": 9}, *runs])


def test_the_language_model_says_how_fast_it_was_when_it_last_read() -> None:
    read = {"scored": 1_000, "model_seconds": 4.0}
    run = {"id": 7, "status": "succeeded", "counts": {"texts": read, "text_backend": "onnx"}}
    failed = {"id": 8, "status": "failed", "counts": {"texts": {**read, "scored": 1}}}
    said = reader(failed, run, text_model="aura-es-mini", backend="onnx")
    assert said == (
        "Lee los textos aura-es-mini (onnx). Textos leídos en la corrida 7, la última que leyó"
        " alguno nuevo: 1,000, a 250 por segundo (onnx)."
    )
    assert "No se sabe qué modelo lee" in reader(run)
    assert reader(text_model="a", backend="b").endswith("leyó textos nuevos.")
