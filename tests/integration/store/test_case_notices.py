from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aura_engine.store.access import LOCAL
from aura_engine.store.case_notices import (
    Notice,
    NoticeKind,
    claim,
    record_failed,
    record_sent,
)
from aura_engine.store.cases import CaseState
from aura_engine.store.people import remove_people
from aura_engine.store.pseudonyms import is_pseudonym
from aura_engine.store.reads import NoticeChannel, notice_channels
from tests.integration.store.case_rows import (
    MONDAY,
    acknowledge,
    case_row,
    change,
    channel_row,
    local,
    look,
    notices,
    open_case,
    population,
    snooze,
)

NIGHT = local(7, 2)
"""A Saturday."""
HOOK = ("webhook",)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def user(store: Engine) -> str:
    return population(store, 1)[0]


def take(store: Engine, now: datetime, channel: str = "webhook") -> Notice:
    notice = claim(store, channel, now=now)
    assert notice is not None
    return notice


def fail(store: Engine, now: datetime) -> None:
    record_failed(store, take(store, now), error="no responde", now=now)


def test_an_urgent_case_at_night_is_announced_at_once_through_every_channel_and_once(
    store: Engine, user: str
) -> None:
    case = open_case(store, user, at=NIGHT)
    assert look(store, NIGHT, ("webhook", "smtp")).announced == 2
    assert look(store, NIGHT + MINUTE, ("webhook", "smtp")).announced == 0
    found = [(row["case_id"], row["kind"], row["channel"]) for row in notices(store)]
    expected = {(case, "sin_reconocer", channel) for channel in ("webhook", "smtp")}
    assert set(found) == expected


def test_it_is_announced_again_at_each_escalation(store: Engine, user: str) -> None:
    open_case(store, user)
    for now in (MONDAY, local(2, 13), local(3, 9), local(9, 9)):
        look(store, now, HOOK)
        if (notice := claim(store, "webhook", now=now)) is not None:
            record_sent(store, notice, now=now)
    assert [row["kind"] for row in notices(store)] == list(NoticeKind)
    assert all(row["sent_at"] for row in notices(store))


@pytest.mark.parametrize(
    ("severity", "state"), [(80.0, CaseState.OPEN), (99.0, CaseState.TO_REVIEW)]
)
def test_what_is_not_urgent_is_not_announced(
    store: Engine, user: str, severity: float, state: CaseState
) -> None:
    open_case(store, user, severity=severity, state=state)
    assert look(store, local(9, 9), HOOK).announced == 0


def test_a_notice_carries_pseudonym_and_kind_and_nothing_else_of_the_person(
    store: Engine, user: str
) -> None:
    case = open_case(store, user)
    look(store, MONDAY, HOOK)
    notice = take(store, MONDAY)
    assert is_pseudonym(notice.pseudonym)
    assert notice.pseudonym == case_row(store, case)["pseudonym"]
    assert set(Notice.__slots__) == {"id", "kind", "channel", "pseudonym"}


@pytest.mark.parametrize("what", ["acknowledged", "snoozed", "closed", "deleted"])
def test_what_need_not_be_told_any_more_is_withdrawn(store: Engine, user: str, what: str) -> None:
    case = open_case(store, user)
    look(store, MONDAY, HOOK)
    if what == "acknowledged":
        acknowledge(store, case, at=MONDAY)
    elif what == "snoozed":
        snooze(store, case, at=MONDAY, until=local(9, 9), severity=90.0)
    elif what == "closed":
        change(store, case, "state = 'cerrado', closed_at = :at", at=MONDAY)
    else:
        with store.begin() as connection:
            remove_people(connection, [user], as_of=MONDAY)
    assert claim(store, "webhook", now=MONDAY) is None
    look(store, MONDAY + MINUTE, HOOK)
    assert notices(store) == []


def test_a_case_that_comes_back_is_announced_again(store: Engine, user: str) -> None:
    case = open_case(store, user)
    look(store, MONDAY, HOOK)
    record_sent(store, take(store, MONDAY), now=MONDAY)
    snooze(store, case, at=local(2, 10), until=local(4, 9), severity=90.0)
    assert look(store, local(4, 9), HOOK).announced == 1


def test_a_later_escalation_replaces_what_has_not_been_told(store: Engine, user: str) -> None:
    open_case(store, user)
    look(store, MONDAY, HOOK)
    look(store, local(2, 13), HOOK)
    assert [row["kind"] for row in notices(store)] == ["vencido"]


def test_attempts_are_a_minute_apart_and_then_twice_as_long_up_to_an_hour(
    store: Engine, user: str
) -> None:
    open_case(store, user)
    look(store, MONDAY, HOOK)
    now = MONDAY
    waited = []
    for _ in range(9):
        fail(store, now)
        assert claim(store, "webhook", now=now) is None
        following = notices(store)[0]["next_attempt_at"]
        waited.append((following - now) // MINUTE)
        now = following
    assert waited == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_after_a_day_it_is_given_up_and_the_channel_still_fails(store: Engine, user: str) -> None:
    open_case(store, user)
    look(store, MONDAY, HOOK)
    fail(store, MONDAY)
    later = MONDAY + timedelta(hours=23, minutes=59)
    fail(store, later)
    assert notices(store)[0]["given_up_at"] is None
    last = MONDAY + timedelta(hours=25)
    fail(store, last)
    [row] = notices(store)
    assert (row["attempts"], row["given_up_at"], row["last_error"]) == (3, last, "no responde")
    assert claim(store, "webhook", now=last + timedelta(days=1)) is None
    assert channel_row(store)["failing_since"] == MONDAY


def test_a_sender_that_died_is_followed_by_another(store: Engine, user: str) -> None:
    open_case(store, user)
    look(store, MONDAY, HOOK)
    first = take(store, MONDAY)
    assert claim(store, "webhook", now=MONDAY) is None
    assert take(store, MONDAY + MINUTE) == first


def test_once_a_channel_works_again_what_waited_goes_out_at_once(store: Engine) -> None:
    for user in population(store, 3):
        open_case(store, user)
    look(store, MONDAY, HOOK)
    for _ in range(3):
        fail(store, MONDAY)
    now = MONDAY + MINUTE
    fail(store, now)
    assert channel_row(store)["failing_since"] == MONDAY
    record_sent(store, take(store, now), now=now)
    row = channel_row(store)
    assert (row["failing_since"], row["last_error"], row["last_sent_at"]) == (None, None, now)
    for _ in range(2):
        record_sent(store, take(store, now), now=now)
    assert claim(store, "webhook", now=now) is None


def test_pages_read_which_channels_there_are_and_since_when_one_fails(
    store: Engine, user: str
) -> None:
    def seen() -> list[NoticeChannel]:
        with store.connect() as connection:
            return notice_channels(connection, LOCAL)

    assert seen() == []
    open_case(store, user)
    look(store, MONDAY, ("webhook", "smtp"))
    fail(store, MONDAY)
    assert seen() == [
        NoticeChannel("smtp", None, None),
        NoticeChannel("webhook", MONDAY, "no responde"),
    ]
    look(store, MONDAY + MINUTE, ("smtp",))
    assert seen() == [NoticeChannel("smtp", None, None)]
    assert [row["channel"] for row in notices(store)] == ["smtp"]
    look(store, MONDAY + MINUTE, ())
    assert (seen(), notices(store)) == ([], [])


def test_a_channel_that_is_configured_later_tells_what_still_waits(
    store: Engine, user: str
) -> None:
    open_case(store, user)
    look(store, MONDAY)
    assert notices(store) == []
    assert look(store, MONDAY + MINUTE, HOOK).announced == 1
