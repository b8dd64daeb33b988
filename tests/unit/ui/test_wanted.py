"""Where somebody wanted to go: by which browser it is known, for how long, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_ui.wanted import MOST, REMEMBERED, Place, Places, browser

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE, OTHER = Place("ficha", {"p": ["K7-FQ2M"]}), Place("casos", {})
INSTANT = timedelta(microseconds=1)


def cookie(token: bytes, mask: bytes) -> str:
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(token))
    return f"2|{mask.hex()}|{masked.hex()}|1772366400"


@given(
    token=st.binary(min_size=1, max_size=40),
    masks=st.tuples(*[st.binary(min_size=4, max_size=4)] * 2),
)
def test_a_browser_is_known_whatever_its_cookie_is_masked_with(
    token: bytes, masks: tuple[bytes, bytes]
) -> None:
    assert [browser(cookie(token, mask)) for mask in masks] == [token, token]
    assert browser(f'"{cookie(token, masks[0])}"') == token


@given(st.none() | st.text() | st.from_regex(r"2\|[0-9a-f]{0,9}\|[0-9a-f]{0,9}(\|[0-9]*)?"))
def test_whatever_a_browser_sends_raises_nothing(value: str | None) -> None:
    assert browser(value) != b""


@pytest.mark.parametrize(
    "value",
    [None, "", "1|a|b|c", "2|00000000|ff", "2|00000000||9", "2|000000|ff|9", "2|0000000g|ff|9"],
)
def test_a_cookie_of_another_form_knows_nobody(value: str | None) -> None:
    assert browser(value) is None


def test_what_is_remembered_is_given_to_its_browser_once() -> None:
    places = Places()
    places.put(b"a", PLACE, NOW)
    assert places.take(b"b", NOW) is None
    assert places.take(b"a", NOW) == PLACE
    assert places.take(b"a", NOW) is None


def test_the_last_address_counts_and_is_forgotten_after_a_while() -> None:
    places = Places()
    places.put(b"a", PLACE, NOW)
    places.put(b"a", OTHER, NOW)
    assert places.take(b"a", NOW + REMEMBERED - INSTANT) == OTHER
    places.put(b"a", PLACE, NOW)
    assert places.take(b"a", NOW + REMEMBERED) is None


def test_of_too_many_addresses_the_oldest_goes() -> None:
    places = Places()
    for number in range(MOST + 1):
        places.put(number.to_bytes(4, "big"), PLACE, NOW)
    kept = [places.take(number.to_bytes(4, "big"), NOW) is not None for number in range(MOST + 1)]
    assert kept == [False] + [True] * MOST
