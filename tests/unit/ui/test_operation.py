"""What the page of operations says of references that mean nobody."""

from __future__ import annotations

from aura_ui.operation import unresolved_table


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
