"""What the analytics database refuses, as errors that people can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg2
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from aura_engine.errors import StoreError
from aura_engine.i18n import t
from aura_engine.logs import get_logger

log = get_logger(__name__)

_REFUSED: Final = ("28", "42501", "3D")
_ANOTHER_STRUCTURE: Final = ("42P01", "42703", "42883", "3F")
_FULL: Final = ("53",)
_BUSY: Final = ("55P03", "57014", "40")
_UNREACHABLE: Final = ("08", "57P")


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what the driver raises into a `StoreError`, and log what the server named.

    The log holds code, table, column and constraint, never values, which may be personal.

    Raises
    ------
    StoreError
        If the analytics database cannot be reached, refuses or fails; the message says what to
        do, and the driver's error is its cause.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg2.Error) as error:
        driver_error = error if isinstance(error, psycopg2.Error) else getattr(error, "orig", None)
        code = getattr(driver_error, "pgcode", None)
        diagnostics = getattr(driver_error, "diag", None)
        named = ("table_name", "column_name", "constraint_name")
        # Of a server that does not answer, the message says all there is to say.
        write = log.debug if code is None else log.error
        write(
            "store_failed",
            kind=type(driver_error or error).__name__,
            sqlstate=code,
            **{name: getattr(diagnostics, name, None) for name in named},
        )
        raise StoreError(_explain(error, driver_error, code)) from error


def _explain(error: Exception, driver_error: object, code: str | None) -> str:
    if isinstance(error, PoolTimeoutError):
        return t("store.busy")
    if code is None:
        lost = isinstance(driver_error, psycopg2.OperationalError | psycopg2.InterfaceError)
        return t("store.unreachable") if lost else t("store.failed", code="?")
    for codes, message in (
        (_UNREACHABLE, "store.unreachable"),
        (_REFUSED, "store.refused"),
        (_ANOTHER_STRUCTURE, "store.another_structure"),
        (_FULL, "store.full"),
        (_BUSY, "store.busy"),
    ):
        if code.startswith(codes):
            return t(message, code=code)
    return t("store.failed", code=code)
