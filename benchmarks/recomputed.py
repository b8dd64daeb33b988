"""What the store should hold, computed anew from the sources; and who is stored otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import text

from aura_engine.copying import read_table
from aura_engine.domain import KPI_COLUMNS
from aura_engine.nlp import text_hmac
from aura_engine.pipeline import PipelineContext
from aura_engine.pipeline.rejudged import active_version
from aura_engine.pipeline.scoring import TEXT_COLUMNS
from aura_engine.sources import IdentityMap, TextSource, extract_activity, read_texts

VERDICT: Final = ["cluster_label", "severity_index", "vote_kmeans", "vote_dbscan", "vote_forest"]
_CLOSE: Final = 1e-9


def expected_rows(
    context: PipelineContext, as_of: datetime, moments: pd.Series[Any] | None = None
) -> pd.DataFrame:
    """Judge a fresh extraction by the active version and the stored scores of texts.

    Parameters
    ----------
    context : PipelineContext
        Databases and window.
    as_of : datetime
        Nothing later is extracted.
    moments : Series, optional
        By root id, when each is judged for, if not all at `as_of`.
    """
    extraction = extract_activity(
        context.sources,
        as_of=as_of,
        window_days=context.window_days,
        timezone=context.timezone,
    )
    stored, model = active_version(context.store)
    activity = extraction.activity
    if model.negativity_prior is not None:
        sums = _sums(context, extraction.identity, as_of, stored.text_revision)
        activity = activity.join(sums)
        activity[TEXT_COLUMNS] = activity[TEXT_COLUMNS].fillna(0)
    if moments is None:
        return model.score(model.kpis(activity, as_of=as_of))
    when = moments.reindex(activity.index).fillna(as_of)
    kpis = [model.kpis(part, as_of=moment) for moment, part in activity.groupby(when)]
    return model.score(pd.concat(kpis).sort_index())


def _sums(
    context: PipelineContext, identity: IdentityMap, as_of: datetime, revision: str | None
) -> pd.DataFrame:
    """Add up the stored scores of what the sources hold now; nothing of our references."""
    with context.store.connect() as connection:
        scores = {
            bytes(row.hmac): row.p_negative
            for row in connection.execute(
                text("SELECT hmac, p_negative FROM text_score WHERE model_revision = :r"),
                {"r": revision},
            )
        }
    window = {"since": context.since(as_of), "as_of": as_of}
    found: dict[str, list[float]] = {}
    for kind in TextSource:
        for page in read_texts(context.sources, kind, after=None, chunk=5_000, **window):
            owners = identity.resolve(page["user_ref"])
            for owner, content in zip(owners, page["content"], strict=True):
                p = scores[text_hmac(context.text_key, content)] if not pd.isna(owner) else None
                if p is not None:
                    found.setdefault(owner, []).append(p)
    return pd.DataFrame(
        {
            "texts": {who: len(ps) for who, ps in found.items()},
            "negativity_sum": {who: float(np.sum(sorted(ps))) for who, ps in found.items()},
            "negativity_sumsq": {who: float(np.sum(np.square(ps))) for who, ps in found.items()},
        }
    )


def stored_rows(context: PipelineContext) -> pd.DataFrame:
    """Return everyone's verdict and raw KPIs in view, by root id in ascending order."""
    with context.store.connect() as connection:
        rows = read_table(
            connection,
            "SELECT user_id_raiz::text AS user_id_raiz, extraction_date, stopped_showing, "
            + ", ".join([*VERDICT, *(f"raw_{column}" for column in KPI_COLUMNS)])
            + ", evidence::bigint AS evidence, is_sufficient"
            " FROM user_feature_vector f ORDER BY f.user_id_raiz",
        )
    return rows.set_index("user_id_raiz")


def differing(context: PipelineContext) -> list[str]:
    """Return who is stored otherwise than a full extraction gives for the moment of their row."""
    stored = stored_rows(context)
    # Up to the present: a change that was lost is later than the row that lacks it.
    expected = expected_rows(context, context.clock(), stored["extraction_date"])
    differs = set(stored.index.symmetric_difference(expected.index))
    both = stored.index.intersection(expected.index)
    stored, expected = stored.loc[both], expected.loc[both]
    shows = ~stored["stopped_showing"].to_numpy(bool)  # others keep a former verdict
    wrong = (stored["evidence"] != expected["evidence"]).to_numpy(copy=True)
    for column in (*(f"raw_{kpi}" for kpi in KPI_COLUMNS), "severity_index"):
        ours, theirs = (rows[column].to_numpy(float) for rows in (stored, expected))
        is_same = np.isclose(ours, theirs, rtol=_CLOSE, atol=_CLOSE, equal_nan=True)
        wrong |= ~is_same & (shows | (column != "severity_index"))
    wrong |= (stored["cluster_label"] != expected["cluster_label"]).to_numpy() & shows
    return sorted(differs | set(both[wrong]))
