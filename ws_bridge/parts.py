"""What the bridge knows of the other processes: only what they wrote into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aura_engine.i18n import t
from aura_engine.store.reads import NoticeChannel, ServiceStatus
from aura_engine.store.services import LEADER, STANDBY
from ws_bridge.models.service import DegradedPart, PartState, SchedulerState
from ws_bridge.tail import EventTail

SCHEDULER: Final = LEADER
NOTICES: Final = "notices"
RESULTS: Final = "results"
EVENTS: Final = "events"
STORE: Final = "analytics_database"
STRUCTURE: Final = "analytics_structure"


def state(found: ServiceStatus | None) -> PartState:
    """Return the state of a part; one that never reported is down since nobody knows when."""
    if found is None:
        return PartState(is_up=False, since=None)
    return PartState(is_up=found.is_up, since=found.since)


def sources(parts: Mapping[str, ServiceStatus]) -> dict[str, PartState]:
    """Return the state of every source that the scheduler has spoken of."""
    ours = (SCHEDULER, STANDBY)
    return {name: state(found) for name, found in sorted(parts.items()) if name not in ours}


def scheduler_state(parts: Mapping[str, ServiceStatus]) -> SchedulerState:
    """Say which scheduler leads, under which number, and whether another stands by."""
    leader, standby = parts.get(SCHEDULER), parts.get(STANDBY)
    leads = leader is not None and leader.is_up
    return SchedulerState(
        is_up=leads,
        instance=leader.instance if leader and leads else None,
        fence=leader.details.get("fence") if leader and leads else None,
        leads_since=leader.details.get("leads_since") if leader and leads else None,
        has_standby=standby is not None and standby.is_up,
    )


def degraded(
    parts: Mapping[str, ServiceStatus],
    channels: Sequence[NoticeChannel],
    *,
    has_results: bool,
    events: EventTail | None,
) -> list[DegradedPart]:
    """List what does not work or is not there yet, the scheduler first.

    Parameters
    ----------
    parts : mapping
        As of `aura_engine.store.reads.services`.
    channels : sequence of NoticeChannel
        As of `aura_engine.store.reads.notice_channels`.
    has_results : bool
        Whether a run has ever succeeded.
    events : EventTail or None
        What this process follows events with.
    """
    found = []
    scheduler = state(parts.get(SCHEDULER))
    if not scheduler.is_up:
        found.append(
            DegradedPart(part=SCHEDULER, since=scheduler.since, message=t("bridge.down_scheduler"))
        )
    for name, source in sources(parts).items():
        if not (source.is_up or parts[name].is_silent):
            said = parts[name].details.get("problem")
            message = said or t("bridge.down_source", name=name)
            found.append(DegradedPart(part=name, since=source.since, message=message))
    found += [
        DegradedPart(
            part=NOTICES,
            since=channel.failing_since,
            message=t("bridge.down_notices", error=channel.last_error),
        )
        for channel in channels
        if channel.failing_since is not None
    ]
    if events is not None and events.is_missed:
        message = t("bridge.down_events")
        found.append(DegradedPart(part=EVENTS, since=events.since, message=message))
    if not has_results:
        found.append(DegradedPart(part=RESULTS, since=None, message=t("bridge.no_results")))
    return found


def has_language(scheduler: ServiceStatus | None) -> bool:
    """Tell whether texts can be read now: whoever would read them lives and has a model."""
    return scheduler is not None and scheduler.is_up and bool(scheduler.details.get("text_model"))
