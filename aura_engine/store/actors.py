"""What colleagues call whoever did something: an e-mail where there is one, never a bare id."""

from __future__ import annotations

from aura_engine.i18n import t
from aura_engine.store.access import LOCAL, SYSTEM, Role

_ACCOUNT = "user:"
_AURA = "aura:"
_DEMO = "demo:"


def actor_label(name: str, email: str | None = None) -> str:
    """Return what people read where somebody acted or is responsible.

    Parameters
    ----------
    name : str
        Of a viewer, as rows keep it.
    email : str, optional
        Of the account, where it has one.
    """
    if email:
        return email
    if name == SYSTEM.name:
        return t("actors.system")
    if name == LOCAL.name:
        return t("actors.local")
    if name.startswith(_ACCOUNT):
        return t("actors.account", number=name.removeprefix(_ACCOUNT))
    if name.startswith(_AURA):
        return t("actors.administrator")
    role = name.removeprefix(_DEMO)
    if role != name and role in {known.value for known in Role}:
        return t("actors.demo", role=t(f"roles.{role}"))
    return name
