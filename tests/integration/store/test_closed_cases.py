"""A closed case: a note is added to it, and nothing else is done."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from aura_engine.errors import CaseConflict, CaseRefused
from aura_engine.store import case_actions
from aura_engine.store.case_actions import CaseRef, Outcome
from tests.integration.store.case_rows import actions, case_row, open_case, population
from tests.integration.store.test_case_actions import ACTS, ANA, NOON, after, last_action


@pytest.fixture
def case(store: Engine) -> CaseRef:
    return CaseRef(open_case(store, population(store, 1)[0]), 1)


@pytest.mark.parametrize("name", sorted(ACTS.keys() - {"note"}))
def test_nothing_but_a_note_is_done_to_a_closed_case(
    store: Engine, case: CaseRef, name: str
) -> None:
    case_actions.close(store, ANA, case, Outcome.ATTENDED, at=NOON)
    with pytest.raises(CaseRefused, match=r"El caso está cerrado.*añadir una nota"):
        ACTS[name](store, ANA, after(case, 2))


def test_a_note_on_a_closed_case_is_kept_and_opens_nothing(store: Engine, case: CaseRef) -> None:
    case_actions.close(store, ANA, case, Outcome.ATTENDED, at=NOON)
    before = case_row(store, case.id)
    with pytest.raises(CaseConflict, match="cerró el caso"):
        ACTS["note"](store, ANA, case)
    assert ACTS["note"](store, ANA, after(case, 2)) == 3
    assert case_row(store, case.id) == {**before, "version": 3}
    assert last_action(store, case)["note"] == "hablé con su tutora"
    assert actions(store, case.id) == ["abierto", "cerrado", "nota"]
