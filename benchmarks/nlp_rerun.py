"""How many texts the model is given by a run, and by the next one when nobody wrote meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aura_engine.demo.population import Population
from aura_engine.demo.writer import write_until
from aura_engine.nlp import REDUCED_MODEL, TextScorer, load_scorer
from aura_engine.nlp.scorer import Probabilities
from aura_engine.pipeline import PipelineContext, RunParameters, run_full
from aura_engine.sources import connect_sources
from aura_engine.store.installation import ensure_installation
from benchmarks.nlp_subjects import SEED
from benchmarks.site import connected, temporary_site

THROUGH: Final = datetime(2026, 3, 1, 18, tzinfo=UTC)
HISTORY: Final = timedelta(days=30)
ZONE: Final = ZoneInfo("America/Mexico_City")


class CountingScorer:
    """A scorer that counts the texts it is given.

    Parameters
    ----------
    scorer : TextScorer
        Reads them.
    """

    def __init__(self, scorer: TextScorer) -> None:
        self._scorer = scorer
        self.name, self.revision = scorer.name, scorer.revision
        self.reduced, self.backend = scorer.reduced, scorer.backend
        self.texts = 0

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return P(negative) of each text."""
        self.texts += len(texts)
        return self._scorer.score(texts)


def texts_given(users: int) -> list[int]:
    """Make a demo and two full runs an hour apart; return how many texts each gave the model."""
    scorer = CountingScorer(load_scorer(REDUCED_MODEL))
    key = secrets.token_bytes(32)
    given = []
    with temporary_site() as (_directory, site, lease):
        population = Population(SEED, users, (THROUGH - HISTORY).date(), ZONE)
        with site.service(lease) as service:
            write_until(service, population, THROUGH)
        urls = site.urls(lease)
        with connected(urls.analytics) as store, connect_sources(urls) as sources:
            ensure_installation(store, "demo")
            for moment in (THROUGH, THROUGH + timedelta(hours=1)):
                before = scorer.texts
                context = PipelineContext(
                    store=store,
                    sources=sources,
                    scorer=scorer,
                    text_key=key,
                    timezone=ZONE.key,
                    window_days=90,
                    refit_days=30,
                    reduced_is_chosen=True,
                    clock=lambda now=moment: now,  # type: ignore[misc]  # bound in the loop
                )
                run_full(context, parameters=RunParameters())
                given.append(scorer.texts - before)
    return given
