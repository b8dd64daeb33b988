"""``./aura users``: who works with AURA monitor, and as what."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from aura_engine.errors import AccountError
from aura_engine.i18n import t

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aura_engine.store.access import Role, Viewer
    from aura_engine.store.accounts import Account

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help=t("cli.help_users_email"))]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help=t("cli.help_users_new_role"))]


@app.command("add", help=t("cli.help_users_add"))
def add(
    email: Email,
    role: Annotated[str, typer.Option("--role", help=t("cli.help_users_new_role"))],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="COMMUNITY_UUID", help=t("cli.help_users_scope")),
    ] = None,
    aura_id: Annotated[
        str | None, typer.Option("--aura-id", metavar="UUID", help=t("cli.help_users_aura_id"))
    ] = None,
) -> None:
    """Add an account."""
    from aura_engine.store.account_changes import create_account

    chosen = _role(role)
    auth_user_id = _uuid(aura_id, "store.account_aura_id_form") if aura_id else None
    communities = {_uuid(one, "store.account_scope_form") for one in scope} if scope else None
    with _store() as (store, viewer):
        create_account(store, viewer, email, chosen, auth_user_id=auth_user_id, scope=communities)
    told = {"email": email.strip().lower(), "role": t(f"roles.{chosen}")}
    typer.echo(t("cli.users_added", **told, scope=scope_in_words(communities)))


@app.command("list", help=t("cli.help_users_list"))
def list_accounts() -> None:
    """Show the accounts."""
    from rich.console import Console
    from rich.table import Table

    from aura_engine.store.connect import reading
    from aura_engine.store.reads import accounts

    with _store() as (store, viewer), reading(store) as connection:
        found = accounts(connection, viewer)
    if not found:
        typer.echo(t("cli.users_none"))
        return
    # Whoever reads it copies e-mails: they are not broken, however narrow the terminal.
    longest = max(len(one.email or "") for one in found)
    table = Table()
    for name in ("email", "role", "state", "scope", "aura_id"):
        table.add_column(
            t(f"cli.users_column_{name}"), min_width=longest if name == "email" else None
        )
    for one in found:
        state = "store.account_is_disabled" if one.disabled_at else "store.account_is_enabled"
        scope = scope_in_words(one.scope)
        table.add_row(
            one.email or "–", t(f"roles.{one.role}"), t(state), scope, one.auth_user_id or "–"
        )
    Console(highlight=False).print(table)


@app.command("disable", help=t("cli.help_users_disable"))
def disable(email: Email) -> None:
    """Let an account open nothing."""
    _switch(email, is_enabled=False)


@app.command("enable", help=t("cli.help_users_enable"))
def enable(email: Email) -> None:
    """Let an account open what its role may see again."""
    _switch(email, is_enabled=True)


@app.command("role", help=t("cli.help_users_role"))
def change_role(email: Email, role: RoleName) -> None:
    """Give an account another role."""
    from aura_engine.store.account_changes import change_account

    chosen = _role(role)
    with _store() as (store, viewer):
        found = _account(store, email)
        changed = change_account(
            store, viewer, found.id, version=found.version, role=chosen, scope=found.scope
        )
    before, after = t(f"roles.{found.role}"), t(f"roles.{chosen}")
    if changed:
        typer.echo(t("cli.users_role_changed", email=found.email, before=before, after=after))
    else:
        typer.echo(t("cli.users_had_role", email=found.email, role=after))


def scope_in_words(scope: Collection[UUID] | None) -> str:
    """Say whose people an account sees."""
    if scope is None:
        return t("cli.users_scope_all")
    named = ", ".join(str(one) for one in sorted(scope))
    key = "one" if len(scope) == 1 else "some"
    return t(f"cli.users_scope_{key}", count=len(scope), communities=named)


def _switch(email: str, *, is_enabled: bool) -> None:
    from aura_engine.store.account_changes import set_enabled

    with _store() as (store, viewer):
        found = _account(store, email)
        changed = set_enabled(store, viewer, found.id, is_enabled, version=found.version)
    state = "enabled" if is_enabled else "disabled"
    said = f"cli.users_{state}" if changed else f"cli.users_was_{state}"
    typer.echo(t(said, email=found.email, role=t(f"roles.{found.role}")))


@contextmanager
def _store() -> Iterator[tuple[Engine, Viewer]]:
    """Yield the analytics database, and who changes accounts from here."""
    from aura_cli.context import start
    from aura_cli.databases import open_analytics
    from aura_engine.store import migrate
    from aura_engine.store.access import Role, Viewer

    with open_analytics(start(quiet=True)) as store:
        migrate.require_current(store)
        yield store, Viewer("cli", Role.SYSTEM)


def _account(store: Engine, email: str) -> Account:
    from aura_engine.store.accounts import account
    from aura_engine.store.connect import reading

    with reading(store) as connection:
        found = account(connection, email.strip())
    if found is None:
        raise AccountError(t("store.account_unknown", email=email))
    return found


def _role(given: str) -> Role:
    from aura_engine.store.access import ACCOUNT_ROLES

    for role in ACCOUNT_ROLES:
        if role == given:
            return role
    raise AccountError(t("store.account_role", roles=", ".join(ACCOUNT_ROLES)))


def _uuid(given: str, refusal: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise AccountError(t(refusal, given=given)) from None
