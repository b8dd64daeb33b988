"""What demo data were made of: people, seed, first day and zone, fixed until they are reset."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from aura_engine.cluster.files import read_json, write_private
from aura_engine.errors import DemoError
from aura_engine.i18n import t
from aura_engine.pipeline.nightly import NIGHTLY_AT

HISTORY_DAYS: Final = 120
REPLAYED_NIGHTS: Final = 31
"""So that what is usual for a person, told after thirty days, is known from the first look."""
DEFAULT_USERS: Final = 2_000
DEFAULT_SEED: Final = 42
FORMER_TIMEZONE: Final = "America/Mexico_City"
"""Zone of the data whose plan names none."""
MIN_USERS: Final = 100
"""Fewer people are no population: the detectors have nothing to compare with."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The numbers that determine all demo data.

    Parameters
    ----------
    users : int
        People who are scored; staff come on top.
    seed : int
        Of everything random.
    epoch : date
        First local day of the history.
    first_night : date
        Local day of the first nightly run.
    timezone : str
        IANA name of the zone in which the people live.
    """

    users: int
    seed: int
    epoch: date
    first_night: date
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        """Zone in which the people live."""
        return ZoneInfo(self.timezone)

    @classmethod
    def new(cls, users: int | None, seed: int | None, *, now: datetime, zone: ZoneInfo) -> DemoPlan:
        """Plan a population whose history reaches to the present.

        Parameters
        ----------
        users : int or None
            People who are scored; None takes the default.
        seed : int or None
            Of everything random; None takes the default.
        now : datetime
            The present, zone-aware.
        zone : ZoneInfo
            Of the population's nights.

        Raises
        ------
        DemoError
            If there are too few people to compare with one another.
        """
        people = DEFAULT_USERS if users is None else users
        if people < MIN_USERS:
            raise DemoError(t("demo.too_few_users", users=people, least=MIN_USERS))
        local = now.astimezone(zone)
        today = local.date()
        last_night = today if local.time() > NIGHTLY_AT else today - timedelta(days=1)
        return cls(
            users=people,
            seed=DEFAULT_SEED if seed is None else seed,
            epoch=today - timedelta(days=HISTORY_DAYS),
            first_night=last_night - timedelta(days=REPLAYED_NIGHTS - 1),
            timezone=zone.key,
        )

    @classmethod
    def read(cls, path: Path) -> DemoPlan | None:
        """Read the plan of existing data; None where there are none."""
        stored = read_json(path)
        if stored is None:
            return None
        return cls(
            users=stored["users"],
            seed=stored["seed"],
            epoch=date.fromisoformat(stored["epoch"]),
            first_night=date.fromisoformat(stored["first_night"]),
            timezone=stored.get("timezone", FORMER_TIMEZONE),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it."""
        return asdict(self) | {
            "epoch": self.epoch.isoformat(),
            "first_night": self.first_night.isoformat(),
        }

    def write(self, path: Path) -> None:
        """Keep the plan, whole or not at all."""
        write_private(path, self.as_dict())

    def require(self, users: int | None, seed: int | None, *, timezone: str) -> None:
        """Check that what is asked for is what is there.

        Parameters
        ----------
        users, seed : int, optional
            As they are there when not given.
        timezone : str
            Of the settings.

        Raises
        ------
        DemoError
            If it is not; names ``--reset``.
        """
        asked = (self.users if users is None else users, self.seed if seed is None else seed)
        if asked != (self.users, self.seed):
            raise DemoError(
                t(
                    "demo.other_data",
                    users=self.users,
                    seed=self.seed,
                    asked_users=asked[0],
                    asked_seed=asked[1],
                )
            )
        if timezone != self.timezone:
            raise DemoError(t("demo.other_timezone", there=self.timezone, asked=timezone))
