"""The work list: order, filters, how far the ASI moved, and who may see of cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from aura_engine.domain import RiskLevel
from aura_engine.errors import AccessDenied
from aura_engine.store import reads
from aura_engine.store.access import Viewer
from aura_engine.store.generation import stage_history
from aura_engine.store.reads import OpenCase, WorkFilter, WorkOrder
from tests.integration.store.case_rows import acknowledge, snooze
from tests.integration.store.rows import AS_OF, a_model, history, publish_rows, scalar
from tests.integration.store.test_reads import (
    ANALYST,
    COUNSELOR,
    NAMES,
    OF_GROUP,
    OF_NOTHING,
    WHO,
    populate,
    read,
    rows,
)

LATER = AS_OF + timedelta(days=1)


@pytest.fixture
def seen(store: Engine) -> Engine:
    """A to F; A's case is active, B's put off, C's to review, and the others have none."""
    populate(store)
    cases = [int(scalar(store, CASE, name=name)) for name in NAMES[:2]]
    acknowledge(store, cases[0], at=AS_OF)
    snooze(store, cases[1], at=AS_OF, until=LATER, severity=80.0)
    return store


CASE = "SELECT id FROM risk_case WHERE pseudonym = :name"


def listed(store: Engine, viewer: Viewer = COUNSELOR, **given: Any) -> str:
    chosen = given.pop("chosen", WorkFilter())
    found = read(store, reads.work_list, viewer, chosen, **{"since": None, **given})
    if "limit" not in given:
        assert read(store, reads.work_count, viewer, chosen) == len(found)
    return "".join(row["pseudonym"][0] for row in found)


@pytest.mark.parametrize(
    ("chosen", "who"),
    [
        ({}, "CBDAEF"),
        ({"level": RiskLevel.ALTO}, "CBDA"),
        ({"level": RiskLevel.BAJO, "least_asi": 11.0}, ""),
        ({"least_asi": 80.0}, "CBD"),
        ({"case_state": OpenCase.ACTIVE}, "A"),
        ({"case_state": OpenCase.SNOOZED}, "B"),
        ({"case_state": OpenCase.TO_REVIEW}, "C"),
        ({"case_state": OpenCase.WAITING}, ""),
        ({"case_state": OpenCase.NONE}, "DEF"),
        ({"prefix": "E2-AAAA"}, "E"),
        ({"prefix": "E"}, "E"),
        ({"prefix": "_2"}, ""),
        ({"prefix": "%"}, ""),
        ({"prefix": WHO[4]}, ""),
    ],
    ids=str,
)
def test_a_filter_leaves_whom_it_says(seen: Engine, chosen: dict[str, Any], who: str) -> None:
    assert listed(seen, chosen=WorkFilter(**chosen)) == who


def test_a_waiting_case_of_its_own_is_found(seen: Engine) -> None:
    with seen.begin() as connection:
        connection.execute(
            text(
                "UPDATE risk_case SET acknowledged_at = NULL, acknowledged_by = NULL"
                " WHERE pseudonym = :name"
            ),
            {"name": NAMES[0]},
        )
    assert listed(seen, chosen=WorkFilter(case_state=OpenCase.WAITING)) == "A"


def test_people_are_ordered_by_what_is_asked_and_back(seen: Engine) -> None:
    days = [3.0, 9.0, None, 1.0, 2.0, 30.0]
    found = rows(a_model(seen)).assign(
        raw_days_since_last_seen=days,
        evidence=[6, 2, 4, 4, 1, 6],
        is_sufficient=[True, False, True, True, False, True],
        stopped_showing=[False, True, False, False, False, False],
    )
    publish_rows(seen, found)
    assert listed(seen, order=WorkOrder.ASI, is_reversed=True) == "FEABDC"
    assert listed(seen, order=WorkOrder.DAYS) == "CFBAED"
    assert listed(seen, order=WorkOrder.DAYS, is_reversed=True) == "DEABFC"
    assert listed(seen, order=WorkOrder.EVIDENCE) == "AFCDBE"
    assert listed(seen, order=WorkOrder.EVIDENCE, is_reversed=True) == "EBCDAF"
    assert listed(seen, chosen=WorkFilter(is_sufficient=True)) == "CDAF"
    assert listed(seen, chosen=WorkFilter(is_sufficient=False)) == "BE"
    assert listed(seen, chosen=WorkFilter(stopped_showing=True)) == "B"


