"""How a notice leaves: by webhook or by mail, with pseudonym and link and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Protocol
from urllib.parse import urlencode

import httpx2
from pydantic import SecretStr

from aura_engine.errors import NoticeError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.settings import Settings
from aura_engine.store.case_notices import Notice

log = get_logger(__name__)

TIMEOUT_SECONDS: Final = 10.0
SIGNATURE_HEADER: Final = "X-Aura-Signature"
_CARD: Final = "ficha"
_PERSON: Final = "p"


class Sender(Protocol):
    """A channel that can tell."""

    def send(self, notice: Notice, *, now: datetime) -> None:
        """Tell, or raise `NoticeError` with words that name no address and no secret."""


def link(public_url: str, pseudonym: str) -> str:
    """Return the address of a person's page, which names them by pseudonym."""
    return f"{public_url}/{_CARD}?{urlencode({_PERSON: pseudonym})}"


@dataclass(frozen=True)
class Webhook:
    """POSTs JSON to one address; follows no redirect, which could lead to another's.

    Parameters
    ----------
    url : SecretStr
        Where to; often holds a token.
    secret : SecretStr or None
        Signs the body; None sends it unsigned.
    public_url : str
        Where the pages are.
    """

    url: SecretStr
    secret: SecretStr | None
    public_url: str

    def send(self, notice: Notice, *, now: datetime) -> None:  # noqa: ARG002
        """Tell; what is not answered with 2xx was not told."""
        told = {
            "kind": notice.kind.value,
            "pseudonym": notice.pseudonym,
            "link": link(self.public_url, notice.pseudonym),
        }
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"aura-{notice.id}"}
        if self.secret is not None:
            key = self.secret.get_secret_value().encode()
            headers[SIGNATURE_HEADER] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        try:
            answer = httpx2.post(
                self.url.get_secret_value(),
                content=body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                follow_redirects=False,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # Its own words may quote the address, which is a secret.
            raise NoticeError(t("notices.not_taken", kind=type(error).__name__)) from None
        if not answer.is_success:
            raise NoticeError(t("notices.refused", code=answer.status_code))


@dataclass(frozen=True)
class Mail:
    """Sends through one mail server, encrypted unless the server is on this machine.

    Parameters
    ----------
    host, port
        Of the mail server.
    security : str
        starttls, tls or none.
    account : tuple of str and SecretStr, or None
        User and password; None does not sign in.
    sender : str
        Whose mail it is.
    recipients : tuple of str
        Who gets it.
    public_url : str
        Where the pages are.
    """

    host: str
    port: int
    security: str
    account: tuple[str, SecretStr] | None
    sender: str
    recipients: tuple[str, ...]
    public_url: str

    def send(self, notice: Notice, *, now: datetime) -> None:
        """Tell; it was told once the server took it for at least one recipient."""
        message = self._message(notice, now)
        try:
            with self._connect() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.account is not None:
                    user, password = self.account
                    server.login(user, password.get_secret_value())
                refused = server.send_message(message)
        except smtplib.SMTPResponseException as error:
            raise NoticeError(t("notices.refused", code=error.smtp_code)) from None
        except (smtplib.SMTPException, OSError) as error:
            # Its own words may quote accounts and people's addresses.
            raise NoticeError(t("notices.not_taken", kind=type(error).__name__)) from None
        if refused:
            log.error("notice_refused_for_some", notice=notice.id, recipients=len(refused))

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def _message(self, notice: Notice, now: datetime) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = t(f"notices.subject_{notice.kind}", pseudonym=notice.pseudonym)
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<aura-notice-{notice.id}@{self.sender.rpartition('@')[2]}>"
        message.set_content(link(self.public_url, notice.pseudonym) + "\n")
        return message


def senders(settings: Settings) -> Mapping[str, Sender]:
    """Return what can tell, by channel; empty where none is configured."""
    found: dict[str, Sender] = {}
    public_url = settings.public_url
    if public_url is None:
        return found  # the settings refuse a channel without it
    if settings.alert_webhook is not None:
        found["webhook"] = Webhook(settings.alert_webhook, settings.alert_secret, public_url)
    if settings.alert_smtp_host is not None and settings.alert_from is not None:
        user, password = settings.alert_smtp_user, settings.alert_smtp_password
        found["smtp"] = Mail(
            host=settings.alert_smtp_host,
            port=settings.alert_smtp_port,
            security=settings.alert_smtp_security,
            account=(user, password) if user is not None and password is not None else None,
            sender=settings.alert_from,
            recipients=settings.alert_to,
            public_url=public_url,
        )
    return found
