"""Tokens whose holders signed out.

Streamlit reads the cookie once, when a session begins: signing out in one tab takes the cookie from
the browser and leaves every other open tab as it was. What is noted here ends those too. It is
noted in the memory of this process: after a restart there are no open tabs, and a cookie only where
the browser was closed before it was sent to the way out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

_TELLING: Final = ("iss", "sub", "email", "iat", "exp", "nonce")
"""Claims that tell one token from another."""
_Token = tuple[str, ...]

_ends: dict[_Token, float] = {}
_writing: Final = threading.Lock()


def note(claims: Mapping[str, Any], at: datetime) -> None:
    """Note that the holder of a token signed out, for as long as the token would last.

    Parameters
    ----------
    claims : mapping
        What the token says; its ``exp`` is a number.
    at : datetime
        Now.
    """
    with _writing:
        for token in [token for token, end in _ends.items() if end <= at.timestamp()]:
            del _ends[token]
        _ends[_token(claims)] = float(claims["exp"])


def includes(claims: Mapping[str, Any]) -> bool:
    """Tell whether the holder of a token signed out."""
    return _token(claims) in _ends


def _token(claims: Mapping[str, Any]) -> _Token:
    return tuple(str(claims.get(name)) for name in _TELLING)
