"""The check itself: each source alone, then the reading that a run begins with, timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from aura_engine.errors import SourceError
from aura_engine.sources.check.contents import content_findings, table_facts
from aura_engine.sources.check.duration import Duration
from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.check.moments import clock_findings, read_clock
from aura_engine.sources.check.names import check_names
from aura_engine.sources.check.plans import explain_all, plan_findings
from aura_engine.sources.check.privileges import privilege_findings, privileges
from aura_engine.sources.check.report import SourceReport, SourcesReport
from aura_engine.sources.connections import Source, Sources
from aura_engine.sources.extract import extract_activity, query_parameters
from aura_engine.sources.frames import require_aware
from aura_engine.sources.identity import UnresolvedReport
from aura_engine.sources.names import NameSources
from aura_engine.sources.texts import TextSource, text_digest
from aura_engine.sql import load_queries

NIGHTLY_STEP: Final = timedelta(days=1)
_SOMEBODY: Final = [f"00000000-0000-4000-8000-{number:012d}" for number in range(20)]
"""Ids that stand for the few authors or texts that a comparison asks for."""
_WORTH_SAYING: Final = 0.01
"""Share of a table's rows without a person above which the whole is in doubt."""


def check_sources(
    sources: Sources,
    *,
    window_days: int,
    timezone: str,
    clock: Callable[[], datetime],
    is_demo: bool = False,
    names: NameSources | None = None,
) -> SourcesReport:
    """Look whether a full run can be made on the sources, and how long it would take.

    Nothing is written. Every query of a run is explained, the aggregates and text digests are run
    once, and each table is scanned once more to count its rows.

    Parameters
    ----------
    sources : Sources
        The three sources.
    window_days : int
        Days of the window, as a run would have it.
    timezone : str
        IANA name of the population's zone.
    clock : callable
        Returns the present, zone-aware.
    is_demo : bool
        Whether made-up people are expected; elsewhere they are a finding.
    names : NameSources, optional
        Where an identity is revealed, which no run needs; not looked at when not given.

    Returns
    -------
    SourcesReport
        A source that cannot be read is a finding, not an error.
    """
    as_of = require_aware(clock(), "clock")
    since = as_of - timedelta(days=window_days)
    parameters: dict[str, object] = {
        **query_parameters(as_of=as_of, window_days=window_days, timezone=timezone),
        "edited_since": as_of - NIGHTLY_STEP,
        "former_as_of": as_of - NIGHTLY_STEP,
        "former_since": since - NIGHTLY_STEP,
        "after_at": since,
        "after_id": _SOMEBODY[0],
        "user_refs": _SOMEBODY,
        "text_ids": _SOMEBODY,
    }
    found = {
        source: _look(sources, source, parameters, clock, is_demo=is_demo) for source in Source
    }
    unresolved, duration = None, None
    general: list[Finding] = []
    if all(report.is_fit for report in found.values()):
        try:
            unresolved, duration = _read_as_a_run(sources, as_of, window_days, timezone)
            general += _identity_findings(unresolved)
        except SourceError as error:
            general.append(_unreadable(None, error))
    named = None if names is None else check_names(names)
    return SourcesReport(as_of, window_days, found, unresolved, duration, tuple(general), named)


def _look(
    sources: Sources,
    source: Source,
    parameters: dict[str, object],
    clock: Callable[[], datetime],
    *,
    is_demo: bool,
) -> SourceReport:
    try:
        with sources.reading(source) as connection:
            role = privileges(connection, source)
            time_told = read_clock(connection, str(parameters["timezone"]), clock)
            plans = explain_all(connection, source, parameters)
            tables = table_facts(connection, source, parameters)
            is_marked = connection.scalar(text(load_queries("demo")["is_marked"]))
    except SourceError as error:
        return SourceReport(source, (_unreadable(source, error),))
    findings = [
        *privilege_findings(role, source),
        *clock_findings(time_told, source),
        *plan_findings(plans, source),
        *content_findings(tables, source),
    ]
    if is_marked and not is_demo:
        findings.insert(0, Finding(Severity.BLOCK, source, "settings.demo_source"))
    return SourceReport(source, tuple(findings), role, time_told, plans, tables)


def _read_as_a_run(
    sources: Sources, as_of: datetime, window_days: int, timezone: str
) -> tuple[UnresolvedReport, Duration]:
    started = time.monotonic()
    extraction = extract_activity(sources, as_of=as_of, window_days=window_days, timezone=timezone)
    extracted = time.monotonic()
    since = as_of - timedelta(days=window_days)
    texts = sum(
        int(text_digest(sources, kind, as_of=as_of, since=since)["text_count"].sum())
        for kind in TextSource
    )
    return extraction.unresolved, Duration(
        extraction_seconds=extracted - started,
        digest_seconds=time.monotonic() - extracted,
        people=len(extraction.activity),
        texts=texts,
        window_days=window_days,
    )


def _identity_findings(report: UnresolvedReport) -> Iterator[Finding]:
    if report.contradictory_references:
        fields: dict[str, object] = {"references": report.contradictory_references}
        yield Finding(Severity.WARNING, None, "check.contradictory", fields)
    for table, tally in report.tables.items():
        rows = tally.unresolved_rows
        if rows > _WORTH_SAYING * tally.rows:
            percent = f"{100 * rows / tally.rows:.1f}"
            fields = {"table": table, "rows": rows, "percent": percent}
            yield Finding(Severity.WARNING, None, "check.unresolved", fields)


def _unreadable(source: Source | None, error: SourceError) -> Finding:
    return Finding(Severity.BLOCK, source, "check.unreadable", {"reason": str(error)})
