"""The six behavioural KPIs, raw: what was observed, NaN for what was not."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aura_engine.domain import KPI_COLUMNS
from aura_engine.features.errors import FeatureError
from aura_engine.features.shrinkage import Prior, shrink
from aura_engine.i18n import t

MAX_DAYS_SILENT = 365.0
_SECONDS_A_DAY = 86_400.0


def compute_kpis(
    activity: pd.DataFrame,
    *,
    as_of: datetime,
    night_prior: Prior,
    negativity_prior: Prior | None,
) -> pd.DataFrame:
    """Compute the raw KPIs of everyone in ``activity``.

    Parameters
    ----------
    activity : DataFrame, one row a person
        Columns ``has_social_profile``, ``followers``, ``following``, ``account_created_at``,
        ``last_activity_at``, ``messages``, ``night_messages``, ``bio_blank``,
        ``has_complete_profile``, ``community_categories``; with a ``negativity_prior`` also
        ``texts`` and ``negativity_sum``.
    as_of : datetime
        Zone-aware instant the KPIs speak of.
    night_prior : Prior
        The population's rate of night messages.
    negativity_prior : Prior or None
        The population's mean P(negative) a text; None when there is no language model, and KPI 5
        is then missing for all.

    Returns
    -------
    DataFrame of ``KPI_COLUMNS``, float64, on the index of ``activity``
        ======================== ============================================== =================
        column                   value                                          missing when
        ======================== ============================================== =================
        reciprocity_ratio        following / max(followers, 1), >= 0            no social profile,
                                                                                or both 0
        days_since_last_seen     days since the last activity, or since the     neither is known
                                 account was created; 0-365, fractional
        ratio_night_messages     shrunk share of night messages, 0-1            no messages
        is_profile_incomplete    1 with a blank bio and no complete profile     no social profile
        sentiment_negativity_    shrunk mean P(negative), 0-1                   no texts or model
        index
        num_community_categories distinct categories joined, 0 is a value       no social profile
        ======================== ============================================== =================

        Risk grows upwards, but downwards in the last.

    Raises
    ------
    FeatureError
        If ``as_of`` has no zone, or a column is absent.
    """
    if as_of.tzinfo is None or as_of.utcoffset() is None:
        raise FeatureError(t("features.naive_as_of"))
    social = _column(activity, "has_social_profile").to_numpy(dtype=bool)
    columns = (
        np.where(social, _reciprocity(activity), np.nan),
        _days_silent(activity, as_of),
        shrink(_floats(activity, "night_messages"), _floats(activity, "messages"), night_prior),
        np.where(social, _incomplete(activity), np.nan),
        _negativity(activity, negativity_prior),
        np.where(social, _floats(activity, "community_categories"), np.nan),
    )
    return pd.DataFrame(
        dict(zip(KPI_COLUMNS, columns, strict=True)), index=activity.index, dtype=np.float64
    )


def _reciprocity(activity: pd.DataFrame) -> NDArray[np.float64]:
    following = _floats(activity, "following")
    followers = _floats(activity, "followers")
    ratio = following / np.maximum(followers, 1.0)
    return np.where((following == 0) & (followers == 0), np.nan, ratio)


def _days_silent(activity: pd.DataFrame, as_of: datetime) -> NDArray[np.float64]:
    since = _column(activity, "last_activity_at").fillna(_column(activity, "account_created_at"))
    elapsed = pd.Timestamp(as_of) - since
    days: NDArray[np.float64] = elapsed.dt.total_seconds().to_numpy(np.float64) / _SECONDS_A_DAY
    bounded: NDArray[np.float64] = np.clip(days, 0.0, MAX_DAYS_SILENT)
    return bounded


def _incomplete(activity: pd.DataFrame) -> NDArray[np.float64]:
    blank = _column(activity, "bio_blank").to_numpy(dtype=bool)
    complete = _column(activity, "has_complete_profile").to_numpy(dtype=bool)
    incomplete: NDArray[np.float64] = (blank & ~complete).astype(np.float64)
    return incomplete


def _negativity(activity: pd.DataFrame, prior: Prior | None) -> NDArray[np.float64]:
    if prior is None:
        return np.full(len(activity), np.nan)
    return shrink(_floats(activity, "negativity_sum"), _floats(activity, "texts"), prior)


def _column(activity: pd.DataFrame, name: str) -> pd.Series:
    if name not in activity.columns:
        raise FeatureError(t("features.columns_absent", columns=name))
    return activity[name]


def _floats(activity: pd.DataFrame, name: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = _column(activity, name).to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return values
