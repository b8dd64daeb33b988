"""Accounts in words: how they are named, and whose people they see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from aura_engine.i18n import t
from aura_engine.store.accounts import Account

Categories = Mapping[UUID, str]
"""What communities are about, as far as anybody belongs to them."""


def name_of(account: Account) -> str:
    """Return how an account is named to people."""
    return account.email or t("users.nameless", number=account.id)


def scope_in_words(scope: Collection[UUID] | None, categories: Categories) -> str:
    """Say whose people an account sees: the category of each community with its id."""
    if scope is None:
        return t("users.scope_all")
    return ", ".join(sorted(community_in_words(one, categories) for one in scope))


def community_in_words(one: UUID, categories: Categories) -> str:
    """Return a community as what it is about, where that is known, with its id."""
    return f"{categories[one]} · {one}" if one in categories else str(one)
