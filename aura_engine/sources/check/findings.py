"""What the check of the sources finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aura_engine.i18n import t
from aura_engine.sources.connections import Source


class Severity(StrEnum):
    """What a finding means for a run."""

    BLOCK = "block"
    """A run would fail or be wrong."""
    WARNING = "warning"
    """A run works; someone should decide whether this is meant."""
    NOTE = "note"
    """Usual; said so that nobody is surprised by what the pages show."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a DBA or an operator should know of a source.

    Parameters
    ----------
    severity : Severity
        Whether a run can be made.
    source : Source or None
        Where it was found; None where only all three together tell.
    code : str
        ``room.name`` of its message in the catalogue.
    fields : dict
        Values of the message's fields: names of tables and columns, and numbers.
    """

    severity: Severity
    source: Source | None
    code: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What was found and what to do, for people."""
        names: dict[str, Any] = {}
        if self.source is not None:
            names = {
                "source": self.source.value,
                "database": self.source.database,
                "variable": self.source.variable,
            }
        return t(self.code, **names | self.fields)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "severity": self.severity.value,
            "source": self.source and self.source.value,
            "code": self.code,
            "message": self.message,
        }
