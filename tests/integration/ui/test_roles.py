"""Pages of a real run, for each role: drawn or refused, never broken, and nothing of an id."""

from __future__ import annotations

from aura_engine.pipeline import run_full
from aura_engine.store.access import Role, Viewer
from aura_engine.store.connect import reading
from aura_engine.store.reads import risk_list
from aura_ui.navigation import PAGES
from tests.integration.pipeline.conftest import World, shipped_model, world  # noqa: F401
from tests.integration.ui.conftest import OpenPage


def test_every_page_is_drawn_for_its_roles_from_real_rows(
    open_page: OpenPage,
    world: World,  # noqa: F811
) -> None:
    run_full(world.context)
    store = world.context.store
    everyone = Viewer("x", Role.SUPERVISOR)
    with reading(store) as connection:
        people = [
            row
            for level in ("ALTO_RIESGO", "RIESGO_MODERADO", "BAJO_RIESGO")
            for row in risk_list(connection, everyone, level)
        ]
    for role in (Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST):
        for entry in PAGES:
            query = {"p": people[0]["pseudonym"]} if entry.name == "ficha" else {}
            page = open_page(entry.name, viewer=Viewer("x", role), store=store, **query)
            assert not page.exception, (role, entry.name)
            assert bool(page.title) == (role in entry.roles), (role, entry.name)
            shown = str(page)
            assert not any(row["user_id_raiz"] in shown for row in people), (role, entry.name)
