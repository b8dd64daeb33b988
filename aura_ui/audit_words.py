"""What the log of reads says, in words: who, what, and about whom."""

from __future__ import annotations

from aura_engine.i18n import t
from aura_engine.store.reads import AuditEntry


def actor_in_words(name: str, email: str | None) -> str:
    """Return who an actor of the log is to people."""
    if email is not None:
        return email
    if name in ("local", "cli"):
        return t(f"users.actor_{name}")
    if name.startswith("demo:"):
        return t("users.actor_demo", role=role_in_words(name.removeprefix("demo:")))
    return name


def action_in_words(action: str) -> str:
    """Return what an action of the log is to people; a route stays its pattern."""
    return _known(f"audit_actions.{action}", action)


def role_in_words(role: str) -> str:
    """Return what a role of the log is to people."""
    return _known(f"roles.{role}", role)


def _known(key: str, otherwise: str) -> str:
    try:
        return t(key)
    except KeyError:
        return otherwise


def about(entry: AuditEntry) -> str:
    """Return whom a row of the log tells of: a pseudonym, or the e-mail of an account."""
    if entry.subject in ("person", "identity"):
        return entry.pseudonym or t("users.person_gone")
    return entry.account_email or ""