@pytest.mark.parametrize("order", WorkOrder)
def test_pages_of_every_order_are_the_whole_list(seen: Engine, order: WorkOrder) -> None:
    for is_reversed in (False, True):
        given = {"order": order, "is_reversed": is_reversed, "since": AS_OF}
        paged = "".join(listed(seen, **given, limit=4, offset=offset) for offset in (0, 4))
        assert paged == listed(seen, **given)


def moved(store: Engine) -> dict[str, tuple[float | None, bool]]:
    found = read(store, reads.work_list, COUNSELOR, WorkFilter(), since=AS_OF)
    return {
        row["pseudonym"][0]: (row["asi_change"] and round(row["asi_change"], 1),
                              row["moved_by_model"])
        for row in found
    }  # fmt: skip


def test_the_asi_is_compared_with_the_last_that_was_recorded_by_the_same_model(
    seen: Engine,
) -> None:
    now = [71.0, 95.0, 90.4, 60.0, 50.0, 45.0]
    found = rows(a_model(seen)).assign(
        severity_index=now, recorded_severity=[71.0, 95.0, 90.0, 60.0, 50.0, 45.0]
    )
    run_id = publish_rows(seen, found, as_of=LATER)
    told = history(found, as_of=LATER).assign(
        reason=["behaviour", "both", "none", "model", "first", "model"],
        previous_severity=[70.0, 80.0, None, 80.0, None, 10.0],
        severity_index=[71.0, 95.0, 90.4, 60.0, 50.0, 15.0],
    )
    stage_history(seen, run_id, told.drop(index=2))
    again = told.loc[[5]].assign(
        as_of=LATER + timedelta(hours=1),
        reason="behaviour",
        previous_severity=15.0,
        severity_index=45.0,
    )
    stage_history(seen, run_id, again)
    assert moved(seen) == {
        "A": (1.0, False),
        "B": (15.0, True),
        "C": (0.4, False),
        "D": (0.0, True),
        "E": (None, False),
        "F": (30.0, True),
    }
    assert listed(seen, order=WorkOrder.CHANGE, since=AS_OF) == "FBACDE"
    assert listed(seen, order=WorkOrder.CHANGE, since=AS_OF, is_reversed=True) == "DCABFE"
    without = read(seen, reads.work_list, COUNSELOR, WorkFilter(), since=None)
    assert {row["asi_change"] for row in without} == {None}


def test_the_run_to_compare_with_is_the_last_before_a_moment(seen: Engine) -> None:
    assert read(seen, reads.last_run_before, COUNSELOR, AS_OF) is None
    assert read(seen, reads.last_run_before, COUNSELOR, LATER) == AS_OF
    publish_rows(seen, rows(a_model(seen)), as_of=LATER)
    assert read(seen, reads.last_run_before, COUNSELOR, LATER) == AS_OF


def test_a_list_holds_only_people_in_scope(seen: Engine) -> None:
    assert listed(seen, OF_GROUP) == "CAF"
    assert listed(seen, OF_NOTHING) == ""
    assert listed(seen, OF_GROUP, chosen=WorkFilter(prefix=NAMES[1])) == ""


def test_an_analyst_sees_no_ids_and_nothing_of_cases(seen: Engine) -> None:
    found = read(seen, reads.work_list, ANALYST, WorkFilter(), since=None)
    assert len(found) == 6
    assert not {"user_id_raiz", "case_state", "case_id", "case_version"} & set(found[0])
    with pytest.raises(AccessDenied, match="analyst"):
        listed(seen, ANALYST, chosen=WorkFilter(case_state=OpenCase.ACTIVE))
    with pytest.raises(AccessDenied, match="analyst"):
        read(seen, reads.work_count, ANALYST, WorkFilter(case_state=OpenCase.NONE))
