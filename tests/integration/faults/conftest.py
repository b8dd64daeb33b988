"""One small installation that all faults are done to, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.faults_site import FaultSite, fault_site

PEOPLE = 60


@pytest.fixture(scope="session")
def site() -> Iterator[FaultSite]:
    with fault_site(PEOPLE) as made:
        yield made
