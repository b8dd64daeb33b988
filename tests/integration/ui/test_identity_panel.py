"""A person's identity on their page: hidden, shown once to whoever says why, and nowhere kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest
import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.cluster import Lease
from aura_engine.pipeline.identity import Identity
from aura_engine.settings import DATABASE_URL_NAMES, Settings
from aura_engine.sources import NameSources, Source, connect_names
from aura_engine.store.access import Role, Viewer
from aura_engine.store.people import remove_people, save_people
from aura_ui import databases, guard, identity_panel, live
from aura_ui.page import HELD
from tests.integration.sources.named import Named, Urls, new_named
from tests.integration.store.case_rows import open_case, population
from tests.integration.store.rows import AS_OF, freeze_totals, ids, people, scalar
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import labels, press, said
from tests.patience import PATIENCE

ANA, NEW = ids(2)
USER_NAME, DISPLAY_NAME = "ana<i>g</i>", "Ana G. Ruiz"
REASON = "Llamar hoy a su tutora"
COUNSELOR = Viewer("user:1", Role.COUNSELOR)
SECONDS = timedelta(seconds=1)


@pytest.fixture(scope="module")
def named(lease: Lease) -> Iterator[Named]:
    with new_named(lease) as made:
        made.add(ANA, USER_NAME, DISPLAY_NAME)
        yield made


@pytest.fixture
def name(store: Engine) -> str:
    assert population(store, 1) == [ANA]
    freeze_totals(store)
    return str(scalar(store, "SELECT pseudonym FROM person"))


def reason_of(page: AppTest) -> str | None:
    (area,) = [one for one in page.text_area if str(one.key).startswith("identity_reason")]
    return area.value


def ask(page: AppTest, reason: str) -> AppTest:
    """Open the form and send it with this reason."""
    page.button(key="identity_open").click().run()
    return send(page, reason)


def send(page: AppTest, reason: str) -> AppTest:
    (area,) = [one for one in page.text_area if str(one.key).startswith("identity_reason")]
    area.set_value(reason)
    return press(page, "Revelar")


def noted(store: Engine) -> list[tuple[object, ...]]:
    query = "SELECT actor, user_id_raiz::text, detail FROM audit_log WHERE subject = 'identity'"
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def is_named(page: AppTest) -> bool:
    shown = said(page)
    return "ana&lt;i&gt;g&lt;/i&gt;" in shown and DISPLAY_NAME in shown


def everything_kept(page: AppTest) -> str:
    """The session with all that Streamlit keeps beside what a script can read."""
    return repr(page.session_state._state._state)


def test_it_is_hidden_until_somebody_says_why(
    open_page: OpenPage, store: Engine, named: Named, name: str
) -> None:
    page = open_page("ficha", viewer=COUNSELOR, names=named.names, p=name)
    assert "Identidad oculta" in said(page)
    assert not is_named(page)
    page.button(key="identity_open").click().run()
    assert f"Revelar la identidad de {name}" in said(page)
    assert noted(store) == []
    send(page, REASON)
    assert is_named(page)
    assert "<i>" not in said(page)
    assert noted(store) == [("user:1", ANA, REASON)]


def test_it_is_shown_once_and_read_once(
    open_page: OpenPage,
    store: Engine,
    named: Named,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = []
    read = NameSources.user_name
    monkeypatch.setattr(
        NameSources, "user_name", lambda names, who: (reads.append(who), read(names, who))[1]
    )
    page = ask(open_page("ficha", names=named.names, p=name), REASON)
    assert is_named(page)
    for _ in range(2):
        page.run()
        assert "Identidad oculta" in said(page)
        assert not is_named(page)
    assert reads == [UUID(ANA)]
    assert len(noted(store)) == 1
    page.button(key="identity_open").click().run()
    assert reason_of(page) == ""


def test_names_are_neither_in_the_session_nor_in_the_address(
    open_page: OpenPage, named: Named, name: str
) -> None:
    page = ask(open_page("ficha", names=named.names, p=name), REASON)
    for _ in range(2):
        kept = everything_kept(page)
        assert not [secret for secret in (USER_NAME, DISPLAY_NAME, ANA) if secret in kept]
        assert page.query_params == {"p": [name]} or page.query_params == {"p": name}
        page.run()
    assert REASON not in everything_kept(page)


@pytest.mark.parametrize("reason", ["", "corto", " " * 30])
def test_without_a_reason_nothing_is_read_and_what_was_written_stays(
    open_page: OpenPage, store: Engine, named: Named, name: str, reason: str
) -> None:
    page = ask(open_page("ficha", names=named.names, p=name), reason)
    assert "en 10 a 500 caracteres" in said(page)
    assert not is_named(page)
    assert noted(store) == []
    assert reason_of(page) == reason
    assert is_named(send(page, REASON))


def test_the_form_can_be_left(open_page: OpenPage, store: Engine, named: Named, name: str) -> None:
    page = open_page("ficha", names=named.names, p=name)
    page.button(key="identity_open").click().run()
    press(page, "Cancelar")
    assert "Identidad oculta" in said(page)
    assert "Revelar" not in labels(page)
    assert noted(store) == []


def test_the_form_of_one_person_is_not_that_of_the_next(
    open_page: OpenPage, store: Engine, named: Named, name: str
) -> None:
    page = open_page("ficha", names=named.names, p=name)
    page.button(key="identity_open").click().run()
    population(store, 2)
    other = scalar(store, "SELECT pseudonym FROM person WHERE pseudonym <> :name", name=name)
    freeze_totals(store)
    page.query_params["p"] = str(other)
    page.run()
    assert "Identidad oculta" in said(page)
    assert "Revelar" not in labels(page)


def test_whoever_may_not_see_the_person_is_offered_nothing(
    open_page: OpenPage, store: Engine, named: Named, name: str
) -> None:
    elsewhere = Viewer("user:2", Role.COUNSELOR, frozenset({UUID(int=77)}))
    for viewer in (elsewhere, Viewer("user:3", Role.ANALYST)):
        page = open_page("ficha", viewer=viewer, names=named.names, p=name)
        assert not page.exception
        assert not [label for label in labels(page) if "Revelar" in label]
    members = pd.DataFrame(
        {"user_id_raiz": [ANA], "community_id": [str(UUID(int=77))], "category": "arte"}
    )
    save_people(store, people([ANA]), members, as_of=AS_OF)
    assert is_named(ask(open_page("ficha", viewer=elsewhere, names=named.names, p=name), REASON))


def test_where_it_is_not_configured_it_is_said_what_to_set(
    open_page: OpenPage, store: Engine, name: str
) -> None:
    page = open_page("ficha", p=name)
    assert page.button(key="identity_open").disabled
    assert "./aura demo" in said(page)
    four = dict.fromkeys(DATABASE_URL_NAMES, "postgresql://u@h/d")
    databases.provide(Settings.load(four), store)
    page.run()
    assert page.button(key="identity_open").disabled
    shown = said(page)
    assert "DATABASE_URL_AUTH_IDENTITY y DATABASE_URL_SOCIAL_IDENTITY" in shown
    assert "sql/roles/auth_identity.sql" in shown


def test_a_source_that_is_away_is_named_and_the_reason_stays(
    open_page: OpenPage, named: Named, name: str
) -> None:
    gone = named.engine(Source.AUTH).url.set(database="t_nowhere")
    with connect_names(Urls(gone, named.engine(Source.SOCIAL).url)) as names:
        page = ask(open_page("ficha", names=names, p=name), REASON)
    assert "No se muestra la identidad. No se pudo conectar con aura_auth" in said(page)
    assert reason_of(page) == REASON
    assert DISPLAY_NAME not in said(page)


def test_without_profiles_the_user_name_is_shown_and_the_rest_explained(
    open_page: OpenPage, named: Named, name: str
) -> None:
    gone = named.engine(Source.SOCIAL).url.set(database="t_nowhere")
    with connect_names(Urls(named.engine(Source.AUTH).url, gone)) as names:
        shown = said(ask(open_page("ficha", names=names, p=name), REASON))
    assert "ana&lt;i&gt;g" in shown
    assert "no se pudo leer" in shown
    assert "DATABASE_URL_SOCIAL_IDENTITY" in shown


def test_what_cannot_be_noted_is_not_shown(
    open_page: OpenPage, store: Engine, named: Named, name: str
) -> None:
    page = open_page("ficha", names=named.names, p=name)
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log ADD CHECK (subject <> 'identity')"))
    ask(page, REASON)
    assert "No se muestra la identidad." in said(page)
    assert not is_named(page)


def test_of_a_deleted_account_there_is_no_identity(
    open_page: OpenPage, store: Engine, named: Named, name: str
) -> None:
    open_case(store, ANA, at=datetime.now(UTC))
    page = open_page("ficha", names=named.names, p=name)
    page.button(key="identity_open").click().run()
    with store.begin() as connection:
        remove_people(connection, [ANA], as_of=datetime.now(UTC))
    page.run()
    shown = said(page)
    assert "no queda identidad que revelar" in shown
    assert "Revelar" not in labels(page)


def test_an_account_that_only_its_source_knows_to_be_gone_is_explained(
    open_page: OpenPage, store: Engine, named: Named
) -> None:
    population(store, 2)
    freeze_totals(store)
    name = scalar(
        store, "SELECT pseudonym FROM person WHERE user_id_raiz = CAST(:u AS uuid)", u=NEW
    )
    page = ask(open_page("ficha", names=named.names, p=str(name)), REASON)
    assert "La cuenta ya no existe" in said(page)


class RedrawnError(Exception):
    """Stands for what ends a script to draw the page anew."""


def test_after_its_time_the_page_is_drawn_without_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def redraw() -> None:
        raise RedrawnError

    monkeypatch.setattr(identity_panel.st, "rerun", redraw)
    held = [Identity(USER_NAME, DISPLAY_NAME)]
    identity_panel._once(held)
    assert held == []
    with pytest.raises(RedrawnError):
        identity_panel._once(held)
    assert identity_panel.SHOWN_SECONDS + live.IDLE_SECONDS < 60


def _tick(seconds: float) -> None:
    """Be one look of the sidebar at a page that was to stay for some seconds."""
    from aura_engine.store.access import LOCAL
    from aura_ui import live, page

    page.hold(seconds)
    live._beat(LOCAL)


@pytest.mark.parametrize(("seconds", "looks"), [(identity_panel.SHOWN_SECONDS, 0), (-1.0, 1)])
def test_news_wait_for_as_long_as_names_are_shown_and_no_longer(
    open_page: OpenPage,
    named: Named,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    looks: int,
) -> None:
    page = ask(open_page("ficha", names=named.names, p=name), REASON)
    left = page.session_state[HELD] - datetime.now(UTC)
    assert timedelta(0) < left <= identity_panel.SHOWN_SECONDS * SECONDS
    assert HELD not in page.run().session_state
    redrawn: list[object] = []
    monkeypatch.setattr(guard, "is_another", lambda _viewer: False)
    monkeypatch.setattr(live, "_redraw_if_new", redrawn.append)
    monkeypatch.setattr(live, "_keep_pace", lambda _seconds: None)
    tick = AppTest.from_function(_tick, args=(seconds,), default_timeout=PATIENCE).run()
    assert not tick.exception
    assert tick.caption
    assert len(redrawn) == looks


def test_a_double_click_shows_names_and_is_one_look_in_the_log(
    open_page: OpenPage, store: Engine, named: Named, name: str
) -> None:
    page = open_page("ficha", viewer=COUNSELOR, names=named.names, p=name)
    page.button(key="identity_open").click().run()
    (area,) = [one for one in page.text_area if str(one.key).startswith("identity_reason")]
    area.set_value(REASON)
    next(button for button in page.button if button.label == "Revelar").click()
    clicked = page._tree  # what the browser sends again, since the form is still there
    assert is_named(page.run())
    page._tree = clicked
    assert is_named(page.run())
    assert noted(store) == [("user:1", ANA, REASON)]
    page.run()
    assert not is_named(page)
    assert REASON not in everything_kept(page)
    assert is_named(ask(page, REASON))
    assert len(noted(store)) == 2


def test_a_click_that_interrupts_the_first_ones_drawing_shows_what_that_read(
    open_page: OpenPage,
    store: Engine,
    named: Named,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_page("ficha", viewer=COUNSELOR, names=named.names, p=name)
    page.button(key="identity_open").click().run()
    (area,) = [one for one in page.text_area if str(one.key).startswith("identity_reason")]
    area.set_value(REASON)
    next(button for button in page.button if button.label == "Revelar").click()
    clicked = page._tree
    read = databases.identity_of
    with monkeypatch.context() as patched:
        patched.setattr(
            databases, "identity_of", lambda *given, **more: (read(*given, **more), st.stop())
        )
        assert not is_named(page.run())
    page._tree = clicked
    assert is_named(page.run())
    assert noted(store) == [("user:1", ANA, REASON)]
