from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.domain import RiskLevel
from aura_engine.pipeline.transitions import Transitions, compare, recorded

ALTO, MODERADO, BAJO = (level.value for level in RiskLevel)
Verdicts = dict[str, tuple[str, float]]


def current(verdicts: Verdicts, *, insufficient: tuple[str, ...] = ()) -> pd.DataFrame:
    enough = [user not in insufficient for user in verdicts]
    levels = [level for level, _ in verdicts.values()]
    return pd.DataFrame(
        {
            "cluster_label": levels,
            "severity_index": [asi for _, asi in verdicts.values()],
            "is_sufficient": enough,
            "needs_attention": [
                level == ALTO and known for level, known in zip(levels, enough, strict=True)
            ],
        },
        index=list(verdicts),
    )


def previous(verdicts: Verdicts, *, insufficient: tuple[str, ...] = ()) -> pd.DataFrame:
    seen = current(verdicts, insufficient=insufficient)
    return seen.assign(
        recorded_level=seen["cluster_label"],
        recorded_severity=seen["severity_index"],
    )


def alerts(sent: dict[str, float] | None = None) -> pd.Series:
    return pd.Series(sent or {}, dtype="float64")


def one(
    before: tuple[str, float] | None,
    after: tuple[str, float],
    *,
    under_previous_model: tuple[str, float] | None = None,
    insufficient: bool = False,
    was_insufficient: bool = False,
    sent: dict[str, float] | None = None,
) -> Transitions:
    """Compare one person, ``ana``, beside ``eva``, who never changes."""
    eva = {"eva": (BAJO, 10.0)}
    old = None
    if under_previous_model is not None:
        old = current({"ana": under_previous_model, **eva})
    return compare(
        current({"ana": after, **eva}, insufficient=("ana",) if insufficient else ()),
        previous(
            ({"ana": before} if before else {}) | eva,
            insufficient=("ana",) if was_insufficient else (),
        ),
        alerts(sent),
        old,
    )


def states(transitions: Transitions) -> dict[str, str]:
    return dict(transitions.entering.set_index("user_id_raiz")["state"])


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
    nothing = compare(now, before, alerts())
    kept = recorded(now, before, nothing.changed.index)
    assert kept.loc["ana", "recorded_severity"] == 20.0
    later = before.assign(recorded_severity=kept["recorded_severity"])
    result = compare(current({"ana": (BAJO, 21.2)}), later, alerts())
    assert result.changed.loc["ana", "previous_severity"] == 20.0


def test_the_first_run_opens_cases_to_review_and_alerts_nobody() -> None:
    result = compare(
        current({"ana": (ALTO, 95.0), "eva": (BAJO, 5.0)}),
        previous({}),
        alerts(),
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


@pytest.mark.parametrize(("asi", "alerted"), [(74.9, False), (75.0, True)])
def test_one_alert_a_day_unless_it_got_ten_points_worse(asi: float, alerted: bool) -> None:
    result = one((MODERADO, 60.0), (ALTO, asi), sent={"ana": 65.0})
    assert (result.alerted == ["ana"]) == alerted


def test_too_little_evidence_opens_no_case_and_alerts_nobody() -> None:
    result = one((BAJO, 20.0), (ALTO, 70.0), insufficient=True)
    assert states(result) == {}
    assert result.alerted == []
    assert list(result.changed.index) == ["ana"]


def test_enough_evidence_at_last_is_entering_though_the_level_stays() -> None:
    result = one((ALTO, 70.0), (ALTO, 70.0), was_insufficient=True)
    assert states(result) == {"ana": "abierto"}
    assert result.alerted == ["ana"]
    assert result.changed.empty


def test_who_needed_attention_already_does_not_enter() -> None:
    before = previous({"ana": (MODERADO, 50.0)}).assign(needs_attention=True)
    result = compare(current({"ana": (ALTO, 70.0)}), before, alerts())
    assert states(result) == {}
    assert result.alerted == []


@pytest.mark.parametrize(
    ("under_previous_model", "state", "alerted"),
    [((ALTO, 70.0), "abierto", ["ana"]), ((BAJO, 9.0), "por_revisar", [])],
)
def test_evidence_that_comes_with_a_new_model_counts_if_the_former_one_agrees(
    under_previous_model: tuple[str, float], state: str, alerted: list[str]
) -> None:
    result = one(
        (ALTO, 70.0), (ALTO, 70.0), was_insufficient=True, under_previous_model=under_previous_model
    )
    assert states(result) == {"ana": state}
    assert result.alerted == alerted


def test_better_behaviour_under_a_harsher_model_alerts_nobody() -> None:
    result = one((MODERADO, 50.0), (ALTO, 70.0), under_previous_model=(BAJO, 20.0))
    assert result.changed.loc["ana", "reason"] == "both"
    assert states(result) == {"ana": "por_revisar"}
    assert result.alerted == []


def test_a_former_model_that_is_lost_makes_every_difference_the_new_ones() -> None:
    before = previous({"ana": (BAJO, 20.0), "eva": (MODERADO, 40.0)})
    result = compare(
        current({"ana": (ALTO, 70.0), "eva": (MODERADO, 49.0)}), before, alerts(), before
    )
    assert set(result.changed["reason"]) == {"model"}
    assert states(result) == {"ana": "por_revisar"}
    assert result.alerted == []


def test_alerts_come_most_severe_first() -> None:
    result = compare(
        current({"ana": (ALTO, 60.0), "eva": (ALTO, 90.0), "luz": (ALTO, 75.0)}),
        previous({"ana": (BAJO, 1.0), "eva": (BAJO, 1.0), "luz": (BAJO, 1.0)}),
        alerts(),
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
    first = compare(now, previous(before), alerts())
    kept = recorded(now, previous(before), first.changed.index)
    again = compare(now, now.join(kept), alerts())
    assert again.changed.empty
    assert again.entering.empty
    assert again.alerted == []


@given(before=verdicts, after=verdicts)
def test_every_alert_has_a_case_and_both_are_in_alto(before: Verdicts, after: Verdicts) -> None:
    result = compare(current(after), previous(before), alerts())
    assert set(result.alerted) == set(result.entering["user_id_raiz"])
    assert all(after[user][0] == ALTO for user in result.alerted)
