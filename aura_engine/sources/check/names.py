"""The role that reveals an identity: reachable, and reading exactly what its script grants.

No run depends on it: whatever is wrong is for somebody to decide, and blocks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import text

from aura_engine.errors import SourceError
from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.check.privileges import Privileges, privilege_findings, privileges
from aura_engine.sources.connections import Source
from aura_engine.sources.names import NAME_QUERIES, NameSources
from aura_engine.sources.roles import IDENTITY_SOURCES, identity_columns

_NOBODY: Final = UUID(int=0)
"""Whose name is asked for; nobody's comes back."""


@dataclass(frozen=True, slots=True)
class NamesReport:
    """One source of names; `privileges` is None where it could not be read."""

    source: Source
    findings: tuple[Finding, ...]
    privileges: Privileges | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "privileges": self.privileges and asdict(self.privileges),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def check_names(names: NameSources) -> dict[Source, NamesReport]:
    """Look at each source of names as the role that reads them; no name leaves it.

    Parameters
    ----------
    names : NameSources
        Connected as the role of ``sql/roles/*_identity.sql``.

    Returns
    -------
    dict of NamesReport
        By source. One that does not answer is a finding, not an error.
    """
    return {source: _look(names, source) for source in IDENTITY_SOURCES}


def _look(names: NameSources, source: Source) -> NamesReport:
    try:
        with names.reading(source) as connection:
            found = privileges(connection, source, needed=identity_columns(source))
            if not (found.missing or found.absent):
                connection.execute(text(NAME_QUERIES[source]), {"user_id": str(_NOBODY)})
    except SourceError as error:
        away = Finding(Severity.WARNING, source, "check.unreadable", {"reason": str(error)})
        return NamesReport(source, (away,))
    return NamesReport(source, tuple(_findings(found, source)), found)


def _findings(found: Privileges, source: Source) -> Iterator[Finding]:
    """Say it with the names of this role's own script and setting."""
    own = {"source": f"{source.value}_identity", "variable": f"{source.variable}_IDENTITY"}
    for finding in privilege_findings(found, source):
        yield replace(finding, severity=Severity.WARNING, fields={**finding.fields, **own})
