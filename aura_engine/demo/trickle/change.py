"""What somebody does, and the row that it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aura_engine.sources import Source


class Act(StrEnum):
    """What somebody does."""

    MESSAGE = "message"
    POST = "post"
    COMMENT = "comment"
    PRESENCE = "presence"
    REQUEST = "request"
    UNFRIEND = "unfriend"
    JOIN = "join"
    LEAVE = "leave"
    EDIT = "edit"
    TAKE_DOWN = "take_down"
    OPEN_ACCOUNT = "open_account"
    CLOSE_ACCOUNT = "close_account"


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was written, changed or removed.

    Attributes
    ----------
    act : Act
        What was done.
    source : Source
        Where.
    table : str
        Which table.
    operation : str
        ``INSERT``, ``UPDATE`` or ``DELETE``.
    key : tuple of str
        Finds the row.
    user_refs : tuple of str
        Whom the row names, as it names them.
    """

    act: Act
    source: Source
    table: str
    operation: str
    key: tuple[str, ...]
    user_refs: tuple[str, ...]
