"""The page of users: accounts are changed by whoever supervises all, and the log is searched."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from aura_engine.store import audit
from aura_engine.store.access import LOCAL, SYSTEM, Role, Viewer
from aura_engine.store.account_changes import change_account, create_account
from aura_engine.store.accounts import Account, account
from aura_engine.store.connect import reading
from aura_ui.navigation import FOLDER
from tests.integration.store.rows import ids, publish, scalar
from tests.integration.ui.conftest import OpenPage

ANA, EVA = "ana@escuela.example", "eva@escuela.example"
COMMUNITY = UUID(int=77)
ACCOUNTS, LOG = "Correo", "Momento"


@pytest.fixture
def ana(store: Engine) -> int:
    return create_account(store, SYSTEM, ANA, Role.SUPERVISOR)


@pytest.fixture
def eva(store: Engine, ana: int) -> int:
    return create_account(store, SYSTEM, EVA, Role.COUNSELOR)


@pytest.fixture
def pseudonyms(store: Engine) -> list[str]:
    """Of two people, who are members of a community."""
    users = ids(2)
    publish(store, users)
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO person_community SELECT user_id_raiz, :community, 'arte' FROM person"
            ),
            {"community": COMMUNITY},
        )
        found = connection.execute(text("SELECT pseudonym FROM person ORDER BY user_id_raiz"))
        return list(found.scalars())


def read(store: Engine, email: str) -> Account:
    with reading(store) as connection:
        found = account(connection, email)
    assert found is not None
    return found


def table(page, heading: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    assert not page.exception
    found = [shown for shown in page.dataframe if shown.value.columns[0] == heading]
    return found[0].value.to_numpy().tolist() if found else []


def log_of(page) -> list[tuple[str, str]]:
    """Action and subject's name of the rows that the log shows."""
    return [(row[3], row[5]) for row in table(page, LOG)]


def open_dialog(page, change: str, number: int | None = None):
    if number is not None:
        page.selectbox(key="account_chosen").select(number).run()
    return page.button(key=f"accounts_{change}").click().run()


def errors(page) -> str:
    assert not page.exception
    return " ".join(element.value for element in page.error)


def test_accounts_are_shown_with_role_and_scope(
    open_page: OpenPage, store: Engine, eva: int, pseudonyms: list[str]
):
    create_account(
        store, SYSTEM, "luz@escuela.example", Role.ANALYST, scope=[COMMUNITY, UUID(int=9)]
    )
    page = open_page("usuarios")
    assert table(page, ACCOUNTS) == [
        [ANA, "supervisión", "activa", "Todas las comunidades", ""],
        [EVA, "orientación", "activa", "Todas las comunidades", ""],
        ["luz@escuela.example", "análisis", "activa", f"{UUID(int=9)}, arte · {COMMUNITY}", ""],
    ]
    assert any("Cuentas activas: 3" in said.value for said in page.markdown)


def test_an_account_is_added_in_a_dialog_that_redrawing_does_not_close(
    open_page: OpenPage, store: Engine
):
    page = open_dialog(open_page("usuarios"), "add")
    page.run()
    page.text_input(key="new_email").input("nada").run()
    page.button(key="account_confirm").click().run()
    assert "no es una dirección de correo" in errors(page)
    page.text_input(key="new_email").input(EVA).run()
    page.button(key="account_confirm").click().run()
    assert errors(page) == ""
    assert page.toast[0].value == f"Cuenta añadida: {EVA}"
    assert [row[:2] for row in table(page, ACCOUNTS)] == [[EVA, "orientación"]]
    assert not [button for button in page.button if button.key == "account_confirm"]
    assert read(store, EVA).scope is None


def test_a_dialog_that_was_left_open_does_not_come_back_with_the_page(
    open_page: OpenPage, store: Engine
):
    page = open_dialog(open_page("usuarios"), "add")
    page.run()
    assert page.text_input(key="new_email")
    page.switch_page(str(FOLDER / "hoy.py")).run()
    page.switch_page(str(FOLDER / "usuarios.py")).run()
    assert not page.exception
    assert page.title[0].value == "Usuarios y auditoría"
    assert not [one for one in page.text_input if one.key == "new_email"]


