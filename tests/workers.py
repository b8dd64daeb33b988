"""Which tests stay together when several workers share them."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/browser/"
"""These share a browser and its demo."""
BY_MODULE = "tests/acceptance/"
"""Tests of one of these modules may share an installation."""


class GroupScheduling(LoadScopeScheduling):
    """Give out the groups first, for they take longest, and then test by test.

    xdist's own groups go by a suffix of the test's name, which this pytest does not take over.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(TOGETHER):
            return TOGETHER
        return nodeid.partition("::")[0] if nodeid.startswith(BY_MODULE) else nodeid
