"""Which tests stay together when several workers share them."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/acceptance/", "tests/browser/")
"""The first watch the clock, one after the other; the second share a browser and its demo."""


class GroupScheduling(LoadScopeScheduling):
    """Give out the groups first, for they take longest, and then test by test.

    xdist's own groups go by a suffix of the test's name, which this pytest does not take over.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in TOGETHER if nodeid.startswith(group)), nodeid)
