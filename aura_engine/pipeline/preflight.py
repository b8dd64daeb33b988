"""Before an installation's first run: are the sources what it needs?"""

from __future__ import annotations

from aura_engine.errors import RunError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.context import PipelineContext
from aura_engine.sources.check import Severity, check_sources
from aura_engine.store.installation import read_installation
from aura_engine.store.runs import RunRecorder, last_full_run

log = get_logger(__name__)


def preflight_if_first(context: PipelineContext, recorder: RunRecorder) -> None:
    """Check the sources where no full run of production has succeeded yet.

    The summary goes to the run's row, as ``preflight`` of its counts, also when the run stops
    here.

    Parameters
    ----------
    context : PipelineContext
        Databases and settings of the run.
    recorder : RunRecorder
        Of the run.

    Raises
    ------
    RunError
        If something keeps a run from being made; says what, and names the command that shows all.
    """
    installation = read_installation(context.store)
    if installation is None or installation.kind != "production":
        return
    if last_full_run(context.store) is not None:
        return
    report = check_sources(
        context.sources,
        window_days=context.window_days,
        timezone=context.timezone,
        clock=context.clock,
    )
    recorder.count(preflight=report.summary())
    log.info("preflight_done", run_id=recorder.run_id, fit=report.is_fit)
    if not report.is_fit:
        found = " ".join(
            f"{finding.source.database}: {finding.message}" if finding.source else finding.message
            for finding in report.having(Severity.BLOCK)
        )
        raise RunError(t("check.preflight_blocked", findings=found))
