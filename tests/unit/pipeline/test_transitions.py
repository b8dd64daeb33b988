from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.domain import RiskLevel
from aura_engine.pipeline.transitions import Circumstances, Transitions, compare, recorded

ALTO, MODERADO, BAJO = (level.value for level in RiskLevel)
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
Verdicts = dict[str, tuple[str, float]]


def current(verdicts: Verdicts, *, insufficient: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cluster_label": [level for level, _ in verdicts.values()],
            "severity_index": [asi for _, asi in verdicts.values()],
            "is_sufficient": [user not in insufficient for user in verdicts],
        },
        index=list(verdicts),
    )


def previous(verdicts: Verdicts) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cluster_label": [level for level, _ in verdicts.values()],
            "recorded_level": [level for level, _ in verdicts.values()],
            "recorded_severity": [asi for _, asi in verdicts.values()],
        },
        index=list(verdicts),
    )


def circumstances(
    *,
    first_run: bool = False,
    open_cases: tuple[str, ...] = (),
    closed: dict[str, int] | None = None,
    alerts: dict[str, float] | None = None,
) -> Circumstances:
    return Circumstances(
        as_of=AS_OF,
        first_run=first_run,
        open_cases=set(open_cases),
        recently_closed=pd.Series(closed or {}, dtype="float64"),
        recent_alerts=pd.Series(alerts or {}, dtype="float64"),
    )


def one(
    before: tuple[str, float] | None,
    after: tuple[str, float],
    *,
    under_previous_model: tuple[str, float] | None = None,
    insufficient: bool = False,
    **known: object,
) -> Transitions:
    """Compare one person, ``ana``, beside ``eva``, who never changes."""
    eva = {"eva": (BAJO, 10.0)}
    old = None
    if under_previous_model is not None:
        old = current({"ana": under_previous_model, **eva})
    return compare(
        current({"ana": after, **eva}, insufficient=("ana",) if insufficient else ()),
        previous(({"ana": before} if before else {}) | eva),
        circumstances(**known),  # type: ignore[arg-type]
        old,
    )


def states(transitions: Transitions) -> dict[str, str]:
    return dict(transitions.new_cases.set_index("user_id_raiz")["state"])


def test_entering_alto_opens_a_case_and_alerts() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0))
    assert states(result) == {"ana": "abierto"}
    assert result.alerted == ["ana"]
    row = result.changed.loc["ana"]
    assert (row["previous_label"], row["previous_severity"]) == (BAJO, 20.0)
    assert row["reason"] == "behaviour"


def test_staying_in_alto_opens_nothing() -> None:
    result = one((ALTO, 60.0), (ALTO, 90.0))
    assert states(result) == {}
    assert result.alerted == []
    assert list(result.changed.index) == ["ana"]


@pytest.mark.parametrize(("moved", "recorded_again"), [(0.99, False), (1.0, True), (-1.0, True)])
def test_a_point_of_asi_is_worth_a_history_row_and_less_is_not(
    moved: float, recorded_again: bool
) -> None:
    result = one((BAJO, 20.0), (BAJO, 20.0 + moved))
    assert ("ana" in result.changed.index) == recorded_again


def test_small_steps_add_up_because_the_last_recorded_asi_is_compared() -> None:
    before = previous({"ana": (BAJO, 20.0)})
    now = current({"ana": (BAJO, 20.6)})
    nothing = compare(now, before, circumstances())
    kept = recorded(now, before, nothing.changed.index)
    assert kept.loc["ana", "recorded_severity"] == 20.0
    later = before.assign(recorded_severity=kept["recorded_severity"])
    result = compare(current({"ana": (BAJO, 21.2)}), later, circumstances())
    assert result.changed.loc["ana", "previous_severity"] == 20.0


def test_the_first_run_opens_cases_to_review_and_alerts_nobody() -> None:
    result = compare(
        current({"ana": (ALTO, 95.0), "eva": (BAJO, 5.0)}),
        previous({}),
        circumstances(first_run=True),
    )
    assert states(result) == {"ana": "por_revisar"}
    assert result.alerted == []
    assert set(result.changed["reason"]) == {"first"}


def test_someone_new_after_the_first_run_is_a_case_like_any_other() -> None:
    result = one(None, (ALTO, 70.0))
    assert states(result) == {"ana": "abierto"}
    assert result.alerted == ["ana"]
    assert result.changed.loc["ana", "reason"] == "first"
    assert pd.isna(result.changed.loc["ana", "previous_label"])


