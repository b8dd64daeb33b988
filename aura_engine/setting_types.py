"""Checked types of the settings, and what is said about a value that does not fit.

No message quotes a value: it may hold a password.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import NoDecode
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from aura_engine.i18n import t

MIN_KEY_LENGTH: Final = 32
CLIENT_ROLES: Final = ("counselor", "supervisor", "analyst", "service")
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_DRIVER: Final = "postgresql+psycopg2"
_BACKENDS: Final = frozenset({"postgres", "postgresql"})
_SECRET_OPTION: Final = re.compile(r"pass(?!file$)|secret|scram_\w+_key|^dsn$", re.IGNORECASE)
_REASONS: Final = {
    "int_parsing": "settings.reason_int",
    "int_parsing_size": "settings.reason_int",
    "int_from_float": "settings.reason_int",
    "float_parsing": "settings.reason_number",
    "bool_parsing": "settings.reason_bool",
    "greater_than_equal": "settings.reason_at_least",
    "less_than_equal": "settings.reason_at_most",
    "string_too_long": "settings.reason_too_long",
    "literal_error": "settings.reason_one_of",
}


def default_data_dir() -> Path:
    """Return where data live unless ``AURA_DATA_DIR`` says otherwise.

    Root's data must be reachable by the account that runs the embedded PostgreSQL,
    which root's home is not.
    """
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/aura")
    data_home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data_home) if Path(data_home).is_absolute() else Path.home() / ".local" / "share"
    return base / "aura"


def parse_url(text: str) -> URL:
    """Return a PostgreSQL address with the psycopg2 driver named.

    A password stands before the ``@``, the one place that the address's repr masks.

    Raises
    ------
    ValueError
        If the text is not such an address, or holds a secret elsewhere; the message quotes no
        value.
    """
    if text.count("@") > 1:
        # The driver would take what follows the first one for the host, and show it.
        raise ValueError(t("settings.url_at_sign"))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The driver's own message quotes the address, password included.
        raise ValueError(t("settings.url_unreadable")) from None
    if url.get_backend_name() not in _BACKENDS:
        raise ValueError(t("settings.url_scheme"))
    if not url.host and "host" not in url.query:
        raise ValueError(t("settings.url_host"))
    if not url.database:
        raise ValueError(t("settings.url_database"))
    if any(_SECRET_OPTION.search(option) for option in url.query):
        raise ValueError(t("settings.url_secret_option"))
    return url.set(drivername=_DRIVER)


def _check_url(secret: SecretStr) -> SecretStr:
    parse_url(secret.get_secret_value())
    return secret


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(t("settings.timezone_unknown")) from None
    return name


def _absolute_path(path: Path) -> Path:
    try:
        expanded = path.expanduser()
    except RuntimeError:
        raise ValueError(t("settings.path_home")) from None
    if not expanded.is_absolute():
        raise ValueError(t("settings.path_relative"))
    return expanded


def _check_key(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < MIN_KEY_LENGTH:
        raise ValueError(t("settings.key_short", length=MIN_KEY_LENGTH))
    return secret


def _split_names(given: object) -> object:
    return [part.strip() for part in given.split(",")] if isinstance(given, str) else given


def _check_origin(text: str) -> str:
    if "*" in text:
        raise ValueError(t("settings.origin_any"))
    origin = text.lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(t("settings.origin_form"))
    return origin


def _split_clients(given: object) -> object:
    if not isinstance(given, str):
        return given
    return [tuple(part.strip() for part in one.split("=", 1)) for one in given.split(",")]


def _check_client(client: tuple[str, ...]) -> tuple[str, str]:
    try:
        address, role = client
        known = plain_address(address)
    except ValueError:
        raise ValueError(t("settings.client_form")) from None
    if role not in CLIENT_ROLES:
        raise ValueError(t("settings.client_role", roles=", ".join(CLIENT_ROLES)))
    return known, role


def plain_address(text: str) -> str:
    """Return an IP address in one spelling; one of IPv4 within IPv6 as what it is.

    Raises
    ------
    ValueError
        If the text is no address.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def _each_once(clients: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    if len({address for address, _role in clients}) < len(clients):
        raise ValueError(t("settings.client_twice"))
    return clients


def _check_host(text: str) -> str:
    name = text.lower()
    if not _HOST.fullmatch(name):
        raise ValueError(t("settings.host_form"))
    return name


def _casefolded(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_check_url)]
TextKey = Annotated[SecretStr, AfterValidator(_check_key)]
AbsolutePath = Annotated[Path, AfterValidator(_absolute_path)]
ZoneName = Annotated[str, AfterValidator(_check_zone)]
Port = Annotated[int, Field(ge=1, le=65535)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_check_origin)], ...],
    NoDecode,
    BeforeValidator(_split_names),
]
TrustedClients = Annotated[
    tuple[Annotated[tuple[str, ...], AfterValidator(_check_client)], ...],
    NoDecode,
    BeforeValidator(_split_clients),
    AfterValidator(_each_once),
]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(_check_host)], ...],
    NoDecode,
    BeforeValidator(_split_names),
]
AuthMode = Annotated[Literal["none", "jwt"], BeforeValidator(_casefolded)]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_casefolded)
]
NlpBackend = Annotated[Literal["auto", "torch", "onnx"], BeforeValidator(_casefolded)]
ChangeMode = Annotated[Literal["triggers", "poll"], BeforeValidator(_casefolded)]
MailSecurity = Annotated[Literal["starttls", "tls", "none"], BeforeValidator(_casefolded)]
LogFormat = Annotated[Literal["auto", "json", "console"], BeforeValidator(_casefolded)]


def complaints(error: ValidationError) -> list[str]:
    """Say each bad value in the reader's language; pydantic's own words are English."""
    said = []
    for detail in error.errors(include_input=False, include_url=False, include_context=True):
        context = detail.get("ctx", {})
        if detail["type"] == "value_error":
            reason = str(context["error"])
        else:
            key = _REASONS.get(detail["type"], "settings.reason_other")
            reason = t(key, **context).replace("' or '", "' o '")
        if not detail["loc"]:
            said.append(reason)
        else:
            said.append(t("settings.bad_value", variable=detail["loc"][0], reason=reason))
    return said
