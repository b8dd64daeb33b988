"""Working hours, notices and the scheduler's times, as the settings write them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.errors import SettingsError
from aura_engine.settings import Settings
from aura_engine.settings.cron import check_cron

LINK = {"AURA_PUBLIC_URL": "https://aura.example"}
MAIL = LINK | {
    "AURA_ALERT_SMTP_HOST": "mail.example",
    "AURA_ALERT_FROM": "aura@escuela.example",
    "AURA_ALERT_TO": "a@escuela.example, b@escuela.example",
}
TOKEN = "T0KEN-of-the-webhook"


def complaint(given: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(given)
    return str(caught.value)


def test_by_default_a_school_works_from_monday_to_friday_and_nobody_is_told():
    loaded = Settings.load({})
    assert loaded.working_hours.weekdays == frozenset(range(5))
    assert loaded.working_hours.shifts == ((480, 960),)
    assert loaded.working_hours.zone.key == loaded.timezone
    assert loaded.notice_channels == ()


def test_days_hours_and_holidays_are_read_as_people_write_them():
    hours = Settings.load(
        {
            "AURA_WORKING_DAYS": "Mon-Wed, sat",
            "AURA_WORKING_HOURS": "8:00-13:00, 14:00 - 24:00",
            "AURA_HOLIDAYS": "2026-12-25, 2026-12-30..2027-01-01",
        }
    ).working_hours
    assert hours.weekdays == {0, 1, 2, 5}
    assert hours.shifts == ((480, 780), (840, 1440))
    assert hours.holidays == {
        *(date(2026, 12, 25), date(2026, 12, 30), date(2026, 12, 31)),
        date(2027, 1, 1),
    }


@pytest.mark.parametrize(
    ("given", "shares"), [({}, (8, 8)), ("5", (5, 5)), ("team:24", (24, 8)), ("team:25", (25, 9))]
)
def test_a_day_s_capacity_is_each_counselor_s_or_shared(given, shares):
    loaded = Settings.load({"AURA_CASES_PER_DAY": given} if given else {}).cases_per_day
    assert (loaded.cases, loaded.share(3)) == shares
    assert loaded.share(0) == loaded.cases


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AURA_WORKING_DAYS", "lunes"),
        ("AURA_WORKING_DAYS", "fri-mon"),
        ("AURA_WORKING_DAYS", ",,,"),
        ("AURA_WORKING_HOURS", "8-16"),
        ("AURA_WORKING_HOURS", "16:00-08:00"),
        ("AURA_WORKING_HOURS", "08:00-13:00,12:00-17:00"),
        ("AURA_WORKING_HOURS", "08:00-24:01"),
        ("AURA_WORKING_HOURS", " , "),
        ("AURA_HOLIDAYS", "25/12/2026"),
        ("AURA_HOLIDAYS", "2026-12-31..2026-12-01"),
        ("AURA_HOLIDAYS", "2026-01-01..2036-01-01"),
        ("AURA_CASES_PER_DAY", "-3"),
        ("AURA_CASES_PER_DAY", "301"),
        ("AURA_CASES_PER_DAY", "crew:8"),
        ("AURA_CASES_PER_DAY", "eight"),
        ("AURA_NIGHTLY_CRON", "45 3 * *"),
        ("AURA_CHANGE_MODE", "guess"),
        ("AURA_BATCH_SECONDS", "0.01"),
        ("AURA_BATCH_SECONDS", "soon"),
        ("AURA_BATCH_USERS", "5001"),
        ("AURA_SWEEP_MINUTES", "4"),
        ("AURA_PUBLIC_URL", "aura.example"),
        ("AURA_PUBLIC_URL", "https://aura.example/?p=1"),
        ("AURA_PUBLIC_URL", "https://user:word@aura.example"),
        ("AURA_PUBLIC_URL", "https://aura.example:port"),
        ("AURA_ALERT_WEBHOOK", "http://hooks.example/x"),
        ("AURA_ALERT_WEBHOOK", "ftp://127.0.0.1/x"),
        ("AURA_ALERT_SECRET", "short"),
        ("AURA_ALERT_SMTP_SECURITY", "maybe"),
        ("AURA_ALERT_FROM", "nobody"),
        ("AURA_ALERT_TO", "a@escuela.example\nBcc: x@escuela.example"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_not_shown(variable, value):
    message = complaint(LINK | {variable: value})
    assert variable in message
    assert value not in message.replace(variable, "")


@pytest.mark.parametrize("variable", ["AURA_ALERT_WEBHOOK", "AURA_ALERT_SMTP_HOST"])
def test_notices_without_an_address_to_link_to_are_refused(variable):
    given = MAIL | {"AURA_ALERT_WEBHOOK": "https://hooks.example/x"}
    given = {name: given[name] for name in given if name != "AURA_PUBLIC_URL"}
    other = {"AURA_ALERT_WEBHOOK", "AURA_ALERT_SMTP_HOST"} - {variable}
    assert "AURA_PUBLIC_URL" in complaint({k: v for k, v in given.items() if k not in other})


@pytest.mark.parametrize("missing", ["AURA_ALERT_FROM", "AURA_ALERT_TO"])
def test_mail_needs_a_sender_and_recipients(missing):
    assert missing in complaint({name: MAIL[name] for name in MAIL if name != missing})


@pytest.mark.parametrize("half", ["AURA_ALERT_SMTP_USER", "AURA_ALERT_SMTP_PASSWORD"])
def test_half_an_account_is_refused(half):
    assert half in complaint(MAIL | {half: "x"})


def test_mail_leaves_unencrypted_for_this_machine_only():
    open_mail = MAIL | {"AURA_ALERT_SMTP_SECURITY": "none"}
    assert "AURA_ALERT_SMTP_SECURITY" in complaint(open_mail)
    local = Settings.load(open_mail | {"AURA_ALERT_SMTP_HOST": "127.0.0.1"})
    assert local.notice_channels == ("smtp",)


def test_both_channels_can_be_used_at_once_and_their_secrets_stay_hidden():
    loaded = Settings.load(
        MAIL
        | {
            "AURA_ALERT_WEBHOOK": f"https://hooks.example/{TOKEN}",
            "AURA_ALERT_SMTP_USER": "aura",
            "AURA_ALERT_SMTP_PASSWORD": TOKEN,
            "AURA_ALERT_SECRET": TOKEN * 2,
        }
    )
    assert loaded.notice_channels == ("webhook", "smtp")
    assert loaded.alert_to == ("a@escuela.example", "b@escuela.example")
    shown = [repr(loaded), str(loaded.model_dump()), loaded.model_dump_json()]
    assert not [text for text in shown if TOKEN in text]
    assert TOKEN not in complaint({"AURA_ALERT_WEBHOOK": f"http://hooks.example/{TOKEN}"})


@pytest.mark.parametrize(
    "text",
    [
        "30 3 * * *",
        "*/15 0-6,22-23 * * mon-fri",
        "0 4 1,15 jan-jun,12 *",
        "10-40/10 */2 1-31/5 */3 *",
        "5 4 * * SUN",
        "  0   0 1 1 * ",
    ],
)
def test_five_fields_of_cron_are_taken(text):
    assert check_cron(text) == " ".join(text.lower().split())


@pytest.mark.parametrize(
    "text",
    [
        *("", "30 3 * *", "30 3 * * * *", "60 3 * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *"),
        *("0 0 1 13 *", "0 0 * * 1", "0 0 * * mo", "6-5 * * * *", "*/0 * * * *", "5/2 * * * *"),
        *("a * * * *", "1,,2 * * * *", "-1 * * * *", "0 0 * feb-jan *", "0 0 * * sun-mon"),
        *("0 0 * jan-jun/2 *", "0 0 * jan-6 *", "*/60 * * * *", "1-3/5 * * * *", "3-1/1 * * * *"),
    ],
)
def test_what_cron_would_misread_is_refused(text):
    with pytest.raises(ValueError, match="campo"):
        check_cron(text)


def _fields(low: int, high: int, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    number = st.integers(low - 1, high + 1).map(str)
    token = st.one_of(number, st.sampled_from(names)) if names else number
    span = st.builds("{}-{}".format, token, token)
    step = st.builds("{}/{}".format, st.one_of(st.just("*"), span, token), st.integers(0, high + 1))
    return st.lists(st.one_of(st.just("*"), token, span, step), min_size=1, max_size=2).map(
        ",".join
    )


FIELDS = [
    *(_fields(0, 59, ()), _fields(0, 23, ()), _fields(1, 31, ())),
    *(_fields(1, 12, ("jan", "dec")), _fields(0, 6, ("mon", "wed", "sun"))),
]


@given(st.sampled_from(range(5)).flatmap(lambda n: st.tuples(st.just(n), FIELDS[n])))
@settings(deadline=None, max_examples=1000)
def test_whatever_is_taken_the_scheduler_can_run(place_and_field):
    place, field = place_and_field
    text = " ".join(field if n == place else "*" for n in range(5))
    try:
        taken = check_cron(text)
    except ValueError:
        return
    CronTrigger.from_crontab(taken, timezone=ZoneInfo("America/Mexico_City"))


def test_without_a_port_there_are_no_metrics():
    assert Settings.load({}).metrics_port is None
    assert Settings.load({"AURA_METRICS_PORT": "9109"}).metrics_port == 9109
    assert "AURA_METRICS_PORT" in complaint({"AURA_METRICS_PORT": "8001"})
