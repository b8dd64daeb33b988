"""Connections to the three source databases: small pools, read only, errors people can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol, Self

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from aura_engine.errors import SourceError, UnreadableResult
from aura_engine.i18n import t
from aura_engine.sources.answers import answering_within, with_links

APPLICATION_NAME: Final = "aura-monitor"
_CONNECT_ARGS: Final = {
    "application_name": APPLICATION_NAME,
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_REFUSED: Final = ("42501",)
_ANOTHER_SCHEMA: Final = ("42P01", "42703", "42704", "42883", "3F000")
_TOO_LONG: Final = ("57014", "55P03", "25P03", "25P04")


class Source(StrEnum):
    """One of the three source databases."""

    AUTH = "auth"
    SOCIAL = "social"
    MESSAGING = "messaging"

    @property
    def database(self) -> str:
        """Name of the database in the live services."""
        return f"aura_{self.value}"

    @property
    def variable(self) -> str:
        """Name of the setting that holds its address."""
        return f"DATABASE_URL_{self.name}"


class SourceUrls(Protocol):
    """Whatever knows the addresses of the three sources, such as the settings' ``DatabaseUrls``."""

    @property
    def auth(self) -> URL: ...
    @property
    def social(self) -> URL: ...
    @property
    def messaging(self) -> URL: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Engines of the three source databases; a context manager that closes their pools."""

    auth: Engine
    social: Engine
    messaging: Engine
    answers_within: float | None = None
    """Seconds after which a read that was not answered fails; None where it may take any time."""

    def impatient(self, seconds: float) -> Self:
        """Return the same pools for reads that are answered soon, or not at all."""
        return replace(self, answers_within=seconds)

    def apart(self) -> Self:
        """Return the same addresses with pools of their own, which no other reader's limit cuts."""
        return replace(
            self,
            auth=source_engine(self.auth.url),
            social=source_engine(self.social.url),
            messaging=source_engine(self.messaging.url),
        )

    def engine(self, source: Source) -> Engine:
        """Return the engine of one source."""
        return {
            Source.AUTH: self.auth,
            Source.SOCIAL: self.social,
            Source.MESSAGING: self.messaging,
        }[source]

    @contextmanager
    def reading(self, source: Source) -> Iterator[Connection]:
        """Open one read-only transaction, whose queries all see the same state.

        Raises
        ------
        SourceError
            If the source cannot be reached or does not answer a query. The message names the
            source and the mend, and shows neither address nor statement.
        """
        with read_transaction(
            self.engine(source),
            source,
            seconds=self.answers_within,
            variable=source.variable,
            script=source.value,
        ) as connection:
            yield connection

    def close(self) -> None:
        """Close the pools."""
        for source in Source:
            self.engine(source).dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect_sources(urls: SourceUrls) -> Sources:
    """Prepare pools for the three sources; nothing is contacted before the first read.

    Parameters
    ----------
    urls : SourceUrls
        Addresses with the ``postgresql+psycopg2`` driver. Their role should be the one that
        ``sql/roles/`` installs; whichever it is, every transaction here is read only.
    """
    return Sources(
        auth=source_engine(urls.auth),
        social=source_engine(urls.social),
        messaging=source_engine(urls.messaging),
    )


def source_engine(url: URL) -> Engine:
    """Prepare a small pool whose transactions only read; nothing is contacted yet."""
    engine = create_engine(
        url,
        pool_size=1,
        max_overflow=2,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        connect_args=dict(_CONNECT_ARGS),
    )
    return with_links(engine)


@contextmanager
def read_transaction(
    engine: Engine, source: Source, *, seconds: float | None, variable: str, script: str
) -> Iterator[Connection]:
    """Open one read-only transaction; what fails in it is said in words.

    Parameters
    ----------
    engine : Engine
        Of `source_engine`.
    source : Source
        What is read.
    seconds : float or None
        After how long it is given up; None where it may take any time.
    variable : str
        The setting that holds the address.
    script : str
        Name of the script under ``sql/roles/`` that lets the role read.

    Raises
    ------
    SourceError
        If the source cannot be reached or does not answer a query.
    """
    names = {"database": source.database, "variable": variable, "source": script}
    try:
        with answering_within(engine, seconds), engine.connect() as connection:
            yield connection
    except (DBAPIError, PoolTimeoutError) as error:
        raise SourceError(_explain(error, names), source.value) from error
    except UnreadableResult as error:
        said = t("sources.beyond", database=source.database, columns=str(error))
        raise SourceError(said, source.value) from error


def _explain(error: DBAPIError | PoolTimeoutError, names: dict[str, str]) -> str:
    driver_error = getattr(error, "orig", None)
    code = getattr(driver_error, "pgcode", None)
    if code in _REFUSED:
        return t("sources.refused", **names, detail=_first_line(driver_error))
    if code in _ANOTHER_SCHEMA:
        return t("sources.another_schema", **names, detail=_first_line(driver_error))
    if code in _TOO_LONG:
        return t("sources.too_long", **names)
    if code is None or code[:2] in ("08", "57"):
        return t("sources.unreachable", **names)
    return t("sources.failed", **names, code=code)


def _first_line(driver_error: BaseException | None) -> str:
    """The server's own words, which for these codes name tables and columns, never values."""
    diagnostics = getattr(driver_error, "diag", None)
    return getattr(diagnostics, "message_primary", None) or ""
