"""Which tests stay together when several workers share them."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/browser/"
"""These share a browser and its demo."""


class ModuleScheduling(LoadScopeScheduling):
    """Give out module by module, so that what one prepares is prepared once.

    They come in the order of their names: acceptance and browser tests, which take longest, first.
    """

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]
