"""What pages say of the notices that reach counselors away from their desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from aura_engine.i18n import t
from aura_engine.store.reads import NoticeChannel
from aura_ui.formats import ago


def failing(channels: Sequence[NoticeChannel], at: datetime, zone: tzinfo) -> list[str]:
    """Return which notices do not get through, since when and why.

    Parameters
    ----------
    channels : sequence of NoticeChannel
        Those that are configured.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    return [
        t(
            "notices.failing",
            channel=t(f"notices.channel_{channel.channel}"),
            since=ago(channel.failing_since, at, zone),
            error=channel.last_error,
        )
        for channel in channels
        if channel.failing_since is not None
    ]


def missing(channels: Sequence[NoticeChannel]) -> list[str]:
    """Return what to say where nobody is told of an urgent case out of hours."""
    return [] if channels else [t("notices.missing")]
