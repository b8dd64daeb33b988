"""Settings of the scheduler: when it runs what, and how it follows changes."""

from __future__ import annotations

from pydantic import BaseModel, Field

from aura_engine.setting_types import ChangeMode
from aura_engine.settings.cron import CronExpression


class SchedulingSettings(BaseModel):
    """What the scheduler does of itself."""

    nightly_cron: CronExpression = Field(
        default="30 3 * * *",
        alias="AURA_NIGHTLY_CRON",
        description="When the nightly full run starts, in `AURA_TIMEZONE`: minute, hour, day, "
        "month and day of the week as cron writes them; days of the week by name (`mon-fri`).",
    )
    sweep_minutes: int = Field(
        default=60,
        alias="AURA_SWEEP_MINUTES",
        description="Minutes between two sweeps, which rescore whoever changed because time "
        "passed; 5 to 1440.",
        ge=5,
        le=1440,
    )
    change_mode: ChangeMode = Field(
        default="triggers",
        alias="AURA_CHANGE_MODE",
        description="How changes in the sources are noticed: triggers (within seconds), or "
        "poll where triggers are not allowed: edits up to 15 minutes late, deletions in the "
        "nightly run.",
    )
    batch_seconds: float = Field(
        default=0.5,
        alias="AURA_BATCH_SECONDS",
        description="Seconds for which changes are gathered before the people concerned are "
        "rescored; 0.05 to 10.",
        ge=0.05,
        le=10,
    )
    batch_users: int = Field(
        default=200,
        alias="AURA_BATCH_USERS",
        description="People that one batch rescores at most; 1 to 5000.",
        ge=1,
        le=5000,
    )
