"""Addresses that the settings name: of pages, of a webhook, of people's mail."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from aura_engine.i18n import t

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# No sign that could start another line or another address of a header.
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - a bad port is found when it is read
    except ValueError:
        raise ValueError(t("settings.web_unreadable")) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not text.isprintable():
        raise ValueError(t("settings.web_unreadable"))
    return parts


def _check_public_url(text: str) -> str:
    parts = _split(text)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(t("settings.public_url_plain"))
    return text.rstrip("/")


def _check_webhook(secret: SecretStr) -> SecretStr:
    parts = _split(secret.get_secret_value())
    if parts.scheme != "https" and parts.hostname not in LOOPBACK_NAMES:
        raise ValueError(t("settings.webhook_open"))
    return secret


def _check_mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise ValueError(t("settings.mail_form"))
    return text


def _split_commas(given: object) -> object:
    if not isinstance(given, str):
        return given
    return [part.strip() for part in given.split(",") if part.strip()]


PublicUrl = Annotated[str, AfterValidator(_check_public_url)]
WebhookUrl = Annotated[SecretStr, AfterValidator(_check_webhook)]
MailAddress = Annotated[str, AfterValidator(_check_mail)]
MailAddresses = Annotated[tuple[MailAddress, ...], NoDecode, BeforeValidator(_split_commas)]
