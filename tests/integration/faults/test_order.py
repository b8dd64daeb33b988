"""Whatever the order in which transactions commit, a reader skips nothing and repeats nothing."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aura_engine.sources import Source, changes
from benchmarks.faults_order import STEPS, WRITERS, Step, interleaved
from benchmarks.faults_site import FaultSite

EXAMPLES = int(os.environ.get("AURA_TEST_ORDERS", "80"))
SCHEDULES = st.lists(
    st.tuples(st.integers(0, WRITERS - 1), st.sampled_from(sorted(set(STEPS)))), max_size=24
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=SCHEDULES, page=st.sampled_from([2, 3, changes.ROWS_AT_ONCE]))
@example(
    steps=[(0, "write"), (1, "write"), (1, "commit"), (0, "read"), (0, "commit"), (0, "read")],
    page=2,
)
def test_no_order_of_commits_makes_a_reader_skip_or_repeat(
    site: FaultSite, steps: list[Step], page: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "ROWS_AT_ONCE", page)
        assert interleaved(site.engine(Source.AUTH), steps) == (0, 0)


def test_a_reader_that_went_by_numbers_alone_would_skip(
    site: FaultSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The property can fail: here the reader does not wait for transactions that go on."""

    def hasty(self: changes.LogState) -> changes.Position:
        return changes.Position(self.system_identifier, self.install_id, self.xmax, 0, self.gap)

    monkeypatch.setattr(changes.LogState, "position", hasty)
    monkeypatch.setattr("benchmarks.faults_order.seconds_until", lambda check: check())
    late = [(0, "write"), (1, "write"), (1, "commit"), (0, "read"), (0, "commit"), (0, "read")]
    skipped, _ = interleaved(site.engine(Source.AUTH), late)
    assert skipped >= 1
