"""The one transition function: what a new verdict means for history, cases and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aura_engine.domain import RiskLevel
from aura_engine.ensemble import Reason, why_changed

MATERIAL_ASI: Final = 1.0
"""Points of ASI that make a change worth a history row and a message."""
REOPEN_WITHIN: Final = timedelta(days=14)
"""A case closed more recently than this is reopened rather than followed by a new one."""
ALERT_EVERY: Final = timedelta(hours=24)
"""One alert a person in this time,"""
ALERT_AGAIN_ASI: Final = 10.0
"""unless the ASI rose by this much more since that alert."""
FIRST: Final = "first"
"""Reason of a person's first verdict."""
MAX_SINGLE_MESSAGES: Final = 200
"""With more transitions in one transaction, only totals are sent."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the transition function must know beside the verdicts themselves.

    Parameters
    ----------
    as_of : datetime
        Moment of the new verdicts.
    first_run : bool
        Whether this installation has no earlier generation.
    open_cases : set of str
        Root ids of people whose case is open.
    recently_closed : Series
        Case id by root id, of cases closed less than `REOPEN_WITHIN` ago.
    recent_alerts : Series
        ASI by root id, of alerts sent less than `ALERT_EVERY` ago.
    """

    as_of: datetime
    first_run: bool
    open_cases: set[str]
    recently_closed: pd.Series
    recent_alerts: pd.Series


@dataclass(frozen=True, slots=True)
class Transitions:
    """What follows from new verdicts.

    Parameters
    ----------
    changed : DataFrame
        Indexed by root id, one row for each person whose level changed or whose ASI moved by
        `MATERIAL_ASI` or more since it was last recorded, and for each new person: cluster_label,
        previous_label, severity_index, previous_severity, reason.
    new_cases : DataFrame
        user_id_raiz, state, severity_index.
    reopened : list of int
        Cases to reopen.
    alerted : list of str
        Root ids to alert about, most severe first.
    """

    changed: pd.DataFrame
    new_cases: pd.DataFrame
    reopened: list[int]
    alerted: list[str]

    @property
    def sends_single_messages(self) -> bool:
        """Whether the changes are few enough to be told one by one."""
        return len(self.changed) <= MAX_SINGLE_MESSAGES


def compare(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    circumstances: Circumstances,
    under_previous_model: pd.DataFrame | None = None,
) -> Transitions:
    """Compare new verdicts with those that readers see, and say what follows.

    Parameters
    ----------
    current : DataFrame
        Indexed by root id: cluster_label, severity_index, is_sufficient.
    previous : DataFrame
        Indexed by root id: cluster_label, recorded_level, recorded_severity.
    circumstances : Circumstances
        Open cases, recent alerts, and whether this is the first run.
    under_previous_model : DataFrame, optional
        When a new model was activated: cluster_label and severity_index that the former model
        gives to the same features, so that behaviour and model can be told apart.
    """
    before = previous.reindex(current.index)
    new = before["cluster_label"].isna()
    level_changed = new | (current["cluster_label"] != before["recorded_level"])
    asi_moved = _moved(current["severity_index"], before["recorded_severity"])
    changed = current.loc[level_changed | asi_moved, ["cluster_label", "severity_index"]].copy()
    changed["previous_label"] = before["recorded_level"].reindex(changed.index).astype(object)
    changed["previous_severity"] = before["recorded_severity"].reindex(changed.index)
    changed["reason"] = _reasons(changed, new.reindex(changed.index), under_previous_model)

    entered = changed.loc[
        (changed["cluster_label"] == RiskLevel.ALTO)
        & (changed["previous_label"] != RiskLevel.ALTO)
        & current["is_sufficient"].reindex(changed.index)
    ]
    by_behaviour = (entered["reason"] != Reason.MODEL) & (not circumstances.first_run)
    new_cases, reopened = _cases(entered, by_behaviour, circumstances)
    return Transitions(changed, new_cases, reopened, _alerts(entered[by_behaviour], circumstances))


def _moved(severity: pd.Series, reference: pd.Series) -> pd.Series:
    return (severity - reference).abs() >= MATERIAL_ASI


def _reasons(
    changed: pd.DataFrame, new: pd.Series, under_previous_model: pd.DataFrame | None
) -> pd.Series:
    reasons = pd.Series(Reason.BEHAVIOUR.value, index=changed.index, dtype=object)
    if under_previous_model is not None:
        known = changed[~new]
        old = under_previous_model.reindex(known.index)
        by_level = why_changed(
            known["previous_label"], old["cluster_label"], known["cluster_label"]
        )
        by_asi = _why_moved(
            _moved(old["severity_index"], known["previous_severity"]),
            _moved(known["severity_index"], old["severity_index"]),
        )
        # Where the level stayed, the ASI decides.
        reasons[known.index] = np.where(pd.isna(by_level), by_asi, by_level)
    reasons[new] = FIRST
    return reasons


def _why_moved(by_behaviour: pd.Series, by_model: pd.Series) -> NDArray[np.str_]:
    return np.select(
        [by_model & by_behaviour, by_model], [Reason.BOTH, Reason.MODEL], Reason.BEHAVIOUR
    )


def _cases(
    entered: pd.DataFrame, by_behaviour: pd.Series, circumstances: Circumstances
) -> tuple[pd.DataFrame, list[int]]:
    waiting = entered[~entered.index.isin(list(circumstances.open_cases))]
    closed = circumstances.recently_closed.reindex(waiting.index).dropna()
    fresh = waiting.drop(index=closed.index)
    states = by_behaviour.reindex(fresh.index).map({True: "abierto", False: "por_revisar"})
    new_cases = pd.DataFrame(
        {"user_id_raiz": fresh.index, "state": states, "severity_index": fresh["severity_index"]}
    ).reset_index(drop=True)
    return new_cases, [int(case) for case in closed]


def _alerts(entered: pd.DataFrame, circumstances: Circumstances) -> list[str]:
    last = circumstances.recent_alerts.reindex(entered.index)
    due = last.isna() | (entered["severity_index"] - last >= ALERT_AGAIN_ASI)
    return list(entered[due].sort_values("severity_index", ascending=False).index)


def recorded(current: pd.DataFrame, previous: pd.DataFrame, changed: pd.Index) -> pd.DataFrame:
    """Return the level and ASI that history holds last, by person, after these transitions."""
    before = previous.reindex(current.index)
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
