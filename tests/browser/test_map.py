"""A rectangle that is drawn on the map lists who stands within it, and nobody else."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from aura_engine.i18n import t
from aura_engine.store.access import LOCAL
from aura_engine.store.connect import reading
from aura_engine.store.reads import Box, people_within
from tests.browser.conftest import Watched
from tests.browser.pages import TITLES, await_charts, draw_a_rectangle, follow, open_page, settle
from tests.desk import Desk

DRAWN = """() => {
    const {x0, x1, y0, y1} = document.querySelector('.js-plotly-plot')._fullLayout.selections[0];
    return [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
}"""


def test_who_is_within_a_drawn_rectangle_is_listed_as_the_store_says(
    desk: Desk, watched: Watched
) -> None:
    page = watched.page
    open_page(page, desk.pages, "")
    follow(page, "mapa")
    await_charts(page, 1)
    draw_a_rectangle(page, 0.2, 0.8, 0.6, 0.98)
    expect(page.get_by_text(re.compile("^Dentro del rectángulo: "))).to_be_visible()
    settle(page, TITLES["mapa"])
    with reading(desk.store) as connection:
        found = people_within(connection, LOCAL, Box(*page.evaluate(DRAWN)), limit=200)
        everyone = people_within(connection, LOCAL, Box(-9, 9, -9, 9), limit=1)
    assert 0 < found.total < everyone.total
    said = t("map.selected", total=found.total)
    expect(page.get_by_text(said, exact=True)).to_be_visible()
    # Cells are painted; what they hold stands beside them for those who cannot see it.
    rows = page.get_by_test_id("stDataFrame").last.locator("[role=row]")
    expect(rows.nth(1)).to_be_attached()
    names = [row["pseudonym"] for row in found.people]
    shown = [row.text_content() or "" for row in rows.all()[1:]]
    assert 0 < len(shown) <= len(names)
    assert all(name in said for name, said in zip(names, shown, strict=False))
    assert watched.errors == []
