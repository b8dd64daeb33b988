"""Kept verdicts: silence must never make a person look better."""

from __future__ import annotations

from typing import Final

import pandas as pd

from aura_engine.domain import LEVEL_RANK

VERDICT: Final = [
    "cluster_label",
    "severity_index",
    "vote_kmeans",
    "vote_dbscan",
    "vote_forest",
    "verdict_as_of",
    "model_version_id",
]
"""What is kept of someone who stopped showing: level, votes, ASI, its date and model."""


def keep_verdicts(
    current: pd.DataFrame, previous: pd.DataFrame, *, texts_are_read: bool
) -> pd.DataFrame:
    """Give people who stopped showing their last verdict unless today's is worse, and mark them.

    Someone stopped showing when KPI 3 or KPI 5 was observed in an earlier generation and is
    missing now: words were deleted, or none came for a whole window. What still shows may have
    become worse meanwhile; then that counts.

    Parameters
    ----------
    current : DataFrame
        Freshly scored, indexed by root id, with the `VERDICT` columns, is_sufficient and the raw
        KPIs.
    previous : DataFrame
        The generation that readers see now, same index; empty before the first run.
    texts_are_read : bool
        Whether KPI 5 exists in this run at all; without a language model its absence says
        nothing about a person.

    Returns
    -------
    DataFrame
        `current` with had_messages, had_texts, stopped_showing and had_evidence added, and the
        verdicts of those who stopped showing replaced where the earlier one was as bad or worse.
        is_sufficient stays today's truth; had_evidence tells whether there was enough at some time
        since the person has been on this level.
    """
    before = previous.reindex(current.index)
    messages = current["raw_ratio_night_messages"].notna()
    texts = current["raw_sentiment_negativity_index"].notna()
    had_messages = before["had_messages"].eq(True)
    had_texts = before["had_texts"].eq(True)
    stopped = (had_messages & ~messages) | (had_texts & ~texts & texts_are_read)
    kept = current.assign(
        had_messages=had_messages | messages,
        had_texts=had_texts | texts,
        stopped_showing=stopped,
    )
    who = current.index[stopped & ~_is_worse(current, before)]
    for column in VERDICT:
        kept.loc[who, column] = before.loc[who, column].astype(kept[column].dtype)
    stayed = kept["cluster_label"] == before["cluster_label"]
    had_evidence = kept["is_sufficient"] | (stayed & before["had_evidence"].eq(True))
    return kept.assign(had_evidence=had_evidence)


def _is_worse(current: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Tell whose level is higher than before, or as high with a higher ASI."""
    now, then = (verdicts["cluster_label"].map(LEVEL_RANK) for verdicts in (current, before))
    more_severe = current["severity_index"] > before["severity_index"]
    return (now > then) | ((now == then) & more_severe)
