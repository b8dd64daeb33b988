"""Who a person is, on their page: hidden until somebody says why they want to know, and soon again.

Names are read for one drawing and are nowhere in the session. They vanish with whatever is drawn
next here, with any drawing of the page, and after `SHOWN_SECONDS` by themselves; showing them anew
takes another reason. A form that is sent twice, as by a double click, is one look: the log notes it
once, and the second drawing shows what the first one would have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Final
from uuid import uuid4

import streamlit as st

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.identity import LONGEST_REASON, SHORTEST_REASON, Identity
from aura_ui import databases
from aura_ui.failures import last_resort
from aura_ui.guard import current_viewer, require_role
from aura_ui.page import hold, release
from aura_ui.roles import CARERS

log = get_logger(__name__)

SHOWN_SECONDS: Final = 45.0
"""Time to read and copy two names, and for a slow browser to hide them within a minute."""
_ASKED: Final = "identity_asked"
"""In the session: of whom the form is open, by pseudonym."""
_LOOK: Final = "identity_look"
"""In the session: what tells the form that is open from the ones before, so that it is empty."""
SENT: Final = "identity_sent"
"""In the session: a form that was sent, until it is answered by the drawing that follows."""
_HELD: Final = "identity_held"
"""In the session: whether news wait for names that are shown."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A form that was sent: about whom, which look it is, and why; no repr shows the reason."""

    pseudonym: str
    look: str
    reason: str = field(repr=False)


def show(pseudonym: str) -> None:
    """Draw the way to a person's identity; it is drawn anew alone, without the page around it.

    Parameters
    ----------
    pseudonym : str
        Of a person on view.
    """
    with st.container(key="identity_panel"):
        st.fragment(_panel)(pseudonym)


def _panel(pseudonym: str) -> None:
    with last_resort():
        if current_viewer() is None:
            st.rerun()  # nobody looks any more, and a press here draws no more than this
        if st.session_state.pop(_HELD, False):
            release()  # whatever was shown here is gone with this drawing
        sent: _Sent | None = st.session_state.pop(SENT, None)
        is_asked = st.session_state.get(_ASKED) == pseudonym
        place = st.empty()
        with place.container():
            if is_asked:
                _form(pseudonym)
            else:
                _hidden(pseudonym)
            if sent is None or sent.pseudonym != pseudonym:
                return
            found = _revealed(sent)
        if found is not None:
            st.session_state.pop(_ASKED, None)
            hold(SHOWN_SECONDS)
            st.session_state[_HELD] = True
            with place.container():
                st.fragment(_once, run_every=SHOWN_SECONDS)([found])


def _hidden(pseudonym: str) -> None:
    missing = databases.names_missing()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("identity.hidden"))
        st.button(
            t("identity.open"),
            key="identity_open",
            icon=":material/visibility:",
            on_click=_open,
            args=(pseudonym,),
            disabled=missing is not None,
        )
    if missing is not None:
        st.caption(missing)


def _form(pseudonym: str) -> None:
    look = st.session_state[_LOOK]
    with st.form("identity_form", border=True):
        st.markdown(f"**{t('identity.title', pseudonym=pseudonym)}**")
        st.text_area(
            t("identity.reason"),
            key=_reason_key(look),
            max_chars=LONGEST_REASON,
            height=90,
            help=t("identity.reason_help", least=SHORTEST_REASON, most=LONGEST_REASON),
        )
        with st.container(horizontal=True):
            st.form_submit_button(
                t("identity.reveal"), type="primary", on_click=_send, args=(pseudonym, look)
            )
            st.form_submit_button(t("identity.cancel"), on_click=_close)


def _revealed(sent: _Sent) -> Identity | None:
    """Read who it is, or say why not; what was written stays then."""
    viewer = require_role(CARERS)  # as of now: this is drawn without the page's own guard
    try:
        return databases.identity_of(viewer, sent.pseudonym, sent.reason, look=sent.look)
    except AuraError as error:
        log.warning("identity_not_shown", kind=type(error).__name__)
        st.error(t("identity.not_shown", error=error), icon=":material/error:")
        return None


def _once(held: list[Identity]) -> None:
    """Draw names once; whoever draws this again draws the page without them."""
    if not held:
        st.rerun()
    found = held.pop()
    display_name = found.display_name or t("identity.display_name_none")
    if found.problem is not None:
        display_name = t("identity.display_name_unread")
    with st.container(border=True):
        # Names are whatever their owners typed: no markup, and no direction beyond their own end.
        st.html(
            f'<span class="aura-note">{escape(t("identity.user_name"))}</span> '
            f"<strong><bdi>{escape(found.user_name)}</bdi></strong>"
            f'<br><span class="aura-note">{escape(t("identity.display_name"))}</span> '
            f"<strong><bdi>{escape(display_name)}</bdi></strong>"
        )
        if found.problem is not None:
            st.warning(found.problem, icon=":material/error:")
        st.caption(t("identity.kept_nowhere"))


def _open(pseudonym: str) -> None:
    st.session_state[_ASKED] = pseudonym
    st.session_state[_LOOK] = uuid4().hex


def _send(pseudonym: str, look: str) -> None:
    reason = st.session_state.get(_reason_key(look)) or ""
    st.session_state[SENT] = _Sent(pseudonym, look, reason)


def _reason_key(look: str) -> str:
    return f"identity_reason_{look}"


def _close() -> None:
    st.session_state.pop(_ASKED, None)
