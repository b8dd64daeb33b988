"""The result of a check, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from aura_engine.sources.check.contents import TableFacts
from aura_engine.sources.check.duration import Duration
from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.check.moments import Clock
from aura_engine.sources.check.names import NamesReport
from aura_engine.sources.check.plans import QueryPlan
from aura_engine.sources.check.privileges import Privileges
from aura_engine.sources.connections import Source
from aura_engine.sources.identity import UnresolvedReport


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source; `privileges` and `clock` are None where it could not be read."""

    source: Source
    findings: tuple[Finding, ...]
    privileges: Privileges | None = None
    clock: Clock | None = None
    plans: tuple[QueryPlan, ...] = ()
    tables: tuple[TableFacts, ...] = ()

    @property
    def is_fit(self) -> bool:
        """Whether nothing of this source keeps a run from being made."""
        return all(finding.severity is not Severity.BLOCK for finding in self.findings)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "fit": self.is_fit,
            "privileges": self.privileges and asdict(self.privileges),
            "clock": self.clock and asdict(self.clock),
            "queries": [asdict(plan) for plan in self.plans],
            "tables": [asdict(table) for table in self.tables],
            "findings": [finding.as_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class SourcesReport:
    """All three sources, and what only all of them together tell.

    Attributes
    ----------
    as_of : datetime
        Moment of the check.
    window_days : int
        Days of the window that it asked for.
    sources : dict of SourceReport
        By source.
    unresolved : UnresolvedReport or None
        Of the identity map; None where a source blocks the reading.
    duration : Duration or None
        Likewise.
    general : tuple of Finding
        What only all sources together tell.
    names : dict of NamesReport or None
        Of the role that reveals an identity, by source; None where it is not configured.
    """

    as_of: datetime
    window_days: int
    sources: dict[Source, SourceReport]
    unresolved: UnresolvedReport | None
    duration: Duration | None
    general: tuple[Finding, ...] = ()
    names: dict[Source, NamesReport] | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of all sources, in their order."""
        each = (finding for found in self.sources.values() for finding in found.findings)
        names = (finding for found in (self.names or {}).values() for finding in found.findings)
        return (*each, *names, *self.general)

    @property
    def is_fit(self) -> bool:
        """Whether a full run can be made."""
        return not self.having(Severity.BLOCK)

    def having(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def summary(self) -> dict[str, object]:
        """Return what a run's row keeps: the verdict, and each finding that is not a note."""
        return {
            "fit": self.is_fit,
            "as_of": self.as_of.isoformat(),
            "findings": [
                finding.as_dict()
                for finding in self.findings
                if finding.severity is not Severity.NOTE
            ],
            "duration": self.duration and self.duration.as_dict(),
        }

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON; counts and names of tables, nothing of any person."""
        return {
            "fit": self.is_fit,
            "as_of": self.as_of.isoformat(),
            "window_days": self.window_days,
            "sources": {source.value: found.as_dict() for source, found in self.sources.items()},
            "names": self.names
            and {source.value: found.as_dict() for source, found in self.names.items()},
            "general": [finding.as_dict() for finding in self.general],
            "unresolved": self.unresolved and self.unresolved.as_dict(),
            "duration": self.duration and self.duration.as_dict(),
        }
