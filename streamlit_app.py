"""The pages' entry: navigation and sidebar. Each page guards itself (`aura_ui.guard`)."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Final

import streamlit as st

from aura_engine.i18n import t
from aura_ui import databases, guide, live, login_page, theme, visits, wanted
from aura_ui.failures import last_resort
from aura_ui.guard import current_viewer, enter, require_role
from aura_ui.navigation import pages_for, pages_without_content
from aura_ui.roles import EVERYONE

ICON: Final = Path(__file__).with_name("static") / "icon.png"


@st.cache_resource
def _settle() -> None:
    """Spare what start-up loaded from every later collection: it costs each rerun dearly."""
    gc.collect()
    gc.freeze()


def _refuse() -> None:
    require_role(EVERYONE)


st.set_page_config(page_title=t("ui.product"), page_icon=ICON, layout="wide")
enter()
viewer = current_viewer()
if viewer is None:
    theme.say_language()
    # Navigation is always set up: until then the server would run pages without this file.
    st.navigation(pages_without_content(_refuse), position="hidden").run()
else:
    pages = pages_for(viewer)
    page = st.navigation(pages)
    wanted.follow(pages)
    visits.arrive(page.url_path)
    st.set_page_config(page_title=f"{page.title} · {t('ui.product')}")
    theme.style()
    with st.sidebar, last_resort():
        login_page.sidebar(viewer)
        live.sidebar(viewer, is_demo=databases.is_demo())
        guide.sidebar()
        theme.say_language()
    with last_resort():
        page.run()
    _settle()
