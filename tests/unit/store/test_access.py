from __future__ import annotations

import re
from uuid import UUID

import pytest

from aura_engine.errors import AccessDenied
from aura_engine.store.access import Role, Viewer, came_through_a_proxy
from aura_engine.store.pseudonyms import draw_pseudonyms, read_pseudonym


def test_a_service_may_not_read_totals() -> None:
    with pytest.raises(AccessDenied, match="service"):
        Viewer("chatbot", Role.SERVICE).require_aggregates()


@pytest.mark.parametrize("role", [Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST, Role.SYSTEM])
def test_everybody_else_may(role: Role) -> None:
    assert Viewer("someone", role).require_aggregates() is None


def test_only_an_analyst_does_without_identities() -> None:
    assert {role for role in Role if not Viewer("someone", role).sees_identities} == {Role.ANALYST}


def test_accounts_are_looked_after_by_whoever_supervises_everyone() -> None:
    allowed = {role for role in Role if not _is_refused(Viewer("someone", role))}
    assert allowed == {Role.SUPERVISOR, Role.SYSTEM}
    assert _is_refused(Viewer("someone", Role.SUPERVISOR, frozenset({UUID(int=1)})))
    assert _is_refused(Viewer("someone", Role.SUPERVISOR, frozenset()))


def _is_refused(viewer: Viewer) -> bool:
    try:
        viewer.require_accounts()
    except AccessDenied:
        return True
    return False


def test_a_scope_of_no_community_is_not_everyone() -> None:
    assert Viewer("a", Role.COUNSELOR).scope() is None
    assert Viewer("a", Role.COUNSELOR, frozenset()).scope() == []
    community = UUID(int=1)
    assert Viewer("a", Role.COUNSELOR, frozenset({community})).scope() == [community]


def test_pseudonyms_are_easy_to_say_and_never_given_twice() -> None:
    taken = {"K7-FQ2M"}
    drawn = draw_pseudonyms(5_000, taken)
    assert len(set(drawn)) == 5_000
    assert taken == {"K7-FQ2M", *drawn}
    assert all(re.fullmatch(r"[A-Z][2-9]-[A-Z2-9]{4}", name) for name in drawn)
    assert not any(set(name) & set("IOU01") for name in drawn)


@pytest.mark.parametrize("name", ["Forwarded", "via", "X-Real-IP", "x-forwarded-for"])
def test_what_a_proxy_adds_gives_it_away(name):
    assert came_through_a_proxy(["Host", name])


def test_a_browser_of_this_machine_adds_nothing_of_it():
    assert not came_through_a_proxy(["Host", "User-Agent", "X-Requested-With", "Origin"])


@pytest.mark.parametrize("typed", ["k7-fq2m", " K7FQ2M ", "K7-FQ2M"])
def test_a_pseudonym_is_read_however_it_is_typed(typed):
    assert read_pseudonym(typed) == "K7-FQ2M"


def test_what_is_no_pseudonym_stays_as_it_was_typed():
    assert read_pseudonym("ana") == "ANA"
