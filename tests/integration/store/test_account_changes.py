"""Who may change accounts, what two changes at once come to, and what the log says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import AccessDenied, AccountChanged, AccountError, LastSupervisor
from aura_engine.store.access import LOCAL, SYSTEM, Role, Viewer
from aura_engine.store.account_changes import change_account, create_account, set_enabled
from aura_engine.store.accounts import Account, account
from aura_engine.store.connect import reading

COMMUNITY, OTHER = UUID(int=7), UUID(int=8)
ANA, EVA = "ana@escuela.example", "eva@escuela.example"
MAY_NOT = [
    Viewer("c", Role.COUNSELOR),
    Viewer("a", Role.ANALYST),
    Viewer("s", Role.SERVICE),
    Viewer("s", Role.SUPERVISOR, frozenset({COMMUNITY})),
]


def read(store: Engine, email: str) -> Account:
    with reading(store) as connection:
        found = account(connection, email)
    assert found is not None
    return found


def noted(store: Engine) -> list[tuple]:
    query = "SELECT actor, action, detail FROM audit_log WHERE subject = 'account' ORDER BY id"
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_an_account_is_made_by_whoever_supervises_all(store: Engine) -> None:
    create_account(store, LOCAL, f" {ANA.upper()} ", Role.COUNSELOR, scope=[OTHER, COMMUNITY])
    found = read(store, ANA)
    assert (found.role, found.scope) == (Role.COUNSELOR, frozenset({COMMUNITY, OTHER}))
    assert (found.version, found.disabled_at) == (1, None)
    assert noted(store) == [("local", "account_added", f"counselor, {COMMUNITY} {OTHER}")]


@pytest.mark.parametrize("viewer", MAY_NOT, ids=str)
def test_nobody_else_changes_accounts(store: Engine, viewer: Viewer) -> None:
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    with pytest.raises(AccessDenied):
        create_account(store, viewer, EVA, Role.SUPERVISOR)
    with pytest.raises(AccessDenied):
        change_account(store, viewer, number, version=1, role=Role.SUPERVISOR, scope=None)
    with pytest.raises(AccessDenied):
        set_enabled(store, viewer, number, False, version=1)
    assert (read(store, ANA).role, read(store, ANA).version) == (Role.COUNSELOR, 1)
    assert len(noted(store)) == 1


def test_of_two_who_read_the_same_the_second_is_told_and_changes_nothing(store: Engine) -> None:
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    assert change_account(store, LOCAL, number, version=1, role=Role.ANALYST, scope=None)
    with pytest.raises(AccountChanged, match="Otra persona"):
        change_account(store, LOCAL, number, version=1, role=Role.SUPERVISOR, scope=None)
    with pytest.raises(AccountChanged):
        set_enabled(store, LOCAL, number, False, version=1)
    found = read(store, ANA)
    assert (found.role, found.version, found.disabled_at) == (Role.ANALYST, 2, None)
    assert set_enabled(store, LOCAL, number, False, version=2)
    with pytest.raises(AccountChanged):
        set_enabled(store, LOCAL, number, True, version=2)


def test_role_and_scope_are_noted_each_and_what_stays_is_not(store: Engine) -> None:
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    scope = {COMMUNITY}
    assert change_account(store, LOCAL, number, version=1, role=Role.ANALYST, scope=scope)
    assert not change_account(store, LOCAL, number, version=2, role=Role.ANALYST, scope=scope)
    assert not set_enabled(store, LOCAL, number, True, version=2)
    assert noted(store)[1:] == [
        ("local", "account_role", "counselor -> analyst"),
        ("local", "account_scope", f"all -> {COMMUNITY}"),
    ]
    assert read(store, ANA).version == 2


@pytest.mark.parametrize("scope", [None, {COMMUNITY}], ids=["demoted", "narrowed"])
def test_the_last_who_supervises_all_stays_so(store: Engine, scope: set[UUID] | None) -> None:
    number = create_account(store, SYSTEM, ANA, Role.SUPERVISOR)
    create_account(store, SYSTEM, EVA, Role.SUPERVISOR, scope={COMMUNITY})
    role = Role.ANALYST if scope is None else Role.SUPERVISOR
    with pytest.raises(LastSupervisor):
        change_account(store, LOCAL, number, version=1, role=role, scope=scope)
    with pytest.raises(LastSupervisor):
        set_enabled(store, LOCAL, number, False, version=1)
    found = read(store, ANA)
    assert (found.role, found.scope, found.version) == (Role.SUPERVISOR, None, 1)
    assert found.disabled_at is None
    assert len(noted(store)) == 2


def test_others_change_though_nobody_supervises_yet(store: Engine) -> None:
    number = create_account(store, SYSTEM, ANA, Role.COUNSELOR)
    assert set_enabled(store, SYSTEM, number, False, version=1)


def test_two_supervisors_who_disable_each_other_do_not_both_go(store: Engine) -> None:
    numbers = [create_account(store, SYSTEM, who, Role.SUPERVISOR) for who in (ANA, EVA)]

    def disable(number: int) -> str:
        try:
            set_enabled(store, LOCAL, number, False, version=1)
        except LastSupervisor:
            return "stays"
        return "goes"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(disable, numbers)) == ["goes", "stays"]
    assert sum(read(store, who).disabled_at is None for who in (ANA, EVA)) == 1


def test_an_account_that_is_not_there_is_said_so(store: Engine) -> None:
    with pytest.raises(AccountError, match="ya no está"):
        set_enabled(store, LOCAL, 99, False, version=1)


@pytest.mark.parametrize("role", [Role.SERVICE, Role.SYSTEM])
def test_an_account_is_somebody_s_and_sees_something(store: Engine, role: Role) -> None:
    with pytest.raises(AccountError, match="uno de estos roles"):
        create_account(store, LOCAL, ANA, role)
    with pytest.raises(AccountError, match="al menos una comunidad"):
        create_account(store, LOCAL, ANA, Role.COUNSELOR, scope=())
    assert noted(store) == []
