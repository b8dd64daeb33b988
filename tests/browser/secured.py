"""Pages that whoever looks signs in to, over a small installation of production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pandas as pd
from sqlalchemy import URL, Engine, text
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from aura_engine.domain import RiskLevel
from aura_engine.settings import documented_variables
from aura_engine.store.access import ACCOUNT_ROLES, SYSTEM, Role
from aura_engine.store.account_changes import change_account, create_account, set_enabled
from aura_engine.store.accounts import Account, account
from aura_engine.store.connect import reading
from aura_engine.store.installation import ensure_installation
from aura_engine.store.people import save_people
from tests.browser.identity_site import sign_in
from tests.browser.pages import TITLES, settle
from tests.desk import answers
from tests.integration.store.case_rows import open_case
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    freeze_totals,
    ids,
    people,
    publish,
)
from tests.patience import PATIENCE, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, StorageState, WebSocket

ROOT: Final = Path(__file__).resolve().parents[2]
EMAIL_OF: Final = {role: f"{role}@escuela.example" for role in ACCOUNT_ROLES}
"""Of the account of each role that sees everyone."""
HERE, ELSEWHERE = UUID(int=7), UUID(int=8)
"""Two communities of three people each."""
DRAWN: Final = (
    ".aura-card, .aura-row, .aura-kpi, .js-plotly-plot, "
    "[data-testid=stDataFrame], [data-testid=stSidebarNav], [data-testid=stExpander]"
)
"""What pages draw of people, of totals and of ways to them."""


def fill(store: Engine) -> None:
    """Let six people in two communities be in ALTO, with a case each."""
    ensure_installation(store, "production")
    users = ids(6)
    publish(store, users, level=RiskLevel.ALTO)
    communities = [str(HERE)] * 3 + [str(ELSEWHERE)] * 3
    told = {"user_id_raiz": users, "community_id": communities, "category": "música"}
    memberships = pd.DataFrame(told, columns=NO_MEMBERSHIPS.columns)
    save_people(store, people(users), memberships, as_of=AS_OF)
    freeze_totals(store)
    for user in users:
        open_case(store, user)


def pseudonyms(store: Engine, community: UUID | None = None) -> list[str]:
    """Return how everyone is called, or everyone who belongs to a community."""
    query = text("""
        SELECT pseudonym FROM person p
        WHERE CAST(:community AS uuid) IS NULL OR EXISTS (
            SELECT FROM person_community c
            WHERE c.user_id_raiz = p.user_id_raiz AND c.community_id = CAST(:community AS uuid)
        )
        ORDER BY pseudonym
    """)
    with store.connect() as connection:
        return list(connection.scalars(query, {"community": community and str(community)}))


@dataclass
class Secured:
    """The pages, and the database behind them."""

    store: Engine
    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    actors: dict[Role, str] = field(default_factory=dict)
    states: dict[Role, StorageState] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in documented_variables()}
        url: URL = self.store.url
        # Pages read the analytics database only; the sources are named and not there.
        sources = {
            f"DATABASE_URL_{name}": url.set(database=f"no_{name.lower()}")
            for name in ("AUTH", "SOCIAL", "MESSAGING")
        }
        return kept | {
            **{
                name: one.render_as_string(hide_password=False)
                for name, one in {"DATABASE_URL_ANALYTICS": url, **sources}.items()
            },
            "HOME": str(self.home),
            "AURA_DATA_DIR": str(self.home / "data"),
            "AURA_ENV_FILE": os.devnull,
            "AURA_UI_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> None:
        """Start the pages and wait until they answer."""
        with (self.home / "ui.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aura_cli", "ui"],
                cwd="/",
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: answers(f"{self.address}/_stcore/health"))

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=PATIENCE)
            self.process = None

    def restart(self) -> None:
        """Let the pages be as cold as after a start: no page was asked for yet."""
        self.stop()
        self.start()

    def users(self, *arguments: str) -> str:
        """Run ``./aura users`` and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "aura_cli", "users", *arguments],
            cwd="/",
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def add(self, email: str, role: Role, *scope: UUID) -> str:
        """Add an account; return how the log of reads calls its owner."""
        return f"user:{create_account(self.store, SYSTEM, email, role, scope=scope or None)}"

    def disable(self, email: str) -> None:
        found = self._account(email)
        assert set_enabled(self.store, SYSTEM, found.id, False, version=found.version)

    def give(self, email: str, role: Role) -> None:
        """Give an account another role."""
        found = self._account(email)
        assert change_account(
            self.store, SYSTEM, found.id, version=found.version, role=role, scope=found.scope
        )

    def _account(self, email: str) -> Account:
        with reading(self.store) as connection:
            found = account(connection, email)
        assert found is not None
        return found

    def reads(self, actor: str) -> list[str]:
        """Return what somebody looked at, by the log."""
        query = text("SELECT action FROM audit_log WHERE actor = :actor ORDER BY id")
        with self.store.connect() as connection:
            return list(connection.scalars(query, {"actor": actor}))

    def state(self, browser: Browser, role: Role) -> StorageState:
        """Return what a browser keeps of somebody of a role who has signed in."""
        if role not in self.states:
            self.actors[role] = self.add(EMAIL_OF[role], role)
            with browser.new_context() as context:
                page = context.new_page()
                page.goto(self.address)
                sign_in(page, EMAIL_OF[role])
                settle(page, TITLES[""])
                self.states[role] = context.storage_state()
        return self.states[role]


class Heard:
    """What the pages told a browser, drawn or not."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.parts: list[bytes] = []
        page.on("websocket", self._note_socket)

    def _note_socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._note)

    def _note(self, said: str | bytes) -> None:
        self.parts.append(said.encode() if isinstance(said, str) else said)

    def forget(self) -> None:
        self.parts.clear()

    def has_no_pulse(self) -> bool:
        """Tell whether a run of the whole page has ended that asked for no other by itself."""
        asks = True
        for message in map(ForwardMsg.FromString, self.parts):
            kind = message.WhichOneof("type")
            asks = kind == "auto_rerun" or (asks and kind != "new_session")
            has_ended = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            if kind == "script_finished" and has_ended and not asks:
                return True
        return False

    def of(self, words: list[str]) -> set[str]:
        """Return which of some words were said, or stand in the page."""
        told = b"".join(self.parts)
        drawn = self.page.content()
        return {word for word in words if word.encode() in told or word in drawn}


def expect_nothing_of(place: Page | Locator, heard: Heard, words: list[str]) -> None:
    """Check that a page shows no person, no figure and no way to either, nor was told of one.

    Parameters
    ----------
    place : Page or Locator
        On view, or a part of it.
    heard : Heard
        What the page was told since it was opened.
    words : list of str
        That only data hold.
    """
    assert place.locator(DRAWN).count() == 0
    assert heard.of(words) == set()


@contextmanager
def secured_pages(store: Engine, home: Path, port: int) -> Iterator[Secured]:
    """Serve the pages of a database while the block lasts.

    Parameters
    ----------
    store : Engine
        An empty analytics database.
    home : Path
        Of the account that runs them, with Streamlit's secrets.
    port : int
        Which the provider knows.
    """
    fill(store)
    pages = Secured(store, home, port)
    try:
        pages.start()
        yield pages
    finally:
        pages.stop()
