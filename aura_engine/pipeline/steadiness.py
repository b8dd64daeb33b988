"""Hysteresis: who needs attention does not follow every flicker of a level.

A level is always its votes'. Cases and alerts follow this steadier answer instead: someone needs
attention once ALTO has lasted for most of a day or the ASI is clear of the border, and goes on
needing it until the level has stayed lower for a week. The numbers were chosen by
``./aura evaluate --replay``; see ``benchmarks/README.md``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from aura_engine.domain import RiskLevel

CONFIRMED_AFTER: Final = timedelta(hours=20)
"""From one nightly run to the next, with room for a run that is early."""
CLEAR_ASI: Final = 70.0
"""From this ASI on nobody waits for the next night."""
RELEASED_AFTER: Final = timedelta(days=7)


def steady(
    current: pd.DataFrame, previous: pd.DataFrame, *, as_of: datetime, waits: bool
) -> pd.DataFrame:
    """Add who needs attention, and since when they are in ALTO or out of it.

    Parameters
    ----------
    current : DataFrame
        Verdicts of `keep_verdicts`, indexed by root id: cluster_label, severity_index,
        is_sufficient and had_evidence.
    previous : DataFrame
        The generation that readers see now, with ``has_open_case``; empty before the first run.
    as_of : datetime
        Moment of the verdicts.
    waits : bool
        Whether ALTO must last. Not in an installation's first run, nor under a new model, whose
        cases are reviewed and alert nobody.

    Returns
    -------
    DataFrame
        `current` with ``needs_attention`` (bool) and ``high_changed_at``: when someone last came
        into ALTO with enough evidence, or out of it.
    """
    moment = pd.Timestamp(as_of)
    before = previous.reindex(current.index)
    high = is_high(current)
    known = pd.to_datetime(before["high_changed_at"], utc=True).astype("datetime64[us, UTC]")
    changed_at = known.where((is_high(before) == high) & known.notna(), moment)
    lasted = moment - changed_at
    comes = high & current["is_sufficient"].astype(bool)
    if waits:
        comes &= (lasted >= CONFIRMED_AFTER) | (current["severity_index"] >= CLEAR_ASI)
    flickers = before["has_open_case"].eq(True) & (lasted < RELEASED_AFTER)
    stays = before["needs_attention"].eq(True) & (high | flickers)
    return current.assign(needs_attention=comes | stays, high_changed_at=changed_at)


def is_high(verdicts: pd.DataFrame) -> pd.Series:
    """Tell who is in ALTO on enough evidence, today's or earlier on the same level."""
    return (verdicts["cluster_label"] == RiskLevel.ALTO) & verdicts["had_evidence"].eq(True)
