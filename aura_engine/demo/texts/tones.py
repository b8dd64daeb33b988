"""What a demo text sounds like, and where it is written."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """Mood of a demo text; each has a file of sentence frames of its name."""

    EVERYDAY = "everyday"
    CHEERFUL = "cheerful"
    AFFECTIONATE = "affectionate"
    ANNOYED = "annoyed"
    LONELY = "lonely"
    WITHDRAWN = "withdrawn"
    DISTRESS = "distress"
    NIGHT = "night"
    NEWCOMER = "newcomer"


class Kind(StrEnum):
    """Where a demo text is written."""

    MESSAGE = "message"
    POST = "post"
    COMMENT = "comment"
