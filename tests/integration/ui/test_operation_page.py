"""The page of operations: two runs beside each other, model versions, and what can be cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from aura_engine.store.access import Role, Viewer
from aura_engine.store.model_versions import activate_model, save_model
from aura_engine.store.queue import cancel, enqueue
from tests.integration.store.rows import AS_OF, ids, scalar
from tests.integration.store.test_compare import ALTO, BAJO, MODERADO, WHO, Town, names
from tests.integration.ui.conftest import OpenPage
from tests.integration.ui.drawn import labels, said

ANALYST = Viewer("user:2", Role.ANALYST)
LISTS = "SELECT count(*) FROM audit_log WHERE action = 'operacion' AND subject = 'list'"


@pytest.fixture
def town(store: Engine) -> Town:
    return Town(store)


@pytest.fixture
def two(town: Town) -> tuple[int, int]:
    """Three who move and one who comes, of five; a sweep beside."""
    before = town.run(dict.fromkeys(WHO[:5], BAJO) | {WHO[0]: ALTO})
    town.run({}, kind="sweep")
    after = town.run({WHO[0]: MODERADO, WHO[1]: ALTO, WHO[2]: MODERADO, WHO[7]: ALTO})
    return before, after


def table(page: AppTest, column: str) -> list[dict[str, object]]:
    found = next(shown.value for shown in page.dataframe if column in shown.value.columns)
    return list(found.to_dict("records"))


def compare(open_page: OpenPage, viewer: Viewer = ANALYST, **query: object) -> AppTest:
    given = {name: str(value) for name, value in query.items()}
    return open_page("operacion", viewer=viewer, ver="comparar", **given)


@pytest.mark.parametrize("runs", [0, 1])
def test_with_less_than_two_runs_there_is_nothing_to_compare(
    open_page: OpenPage, town: Town, runs: int
) -> None:
    for _ in range(runs):
        town.run({WHO[0]: BAJO})
    page = compare(open_page)
    assert "hacen falta dos corridas" in said(page)
    assert not page.dataframe
    assert scalar(town.store, LISTS) == 0


def test_the_last_full_run_stands_beside_the_one_before(
    open_page: OpenPage, town: Town, two: tuple[int, int]
) -> None:
    page = compare(open_page)
    shown = said(page)
    assert "De 6 personas, cambiaron de nivel 3 (subieron 2, bajaron 1)." in shown
    assert f"De la corrida {two[0]} · completa" in shown
    rows = {row.pop("Antes"): list(row.values()) for row in table(page, "Ya no están")}
    assert rows == {
        "▲ Alto": [0, 1, 0, 0, 1],
        "◆ Moderado": [0, 0, 0, 0, 0],
        "● Bajo": [1, 1, 2, 0, 4],
        "Llegaron": [1, 0, 0, None, 1],
        "Total": [2, 2, 2, 0, 6],
    }
    because = {row["Por qué"]: row["Personas"] for row in table(page, "Por qué") if "De" not in row}
    assert because["Cambiaron por su conducta"] == 3
    assert because["Llegaron: no estaban en la corrida de antes"] == 1
    assert scalar(town.store, LISTS) == 1


def test_who_moved_is_listed_by_pseudonym_those_who_rose_furthest_first(
    open_page: OpenPage, town: Town, two: tuple[int, int]
) -> None:
    listed = table(compare(open_page), "ASI antes")
    by_name = {name: who for who, name in names(town).items()}
    moved = [by_name[str(row["Persona"])] for row in listed]
    assert {*moved[:2]} == {WHO[1], WHO[7]}
    assert moved[2:] == [WHO[2], WHO[0]]
    came = next(row for row in listed if row["De"] == "no estaba")
    assert came["Por qué"] == "primera evaluación"
    assert not any(who in str(listed) for who in WHO)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"de": "bajo"}, 2),
        ({"de": "llego"}, 1),
        ({"a": "alto"}, 2),
        ({"motivo": "conducta", "a": "moderado"}, 2),
        ({"motivo": "nada", "pagina": "99"}, 4),
    ],
    ids=str,
)
def test_the_list_is_narrowed_by_the_address(
    open_page: OpenPage, two: tuple[int, int], query: dict[str, str], count: int
) -> None:
    page = compare(open_page, **query)
    assert ("1 persona." if count == 1 else f"{count} personas.") in said(page)
    assert len(table(page, "ASI antes")) == count


def test_a_filter_that_leaves_nobody_says_so(open_page: OpenPage, two: tuple[int, int]) -> None:
    page = compare(open_page, motivo="modelo")
    assert "Nadie cumple estos filtros." in said(page)


def test_choosing_another_run_goes_to_its_address(
    open_page: OpenPage, town: Town, two: tuple[int, int]
) -> None:
    third = town.run({WHO[1]: BAJO})
    page = compare(open_page, antes=two[0], despues=two[1])
    page.selectbox(key=f"compare_despues_{two[1]}").set_value(third)
    page.run()
    assert dict(page.query_params) == {
        "ver": "comparar", "antes": str(two[0]), "despues": str(third),
    }  # fmt: skip
    assert "cambiaron de nivel 2 (" in said(page)


def test_runs_named_the_other_way_round_are_told_in_their_order(
    open_page: OpenPage, two: tuple[int, int]
) -> None:
    page = compare(open_page, antes=two[1], despues=two[0])
    assert f"De la corrida {two[0]} · completa" in said(page)


def test_what_cannot_be_compared_is_told_in_words(
    open_page: OpenPage, town: Town, two: tuple[int, int]
) -> None:
    assert "Es dos veces la corrida" in said(compare(open_page, antes=two[0], despues=two[0]))
    assert "No hay corrida" in said(compare(open_page, antes=two[0], despues=9999))
    town.change({WHO[0]: ALTO})
    day = scalar(town.store, "SELECT id FROM pipeline_run WHERE kind = 'incremental'")
    assert "la cuenta de los cambios de un día" in said(
        compare(open_page, antes=two[0], despues=day)
    )
    with town.store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET history_through = NULL"))
    page = compare(open_page, antes=two[0], despues=two[1])
    assert "Ya no se guardan los cambios de nivel" in said(page)
    assert not page.dataframe
    assert scalar(town.store, LISTS) == 0


def test_a_counselor_compares_nothing(open_page: OpenPage, two: tuple[int, int]) -> None:
    page = compare(open_page, Viewer("user:1", Role.COUNSELOR))
    assert "no es para el rol" in said(page)
    assert not page.dataframe


def test_of_some_communities_only_their_people_are_compared(
    open_page: OpenPage, town: Town, two: tuple[int, int]
) -> None:
    viewer = Viewer("user:3", Role.ANALYST, frozenset({UUID(int=77)}))
    page = compare(open_page, viewer)
    assert "No hay nadie que comparar en su alcance." in said(page)
    assert "Quiénes salieron no se puede decir" in said(page)


def test_a_long_list_has_pages(open_page: OpenPage, town: Town) -> None:
    many = ids(30)
    town.run(dict.fromkeys(many, BAJO))
    town.run(dict.fromkeys(many, ALTO))
    first, second = (table(compare(open_page, pagina=n), "ASI antes") for n in (1, 2))
    assert (len(first), len(second)) == (25, 5)
    assert not {row["Persona"] for row in first} & {row["Persona"] for row in second}


def test_versions_tell_what_changed_since_the_one_before(open_page: OpenPage, town: Town) -> None:
    town.run({WHO[0]: BAJO})
    newer = save_model(
        town.store,
        fitted_at=AS_OF,
        parameters={"n_clusters": 6},
        text_revision="r2",
        libraries={"numpy": "9"},
        n_fitted=12,
        summary={"night_prior": {"mean": 0.25, "strength": 3.0}},
        artefact=b"x",
    )
    with town.store.begin() as connection:
        activate_model(connection, town.model, as_of=AS_OF)
        activate_model(connection, newer, as_of=AS_OF)
    page = open_page("operacion", viewer=ANALYST, ver="modelos")
    late, early = table(page, "Qué cambió")
    assert late["Qué cambió"] == (
        "grupos: 4 → 6 · otro modelo de lenguaje · madrugada habitual: 0.250"
        " · personas: 10 → 12 · otras bibliotecas"
    )
    assert (late["En uso hasta"], late["Corridas que lo usaron"]) == ("en uso", "–")
    assert (early["Pedida por"], early["Corridas que lo usaron"]) == ("test", "1: la 1")
    assert early["Qué cambió"] == "grupos: 4"
    assert "está dañado" in said(page)


def test_before_the_first_model_there_are_no_versions(open_page: OpenPage) -> None:
    page = open_page("operacion", viewer=ANALYST, ver="modelos")
    assert "Todavía no hay modelo." in said(page)


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click()
    page.run()


def test_a_run_that_waits_is_cancelled_once_that_is_confirmed(
    open_page: OpenPage, store: Engine
) -> None:
    enqueue(store, kind="full", parameters={}, requested_by="ana")
    page = open_page("operacion", viewer=ANALYST)
    assert "completa · la pidió ana" in said(page)
    press(page, "Cancelar")
    assert "Todavía no empezó" in said(page)
    assert scalar(store, "SELECT status FROM pipeline_run") == "queued"
    press(page, "Seguir")
    assert "Sí, cancelar" not in labels(page)
    press(page, "Cancelar")
    press(page, "Sí, cancelar")
    assert scalar(store, "SELECT status FROM pipeline_run") == "cancelled"
    assert "Ninguna corrida espera" in said(page)


def test_a_run_that_ended_meanwhile_is_not_cancelled_and_that_is_said(
    open_page: OpenPage, store: Engine
) -> None:
    asked = enqueue(store, kind="full", parameters={}, requested_by="ana")
    page = open_page("operacion", viewer=ANALYST)
    press(page, "Cancelar")
    cancel(store, asked.run_id)
    press(page, "Sí, cancelar")
    assert f"La corrida {asked.run_id} ya terminó" in said(page)


def test_a_run_that_goes_on_is_asked_to_stop(open_page: OpenPage, store: Engine) -> None:
    enqueue(store, kind="full", parameters={}, requested_by="ana")
    with store.begin() as connection:
        connection.execute(
            text("UPDATE pipeline_run SET status = 'running', started_at = :at"),
            {"at": datetime.now(UTC)},
        )
    page = open_page("operacion", viewer=ANALYST)
    press(page, "Cancelar")
    assert "Se detiene en su siguiente paso" in said(page)
    press(page, "Sí, cancelar")
    assert "cancelando …" in said(page)
    assert scalar(store, "SELECT cancel_requested_at IS NOT NULL FROM pipeline_run")
