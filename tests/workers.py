"""Which tests stay together when several workers share them."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/browser/"
"""These share a browser and its demo."""


ORDER = (
    TOGETHER,
    "tests/acceptance/test_demo.py",
    "tests/acceptance/test_schedulers.py",
    "tests/integration/bridge/",
    "tests/acceptance/",
)
"""What takes longest first, or it is still going on when all else is done. A worker gets two
modules at first, so that behind these come short ones."""


def place(nodeid: str) -> int:
    """Return where a test comes: the lower the sooner."""
    return next((at for at, start in enumerate(ORDER) if nodeid.startswith(start)), len(ORDER))


class ModuleScheduling(LoadScopeScheduling):
    """Give out module by module, so that what one prepares is prepared once."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]
