"""What a check of the doctor finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How a thing stands; the value is its sign in the table."""

    GOOD = "✓"
    NOTE = "·"
    WARNING = "!"
    BROKEN = "✗"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table.

    Parameters
    ----------
    area : str
        Heading under which it stands.
    subject : str
        What was looked at.
    state : State
        BROKEN only for what a configured use needs and does not have.
    detail : str
        What was found; never a secret.
    mend : str
        What to do about it; "" where nothing is to be done.
    """

    area: str
    subject: str
    state: State
    detail: str
    mend: str = ""


def needs_mending(findings: Sequence[Finding]) -> bool:
    """Tell whether something that is needed is missing."""
    return any(finding.state is State.BROKEN for finding in findings)