def test_a_change_of_the_model_alone_is_to_review_and_alerts_nobody() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), under_previous_model=(BAJO, 20.2))
    assert result.changed.loc["ana", "reason"] == "model"
    assert states(result) == {"ana": "por_revisar"}
    assert result.alerted == []


def test_behaviour_under_a_new_model_is_still_behaviour() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), under_previous_model=(ALTO, 66.0))
    assert result.changed.loc["ana", "reason"] == "behaviour"
    assert states(result) == {"ana": "abierto"}
    assert result.alerted == ["ana"]


def test_model_and_behaviour_together_are_said_and_alert() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), under_previous_model=(MODERADO, 50.0))
    assert result.changed.loc["ana", "reason"] == "both"
    assert result.alerted == ["ana"]


@pytest.mark.parametrize(
    ("under_previous_model", "now", "reason"),
    [(30.0, 30.0, "behaviour"), (20.3, 30.0, "model"), (25.0, 30.0, "both")],
)
def test_an_asi_that_moves_within_its_level_has_a_reason_too(
    under_previous_model: float, now: float, reason: str
) -> None:
    result = one((BAJO, 20.0), (BAJO, now), under_previous_model=(BAJO, under_previous_model))
    assert result.changed.loc["ana", "reason"] == reason


def test_an_open_case_is_not_opened_twice() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), open_cases=("ana",))
    assert states(result) == {}
    assert result.reopened == []
    assert result.alerted == ["ana"]


def test_a_case_closed_a_short_while_ago_is_reopened() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), closed={"ana": 17})
    assert states(result) == {}
    assert result.reopened == [17]


@pytest.mark.parametrize(("asi", "alerted"), [(74.9, False), (75.0, True)])
def test_one_alert_a_day_unless_it_got_ten_points_worse(asi: float, alerted: bool) -> None:
    result = one((MODERADO, 60.0), (ALTO, asi), alerts={"ana": 65.0})
    assert (result.alerted == ["ana"]) == alerted


def test_too_little_evidence_opens_no_case_and_alerts_nobody() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), insufficient=True)
    assert states(result) == {}
    assert result.alerted == []
    assert list(result.changed.index) == ["ana"]


@pytest.mark.parametrize(("people", "told_singly"), [(200, True), (201, False)])
def test_beyond_two_hundred_changes_only_totals_are_told(people: int, told_singly: bool) -> None:
    users = [f"u{i}" for i in range(people)]
    result = compare(
        current(dict.fromkeys(users, (MODERADO, 50.0))),
        previous(dict.fromkeys(users, (BAJO, 20.0))),
        circumstances(),
    )
    assert len(result.changed) == people
    assert result.sends_single_messages == told_singly


def test_alerts_come_most_severe_first() -> None:
    result = compare(
        current({"ana": (ALTO, 60.0), "eva": (ALTO, 90.0), "luz": (ALTO, 75.0)}),
        previous({"ana": (BAJO, 1.0), "eva": (BAJO, 1.0), "luz": (BAJO, 1.0)}),
        circumstances(),
    )
    assert result.alerted == ["eva", "luz", "ana"]


verdicts = st.dictionaries(
    st.sampled_from([f"u{i}" for i in range(8)]),
    st.tuples(st.sampled_from([ALTO, MODERADO, BAJO]), st.floats(0, 100)),
    min_size=1,
)


@given(before=verdicts, after=verdicts)
def test_the_same_verdicts_again_change_nothing(before: Verdicts, after: Verdicts) -> None:
    now = current(after)
    first = compare(now, previous(before), circumstances())
    kept = recorded(now, previous(before), first.changed.index)
    again = compare(now, kept.assign(cluster_label=now["cluster_label"]), circumstances())
    assert again.changed.empty
    assert again.new_cases.empty
    assert again.alerted == []


@given(before=verdicts, after=verdicts)
def test_every_alert_has_a_case_and_both_are_in_alto(before: Verdicts, after: Verdicts) -> None:
    result = compare(current(after), previous(before), circumstances())
    assert set(result.alerted) == set(result.new_cases["user_id_raiz"])
    assert all(after[user][0] == ALTO for user in result.alerted)
