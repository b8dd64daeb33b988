"""Whatever a number or a moment is, it is written the same way, and can be read back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from aura_engine.i18n import t
from aura_ui import formats

ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("America/Mexico_City", "America/Tijuana", "Europe/Madrid", "UTC")]
)
MOMENTS = st.integers(1_420_000_000, 2_050_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
DAY = timedelta(days=1)
AGO = re.compile(r"hace (\d{1,2}) (s|min|h)")
SECONDS = {"s": 1, "min": 60, "h": 3600}
MOMENT = re.compile(r"(\S{3}) (\d{1,2}) (\S{3}), (\d\d):(\d\d)")
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})*(?:\.\d+)?")
WEEK, YEAR = t("calendar.short_days").split(), t("calendar.short_months").split()


@given(now=MOMENTS, passed=st.timedeltas(timedelta(seconds=1), DAY - timedelta(seconds=1)))
def test_under_a_day_a_moment_is_so_many_whole_units_ago(now, passed):
    said = AGO.fullmatch(formats.ago(now - passed, now, UTC))
    assert said is not None
    number, unit = int(said[1]), SECONDS[said[2]]
    assert number >= 1
    assert timedelta(seconds=number * unit) <= passed < timedelta(seconds=(number + 1) * unit)


@given(now=MOMENTS, passed=st.timedeltas(DAY, timedelta(days=300)), zone=ZONES)
def test_from_a_day_on_a_moment_is_its_date_and_hour_where_the_reader_is(now, passed, zone):
    when = now - passed
    said = MOMENT.fullmatch(formats.ago(when, now, zone))
    assert said is not None
    local = when.astimezone(zone)
    assert WEEK.index(said[1]) == local.weekday()
    assert YEAR.index(said[3]) == local.month - 1
    assert tuple(int(said[place]) for place in (2, 4, 5)) == (local.day, local.hour, local.minute)


@given(now=MOMENTS, passed=st.timedeltas(timedelta(0), timedelta(days=9)), zone=ZONES, other=ZONES)
def test_in_which_zone_a_moment_was_noted_changes_nothing(now, passed, zone, other):
    when = now - passed
    assert formats.ago(when.astimezone(other), now, zone) == formats.ago(when, now, zone)


@given(now=MOMENTS, left=st.timedeltas(timedelta(seconds=1), DAY - timedelta(minutes=1)))
def test_what_is_ahead_is_never_told_as_less_than_it_is(now, left):
    said = re.fullmatch(
        r"en (?:(\d{1,2}) h )?(\d{1,2})(?: min)?", formats.ahead(now + left, now, UTC)
    )
    assert said is not None
    told = timedelta(hours=int(said[1] or 0), minutes=int(said[2]))
    assert left <= told < left + timedelta(minutes=1)


@given(st.floats(0, 1e12))
def test_a_number_is_grouped_by_commas_and_has_no_decimals(value):
    said = formats.whole(value)
    assert GROUPED.fullmatch(said)
    assert "." not in said
    assert abs(int(said.replace(",", "")) - value) <= 0.5


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_a_change_is_read_back_with_its_sign(value, decimals):
    said = formats.signed(value, decimals)
    assert "-" not in said
    if said == "0":
        assert abs(value) <= 0.5 * 10.0**-decimals
        return
    assert said[0] == ("+" if value > 0 else "−")
    assert GROUPED.fullmatch(said[1:])
    assert abs(float(said[1:].replace(",", "")) - abs(value)) <= 0.5 * 10.0**-decimals + 1e-6


@given(st.floats(0, 100))
def test_a_share_has_one_decimal_whatever_it_is(value):
    said = re.fullmatch(r"(\d{1,3}\.\d) %", formats.percent(value))
    assert said is not None
    assert abs(float(said[1]) - value) <= 0.05 + 1e-9
