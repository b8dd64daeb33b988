"""The identity provider of ``tests/identity_provider``, and how somebody signs in by it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aura_engine.i18n import t
from tests.browser.node_projects import install

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOURCES: Final = Path(__file__).resolve().parents[1] / "identity_provider"
COOKIE_SECRET: Final = "of tests only, and longer than anybody needs"
_SECRETS: Final = """[auth]
redirect_uri = "{redirect}"
cookie_secret = "{cookie_secret}"
client_id = "aura"
client_secret = "a secret of tests only"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


@dataclass(frozen=True)
class Provider:
    """An identity provider that runs.

    Attributes
    ----------
    issuer : str
        Its address.
    ports : tuple of int
        Of the pages that it serves.
    """

    issuer: str
    ports: tuple[int, ...]


def redirect_of(port: int) -> str:
    """Return where the provider sends back whoever signs in to the pages of a port."""
    return f"http://127.0.0.1:{port}/oauth2callback"


@contextmanager
def identity_provider(npm: str, directory: Path, *ports: int) -> Iterator[Provider]:
    """Install the provider and run it while the block lasts.

    Parameters
    ----------
    npm : str
        Program.
    directory : Path
        Of its copy; not there yet.
    *ports : int
        Of the pages that it serves.
    """
    install(npm, SOURCES, directory)
    with (directory / "provider.log").open("w") as log:
        process = subprocess.Popen(
            ["node", "provider.js", *map(redirect_of, ports)],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with process:  # which closes its input, and so ends it
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer, (directory / "provider.log").read_text()
        yield Provider(issuer, ports)


def write_secrets(home: Path, issuer: str, port: int, more: str = "") -> None:
    """Write the secrets of pages that ask a provider who somebody is.

    Parameters
    ----------
    home : Path
        Home of the account that runs the pages.
    issuer : str
        Address of the provider.
    port : int
        Of the pages.
    more : str
        Lines of the section beside what it must hold.
    """
    file = home / ".streamlit" / "secrets.toml"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    said = {"redirect": redirect_of(port), "cookie_secret": COOKIE_SECRET, "issuer": issuer}
    file.write_text(_SECRETS.format_map(said) + more, encoding="utf-8")


def sign_in(
    page: Page, email: str, *, is_verified: bool = True, seconds: int | None = None
) -> None:
    """Go from the page of those who may not look to the provider, and come back from it.

    Parameters
    ----------
    page : Page
        That offers to sign in.
    email : str
        By which the provider knows whoever signs in.
    is_verified : bool
        Whether it has checked the e-mail.
    seconds : int, optional
        How long what it says holds; a day when not given.
    """
    page.get_by_role("button", name=t("login.enter"), exact=True).click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Verified").set_checked(is_verified)
    if seconds is not None:
        page.get_by_label("Seconds").fill(str(seconds))
    page.get_by_role("button", name="Continue").click()