def test_role_and_scope_are_changed_together(
    open_page: OpenPage, store: Engine, eva: int, pseudonyms: list[str]
):
    page = open_dialog(open_page("usuarios"), "change", eva)
    page.selectbox(key=f"role_{eva}").select(Role.ANALYST).run()
    page.radio(key=f"extent_{eva}").set_value("some").run()
    page.button(key="account_confirm").click().run()
    assert "al menos una comunidad" in errors(page)
    page.multiselect(key=f"communities_{eva}").select(COMMUNITY).run()
    page.button(key="account_confirm").click().run()
    assert errors(page) == ""
    found = read(store, EVA)
    assert (found.role, found.scope, found.version) == (
        Role.ANALYST, frozenset({COMMUNITY}), 2,
    )  # fmt: skip
    assert ("Cambio de rol", EVA) in log_of(page)
    assert ("Cambio de ámbito", EVA) in log_of(page)


def test_whoever_comes_second_is_told_and_overwrites_nothing(
    open_page: OpenPage, store: Engine, eva: int
):
    page = open_dialog(open_page("usuarios"), "disable", eva)
    change_account(store, SYSTEM, eva, version=1, role=Role.ANALYST, scope=None)
    page.button(key="account_confirm").click().run()
    assert "Otra persona cambió esta cuenta" in errors(page)
    assert read(store, EVA).disabled_at is None
    page.button(key="account_cancel").click().run()
    page = open_dialog(page, "disable", eva)
    page.button(key="account_confirm").click().run()
    assert errors(page) == ""
    assert read(store, EVA).disabled_at is not None
    assert [button.key for button in page.button if button.key == "accounts_enable"]


def test_the_last_supervisor_cannot_be_disabled(open_page: OpenPage, store: Engine, ana: int):
    page = open_dialog(open_page("usuarios"), "disable", ana)
    page.button(key="account_confirm").click().run()
    assert "Es la última cuenta activa" in errors(page)
    assert read(store, ANA).disabled_at is None


def test_who_supervises_some_communities_only_sees_neither_accounts_nor_log(
    open_page: OpenPage, store: Engine, eva: int
):
    page = open_page("usuarios", viewer=Viewer("x", Role.SUPERVISOR, frozenset({COMMUNITY})))
    assert "solo ve algunas comunidades" in errors(page)
    assert not page.dataframe
    assert scalar(store, "SELECT count(*) FROM audit_log WHERE subject = 'log'") == 0


def test_reading_the_log_is_noted_once_a_session(open_page: OpenPage, store: Engine):
    page = open_page("usuarios")
    page.run()
    assert log_of(page) == [("Usuarios y auditoría", "")]
    open_page("usuarios")
    assert scalar(store, "SELECT count(*) FROM audit_log WHERE subject = 'log'") == 2


def test_the_log_is_filtered_by_its_address(
    open_page: OpenPage, store: Engine, eva: int, pseudonyms: list[str]
):
    of_eva = Viewer(f"user:{eva}", Role.COUNSELOR)
    audit.record_pseudonym(store, of_eva, pseudonyms[0], action="ficha")
    audit.record_pseudonym(store, LOCAL, pseudonyms[1], action="ficha")
    audit.record_list(store, LOCAL, action="hoy")
    one = open_page("usuarios", p=pseudonyms[0])
    assert log_of(one) == [("Ficha", pseudonyms[0])]
    assert table(one, LOG)[0][1] == EVA
    assert log_of(open_page("usuarios", accion="hoy")) == [("Hoy", "")]
    kinds = [row[0] for row in log_of(open_page("usuarios", tipo="person"))]
    assert kinds == ["Ficha", "Ficha"]
    assert log_of(open_page("usuarios", desde="2999-01-01")) == []
    assert len(log_of(open_page("usuarios", desde="2026-01-01", hasta="2999-12-31"))) > 3
    for nonsense in ("A\x00B", "9999-12-31", "K7", "%", "²"):
        given = dict.fromkeys(("p", "tipo", "desde", "hasta", "pagina"), nonsense)
        assert len(log_of(open_page("usuarios", **given))) > 3
        assert not open_page("usuarios", accion=nonsense).exception


