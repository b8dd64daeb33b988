"""Hysteresis: who needs attention does not follow every flicker of a level.

A level is always its votes'. Cases and alerts follow this steadier answer instead: someone needs
attention once ALTO has lasted for most of a day, came back within a week of a day without it, or
the ASI is clear of the border. That ends when the level has stayed lower for a week, or with a case
that was closed meanwhile: who returns to ALTO after that is a case again. The numbers were chosen
by ``./aura evaluate --replay``; see ``benchmarks/README.md``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from aura_engine.domain import RiskLevel

CONFIRMED_AFTER: Final = timedelta(hours=20)
"""From one nightly run to the next, with room for a run that is early."""
CLEAR_ASI: Final = 70.0
"""From this ASI on nobody waits for the next night."""
RELEASED_AFTER: Final = timedelta(days=7)
_NEVER: Final = pd.Timestamp(0, tz="UTC")


def steady(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    as_of: datetime,
    waits: bool | npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Add who needs attention, and since when they are in ALTO or out of it.

    Parameters
    ----------
    current : DataFrame
        Verdicts of `keep_verdicts`, indexed by root id: cluster_label, severity_index,
        is_sufficient, had_evidence and stopped_showing.
    previous : DataFrame
        The generation that readers see now, with ``has_open_case``; empty before the first run.
    as_of : datetime
        Moment of the verdicts.
    waits : bool or ndarray of bool
        Whose ALTO must last. Nobody's in an installation's first run; under a new model only
        theirs whom the former one finds worse too, since what the model alone does is reviewed
        and alerts nobody.

    Returns
    -------
    DataFrame
        `current` with ``needs_attention`` (bool) and ``high_changed_at``: when someone last came
        into ALTO with enough evidence, or out of it; 1970 for whoever never was there.
    """
    moment = pd.Timestamp(as_of)
    before = previous.reindex(current.index)
    high = is_high(current)
    known = pd.to_datetime(before["high_changed_at"], utc=True).astype("datetime64[us, UTC]")
    was_high = is_high(before)
    changed_at = known.where((was_high == high) & known.notna(), moment)
    changed_at = changed_at.where(high | known.notna(), _NEVER)
    lasted = moment - changed_at
    away = moment - known
    returns = ~was_high & (away >= CONFIRMED_AFTER) & (away < RELEASED_AFTER)
    # Who fell silent on ALTO before it was confirmed has shown enough on it.
    comes = high & (current["is_sufficient"] | current["stopped_showing"]).astype(bool)
    confirmed = (lasted >= CONFIRMED_AFTER) | returns | (current["severity_index"] >= CLEAR_ASI)
    comes &= confirmed | ~np.broadcast_to(waits, len(current))
    flickers = before["has_open_case"].eq(True) & (lasted < RELEASED_AFTER)
    stays = before["needs_attention"].eq(True) & (high | flickers)
    return current.assign(needs_attention=comes | stays, high_changed_at=changed_at)


def is_high(verdicts: pd.DataFrame) -> pd.Series:
    """Tell who is in ALTO on enough evidence, today's or earlier on the same level."""
    return (verdicts["cluster_label"] == RiskLevel.ALTO) & verdicts["had_evidence"].eq(True)
