"""What is drawn of signing in: the page of those who may not look, and a line in the sidebar."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import streamlit as st
from streamlit.errors import Error as StreamlitError

from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.store.access import ACCOUNT_ROLES, Viewer
from aura_ui import login, wanted
from aura_ui.login import Refusal
from aura_ui.page import end, now

log = get_logger(__name__)

RETRY_SECONDS: Final = 4.0
"""Between two looks for a database that was away."""
_CHOICE: Final = "demo_role_choice"
WAY_OUT: Final = timedelta(seconds=10)
"""For how long each rerun sends a browser out whose user signed out; they may be back after it."""
_LEFT_AT: Final = "signed_out_at"
"""In the session: when whoever was signed in asked for the way out."""
_CAN_SIGN_IN: Final = frozenset({Refusal.SIGNED_OUT, Refusal.EXPIRED})
_HOLD_A_TOKEN: Final = frozenset(
    {Refusal.UNVERIFIED, Refusal.NO_ACCOUNT, Refusal.DISABLED, Refusal.UNREACHABLE}
)


def refuse() -> None:
    """Draw the page of those who may not look: why, and what to do."""
    left_at = st.session_state.get(_LEFT_AT)
    if left_at is not None and now() - left_at < WAY_OUT:
        # The way out is a message to the browser, and another rerun may overtake it: without it
        # the cookie would stay, and the provider's session go on.
        st.logout()
    found = login.visitor()
    refusal = found.refusal or Refusal.ELSEWHERE
    if refusal is Refusal.ELSEWHERE:
        st.error(t("ui.sign_in"), icon=":material/lock:")
        end()
        return
    log.info("page_refused", why=refusal)
    st.title(t("ui.product"), anchor=False)
    st.markdown(f"**{t(f'login.{refusal}')}**")
    st.markdown(t(f"login.{refusal}_help"))
    if found.email is not None:
        st.caption(t("login.known_as", email=found.email))
    if refusal in _CAN_SIGN_IN:
        _offer_providers()
    if refusal in _HOLD_A_TOKEN:
        _sign_out()
    if refusal is Refusal.UNREACHABLE:
        st.fragment(_look_again, run_every=RETRY_SECONDS)()
    end()


def sidebar(viewer: Viewer) -> None:
    """Draw who is signed in and the way out; in the demo, the choice of a role.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    """
    if viewer.name.startswith(login.DEMO):
        st.selectbox(
            t("login.demo_role"),
            ACCOUNT_ROLES,
            index=ACCOUNT_ROLES.index(login.chosen_role()),
            format_func=lambda role: t(f"login.demo_{role}"),
            key=_CHOICE,
            help=t("login.demo_help"),
            on_change=_choose_role,
        )
        return
    found = login.visitor()
    if found.email is not None:
        st.caption(t("login.signed_in", email=found.email, role=t(f"roles.{viewer.role}")))
        _sign_out()


def _choose_role() -> None:
    # The widget's own value would be forgotten by the first run that does not draw it.
    st.session_state[login.CHOSEN_ROLE] = st.session_state[_CHOICE]


def _offer_providers() -> None:
    for provider in login.providers():
        said = t("login.enter") if provider is None else t("login.enter_with", provider=provider)
        if st.button(said, key=f"sign_in_{provider}", type="primary", icon=":material/login:"):
            wanted.remember()
            try:
                st.login(provider)
            except StreamlitError as error:
                log.error("sign_in_failed", kind=type(error).__name__)
                st.error(t("login.cannot_begin"), icon=":material/error:")


def _sign_out() -> None:
    st.button(t("login.sign_out"), key="sign_out", icon=":material/logout:", on_click=_leave)


def _leave() -> None:
    login.end_token()  # whoever drew the page is nobody from here on: it ends in `refuse`
    st.session_state[_LEFT_AT] = now()


def _look_again() -> None:
    if login.visitor().refusal is not Refusal.UNREACHABLE:
        st.rerun()
