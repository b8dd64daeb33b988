"""The page of ``./aura sources check``, which a DBA can print and sign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aura_engine.i18n import t
from aura_engine.settings import IDENTITY_URL_NAMES
from aura_engine.sources import Source, TableTally
from aura_engine.sources.check import (
    Duration,
    NamesReport,
    Privileges,
    QueryPlan,
    Severity,
    SourceReport,
    SourcesReport,
    Verdict,
)
from aura_engine.sources.check.duration import (
    MODEL_SECONDS_A_TEXT,
    SECONDS_A_PERSON,
    SECONDS_A_TEXT,
)

WIDTH: Final = 110
"""Columns of the page, whatever the terminal's: it is made to be printed."""
_HEADINGS: Final = {
    Severity.BLOCK: "check.blocks",
    Severity.WARNING: "check.warnings",
    Severity.NOTE: "check.notes",
}


def draw(report: SourcesReport, timezone: str, console: Console, *, is_demo: bool) -> None:
    """Write the page.

    Parameters
    ----------
    report : SourcesReport
        What was found.
    timezone : str
        IANA name of the population's zone.
    console : Console
        Where to.
    is_demo : bool
        Whether the sources hold the demo's people.
    """
    console.width = WIDTH
    moment = report.as_of.astimezone(ZoneInfo(timezone))
    when = f"{moment:%Y-%m-%d %H:%M %z}"
    console.print(Text(t("check.product"), "bold"))
    if is_demo:
        console.print(t("cli.demo_label"))
    console.print(t("check.header", when=when, zone=timezone, days=report.window_days))
    if report.names is None:
        console.print(t("check.names_none", variables=" y ".join(IDENTITY_URL_NAMES)))
    for found in report.sources.values():
        console.print()
        _draw_source(found, report, console)
    console.print()
    _draw_names(report, console)
    _draw_findings(report, console)
    console.print(t("check.duration"))
    for line in duration_lines(report.duration):
        console.print(Padding(line, (0, 0, 0, 2)))
    console.print()
    console.print(Text(verdict(report), "bold"))
    console.print(t("check.privacy"))
    console.print()
    console.print(t("check.signature", day=f"{moment:%Y-%m-%d}"))


def verdict(report: SourcesReport) -> str:
    """Say whether a run can be made, in one line."""
    blocks, warnings = report.having(Severity.BLOCK), report.having(Severity.WARNING)
    if blocks:
        return t("check.unfit", count=len(blocks))
    return t("check.fit_with_warnings", count=len(warnings)) if warnings else t("check.fit")


def duration_lines(found: Duration | None) -> Iterator[str]:
    """Say how long a run should take, and where the figure comes from."""
    if found is None:
        yield t("check.duration_unknown")
        return
    first = {model: span(found.first_seconds(model)) for model in MODEL_SECONDS_A_TEXT}
    yield t("check.duration_first", texts=count(found.texts), **first)
    nightly = {model: span(found.nightly_seconds(model)) for model in MODEL_SECONDS_A_TEXT}
    yield t("check.duration_nightly", **nightly)
    costs = {model: _milliseconds(cost) for model, cost in MODEL_SECONDS_A_TEXT.items()}
    yield t(
        "check.duration_derived",
        extraction=span(found.extraction_seconds),
        digests=span(found.digest_seconds),
        person=_milliseconds(SECONDS_A_PERSON),
        people=count(found.people),
        text=_milliseconds(SECONDS_A_TEXT),
        **costs,
    )


def access(plan: QueryPlan) -> str:
    """Say how a query reaches its rows."""
    if plan.verdict is Verdict.REFUSED:
        return t("check.refused")
    parts = []
    for times in sorted(set(plan.scans.values())):
        names = ", ".join(table for table, scans in plan.scans.items() if scans == times)
        key = "documented_scans" if times > 1 else "one_scan"
        if times > 1 and plan.verdict is Verdict.MORE:
            key = "too_many_scans"
        parts.append(t(f"check.{key}", names=names, count=times))
    if plan.indexes:
        parts.append(t("check.by_index", names=", ".join(plan.indexes)))
    return "; ".join(parts) or t("check.no_rows")


