"""Accounts and the log of reads are read by whoever supervises everyone, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import AccessDenied
from aura_engine.store import audit, reads
from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.account_changes import create_account
from aura_engine.store.connect import reading
from aura_engine.store.people import save_people
from aura_engine.store.reads import AuditFilter
from tests.integration.store.rows import AS_OF, ids, people

WHO = ids(2)
NAMES = ["A2-AAAA", "B2-AAAA"]
GROUP, ELSEWHERE = UUID(int=77), UUID(int=78)
COUNSELOR = Viewer("ana", Role.COUNSELOR)
SUPERVISOR = Viewer("sol", Role.SUPERVISOR)
REFUSED = [
    COUNSELOR,
    Viewer("luz", Role.ANALYST),
    Viewer("chatbot", Role.SERVICE),
    Viewer("eva", Role.SUPERVISOR, frozenset({GROUP})),
]
READS: dict[str, dict[str, Any]] = {
    "accounts": {},
    "audit_actions": {},
    "audit_actors": {},
    "audit_count": {"wanted": AuditFilter(), "most": 9},
    "audit_entries": {"wanted": AuditFilter(), "limit": 9},
    "communities": {},
}


@pytest.fixture
def population(store: Engine) -> Engine:
    """Two people with a name each, in two communities."""
    members = pd.DataFrame(
        {"user_id_raiz": WHO, "community_id": [str(GROUP), str(ELSEWHERE)], "category": "arte"}
    )
    save_people(store, people(WHO), members, as_of=AS_OF)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user"),
            [{"name": name, "user": user} for name, user in zip(NAMES, WHO, strict=True)],
        )
    return store


def read(store: Engine, function: Callable[..., Any], viewer: Viewer, *args: Any, **kw: Any) -> Any:
    with reading(store) as connection:
        return function(connection, viewer, *args, **kw)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("viewer", REFUSED, ids=lambda viewer: viewer.name)
def test_nobody_else_reads_them(store: Engine, viewer: Viewer, name: str) -> None:
    with pytest.raises(AccessDenied):
        read(store, getattr(reads, name), viewer, **READS[name])
    assert read(store, getattr(reads, name), SUPERVISOR, **READS[name]) is not None


def test_communities_are_those_with_members_by_what_they_are_about(population: Engine) -> None:
    found = read(population, reads.communities, SYSTEM)
    assert [(one.id, one.category) for one in found] == [(GROUP, "arte"), (ELSEWHERE, "arte")]
    assert read(population, reads.communities, SYSTEM, only=[ELSEWHERE]) == found[1:]
    assert read(population, reads.communities, SYSTEM, only=[]) == []


def test_the_log_is_read_newest_first_by_each_of_its_filters(population: Engine) -> None:
    number = create_account(population, SYSTEM, "ana@escuela.example", Role.COUNSELOR)
    ana = Viewer(f"user:{number}", Role.COUNSELOR)
    audit.record_person(population, ana, UUID(WHO[0]), action="/users/{id}", request_id="r1")
    audit.record_pseudonym(population, ana, NAMES[1], action="ficha")
    audit.record_pseudonym(population, COUNSELOR, "X9-XXXX", action="ficha")
    audit.record_list(population, ana, action="hoy")
    audit.record_log(population, SYSTEM, action="usuarios", detail="all")

    def found(**wanted: Any) -> list[tuple[str, str | None]]:
        entries = read(population, reads.audit_entries, SYSTEM, AuditFilter(**wanted), limit=9)
        counted = read(population, reads.audit_count, SYSTEM, AuditFilter(**wanted), most=9)
        assert counted == len(entries)
        return [(entry.action, entry.pseudonym) for entry in entries]

    everything = found()
    assert everything == [
        ("usuarios", None), ("hoy", None), ("ficha", None), ("ficha", NAMES[1]),
        ("/users/{id}", NAMES[0]), ("account_added", None),
    ]  # fmt: skip
    assert found(actor=ana.name) == [("hoy", None), ("ficha", NAMES[1]), ("/users/{id}", NAMES[0])]
    assert found(pseudonym=NAMES[1]) == [("ficha", NAMES[1])]
    assert found(pseudonym="X9-XXXX") == []
    assert found(action="ficha", subject="unknown") == [("ficha", None)]
    newest, *_, oldest = read(population, reads.audit_entries, SYSTEM, AuditFilter(), limit=9)
    assert found(since=newest.at) == everything[:1]
    assert found(until=newest.at) == everything[1:]
    assert (oldest.account_email, oldest.email, oldest.role) == (
        "ana@escuela.example", None, "system",
    )  # fmt: skip
    second = read(population, reads.audit_entries, SYSTEM, AuditFilter(), limit=1, offset=1)
    assert [(entry.action, entry.email) for entry in second] == [("hoy", "ana@escuela.example")]
    assert read(population, reads.audit_count, SYSTEM, AuditFilter(), most=4) == 4
    actors = read(population, reads.audit_actors, SYSTEM)
    assert [(one.name, one.email) for one in actors] == [
        ("ana", None), ("aura", None), (ana.name, "ana@escuela.example"),
    ]  # fmt: skip
    assert read(population, reads.audit_actions, SYSTEM) == sorted(
        {action for action, _ in everything}
    )


def test_a_person_who_left_is_nobody_in_the_log(population: Engine) -> None:
    audit.record_pseudonym(population, COUNSELOR, NAMES[1], action="ficha")
    with population.begin() as connection:
        connection.execute(text("DELETE FROM person WHERE user_id_raiz = :id"), {"id": WHO[1]})
    (entry,) = read(population, reads.audit_entries, SYSTEM, AuditFilter(), limit=9)
    assert (entry.subject, entry.pseudonym) == ("person", None)


def test_who_learned_an_identity_is_found_with_the_reason(population: Engine) -> None:
    audit.record_pseudonym(population, COUNSELOR, NAMES[1], action="ficha")
    who = {"action": "identity_revealed", "reason": "Llamar a su tutora"}
    assert audit.record_identity(population, COUNSELOR, UUID(WHO[1]), **who)
    wanted = AuditFilter(subject="identity", pseudonym=NAMES[1])
    (entry,) = read(population, reads.audit_entries, SYSTEM, wanted, limit=9)
    assert (entry.actor, entry.pseudonym, entry.detail) == ("ana", NAMES[1], "Llamar a su tutora")


def test_of_nobody_no_identity_is_noted(population: Engine) -> None:
    nobody = {"action": "identity_revealed", "reason": "Llamar a su tutora"}
    assert not audit.record_identity(population, COUNSELOR, UUID(int=99), **nobody)
    assert read(population, reads.audit_count, SYSTEM, AuditFilter(), most=9) == 0


def test_a_filter_knows_no_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="naive"):
        AuditFilter(since=AS_OF.replace(tzinfo=None))
