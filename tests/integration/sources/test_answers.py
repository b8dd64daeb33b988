"""A read that nobody answers ends, even where the way to the source only swallows bytes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from aura_engine.errors import SourceError
from aura_engine.sources import Source, Sources, answers, connect_sources
from aura_engine.sources.roles import READER_ROLE
from benchmarks.proxy import Proxy
from tests.integration.sources.conftest import Urls
from tests.integration.sources.triggered import Triggered

SOON = 0.5


@pytest.fixture
def reached(shared_triggered: Triggered) -> Iterator[tuple[Sources, Proxy]]:
    """All sources, of which messaging is reached by a proxy."""
    world = shared_triggered
    urls = {s.value: world.lease.url(n, READER_ROLE) for s, n in world.names.items()}
    there = urls["messaging"]
    with Proxy(str(there.host), int(there.port or 0)) as proxy:
        urls["messaging"] = there.set(host="127.0.0.1", port=proxy.port)
        with connect_sources(Urls(**urls)) as sources:
            yield sources, proxy


def read(sources: Sources, source: Source, statement: str = "SELECT 1") -> object:
    with sources.reading(source) as connection:
        return connection.exec_driver_sql(statement).scalar()


@pytest.mark.parametrize("is_pooled", [True, False])
def test_a_read_whose_answer_is_swallowed_ends_and_names_its_source(
    reached: tuple[Sources, Proxy], is_pooled: bool
) -> None:
    sources, proxy = reached
    if is_pooled:
        read(sources, Source.MESSAGING)
    proxy.swallow()
    with pytest.raises(SourceError) as raised:
        read(sources.impatient(SOON), Source.MESSAGING)
    assert raised.value.source == "messaging"
    assert read(sources.impatient(SOON), Source.SOCIAL) == 1
    proxy.pass_on()
    assert read(sources, Source.MESSAGING) == 1


def test_a_query_that_takes_too_long_ends_in_the_middle(reached: tuple[Sources, Proxy]) -> None:
    sources, _ = reached
    with pytest.raises(SourceError):
        read(sources.impatient(SOON), Source.MESSAGING, "SELECT pg_sleep(600)")
    assert read(sources.impatient(60), Source.MESSAGING) == 1


def test_who_may_take_any_time_is_not_cut(reached: tuple[Sources, Proxy]) -> None:
    sources, _ = reached
    assert read(sources.impatient(SOON), Source.AUTH) == 1
    assert read(sources, Source.AUTH, "SELECT 2 FROM pg_sleep(1.5)") == 2


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="the system does not tell of silence")
def test_a_reader_that_may_take_any_time_gives_up_a_source_that_fell_silent(
    reached: tuple[Sources, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SILENT_SECONDS", 1.0)
    sources, proxy = reached
    with sources.reading(Source.MESSAGING) as connection:
        told = connection.exec_driver_sql("SELECT count(*) FROM generate_series(1, 5) n").scalar()
        connection.exec_driver_sql("SELECT pg_sleep(0.7)")
        time.sleep(2.0)  # the reader is busy, the source is not asked
        connection.exec_driver_sql("SELECT pg_sleep(0.7)")
    assert told == 5

    def read_once_more() -> None:
        with sources.reading(Source.MESSAGING) as connection:
            connection.exec_driver_sql("SELECT 1")
            proxy.swallow()
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(SourceError) as raised:
        read_once_more()
    assert raised.value.source == "messaging"
