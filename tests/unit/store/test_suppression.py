"""Small groups stay hidden, whatever is subtracted from what."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.store.reads.suppression import FEWEST, Hidden, hidden_groups

SMALL, BESIDE = Hidden.SMALL, Hidden.BESIDE


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 10, "b": 50}, {}),
        ({"a": 9, "b": 20, "c": 15, "d": 99}, {"a": SMALL, "c": BESIDE}),
        ({"a": 3, "b": 4, "c": 30}, {"a": SMALL, "b": SMALL}),
        # Two of one person each, or of nine each, are told by their sum.
        ({"a": 1, "b": 1, "c": 30, "d": 40}, {"a": SMALL, "b": SMALL, "c": BESIDE}),
        ({"a": 9, "b": 9, "c": 30, "d": 40}, {"a": SMALL, "b": SMALL, "c": BESIDE}),
        # Eleven in a small group and one of ten or more can only be one and ten.
        ({"a": 1, "b": 10, "c": 30, "d": 40}, {"a": SMALL, "b": BESIDE, "c": BESIDE}),
        ({"a": 7}, {"a": SMALL}),
        ({"a": 7, "b": 80}, {"a": SMALL, "b": BESIDE}),
        ({None: 2, "a": 80, "b": 70}, {None: SMALL, "b": BESIDE}),
        ({}, {}),
    ],
    ids=str,
)
def test_a_small_group_is_hidden_with_as_many_others_as_it_takes(
    sizes: dict[str | None, int], expected: dict[str | None, Hidden]
) -> None:
    assert hidden_groups(sizes) == expected


@settings(deadline=None)
@given(st.lists(st.integers(1, 25), min_size=1, max_size=4))
def test_no_small_group_can_be_told_from_the_others_and_the_total(sizes: list[int]) -> None:
    groups = dict(enumerate(sizes))
    hidden = hidden_groups(groups)
    assert {group for group, size in groups.items() if size < FEWEST} <= set(hidden)
    told = [size for group, size in groups.items() if group not in hidden]
    if not hidden or not told:
        return
    possible = [
        range(1, FEWEST) if why is SMALL else range(FEWEST, min(told) + 1)
        for why in hidden.values()
    ]
    total = sum(groups[group] for group in hidden)
    fitting = [guess for guess in product(*possible) if sum(guess) == total]
    for place, why in enumerate(hidden.values()):
        if why is SMALL:
            assert len({guess[place] for guess in fitting}) > 1
