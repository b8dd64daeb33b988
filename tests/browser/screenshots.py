"""Pictures of all pages: ``python -m tests.browser.screenshots DIRECTORY [PEOPLE]``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import text

from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.pages import CHARTS, TITLES, await_charts, open_page
from tests.desk import Desk, open_desk

PEOPLE: Final = 2_000
LOOKS: Final = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
}
"""How each page is looked at."""
WORST: Final = """
    SELECT p.pseudonym FROM visible_history h JOIN person p USING (user_id_raiz)
    JOIN user_feature_vector f USING (user_id_raiz)
    WHERE f.cluster_label = 'ALTO_RIESGO' AND f.is_sufficient
      AND h.previous_label <> h.cluster_label AND h.previous_label IS NOT NULL
    ORDER BY f.severity_index DESC, p.pseudonym LIMIT 1
"""
"""Someone whose level changed within the history, so that the page has something to tell."""


def take(desk: Desk, browser: Browser, directory: Path) -> list[Path]:
    """Take a picture of every page in every look.

    Parameters
    ----------
    desk : Desk
        Whose pages.
    browser : Browser
        A Chromium.
    directory : Path
        Where the pictures go, as ``page-look.png``.
    """
    with desk.store.connect() as connection:
        person = connection.scalar(text(WORST))
    directory.mkdir(parents=True, exist_ok=True)
    taken = []
    for look, options in LOOKS.items():
        with browser.new_context(locale="es-MX", **options) as context:
            page = context.new_page()
            for address in TITLES:
                query = f"?p={person}" if address == "ficha" else ""
                open_page(page, desk.pages, address, query)
                await_charts(page, CHARTS.get(address, 0))
                page.wait_for_timeout(600)  # Plotly's last layout after the fonts are there
                taken.append(directory / f"{address or 'hoy'}-{look}.png")
                page.screenshot(path=taken[-1])
    return taken


def main(directory: str, people: str = str(PEOPLE)) -> None:
    """Make a demo of its own, and pictures of its pages."""
    with sync_playwright() as playwright, open_desk(int(people)) as desk:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(os.environ), args=list(FLAGS)
        )
        for picture in take(desk, chromium, Path(directory)):
            sys.stdout.write(f"{picture}\n")
        chromium.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
