"""What must not reach a log: secrets, and people's words and values that errors quote.

An error that is still an object is described by what it is, not by what it says
(:func:`describe`). A text is masked where it names a secret, and cut where values begin: what
comes after could be told apart only by someone who knows what the value was.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from aura_engine.errors import AuraError

_HIDDEN: Final = "***"
_PASSWORD_IN_URL: Final = re.compile(r"(://[^:/\n]*):.*@")
_CONFIDENTIAL: Final = r"""(?:
    \w*(?:passw(?:or)?d|passphrase|secret)\w*
  | \w*(?:token|api_?key|text_key|authorization|dsn)
  | bio|body|content|email|texts?
)"""
_CONFIDENTIAL_NAME: Final = re.compile(_CONFIDENTIAL, re.IGNORECASE | re.VERBOSE)
_VALUES_BEGIN: Final = re.compile(
    rf"""
      \b{_CONFIDENTIAL}(?:['"]?\s*[=:]\s*|\s+(?=['"]))
    | ^\s*(?:DETAIL|DETALLE|CONTEXTO?|QUERY|CONSULTA|STATEMENT|SENTENCIA|L(?:INE|ÍNEA)\ \d+):\s*
    | \[(?:SQL|parameters):\s*
    | \bpsycopg2\.errors\.\w+\)?:?\s*   # what follows are the server's own words
    | \bFailing\ row\ contains\s*
    | \)=\(                  # of a unique or foreign key: its columns, then its values
    | (?::|\bvalue)\ (?=["«])
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_QUOTATION: Final = re.compile("[\"'`«“].*", re.DOTALL)
_NAMES_ONLY: Final = (AuraError, AttributeError, ImportError, NameError, OSError, TypeError)
"""Errors that quote names of code and files; any other may quote the value that it chokes on."""

_DIAGNOSTICS: Final = ("schema_name", "table_name", "column_name", "constraint_name")
_LED_TO: Final = "\n\nThe error above led to this one:\n\n"
_MAX_DEPTH: Final = 6


def redact(text: str) -> str:
    """Return the text with passwords in addresses masked, and cut where values would begin."""
    masked = _PASSWORD_IN_URL.sub(rf"\1:{_HIDDEN}@", text)
    begin = _VALUES_BEGIN.search(masked)
    return masked if begin is None else masked[: begin.end()] + _HIDDEN


def describe(error: BaseException) -> str:
    """Return an error's type, and of its message what cannot be a value.

    Of an error of the database server that is its code and the names of what it concerns.
    """
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    message = _message(error)
    return f"{name}: {message}" if message else name


def error_text(error: BaseException) -> str:
    """Return the traceback of an error and of those that led to it, the first cause first.

    It holds no values of variables, and describes each error as :func:`describe` does.
    """
    chain = [error]
    while (earlier := _what_led_to(chain[-1])) is not None and earlier not in chain:
        chain.append(earlier)
    return _LED_TO.join(_one_traceback(link) for link in reversed(chain))


def keep_secrets_out(
    logger: object,  # noqa: ARG001
    method: str,  # noqa: ARG001
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Drop fields that hold secrets or people's words, redact all others, render the error.

    A structlog processor; it must be the last before the renderer.

    Parameters
    ----------
    logger, method
        What structlog gives; not used.
    event : mapping
        Fields of the event.
    """
    error = _error_of(event.pop("exc_info", None))
    cleaned = _cleaned_fields(event, _MAX_DEPTH)
    if error is not None:
        cleaned["exception"] = error_text(error)
    return cleaned


def _message(error: BaseException) -> str:
    driver_error = getattr(error, "orig", None)
    if isinstance(driver_error, BaseException):
        return describe(driver_error)
    code = getattr(error, "pgcode", None)
    if code is not None:
        diagnostics = getattr(error, "diag", None)
        named = ((name, getattr(diagnostics, name, None)) for name in _DIAGNOSTICS)
        return ", ".join(
            [f"sqlstate={code}", *(f"{name}={value}" for name, value in named if value)]
        )
    message = redact(str(error))
    if isinstance(error, _NAMES_ONLY) or hasattr(error, "pgcode"):
        return message  # a driver's error without a code is of the connection, not of a row
    return _QUOTATION.sub(_HIDDEN, message)


def _what_led_to(error: BaseException) -> BaseException | None:
    return error.__cause__ if error.__suppress_context__ else error.__context__


def _one_traceback(error: BaseException) -> str:
    frames = (redact(frame.rstrip()) for frame in traceback.format_tb(error.__traceback__))
    return "\n".join(["Traceback (most recent call last):", *frames, describe(error)])


def _error_of(exc_info: object) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    found = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return found if isinstance(found, BaseException) else None


def _cleaned_fields(fields: Mapping[Any, object], depth: int) -> dict[str, Any]:
    return {
        str(key): _cleaned(value, depth)
        for key, value in fields.items()
        if not _CONFIDENTIAL_NAME.fullmatch(str(key))
    }


def _cleaned(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return describe(value)
    if depth and isinstance(value, Mapping):
        return _cleaned_fields(value, depth - 1)
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(item, depth - 1) for item in value]
    return redact(str(value))
