"""How tests find their way in the pages: by what readers see."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from aura_engine.i18n import t
from tests.patience import PATIENCE_ON_PAGES, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

TITLES: Final = {
    "": "Hoy",
    "casos": "Casos",
    "alto_riesgo": "Alto riesgo",
    "ficha": "Ficha",
    "distribucion": "Distribución",
    "mapa": "Mapa",
    "perfiles": "Perfiles",
    "tendencias": "Tendencias",
    "pantalla": "Modo pantalla",
    "operacion": "Operación",
    "usuarios": "Usuarios y auditoría",
}
"""Title of each page by its address."""
CHARTS: Final = {
    "": 1,
    "ficha": 1,
    "distribucion": 5,
    "mapa": 1,
    "perfiles": 1,
    "tendencias": 2,
    "pantalla": 1,
}
"""How many charts a page draws."""
PATIENCE_MS: Final = PATIENCE_ON_PAGES * 1000
_SETTLED: Final = """() => !document.querySelector('[data-stale="true"]')
    && !document.querySelector('[data-testid="stStatusWidget"]')
    && !document.querySelector('[data-testid="stSkeleton"]')"""


def settle(page: Page, title: str) -> None:
    """Wait until a page is drawn and nothing runs."""
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for(timeout=PATIENCE_MS)
    page.get_by_text(t("ui.footer")).wait_for(timeout=PATIENCE_MS)  # what is drawn last
    page.wait_for_function(_SETTLED, timeout=PATIENCE_MS)


def open_page(page: Page, base: str, address: str, query: str = "") -> None:
    """Open a page by its address."""
    page.goto(f"{base}/{address}{query}")
    settle(page, TITLES[address])


def follow(page: Page, address: str) -> None:
    """Go to a page by the navigation."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=TITLES[address]).click()
    settle(page, TITLES[address])


def at_rest(element: Locator) -> Locator:
    """Return an element once it has stood still for half a second.

    What unfolds moves for a moment, and a press that begins on a button may end beside it.
    """
    element.wait_for(timeout=PATIENCE_MS)
    places = deque([element.bounding_box()], maxlen=6)

    def is_still() -> bool:
        element.page.wait_for_timeout(100)
        places.append(element.bounding_box())
        return len(places) == places.maxlen and all(place == places[0] for place in places)

    eventually(is_still)
    return element


def await_charts(page: Page, count: int) -> None:
    """Wait until so many charts are drawn."""
    drawn = ".js-plotly-plot .main-svg"
    page.wait_for_function(
        f"() => new Set([...document.querySelectorAll('{drawn}')].map(svg => "
        f"svg.closest('.js-plotly-plot'))).size >= {count}",
        timeout=PATIENCE_MS,
    )


def draw_a_rectangle(page: Page, left: float, right: float, top: float, bottom: float) -> None:
    """Drag the mouse over a part of the map.

    Parameters
    ----------
    page : Page
        On which a map is.
    left, right, top, bottom : float
        Shares of the map's width and height, from its upper left corner.
    """
    plot = at_rest(page.locator(".js-plotly-plot .nsewdrag")).bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + left * plot["width"], plot["y"] + top * plot["height"])
    page.mouse.down()
    page.mouse.move(plot["x"] + right * plot["width"], plot["y"] + bottom * plot["height"], steps=5)
    page.mouse.up()