def span(seconds: float) -> str:
    """Write a duration in the unit that people use for it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def count(number: int) -> str:
    """Write a whole number with the separator that Spanish asks for."""
    return f"{number:,}".replace(",", "\u202f")


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2g}"


def _draw_source(found: SourceReport, report: SourcesReport, console: Console) -> None:
    role = found.privileges
    if role is None or found.clock is None:
        console.print(Text(t("check.source_away", database=found.source.database), "bold"))
        return
    heading = t(
        "check.source",
        database=found.source.database,
        version=role.server_version,
        name=role.database,
        role=role.role,
    )
    console.print(Text(heading, "bold"))
    told = found.clock
    agrees = told.knows_zone and not told.other_hours
    clock = t(
        "check.clock_line",
        ahead=f"{told.ahead_seconds:+.2f}",
        uncertain=f"{told.uncertain_seconds:.2f}",
        server_zone=told.server_zone,
        zone=t("check.zone_agrees" if agrees else "check.zone_unlike"),
    )
    console.print(f"  {clock}")
    console.print(f"  {_grants(role)}")
    console.print(_tables(found, report))
    console.print(_queries(found))


def _draw_names(report: SourcesReport, console: Console) -> None:
    if report.names is None:
        return
    for found in report.names.values():
        console.print(Text(_names_heading(found), "bold"))
        if found.privileges is not None:
            console.print(f"  {_grants(found.privileges)}")
    console.print()


def _names_heading(found: NamesReport) -> str:
    role = found.privileges
    if role is None:
        return t("check.names_away", database=found.source.database)
    return t(
        "check.names_source",
        database=found.source.database,
        name=role.database,
        role=role.role,
    )


def _grants(role: Privileges) -> str:
    missing = len(role.missing) + len(role.absent)
    excess = sum(len(columns) for columns in role.excess.values())
    shown = {
        "missing": t("check.grants_missing", count=missing)
        if missing
        else t("check.grants_complete"),
        "excess": t("check.grants_excess", count=excess) if excess else t("check.grants_exact"),
        "writable": t("check.grants_writes", count=len(role.writable))
        if role.writable
        else t("check.grants_reads_only"),
    }
    if role.is_superuser:
        shown["excess"] = shown["writable"] = t("check.grants_superuser")
    return t("check.grants_line", **shown, timeout=role.limits["statement_timeout"])


def _tables(found: SourceReport, report: SourcesReport) -> Table:
    table = _table("table", "row_count", "row_origin", "unresolved_share", "contradictory_share")
    for facts in found.tables:
        tally = _tally(found.source, facts.table, report)
        rows = t("check.unknown") if facts.rows is None else count(facts.rows)
        origin = t("check.exact" if facts.is_exact else "check.estimated")
        shares = [t("check.unknown")] * 2
        if tally is not None:
            shares = [
                _share(tally.unresolved_rows, tally.rows),
                _share(tally.contradictory_rows, tally.rows),
            ]
        table.add_row(facts.table, rows, origin, *shares)
    return table


def _tally(source: Source, table: str, report: SourcesReport) -> TableTally | None:
    if report.unresolved is None:
        return None
    return report.unresolved.tables.get(f"{source.value}.{table}")


def _share(part: int, whole: int) -> str:
    return f"{count(part)} ({100 * part / whole:.1f} %)" if part else "0"


def _queries(found: SourceReport) -> Table:
    table = _table("query", "rows", "cost", "access")
    for plan in found.plans:
        refused = plan.verdict is Verdict.REFUSED
        figures = [t("check.unknown")] * 2 if refused else [count(plan.rows), f"{plan.cost:.0f}"]
        table.add_row(plan.query, *figures, access(plan))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), pad_edge=True, header_style="dim")
    for column in columns:
        is_figure = column in ("row_count", "rows", "cost")
        table.add_column(t(f"check.{column}"), justify="right" if is_figure else "left")
    return table


def _draw_findings(report: SourcesReport, console: Console) -> None:
    for severity, heading in _HEADINGS.items():
        found = report.having(severity)
        if not found:
            continue
        console.print(t(heading))
        lines = Table.grid(padding=(0, 1))
        for finding in found:
            place = f"{finding.source.database}: " if finding.source else ""
            sign = t(f"check.severity_{severity}")
            lines.add_row("", sign, Text(f"{place}{finding.message}"))
        console.print(lines)
        console.print()
