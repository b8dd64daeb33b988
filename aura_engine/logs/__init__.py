"""Logging: events with fields on standard error, with secrets and people's words kept out.

Modules take their logger from here, so that it is safe before anything is configured.
"""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import Any, Final, TextIO

import structlog

from aura_engine.logs.redaction import describe, error_text, keep_secrets_out, redact

__all__ = [
    "configure_logging",
    "describe",
    "error_text",
    "get_logger",
    "keep_secrets_out",
    "redact",
    "use_safe_defaults",
]

_TALKATIVE: Final = ("alembic", "apscheduler", "httpcore2", "httpx2")
"""Libraries whose every step is no event of ours; from warnings on they are heard."""
_TIMES: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)


def get_logger(name: str) -> Any:
    """Return structlog's logger of this name; it follows whatever configuration there is."""
    use_safe_defaults()
    return structlog.get_logger(name)


def use_safe_defaults() -> None:
    """Send events to standard error unless the program has configured structlog.

    Left alone, structlog writes to standard output and shows the values of variables with every
    traceback. `configure_logging`, or the program's own configuration, replaces this one.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _TIMES,
            structlog.processors.StackInfoRenderer(),
            keep_secrets_out,
            _console_renderer(colors=False),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )


def configure_logging(
    level: str = "info",
    format: str = "auto",  # noqa: A002
    *,
    service: str = "aura-monitor",
) -> None:
    """Send structlog's and the standard library's events to standard error.

    Parameters
    ----------
    level : str
        Least severity that is written: debug, info, warning, error or critical.
    format : str
        ``json`` (an object a line), ``console``, or ``auto``: console on a terminal, else JSON.
    service : str
        Field ``service`` of every event.

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
        partial(_name_service, service=service),
        _TIMES,
        structlog.processors.StackInfoRenderer(),
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
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
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


def _name_service(
    _logger: Any, _method: str, event: structlog.typing.EventDict, *, service: str
) -> structlog.typing.EventDict:
    event["service"] = service
    return event


def _renderer(stream: TextIO, as_console: bool) -> structlog.typing.Processor:
    if not as_console:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return _console_renderer(colors=stream.isatty())


def _console_renderer(*, colors: bool) -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback
    )