def test_who_learned_an_identity_is_shown_with_the_reason(
    open_page: OpenPage, store: Engine, pseudonyms: list[str]
):
    given = {"action": "identity_revealed", "reason": "Llamar a su tutora"}
    assert audit.record_identity(store, LOCAL, UUID(ids(2)[0]), **given)
    (row,) = table(open_page("usuarios", tipo="identity"), LOG)
    assert row[3:] == [
        "Reveló la identidad", "la identidad de una persona", pseudonyms[0], "Llamar a su tutora",
    ]  # fmt: skip


def test_filters_go_into_the_address_and_people_who_read_do_not(
    open_page: OpenPage, store: Engine, eva: int, pseudonyms: list[str]
):
    audit.record_pseudonym(
        store, Viewer(f"user:{eva}", Role.COUNSELOR), pseudonyms[0], action="ficha"
    )
    audit.record_pseudonym(store, LOCAL, pseudonyms[0], action="ficha")
    page = open_page("usuarios")
    page.selectbox(key="log_actor").select(f"user:{eva}")
    page.text_input(key="log_p").input(pseudonyms[0].lower())
    next(button for button in page.button if button.label == "Filtrar").click().run()
    assert log_of(page) == [("Ficha", pseudonyms[0])]
    assert page.query_params == {"p": pseudonyms[0]}
    page.text_input(key="log_p").input("Eva Ruiz")
    next(button for button in page.button if button.label == "Filtrar").click().run()
    assert "no se aplicó" in page.warning[0].value
    assert page.query_params == {}
    next(button for button in page.button if button.label == "Quitar filtros").click().run()
    assert len(log_of(page)) > 3


def test_filters_that_are_dropped_hold_nothing_even_where_the_browser_sends_them_again(
    open_page: OpenPage, store: Engine, pseudonyms: list[str]
):
    audit.record_pseudonym(store, LOCAL, pseudonyms[0], action="ficha")
    page = open_page("usuarios", p=pseudonyms[0], tipo="person", desde="2026-01-01")
    next(button for button in page.button if button.label == "Quitar filtros").click().run()
    assert page.query_params == {}
    assert page.text_input(key="log_p").value == ""
    assert page.selectbox(key="log_tipo").value is None
    assert page.date_input(key="log_desde").value is None
    filters = (
        page.text_input(key="log_p"),
        page.selectbox(key="log_tipo"),
        page.date_input(key="log_desde"),
    )
    assert all(one.proto.set_value for one in filters)  # the browser is told to let go of its own
    assert len(log_of(page)) > 1
    assert not page.warning


def test_the_log_comes_page_by_page(open_page: OpenPage, store: Engine):
    for _ in range(60):
        audit.record_list(store, LOCAL, action="hoy")
    assert len(log_of(open_page("usuarios"))) == 50
    assert len(log_of(open_page("usuarios", pagina="2", accion="hoy"))) == 10
    assert len(log_of(open_page("usuarios", pagina="99", accion="hoy"))) == 10


def test_an_export_is_noted_before_it_is_read(
    open_page: OpenPage, store: Engine, pseudonyms: list[str]
):
    audit.record_pseudonym(store, LOCAL, pseudonyms[0], action="ficha")
    page = open_page("usuarios", p=pseudonyms[0])
    page.button(key="log_export").click().run()
    assert not page.exception
    assert page.download_button[0].label == "Descargar CSV (filas: 1)"
    with store.connect() as connection:
        noted = connection.execute(
            text("SELECT actor, detail FROM audit_log WHERE action = 'usuarios_csv'")
        ).all()
    assert [tuple(row) for row in noted] == [("local", "pseudonym")]
