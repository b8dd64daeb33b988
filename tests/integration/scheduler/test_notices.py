"""Notices as they leave: over real sockets, retried, and with nothing in them but a pseudonym."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from aura_engine.logs import configure_logging
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import Settings
from aura_ui.navigation import PAGES
from aura_ui.people import CARD, PERSON
from scheduler.case_clock import CaseClock
from scheduler.notices import link
from tests.integration.scheduler.receivers import CERTIFICATE, Hook, PostOffice, hook, post_office
from tests.integration.store.case_rows import (
    case_row,
    channel_row,
    local,
    notices,
    open_case,
    population,
)
from tests.integration.store.conftest import store
from tests.restored_logging import _restored_logging

__all__ = ["_restored_logging", "store"]

NIGHT = local(7, 2)
MINUTE = timedelta(minutes=1)
LINK = "https://aura.example/panel"
TOKEN = "T0KEN-of-a-channel-which-is-a-secret"
Clocks = Callable[..., CaseClock]


class Present:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NIGHT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def present() -> Present:
    return Present()


@pytest.fixture
def clock(store: Engine, present: Present) -> Clocks:
    def of(**variables: str) -> CaseClock:
        context = cast(PipelineContext, SimpleNamespace(store=store, clock=present))
        return CaseClock.of(context, Settings.load({"AURA_PUBLIC_URL": LINK, **variables}))

    return of


@pytest.fixture
def case(store: Engine) -> dict[str, Any]:
    [user] = population(store, 1)
    return case_row(store, open_case(store, user, severity=87.25, at=NIGHT))


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as got:
        yield got


def mail_to(office: PostOffice, **more: str) -> dict[str, str]:
    return {
        "AURA_ALERT_SMTP_HOST": "127.0.0.1",
        "AURA_ALERT_SMTP_PORT": str(office.port),
        "AURA_ALERT_SMTP_SECURITY": office.encryption,
        "AURA_ALERT_FROM": "aura@escuela.example",
        "AURA_ALERT_TO": "ana@escuela.example,luis@escuela.example",
        **more,
    }


def test_at_night_a_webhook_is_told_pseudonym_and_link_and_nothing_else(
    clock: Clocks, receiver: Hook, case: dict[str, Any], store: Engine
) -> None:
    clock(AURA_ALERT_WEBHOOK=receiver.url).look()
    told = json.loads(receiver.bodies[0])
    pseudonym = case["pseudonym"]
    assert told == {
        "kind": "sin_reconocer",
        "pseudonym": pseudonym,
        "link": f"{LINK}/ficha?p={pseudonym}",
    }
    [row] = notices(store)
    assert (row["sent_at"], row["attempts"]) == (NIGHT, 1)
    assert "x-aura-signature" not in receiver.headers[0]


def test_the_link_is_the_address_of_the_persons_page() -> None:
    assert link(LINK, "K7-FQ2M") == f"{LINK}/{CARD.stem}?{PERSON}=K7-FQ2M"
    assert CARD.stem in [entry.name for entry in PAGES]


def test_what_was_told_is_not_told_again(
    clock: Clocks, receiver: Hook, case: dict[str, Any], present: Present
) -> None:
    for _ in range(3):
        clock(AURA_ALERT_WEBHOOK=receiver.url).look()
        present.now += MINUTE
    assert len(receiver.bodies) == 1


def test_a_signed_body_can_be_checked_with_the_secret(
    clock: Clocks, receiver: Hook, case: dict[str, Any]
) -> None:
    clock(AURA_ALERT_WEBHOOK=receiver.url, AURA_ALERT_SECRET=TOKEN).look()
    expected = hmac.new(TOKEN.encode(), receiver.bodies[0], hashlib.sha256).hexdigest()
    assert receiver.headers[0]["x-aura-signature"] == f"sha256={expected}"


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_refusal_is_shown_and_retried_until_it_is_taken(
    clock: Clocks,
    receiver: Hook,
    case: dict[str, Any],
    store: Engine,
    present: Present,
    status: int,
) -> None:
    looking = clock(AURA_ALERT_WEBHOOK=receiver.url)
    receiver.status = status
    looking.look()
    row = channel_row(store)
    assert row["failing_since"] == NIGHT
    assert str(status) in row["last_error"]
    looking.look()
    assert len(receiver.bodies) == 1
    receiver.status = 200
    present.now += MINUTE
    looking.look()
    assert len(receiver.bodies) == 2
    assert receiver.headers[0]["idempotency-key"] == receiver.headers[1]["idempotency-key"]
    row = channel_row(store)
    assert (row["failing_since"], row["last_sent_at"]) == (None, present.now)


def test_a_redirect_is_not_followed(clock: Clocks, receiver: Hook, case: dict[str, Any]) -> None:
    with hook() as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url
        clock(AURA_ALERT_WEBHOOK=receiver.url).look()
        assert len(receiver.bodies) == 1
        assert elsewhere.bodies == []


def test_while_a_channel_fails_only_one_notice_a_look_is_tried(
    clock: Clocks, receiver: Hook, store: Engine, present: Present
) -> None:
    for user in population(store, 5):
        open_case(store, user, at=NIGHT)
    looking = clock(AURA_ALERT_WEBHOOK=receiver.url)
    receiver.status = 503
    looking.look()
    assert len(receiver.bodies) == 1
    receiver.status = 200
    present.now += MINUTE
    looking.look()
    assert all(row["sent_at"] for row in notices(store))
    assert len({json.loads(body)["pseudonym"] for body in receiver.bodies[1:]}) == 5


def test_a_dead_receiver_holds_up_neither_deadlines_nor_the_other_channel(
    clock: Clocks, case: dict[str, Any], store: Engine
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with post_office() as office:
        dead = f"http://127.0.0.1:{port}/{TOKEN}"
        clock(AURA_ALERT_WEBHOOK=dead, **mail_to(office)).look()
        assert len(office.mails) == 1
    assert channel_row(store)["failing_since"] == NIGHT
    assert TOKEN not in channel_row(store)["last_error"]
    assert channel_row(store, "smtp")["failing_since"] is None
    assert case_row(store, case["id"])["due_at"] == local(9, 12)


def test_a_mail_holds_pseudonym_and_link_and_nothing_else(
    clock: Clocks, case: dict[str, Any]
) -> None:
    with post_office() as office:
        clock(**mail_to(office)).look()
    [mail] = office.mails
    assert case["pseudonym"] in mail["Subject"]
    assert mail["From"] == "aura@escuela.example"
    assert mail["To"] == "ana@escuela.example, luis@escuela.example"
    assert mail["Message-ID"].startswith("<aura-notice-")
    assert mail.get_content().strip() == f"{LINK}/ficha?p={case['pseudonym']}"


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_mail_and_password_leave_encrypted(
    clock: Clocks,
    case: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    encryption: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    account = {"AURA_ALERT_SMTP_USER": "aura", "AURA_ALERT_SMTP_PASSWORD": TOKEN}
    with post_office(encryption) as office:
        clock(**mail_to(office, **account)).look()
    assert len(office.mails) == 1
    in_the_open = {line.split()[0].upper() for line, encrypted in office.commands if not encrypted}
    assert in_the_open <= {"EHLO", "STARTTLS"}
    assert any(line.startswith("AUTH") for line, _ in office.commands)


@pytest.mark.parametrize(
    ("wanted", "served"),
    [("starttls", "none"), ("starttls", "starttls"), ("tls", "none"), ("tls", "tls")],
)
def test_without_a_trusted_encryption_nothing_is_said(
    clock: Clocks, case: dict[str, Any], store: Engine, wanted: str, served: str
) -> None:
    account = {"AURA_ALERT_SMTP_USER": "aura", "AURA_ALERT_SMTP_PASSWORD": TOKEN}
    with post_office(served) as office:
        given = mail_to(office, **account) | {"AURA_ALERT_SMTP_SECURITY": wanted}
        clock(**given).look()
    assert office.mails == []
    assert {line.split()[0].upper() for line, _ in office.commands} <= {"EHLO", "STARTTLS", "QUIT"}
    assert channel_row(store, "smtp")["failing_since"] == NIGHT


def test_one_bad_recipient_does_not_keep_the_others_from_hearing(
    clock: Clocks, case: dict[str, Any], store: Engine
) -> None:
    with post_office() as office:
        office.refused = frozenset({"luis@escuela.example"})
        clock(**mail_to(office)).look()
        assert len(office.mails) == 1
    assert notices(store)[0]["sent_at"] == NIGHT


def test_mail_that_everyone_refuses_or_a_wrong_password_is_a_failure(
    clock: Clocks, case: dict[str, Any], store: Engine, present: Present
) -> None:
    with post_office() as office:
        office.refused = frozenset({"ana@escuela.example", "luis@escuela.example"})
        clock(**mail_to(office)).look()
        assert "escuela" not in channel_row(store, "smtp")["last_error"]
        present.now += MINUTE
        office.refused, office.password_is_right = frozenset(), False
        account = {"AURA_ALERT_SMTP_USER": "aura", "AURA_ALERT_SMTP_PASSWORD": TOKEN}
        clock(**mail_to(office, **account)).look()
        assert "535" in channel_row(store, "smtp")["last_error"]
    assert office.mails == []
    assert channel_row(store, "smtp")["failing_since"] == NIGHT


def test_logs_hold_no_pseudonym_no_person_no_address_and_no_secret(
    clock: Clocks,
    receiver: Hook,
    case: dict[str, Any],
    store: Engine,
    present: Present,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("debug", "json")
    account = {"AURA_ALERT_SMTP_USER": "aura", "AURA_ALERT_SMTP_PASSWORD": TOKEN}
    with post_office() as office:
        office.refused = frozenset({"luis@escuela.example"})
        looking = clock(
            AURA_ALERT_WEBHOOK=f"{receiver.url}/{TOKEN}",
            AURA_ALERT_SECRET=TOKEN,
            **mail_to(office, **account),
        )
        for status in (500, 200):
            receiver.status = status
            looking.look()
            present.now += MINUTE
    logged = capsys.readouterr().err
    assert "notice_failed" in logged
    assert "notice_sent" in logged
    assert "notice_refused_for_some" in logged
    secrets = (TOKEN, "escuela", "87.25", case["pseudonym"], str(case["user_id_raiz"]))
    assert [secret for secret in secrets if secret in logged] == []


def test_without_a_channel_deadlines_are_kept_and_nobody_is_told(
    clock: Clocks, case: dict[str, Any], store: Engine
) -> None:
    clock().look()
    assert case_row(store, case["id"])["due_at"] == local(9, 12)
    assert notices(store) == []
