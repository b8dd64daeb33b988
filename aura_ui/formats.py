"""Numbers, times and KPIs in words, as readers in Mexico write them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from math import ceil
from typing import Final

from aura_engine.i18n import t

_DAYS: Final = t("calendar.short_days").split()
_MONTHS: Final = t("calendar.short_months").split()
NOTHING: Final = "–"
_COUNTS: Final = frozenset({"days_since_last_seen", "num_community_categories"})
_RELATIVE: Final = frozenset(
    {"reciprocity_ratio", "sentiment_negativity_index", "num_community_categories"}
)
"""Whose numbers mean little where it is not said what is usual."""


def whole(value: float) -> str:
    """Return a number without decimals, in groups of three."""
    return f"{value:,.0f}"


def signed(value: float, decimals: int = 0) -> str:
    """Return a change with its sign; a true minus, and no sign for nothing."""
    text = f"{abs(value):,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return "0"
    return f"{'+' if value > 0 else '−'}{text}"


def percent(value: float | None) -> str:
    """Return a share of 0-100 with one decimal."""
    return NOTHING if value is None else f"{value:.1f} %"


def seconds(value: float) -> str:
    """Return a duration as people say it."""
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def moment(when: datetime, zone: tzinfo) -> str:
    """Return a moment as a date and an hour, such as ``lun 3 nov, 21:40``."""
    local = when.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {local:%H:%M}"


def ago(when: datetime, now: datetime, zone: tzinfo) -> str:
    """Return how long ago a moment was; from a day on, when it was.

    Parameters
    ----------
    when, now : datetime
        Zone-aware.
    zone : tzinfo
        Of the reader.
    """
    passed = now - when
    if passed < timedelta(seconds=1):
        return t("ui.now")
    if passed < timedelta(minutes=1):
        return t("ui.ago", span=f"{passed.seconds} s")
    if passed < timedelta(hours=1):
        return t("ui.ago", span=f"{passed.seconds // 60} min")
    if passed < timedelta(days=1):
        return t("ui.ago", span=f"{passed.seconds // 3600} h")
    return moment(when, zone)


def ahead(when: datetime, now: datetime, zone: tzinfo) -> str:
    """Return how long a moment is ahead, such as ``en 3 h 10``; from a day on, when it is.

    Parameters
    ----------
    when, now : datetime
        Zone-aware; `when` is the later one.
    zone : tzinfo
        Of the reader.
    """
    left = when - now
    if left >= timedelta(days=1):
        return t("ui.on", moment=moment(when, zone))
    hours, minutes = divmod(ceil(left.total_seconds() / 60), 60)
    return t("ui.within", span=f"{hours} h {minutes:02d}" if hours else f"{minutes} min")


def kpi_value(column: str, value: float | None) -> str:
    """Return a KPI's raw value with its unit; a dash where nothing was observed."""
    if value is None:
        return NOTHING
    return t(
        f"kpi_values.{column}",
        value=value,
        short=f"{value:,.0f}" if value >= 10 else f"{value:.1f}",
        percent=100 * value,
        yes=t("ui.yes") if value >= 0.5 else t("ui.no"),
    )


def kpi_short(column: str, value: float, usual: float) -> str:
    """Say in a few words what an observed KPI on the risk side amounts to.

    Parameters
    ----------
    column, value, usual
        As of `kpi_phrase`; what is usual is said of numbers that mean little without it.
    """
    shown, as_usual = kpi_value(column, value), kpi_value(column, usual)
    said = t(f"kpi_short.{column}", value=shown, unit=_unit(column, value))
    if column not in _RELATIVE or shown == as_usual:
        return said
    return t("kpi_short.beside_usual", said=said, usual=as_usual)


def kpi_phrase(
    column: str, value: float | None, usual: float, own_usual: float | None = None
) -> str:
    """Say a KPI in words with its number, the population's and the person's own beside it.

    Parameters
    ----------
    column : str
        One of ``KPI_COLUMNS``.
    value : float or None
        Raw, as observed; None where nothing was.
    usual : float
        The population's median.
    own_usual : float, optional
        The person's, where it is known.
    """
    if value is None:
        return t("ui.not_observed", name=t(f"kpi_names.{column}"))
    if column == "is_profile_incomplete":
        return t("kpi_phrases.profile_incomplete" if value >= 0.5 else "kpi_phrases.profile_done")
    if column == "days_since_last_seen" and value < 1:
        return t("kpi_phrases.seen_today")
    return t(
        f"kpi_phrases.{column}",
        value=kpi_value(column, value),
        unit=_unit(column, value),
        usual=_usual(column, usual, own_usual),
    )


def _usual(column: str, usual: float, own_usual: float | None) -> str:
    said = kpi_value(column, usual)
    if own_usual is None:
        return said
    return t("kpi_phrases.and_own", usual=said, own=kpi_value(column, own_usual))


def _unit(column: str, value: float) -> str:
    """Return what a count counts, in the number that it has as shown."""
    if column not in _COUNTS:
        return ""
    return t(f"units.{column}" if f"{value:.0f}" == "1" else f"units.many_{column}")


def people_in_words(count: int) -> str:
    """Say how many people a list holds."""
    return t("high.lead_one") if count == 1 else t("high.lead", total=whole(count))
