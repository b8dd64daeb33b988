"""Runs that someone asked for: the one that has waited longest is taken and made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from aura_engine.errors import RunError
from aura_engine.i18n import t
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.full import FullRun, RunParameters, require_newer
from aura_engine.pipeline.outcome import RunOutcome, present
from aura_engine.pipeline.recluster import ReclusterParameters, ReclusterRun
from aura_engine.pipeline.sweep import SweepRun
from aura_engine.store.runs import ClaimedRun, Progress, claimed_run, silent


def run_next(
    context: PipelineContext, *, instance: str, progress: Progress = silent
) -> RunOutcome | None:
    """Take the run that has waited longest in the queue, and make it.

    Parameters
    ----------
    context : PipelineContext
        Databases, language model, settings.
    instance : str
        The process that takes it; goes to the run's row.
    progress : callable
        As of `run_full`.

    Returns
    -------
    RunOutcome or None
        None where no run waits, or another one is going on.

    Raises
    ------
    RunError, SourceError, StoreError, ModelError
        As `run_full` does; the run's row says why.
    """
    moment = present(context)
    with claimed_run(context.store, instance=instance, as_of=moment, progress=progress) as claimed:
        if claimed is None:
            return None
        if claimed.kind not in _KINDS:
            raise RunError(t("pipeline.unknown_kind", kind=claimed.kind))
        return _KINDS[claimed.kind](context, moment, claimed)


def _full(context: PipelineContext, as_of: datetime, claimed: ClaimedRun) -> RunOutcome:
    require_newer(context, as_of)
    return FullRun(context, as_of, RunParameters(**claimed.parameters), claimed.recorder).run()


def _recluster(context: PipelineContext, as_of: datetime, claimed: ClaimedRun) -> RunOutcome:
    asked = ReclusterParameters(**claimed.parameters)
    return ReclusterRun(context, as_of, asked, claimed.recorder).run()


def _sweep(context: PipelineContext, as_of: datetime, claimed: ClaimedRun) -> RunOutcome:
    return SweepRun(context, as_of, claimed.recorder).run()


_KINDS: Final[Mapping[str, Callable[[PipelineContext, datetime, ClaimedRun], RunOutcome]]] = {
    "full": _full,
    "recluster": _recluster,
    "sweep": _sweep,
}
