"""Runs: the only place where sources, features, language, ensemble and store meet."""

from __future__ import annotations

from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.full import STAGES, RunParameters, run_full
from aura_engine.pipeline.outcome import RunOutcome
from aura_engine.pipeline.requested import run_next

__all__ = ["STAGES", "PipelineContext", "RunOutcome", "RunParameters", "run_full", "run_next"]
