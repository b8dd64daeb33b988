"""References that no window reaches and scores that nobody needs go; the others stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine

from aura_engine.store import bulk
from aura_engine.store.people import save_people
from aura_engine.store.texts import save_refs, save_scores, sweep_refs, sweep_scores
from tests.integration.store.rows import AS_OF, NO_MEMBERSHIPS, ids, people, scalar

LIMIT = datetime(2026, 1, 1, tzinfo=UTC)
AUTHOR = ids(1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def hmac(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def scored(store: Engine) -> Engine:
    """Six texts, the first three written before the limit; all scored by two models."""
    save_people(store, people(AUTHOR), NO_MEMBERSHIPS, as_of=AS_OF)
    written = [LIMIT + timedelta(days=days) for days in (-9, -1, 0, 1, 9, 40)]
    refs = pd.DataFrame(
        {
            "source": "post",
            "text_id": ids(6),
            "user_id_raiz": AUTHOR[0],
            "hmac": [hmac(n) for n in (1, 2, 3, 3, 5, 6)],
            "written_at": written,
        }
    )
    save_refs(store, refs, revision="in-use")
    for revision in ("in-use", "former"):
        save_scores(store, [hmac(n) for n in range(1, 8)], [0.5] * 7, revision=revision)
    return store


def sweep(store: Engine, before: datetime, *kept: str, settled: datetime = TOMORROW) -> list[int]:
    return [sweep_refs(store, before=before), sweep_scores(store, settled=settled, kept=kept)]


def kept(store: Engine) -> str:
    return str(
        scalar(
            store,
            "SELECT string_agg(get_byte(hmac, 31) || model_revision, ' ' ORDER BY 1)"
            " FROM text_score",
        )
    )


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_it_sweeps_what_no_window_reaches(
    scored: Engine, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(bulk, "DELETED_AT_ONCE", batch)
    # One hash of a swept text is also that of a later one, and a score is of no text at all.
    assert sweep(scored, LIMIT, "in-use") == [3, 7 + 4]
    assert kept(scored) == "3in-use 5in-use 6in-use"


def test_scores_of_a_model_in_use_or_to_come_stay(scored: Engine) -> None:
    sweep(scored, LIMIT - timedelta(days=100), "in-use", "former")
    assert scalar(scored, "SELECT count(*) FROM text_ref") == 6
    assert scalar(scored, "SELECT count(*) FROM text_score") == 5 * 2


def test_a_second_sweep_finds_nothing(scored: Engine) -> None:
    sweep(scored, LIMIT, "in-use")
    assert sweep(scored, LIMIT, "in-use") == [0, 0]


def test_scores_that_a_run_may_be_about_to_need_stay(scored: Engine) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert sweep(scored, LIMIT, "in-use", settled=yesterday) == [3, 0]
