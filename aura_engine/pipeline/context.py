"""What a run needs: the databases, the language model, the settings that define figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.nlp import (
    REDUCED_MODEL,
    TextScorer,
    is_reduced_revision,
    scorer_of_revision,
    text_key,
)
from aura_engine.settings import DatabaseUrls, Settings
from aura_engine.sources import Sources, connect_sources
from aura_engine.store.connect import connect_store
from aura_engine.store.leadership import Fence, fenced


def utc_now() -> datetime:
    """Return the present; the one clock, injected so that tests can set it."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class PipelineContext:
    """Everything a run works with.

    Parameters
    ----------
    store : Engine
        The analytics database.
    sources : Sources
        The three source databases, read only.
    scorer : TextScorer or None
        The language model; None where a run reads no texts.
    text_key : bytes
        Key of the hash that stands for a text.
    timezone : str
        IANA name of the population's zone.
    window_days : int
        Days of KPIs 3 and 5.
    refit_days : int
        Age at which a model version is replaced.
    reduced_is_chosen : bool
        Whether the reduced language model was asked for by its name.
    scorer_of : callable
        Takes the revision and the name of a language model that is in use but no longer
        configured; returns it, or None where it is not on this machine.
    clock : callable
        Returns the present, zone-aware.
    fence : Fence or None
        Under which `store` commits, as `led_by` makes it; None outside the scheduler.
    """

    store: Engine
    sources: Sources
    scorer: TextScorer | None
    text_key: bytes = field(repr=False)
    timezone: str
    window_days: int
    refit_days: int
    reduced_is_chosen: bool = False
    scorer_of: Callable[[str, str | None], TextScorer | None] = lambda _revision, _name: None
    clock: Callable[[], datetime] = utc_now
    fence: Fence | None = None

    def led_by(self, fence: Fence) -> PipelineContext:
        """Return the same for a leader: whatever it writes is refused once somebody else leads."""
        return replace(self, store=fenced(self.store, fence), fence=fence)

    def since(self, as_of: datetime) -> datetime:
        """Return where the window of KPIs 3 and 5 begins, itself excluded."""
        return as_of - timedelta(days=self.window_days)

    def require_no_step_down(self, in_use: str | None) -> None:
        """Stop a run that would read with the reduced model only because no better one was had.

        Parameters
        ----------
        in_use : str or None
            Revision of the language model behind the active version.

        Raises
        ------
        ModelError
            If that is of a better model, and the reduced one was not chosen by its name.
        """
        if in_use is None or is_reduced_revision(in_use) or self.reduced_is_chosen:
            return
        if self.scorer is not None and self.scorer.reduced:
            raise ModelError(t("pipeline.step_down", revision=in_use))


@contextmanager
def open_context(
    settings: Settings, urls: DatabaseUrls, *, scorer: TextScorer | None
) -> Iterator[PipelineContext]:
    """Open what a run works with, and close its connections afterwards.

    Parameters
    ----------
    settings : Settings
        Zone, window, ages and the key's place.
    urls : DatabaseUrls
        Of the four databases.
    scorer : TextScorer or None
        The language model; None for a run without texts.
    """
    key = text_key(settings.data_dir, settings.text_key)
    store = connect_store(urls.analytics)
    try:
        with connect_sources(urls) as sources:
            yield PipelineContext(
                store=store,
                sources=sources,
                scorer=scorer,
                text_key=key,
                timezone=settings.timezone,
                window_days=settings.window_days,
                refit_days=settings.refit_days,
                reduced_is_chosen=settings.nlp_model_name == REDUCED_MODEL,
                scorer_of=partial(
                    scorer_of_revision,
                    negative_label=settings.nlp_negative_label,
                    backend=settings.nlp_backend,
                    exports=settings.exports_dir,
                ),
            )
    finally:
        store.dispose()
