"""The one transition function: what a new verdict means for history, cases and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from aura_engine.domain import LEVEL_RANK, RiskLevel
from aura_engine.ensemble import Reason, why_changed
from aura_engine.store.cases import CaseState

MATERIAL_ASI: Final = 1.0
"""Points of ASI that make a change worth a history row and a message."""
ALERT_EVERY: Final = timedelta(hours=24)
"""One alert a person in this time,"""
ALERT_AGAIN_ASI: Final = 10.0
"""unless the ASI rose by this much more since that alert."""
_VERDICT: Final = ["cluster_label", "severity_index", "is_sufficient"]
_RECORDED: Final = ["recorded_level", "recorded_severity"]
FIRST: Final = "first"
"""Reason of a person's first verdict."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """What follows from new verdicts.

    Parameters
    ----------
    changed : DataFrame
        Indexed by root id, one row for each person whose level changed or whose ASI moved by
        `MATERIAL_ASI` or more since it was last recorded, and for each new person: cluster_label,
        previous_label, severity_index, previous_severity, reason.
    entering : DataFrame
        Who needs a case now: user_id_raiz, state, severity_index.
    alerted : list of str
        Root ids to alert about, most severe first.
    """

    changed: pd.DataFrame
    entering: pd.DataFrame
    alerted: list[str]

    @property
    def people(self) -> int:
        """For how many people there is something to tell."""
        return len({*self.changed.index, *self.alerted})


def compare(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    recent_alerts: pd.Series,
    under_previous_model: pd.DataFrame | None = None,
    *,
    is_first: bool | None = None,
) -> Transitions:
    """Compare new verdicts with those that readers see, and say what follows.

    Someone enters when they need attention (`aura_engine.pipeline.steadiness`) and did not before.
    Whoever shows again after a silence in which they never left ALTO does not enter.

    Parameters
    ----------
    current : DataFrame
        Indexed by root id: cluster_label, severity_index, is_sufficient, needs_attention.
    previous : DataFrame
        The same of the generation in view, and recorded_level, recorded_severity; empty in an
        installation's first run.
    recent_alerts : Series
        ASI by root id, of alerts sent less than `ALERT_EVERY` ago.
    under_previous_model : DataFrame, optional
        When a new model was activated: the columns of `current` that the former model gives to
        the same behaviour, so that behaviour and model can be told apart.
    is_first : bool, optional
        Whether this is an installation's first run; told by an empty `previous` when not given.
    """
    first = previous.empty if is_first is None else is_first
    current = current[[*_VERDICT, "needs_attention"]]
    before = _beside(current, previous[[*_VERDICT, *_RECORDED, "needs_attention"]])
    between = current if under_previous_model is None else under_previous_model
    between = _beside(current, between[_VERDICT])
    is_new = before["cluster_label"].isna()
    moved = is_new | (current["cluster_label"] != before["recorded_level"])
    moved |= _moved(current["severity_index"], before["recorded_severity"])
    # As arrays: a boolean Series makes pandas look every person up by name.
    moved, is_new = moved.to_numpy(dtype=bool), is_new.to_numpy(dtype=bool)
    changed = current.loc[moved, ["cluster_label", "severity_index"]].copy()
    changed["previous_label"] = before.loc[moved, "recorded_level"].astype(object)
    changed["previous_severity"] = before.loc[moved, "recorded_severity"]
    changed["reason"] = _reasons(current[moved], before[moved], between[moved], is_new[moved])

    attended = before["needs_attention"].eq(True).to_numpy()
    enters = current["needs_attention"].to_numpy(dtype=bool) & ~attended
    by_behaviour = enters & (is_new | worsened(before, between).to_numpy(dtype=bool))
    by_behaviour &= not first
    states = np.where(by_behaviour[enters], CaseState.OPEN, CaseState.TO_REVIEW)
    entering = pd.DataFrame(
        {
            "user_id_raiz": current.index[enters],
            "state": states,
            "severity_index": current.loc[enters, "severity_index"].to_numpy(),
        }
    )
    return Transitions(changed, entering, _alerts(current[by_behaviour], recent_alerts))


def _beside(current: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return others' rows of the same people under the very same index, which needs no lookup."""
    return others.reindex(current.index).set_axis(current.index)


def _moved(severity: pd.Series, reference: pd.Series) -> pd.Series:
    return (severity - reference).abs() >= MATERIAL_ASI


def _is_high(verdicts: pd.DataFrame) -> pd.Series:
    return (verdicts["cluster_label"] == RiskLevel.ALTO) & verdicts["is_sufficient"].eq(True)


def worsened(before: pd.DataFrame, between: pd.DataFrame) -> pd.Series:
    """Tell for whom the former model, too, sees a worse level, or ALTO on enough evidence."""
    rank, former_rank = (
        verdicts["cluster_label"].map(LEVEL_RANK) for verdicts in (between, before)
    )
    return (rank > former_rank) | _is_high(between)


def _reasons(
    current: pd.DataFrame,
    before: pd.DataFrame,
    between: pd.DataFrame,
    is_new: npt.NDArray[np.bool_],
) -> pd.Series:
    """Say why each verdict differs from the recorded one; where the level stayed, by the ASI."""
    known = ~is_new
    now, then, middle = current[known], before[known], between[known]
    by_level = why_changed(then["recorded_level"], middle["cluster_label"], now["cluster_label"])
    by_behaviour = _moved(middle["severity_index"], then["recorded_severity"])
    by_model = _moved(now["severity_index"], middle["severity_index"])
    by_asi = np.select(
        [by_model & by_behaviour, by_model], [Reason.BOTH, Reason.MODEL], Reason.BEHAVIOUR
    )
    reasons = np.full(len(current), FIRST, dtype=object)
    reasons[known] = np.where(pd.isna(by_level), by_asi, by_level)
    return pd.Series(reasons, index=current.index)


def _alerts(entered: pd.DataFrame, recent_alerts: pd.Series) -> list[str]:
    last = recent_alerts.reindex(entered.index)
    due = last.isna() | (entered["severity_index"] - last >= ALERT_AGAIN_ASI)
    return list(entered[due].sort_values("severity_index", ascending=False).index)


def recorded(current: pd.DataFrame, previous: pd.DataFrame, changed: pd.Index) -> pd.DataFrame:
    """Return the level and ASI that history holds last, by person, after these transitions.

    Parameters
    ----------
    current : DataFrame
        This run's rows, by person.
    previous : DataFrame
        The former rows, by person.
    changed : Index
        Whose history gets a row.
    """
    before = _beside(current, previous[_RECORDED])
    is_changed = current.index.isin(changed)
    return pd.DataFrame(
        {
            "recorded_level": np.where(
                is_changed, current["cluster_label"], before["recorded_level"]
            ),
            "recorded_severity": np.where(
                is_changed, current["severity_index"], before["recorded_severity"]
            ),
        },
        index=current.index,
    )
