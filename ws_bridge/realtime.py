"""State of the live channels: none is open until the bridge has sockets."""

from __future__ import annotations

from typing import Final

CHANNELS: Final = ("clustering", "alerts")


def connections() -> dict[str, int]:
    """Count the clients of each channel."""
    return dict.fromkeys(CHANNELS, 0)
