"""Addresses stay out of sight, and errors say what to do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import URL, make_url

import aura_engine.sources
from aura_engine.errors import SourceError
from aura_engine.sources import Source, connect_sources

NOWHERE = make_url("postgresql+psycopg2://reader:hunter2@127.0.0.1:1/aura_somewhere")


@dataclass(frozen=True)
class Urls:
    auth: URL = NOWHERE
    social: URL = NOWHERE
    messaging: URL = NOWHERE


def test_every_exported_name_is_there() -> None:
    missing = [
        name for name in aura_engine.sources.__all__ if not hasattr(aura_engine.sources, name)
    ]
    assert not missing


def test_no_password_shows_in_the_repr_of_sources() -> None:
    assert "hunter2" not in repr(connect_sources(Urls()))


@pytest.mark.parametrize("source", list(Source))
def test_an_unreachable_source_is_named_with_its_setting_and_without_its_address(
    source: Source,
) -> None:
    with (
        connect_sources(Urls()) as sources,
        pytest.raises(SourceError) as caught,
        sources.reading(source),
    ):
        pass
    message = str(caught.value)
    assert source.database in message
    assert source.variable in message
    for secret in ("hunter2", "127.0.0.1", "reader", "aura_somewhere"):
        assert secret not in message
