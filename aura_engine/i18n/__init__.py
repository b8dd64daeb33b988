"""The one catalogue of what people read; another language is one more TOML file."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

DEFAULT_LANGUAGE: Final = "es"


@cache
def _catalogue(language: str) -> dict[str, str]:
    source = Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8")
    entries: dict[str, str] = {}
    for room, messages in tomllib.loads(source).items():
        for key, message in messages.items():
            entries[f"{room}.{key}"] = message
    return entries


def t(key: str, *, language: str = DEFAULT_LANGUAGE, **fields: object) -> str:
    """Return a message of the catalogue with its fields filled in.

    Parameters
    ----------
    key : str
        ``room.name`` of the message, for example ``"cluster.unreachable"``.
    language : str
        Name of the catalogue file without its ending.
    **fields : object
        Values of the message's ``{fields}``.

    Raises
    ------
    KeyError
        If the catalogue has no such message or a field is not given.
    """
    return _catalogue(language)[key].format(**fields)


def room(name: str, *, language: str = DEFAULT_LANGUAGE) -> dict[str, str]:
    """Return all messages of a room by their names, with their fields as they stand.

    Parameters
    ----------
    name : str
        Of the table in the catalogue, for example ``"calendar"``.
    language : str
        As of `t`.
    """
    beginning = f"{name}."
    return {
        key.removeprefix(beginning): message
        for key, message in _catalogue(language).items()
        if key.startswith(beginning)
    }
