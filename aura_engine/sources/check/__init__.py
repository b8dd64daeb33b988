"""Are the sources what a run needs? Read only, and counts only: nobody's data leaves a source."""

from aura_engine.sources.check.contents import TableFacts
from aura_engine.sources.check.duration import Duration
from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.check.moments import Clock
from aura_engine.sources.check.names import NamesReport
from aura_engine.sources.check.plans import QueryPlan, Verdict
from aura_engine.sources.check.privileges import Privileges
from aura_engine.sources.check.report import SourceReport, SourcesReport
from aura_engine.sources.check.survey import check_sources

__all__ = [
    "Clock",
    "Duration",
    "Finding",
    "NamesReport",
    "Privileges",
    "QueryPlan",
    "Severity",
    "SourceReport",
    "SourcesReport",
    "TableFacts",
    "Verdict",
    "check_sources",
]
