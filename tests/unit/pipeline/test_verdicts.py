from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from aura_engine.domain import RiskLevel
from aura_engine.pipeline.verdicts import VERDICT, keep_verdicts

OLD, NEW = (pd.Timestamp(datetime(2026, month, 1, tzinfo=UTC)) for month in (2, 3))


def verdict(level: str, asi: float, when: pd.Timestamp, model: int) -> dict[str, object]:
    return dict(zip(VERDICT, [level, asi, True, True, False, when, model], strict=True))


def now(
    night: float, negativity: float, level: str = RiskLevel.BAJO.value, asi: float = 5.0
) -> pd.DataFrame:
    observed = {"raw_ratio_night_messages": night, "raw_sentiment_negativity_index": negativity}
    seen = verdict(level, asi, NEW, 2) | observed
    return pd.DataFrame([seen | {"is_sufficient": not np.isnan(negativity)}], index=["ana"])


def before(
    *,
    had_messages: bool,
    had_texts: bool,
    level: str = RiskLevel.ALTO.value,
    asi: float = 80.0,
    had_evidence: bool = True,
) -> pd.DataFrame:
    had = {"had_messages": had_messages, "had_texts": had_texts, "had_evidence": had_evidence}
    return pd.DataFrame([verdict(level, asi, OLD, 1) | had], index=["ana"])


NOTHING_BEFORE = before(had_messages=True, had_texts=True).iloc[:0]


@pytest.mark.parametrize(
    ("night", "negativity", "had_messages", "had_texts", "stopped"),
    [
        (0.1, 0.2, True, True, False),
        (np.nan, 0.2, True, True, True),
        (0.1, np.nan, True, True, True),
        (np.nan, np.nan, False, False, False),
        (np.nan, 0.2, False, True, False),
        (0.1, np.nan, True, False, False),
    ],
)
def test_only_what_was_seen_before_can_stop_showing(
    night: float, negativity: float, had_messages: bool, had_texts: bool, stopped: bool
) -> None:
    kept = keep_verdicts(
        now(night, negativity),
        before(had_messages=had_messages, had_texts=had_texts),
        texts_are_read=True,
    ).loc["ana"]
    assert kept["stopped_showing"] == stopped
    assert kept["cluster_label"] == (RiskLevel.ALTO if stopped else RiskLevel.BAJO)


def test_the_verdict_is_kept_whole() -> None:
    kept = keep_verdicts(
        now(np.nan, np.nan), before(had_messages=True, had_texts=True), texts_are_read=True
    )
    assert kept.loc["ana", VERDICT].to_dict() == verdict(RiskLevel.ALTO.value, 80.0, OLD, 1)


@pytest.mark.parametrize(
    ("level", "asi", "fresh"),
    [
        (RiskLevel.ALTO, 30.0, True),
        (RiskLevel.MODERADO, 50.1, True),
        (RiskLevel.MODERADO, 50.0, False),
        (RiskLevel.MODERADO, 49.9, False),
        (RiskLevel.BAJO, 90.0, False),
    ],
)
def test_what_still_shows_counts_if_it_became_worse(
    level: RiskLevel, asi: float, fresh: bool
) -> None:
    kept = keep_verdicts(
        now(np.nan, 0.9, level.value, asi),
        before(had_messages=True, had_texts=True, level=RiskLevel.MODERADO.value, asi=50.0),
        texts_are_read=True,
    ).loc["ana"]
    assert kept["stopped_showing"]
    assert (kept["cluster_label"], kept["severity_index"], kept["verdict_as_of"]) == (
        (level, asi, NEW) if fresh else (RiskLevel.MODERADO, 50.0, OLD)
    )


def test_a_run_without_a_language_model_says_nothing_about_a_person() -> None:
    kept = keep_verdicts(
        now(0.1, np.nan), before(had_messages=True, had_texts=True), texts_are_read=False
    ).loc["ana"]
    assert not kept["stopped_showing"]
    assert kept["had_texts"]


def test_someone_who_shows_again_is_judged_anew() -> None:
    silent = keep_verdicts(
        now(0.1, np.nan), before(had_messages=True, had_texts=True), texts_are_read=True
    )
    again = keep_verdicts(now(0.1, 0.3), silent, texts_are_read=True).loc["ana"]
    assert not again["stopped_showing"]
    assert again["cluster_label"] == RiskLevel.BAJO


def test_nobody_can_have_stopped_showing_in_the_first_run() -> None:
    kept = keep_verdicts(now(np.nan, 0.2), NOTHING_BEFORE, texts_are_read=True).loc["ana"]
    assert not kept["stopped_showing"]
    assert not kept["had_messages"]
    assert kept["had_texts"]


@pytest.mark.parametrize(
    ("level", "asi"), [(RiskLevel.BAJO, 5.0), (RiskLevel.ALTO, 30.0), (RiskLevel.ALTO, 90.0)]
)
def test_evidence_of_a_level_outlives_a_silence_on_it_though_today_there_is_too_little(
    level: RiskLevel, asi: float
) -> None:
    """Kept, as bad or worse: the level is the former one either way."""
    silent = keep_verdicts(
        now(np.nan, np.nan, level.value, asi),
        before(had_messages=True, had_texts=True),
        texts_are_read=True,
    ).loc["ana"]
    assert silent["cluster_label"] == RiskLevel.ALTO
    assert (silent["is_sufficient"], silent["had_evidence"]) == (False, True)


@pytest.mark.parametrize(
    ("level", "had_evidence"), [(RiskLevel.MODERADO, True), (RiskLevel.ALTO, False)]
)
def test_a_level_that_was_never_seen_with_enough_evidence_has_none(
    level: RiskLevel, had_evidence: bool
) -> None:
    kept = keep_verdicts(
        now(np.nan, np.nan, RiskLevel.ALTO.value, 90.0),
        before(
            had_messages=True, had_texts=True, level=level.value, asi=50.0,
            had_evidence=had_evidence,
        ),
        texts_are_read=True,
    ).loc["ana"]  # fmt: skip
    assert not kept["had_evidence"]


def test_enough_evidence_today_is_evidence_of_the_level() -> None:
    kept = keep_verdicts(now(0.1, 0.3), NOTHING_BEFORE, texts_are_read=True).loc["ana"]
    assert kept["had_evidence"]
