"""Logging: events with fields on standard error, with secrets and people's words kept out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

_PASSWORD_IN_URL: Final = re.compile(r"(\w[\w+.-]*://[^\s:/@]*):\S*@")
_PASSWORD_IN_DSN: Final = re.compile(
    r"(password|passwd|pgpassword|sslpassword)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&'\",;)]+)",
    re.IGNORECASE,
)
# SQLAlchemy and PostgreSQL quote bound values and key values, which may be a person's words.
_BOUND_VALUES: Final = re.compile(r"(\[parameters: ).*?(\](?=\n|$))", re.DOTALL)
_KEY_VALUES: Final = re.compile(r"(\bKey \([^)\n]*\)=\().*(\))")
_HIDDEN: Final = "***"
_DROPPED_KEYS: Final = frozenset(
    {
        "api_key",
        "authorization",
        "bio",
        "body",
        "content",
        "dsn",
        "email",
        "passwd",
        "password",
        "password_hash",
        "secret",
        "text",
        "text_key",
        "texts",
        "token",
    }
)
_MAX_DEPTH: Final = 6


def redact(text: str) -> str:
    """Return the text with passwords and the values that database errors quote masked."""
    masked = _PASSWORD_IN_URL.sub(rf"\1:{_HIDDEN}@", text)
    masked = _PASSWORD_IN_DSN.sub(rf"\1\2{_HIDDEN}", masked)
    masked = _BOUND_VALUES.sub(rf"\1{_HIDDEN}\2", masked)
    return _KEY_VALUES.sub(rf"\1{_HIDDEN}\2", masked)


def keep_secrets_out(
    logger: object,  # noqa: ARG001
    method: str,  # noqa: ARG001
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Drop fields that hold secrets or people's words, and mask passwords in all others.

    A structlog processor; it must run after exceptions were rendered to text.
    """
    for key in [key for key in event if key.lower() in _DROPPED_KEYS]:
        del event[key]
    for key, value in event.items():
        event[key] = _cleaned(value, _MAX_DEPTH)
    return event


def _cleaned(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth and isinstance(value, Mapping):
        return {
            str(key): _cleaned(item, depth - 1)
            for key, item in value.items()
            if str(key).lower() not in _DROPPED_KEYS
        }
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(item, depth - 1) for item in value]
    return redact(str(value))


def configure_logging(level: str = "info", format: str = "auto") -> None:  # noqa: A002
    """Send structlog's and the standard library's events to standard error.

    Parameters
    ----------
    level : str
        Least severity that is written: debug, info, warning, error or critical.
    format : str
        ``json`` (an object a line), ``console``, or ``auto``: console on a terminal, else JSON.

    Notes
    -----
    Calling it again replaces the former configuration.
    """
    stream = sys.stderr
    as_console = format == "console" or (format == "auto" and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            keep_secrets_out,
            _renderer(stream, as_console),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _renderer(stream: TextIO, as_console: bool) -> structlog.typing.Processor:
    if not as_console:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
