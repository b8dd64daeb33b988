"""Who looks at the pages: what a provider says, what the accounts say, and what the demo allows.

The provider alone is played: its secrets and what it says in a token. All the rest is real.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from aura_engine.settings import Settings
from aura_engine.store.access import SYSTEM, Role
from aura_engine.store.account_changes import change_account, create_account, set_enabled
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from aura_ui import databases, guard, login
from tests.patience import PATIENCE

ANA = "ana@escuela.example"
COMMUNITY = UUID(int=7)
AUTH = {
    "redirect_uri": "https://aura.example/oauth2callback",
    "cookie_secret": "x",
    "client_id": "x",
}
OpenApp = Callable[..., AppTest]


def _entry() -> None:
    """Be an entry file that shows who looks and what they may do about it."""
    import streamlit as st

    from aura_ui import login_page
    from aura_ui.guard import require_role
    from aura_ui.roles import EVERYONE

    viewer = require_role(EVERYONE)
    with st.sidebar:
        login_page.sidebar(viewer)
    scope = None if viewer.communities is None else sorted(map(str, viewer.communities))
    st.text(f"{viewer.name} {viewer.role} {scope}")


def claims(**given: Any) -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(minutes=5)
    told = {"email": ANA, "exp": int(ends.timestamp()), "nonce": secrets.token_hex()}
    return {"is_logged_in": True, **told, **given}


@pytest.fixture
def open_app(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Open the app: ``open_app(user=claims())`` with a provider, ``open_app()`` without one."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    guard.enter()

    def run(
        user: dict[str, Any] | None = None,
        *,
        auth: dict[str, Any] = AUTH,
        store: Engine = store,
        settings: dict[str, str] | None = None,
        script: Callable[[], None] = _entry,
    ) -> AppTest:
        databases.provide(Settings.load({"AURA_EMBEDDED": "1", **(settings or {})}), store)
        app = AppTest.from_function(script, default_timeout=PATIENCE)
        if user is not None:
            app.secrets["auth"] = auth
            app.user = user
        return app.run()

    yield run
    monkeypatch.setattr(databases, "_provided", None)


def shown(app: AppTest) -> str | None:
    assert not app.exception
    return app.text[0].value if app.text else None


def said(app: AppTest) -> str:
    assert not app.exception
    assert not app.text
    elements = (*app.title, *app.markdown, *app.caption, *app.error)
    return " ".join(element.value for element in elements)


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_whoever_has_an_account_is_its_role_and_scope(open_app: OpenApp, store: Engine):
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR, scope=[COMMUNITY])
    app = open_app(claims())
    assert shown(app) == f"user:{number} counselor ['{COMMUNITY}']"
    assert app.sidebar.caption[0].value == f"{ANA} · orientación"
    assert [button.label for button in app.sidebar.button] == ["Cerrar sesión"]


def test_an_e_mail_is_found_in_any_case(open_app: OpenApp, store: Engine):
    number = create_account(store, SYSTEM, ANA, Role.ANALYST)
    assert shown(open_app(claims(email=ANA.upper()))) == f"user:{number} analyst None"


def test_whoever_is_not_signed_in_is_asked_to(open_app: OpenApp, store: Engine):
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    app = open_app({"email": ANA})  # an e-mail alone is no proof
    assert "Identifíquese para entrar" in said(app)
    assert buttons(app) == ["Entrar"]


def test_each_named_provider_has_its_button(open_app: OpenApp):
    named = {"escuela": {"client_id": "a"}, "distrito": {"client_id": "b"}, "other": "x"}
    shared = {key: value for key, value in AUTH.items() if key != "client_id"}
    app = open_app({"is_logged_in": False}, auth={**shared, **named})
    assert buttons(app) == ["Entrar con escuela", "Entrar con distrito"]


@pytest.mark.parametrize("exp", [0, None, "9999999999", True, float("inf"), 10**30], ids=str)
def test_a_token_that_has_ended_or_has_no_end_counts_no_more(open_app: OpenApp, store: Engine, exp):
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    app = open_app(claims(exp=exp))
    assert "Su sesión terminó" in said(app)
    assert buttons(app) == ["Entrar"]


@pytest.mark.parametrize(
    "given",
    [
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email": None},
        {"email": "![](//a.bc/x.png)@escuela.example"},
        {"email": "\u212aate@escuela.example"},  # the Kelvin sign, whose lower case is a k
    ],
    ids=str,
)
def test_an_e_mail_that_nobody_vouches_for_opens_nothing(open_app: OpenApp, store: Engine, given):
    for email in (ANA, "kate@escuela.example"):
        create_account(store, SYSTEM, email, Role.SUPERVISOR)
    app = open_app(claims(**given))
    assert "no confirma su correo" in said(app)
    assert buttons(app) == ["Cerrar sesión"]
    assert shown(open_app(claims(email_verified=True))) is not None


def test_without_an_account_it_is_said_whom_to_ask(open_app: OpenApp):
    app = open_app(claims())
    assert "Pida a una persona supervisora que la añada" in said(app)
    assert f"Se identificó como {ANA}." in said(app)
    assert buttons(app) == ["Cerrar sesión"]


def test_a_disabled_account_closes_at_the_next_rerun(open_app: OpenApp, store: Engine):
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    app = open_app(claims())
    assert shown(app) is not None
    set_enabled(store, SYSTEM, number, False, version=1)
    assert "Su cuenta está desactivada" in said(app.run())
    set_enabled(store, SYSTEM, number, True, version=2)
    assert shown(app.run()) == f"user:{number} counselor None"


def test_a_token_ends_within_a_session(
    open_app: OpenApp, store: Engine, monkeypatch: pytest.MonkeyPatch
):
    create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    app = open_app(claims())
    assert shown(app) is not None
    later = datetime.now(UTC) + timedelta(minutes=6)
    monkeypatch.setattr(login, "now", lambda: later)
    assert "Su sesión terminó" in said(app.run())


def test_while_the_accounts_cannot_be_read_nobody_comes_in(open_app: OpenApp, store: Engine):
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    away = connect_store(store.url.set(port=1))
    assert "Ahora no se puede comprobar su cuenta" in said(open_app(claims(), store=away))
    away.dispose()


def test_signing_out_empties_the_session(open_app: OpenApp, store: Engine):
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    app = open_app(claims())
    app.button(key="sign_out").click().run()
    assert app.user.get("is_logged_in") is not True
    assert "Identifíquese" in said(app.run())


def test_signing_out_ends_the_token_in_every_tab_and_no_other(open_app: OpenApp, store: Engine):
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    token = claims()
    tab, other_tab, other_browser = open_app(token), open_app(token), open_app(claims())
    tab.button(key="sign_out").click().run()
    assert "Identifíquese" in said(other_tab.run())
    assert "Identifíquese" in said(open_app(token))  # of a browser that kept the cookie
    assert shown(other_browser.run()) is not None
    assert shown(open_app(claims())) is not None


def test_whose_token_ended_before_the_press_is_signed_out_all_the_same(
    open_app: OpenApp, store: Engine, monkeypatch: pytest.MonkeyPatch
):
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    app = open_app(claims())
    later = datetime.now(UTC) + timedelta(minutes=6)
    monkeypatch.setattr(login, "now", lambda: later)
    app.button(key="sign_out").click().run()
    assert app.user.get("is_logged_in") is not True
    assert "Identifíquese" in said(app)


def test_the_way_out_is_told_by_the_last_run_whatever_reruns(
    open_app: OpenApp, store: Engine, monkeypatch: pytest.MonkeyPatch
):
    """Streamlit drops what a run has told the browser when another begins at once."""
    create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    told: list[None] = []
    logout = st.logout
    monkeypatch.setattr(st, "logout", lambda: (told.append(None), logout()))
    app = open_app(claims())
    assert not told
    app.button(key="sign_out").click().run()
    assert "Identifíquese" in said(app)  # and nothing of the page, which would look for news
    for _ in range(3):
        told.clear()
        app.run()
        assert told


def test_anonymous_reading_does_not_undo_signing_in(open_app: OpenApp):
    app = open_app({"is_logged_in": False}, settings={"AURA_ALLOW_ANONYMOUS": "1"})
    assert "Identifíquese" in said(app)


def test_secrets_that_cannot_be_read_let_nobody_in(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n")
    options = {"secrets.files": [str(broken)]}
    option = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: options.get(name) or option(name))
    assert "No se puede comprobar quién entra" in said(open_app())


def test_without_a_provider_this_machine_looks_as_before(open_app: OpenApp, store: Engine):
    ensure_installation(store, "production")
    app = open_app()
    assert shown(app) == "local supervisor None"
    assert not app.sidebar.selectbox


@pytest.mark.parametrize("kind", ["demo", "production"])
def test_behind_a_proxy_nobody_is_known(
    open_app: OpenApp, store: Engine, monkeypatch: pytest.MonkeyPatch, kind
):
    ensure_installation(store, kind)
    monkeypatch.setattr(login, "came_through_a_proxy", lambda _headers: True)
    assert "sin identificarse" in said(open_app())


@pytest.mark.parametrize("kind", ["demo", "production"])
def test_on_another_address_nobody_is_known_unless_that_is_allowed(
    open_app: OpenApp, store: Engine, monkeypatch: pytest.MonkeyPatch, kind
):
    ensure_installation(store, kind)
    option = st.get_option
    elsewhere = {"server.address": "203.0.113.7"}
    monkeypatch.setattr(st, "get_option", lambda name: elsewhere.get(name) or option(name))
    assert "sin identificarse" in said(open_app())
    assert shown(open_app(settings={"AURA_ALLOW_ANONYMOUS": "1"})) == "anonymous supervisor None"


def test_in_the_demo_a_role_is_chosen_and_stays_out_of_the_address(
    open_app: OpenApp, store: Engine
):
    ensure_installation(store, "demo")
    app = open_app()
    assert shown(app) == "demo:supervisor supervisor None"
    choice = app.sidebar.selectbox[0]
    assert choice.options == ["Orientación", "Supervisión", "Análisis"]
    choice.select(Role.COUNSELOR).run()
    assert shown(app) == "demo:counselor counselor None"
    assert shown(app.run()) == "demo:counselor counselor None"
    assert not app.query_params


def test_a_role_in_the_session_that_is_none_of_an_account_s_is_not_taken(
    open_app: OpenApp, store: Engine
):
    ensure_installation(store, "demo")
    app = open_app()
    app.session_state[login.CHOSEN_ROLE] = Role.SYSTEM
    assert shown(app.run()) == "demo:supervisor supervisor None"


def _tick() -> None:
    """Be a tick of a page that was drawn for whoever looked first."""
    import streamlit as st

    from aura_ui import guard

    drawn_for = st.session_state.setdefault("drawn_for", guard.current_viewer())
    st.text(str(guard.is_another(drawn_for)))


def test_a_tick_notices_who_may_look_no_more_and_waits_for_a_database_that_is_away(
    open_app: OpenApp, store: Engine
):
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    app = open_app(claims(), script=_tick)
    assert shown(app) == "False"
    away = connect_store(store.url.set(port=1))
    databases.provide(databases.settings(), away)
    assert shown(app.run()) == "False"
    away.dispose()
    databases.provide(databases.settings(), store)
    change_account(store, SYSTEM, number, version=1, role=Role.COUNSELOR, scope=[COMMUNITY])
    assert shown(app.run()) == "True"
    set_enabled(store, SYSTEM, number, False, version=2)
    assert shown(app.run()) == "True"
