"""Who a person is: for whom, with which reason, noted before it is read, and never kept."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease, ensure_template
from aura_engine.errors import AccessDenied, AuraError, IdentityRefused, SourceError, StoreError
from aura_engine.pipeline.identity import Identity, reveal
from aura_engine.sources import NameSources, Source, connect_names
from aura_engine.store.access import ANONYMOUS, LOCAL, SYSTEM, Role, Viewer
from aura_engine.store.connect import connect_store
from aura_engine.store.people import remove_people, save_people
from tests.conftest import DatabaseFactory
from tests.integration.sources.named import Named, Urls, new_named
from tests.integration.store.case_rows import open_case
from tests.integration.store.conftest import TEMPLATE, build_template
from tests.integration.store.rows import AS_OF, a_model, generation, ids, people, publish_rows

ANA, EVA, LEO = ids(3)
PSEUDONYMS = {ANA: "A2-AAAA", EVA: "B2-AAAA", LEO: "C2-AAAA"}
GROUP, ELSEWHERE = UUID(int=77), UUID(int=78)
REASON = "Llamar hoy a su tutora"
COUNSELOR = Viewer("user:1", Role.COUNSELOR)
OF_GROUP = Viewer("user:2", Role.COUNSELOR, frozenset({GROUP}))
OF_NOTHING = Viewer("user:3", Role.SUPERVISOR, frozenset())


@pytest.fixture(scope="module")
def named(lease: Lease) -> Iterator[Named]:
    """Ana and Eva, and nobody by the name of Leo; tests only read them."""
    with new_named(lease) as made:
        made.add(ANA, "ana.g", "Ana G.")
        made.add(EVA, "eva", None)
        yield made


@pytest.fixture
def store(lease: Lease, database_factory: DatabaseFactory) -> Iterator[Engine]:
    """All three in view; Ana is a member of the group."""
    ensure_template(lease, TEMPLATE, build_template)
    engine = connect_store(database_factory(TEMPLATE))
    users = list(PSEUDONYMS)
    members = pd.DataFrame(
        {
            "user_id_raiz": users,
            "community_id": [str(GROUP), str(ELSEWHERE), str(ELSEWHERE)],
            "category": "arte",
        }
    )
    save_people(engine, people(users), members, as_of=AS_OF)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE person SET pseudonym = :name WHERE user_id_raiz = :user"),
            [{"name": name, "user": user} for user, name in PSEUDONYMS.items()],
        )
    publish_rows(engine, generation(users, model_id=a_model(engine), level="ALTO_RIESGO"))
    yield engine
    engine.dispose()


def noted(store: Engine) -> list[tuple[object, ...]]:
    query = (
        "SELECT actor, role, action, subject, user_id_raiz::text, detail FROM audit_log ORDER BY id"
    )
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize(
    "viewer",
    [COUNSELOR, OF_GROUP, LOCAL, Viewer("demo:counselor", Role.COUNSELOR)],
    ids=lambda viewer: viewer.name,
)
def test_carers_learn_both_names_and_the_log_says_why(
    store: Engine, named: Named, viewer: Viewer
) -> None:
    found = reveal(store, named.names, viewer, PSEUDONYMS[ANA], f"  {REASON}\n")
    assert found == Identity("ana.g", "Ana G.")
    assert noted(store) == [
        (viewer.name, viewer.role.value, "identity_revealed", "identity", ANA, REASON)
    ]


@pytest.mark.parametrize(
    "viewer",
    [
        SYSTEM,
        Viewer("luz", Role.ANALYST),
        Viewer("demo:analyst", Role.ANALYST),
        Viewer("chatbot", Role.SERVICE),
    ],
    ids=lambda viewer: viewer.name,
)
def test_nobody_else_learns_a_name(store: Engine, named: Named, viewer: Viewer) -> None:
    with pytest.raises(AccessDenied, match="seudónimos"):
        reveal(store, named.names, viewer, PSEUDONYMS[ANA], REASON)
    with pytest.raises(AccessDenied, match="sin identificarse"):
        reveal(store, named.names, ANONYMOUS, PSEUDONYMS[ANA], REASON)
    assert noted(store) == []


@pytest.mark.parametrize(
    ("viewer", "user"), [(OF_GROUP, EVA), (OF_NOTHING, ANA), (COUNSELOR, None)]
)
def test_whoever_is_out_of_view_is_as_one_who_does_not_exist(
    store: Engine, named: Named, viewer: Viewer, user: str | None
) -> None:
    pseudonym = PSEUDONYMS[user] if user else "X9-XXXX"
    with pytest.raises(IdentityRefused, match=f"No hay nadie a la vista.*{pseudonym}"):
        reveal(store, named.names, viewer, pseudonym, REASON)
    assert noted(store) == []


@pytest.mark.parametrize("reason", ["", " " * 20, "así pues \x00\n", "x" * 501])
def test_without_a_reason_nothing_is_read(store: Engine, named: Named, reason: str) -> None:
    with pytest.raises(IdentityRefused, match="10 a 500"):
        reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], reason)
    assert noted(store) == []


def test_a_reason_of_the_least_and_the_greatest_length_is_one(store: Engine, named: Named) -> None:
    for length in (10, 500):
        assert reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], "x" * length)
    assert [len(str(row[-1])) for row in noted(store)] == [10, 500]


def watched(store: Engine, named: Named, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what will hold how many rows the log had at each read of a source."""
    seen: list[int] = []
    for name in ("user_name", "display_name"):
        read = getattr(NameSources, name)

        def look(sources: NameSources, user_id: UUID, read=read) -> object:
            seen.append(len(noted(store)))
            return read(sources, user_id)

        monkeypatch.setattr(NameSources, name, look)
    return seen


def test_it_is_noted_before_it_is_read(
    store: Engine, named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched(store, named, monkeypatch)
    reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert seen == [1, 1]
    reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert seen == [1, 1, 2, 2]


def test_what_cannot_be_noted_is_not_read(
    store: Engine, named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched(store, named, monkeypatch)
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log ADD CHECK (subject <> 'identity')"))
    with pytest.raises(StoreError):
        reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert seen == []


def test_who_has_no_display_name_is_known_by_their_user_name(store: Engine, named: Named) -> None:
    found = reveal(store, named.names, COUNSELOR, PSEUDONYMS[EVA], REASON)
    assert found == Identity("eva", None)


def test_an_account_that_is_gone_from_its_source_has_no_identity(
    store: Engine, named: Named
) -> None:
    with pytest.raises(IdentityRefused, match="ya no existe"):
        reveal(store, named.names, COUNSELOR, PSEUDONYMS[LEO], REASON)


def test_of_a_deleted_account_only_the_case_is_left(
    store: Engine, named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched(store, named, monkeypatch)
    open_case(store, ANA, at=AS_OF)
    with store.begin() as connection:
        remove_people(connection, [ANA], as_of=AS_OF)
    with pytest.raises(IdentityRefused, match="ya no existe"):
        reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert seen == []
    assert noted(store) == []


def test_a_person_who_left_is_nobody_in_the_log_and_the_reason_stays(
    store: Engine, named: Named
) -> None:
    reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    with store.begin() as connection:
        remove_people(connection, [ANA], as_of=AS_OF)
    assert [row[3:] for row in noted(store)] == [("identity", None, REASON)]


def away(named: Named, source: Source) -> Urls:
    urls = {one.value: named.engine(one).url for one in (Source.AUTH, Source.SOCIAL)}
    return Urls(**urls | {source.value: urls[source.value].set(database="t_nowhere")})


def test_without_the_source_of_accounts_nothing_is_shown(store: Engine, named: Named) -> None:
    with (
        connect_names(away(named, Source.AUTH)) as names,
        pytest.raises(SourceError, match="DATABASE_URL_AUTH_IDENTITY") as caught,
    ):
        reveal(store, names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert "ana.g" not in str(caught.value)


def test_without_the_source_of_profiles_the_user_name_is_shown_and_the_rest_explained(
    store: Engine, named: Named
) -> None:
    with connect_names(away(named, Source.SOCIAL)) as names:
        found = reveal(store, names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert (found.user_name, found.display_name) == ("ana.g", None)
    assert "DATABASE_URL_SOCIAL_IDENTITY" in str(found.problem)


def test_where_nothing_is_configured_nothing_is_noted(store: Engine) -> None:
    with pytest.raises(IdentityRefused, match="falta configurar"):
        reveal(store, None, COUNSELOR, PSEUDONYMS[ANA], REASON)
    assert noted(store) == []


def test_names_and_reasons_are_in_no_log_and_in_no_repr(
    store: Engine, named: Named, capfd: pytest.CaptureFixture[str]
) -> None:
    found = reveal(store, named.names, COUNSELOR, PSEUDONYMS[ANA], REASON)
    for pseudonym, reason in ((PSEUDONYMS[LEO], REASON), (PSEUDONYMS[ANA], "corto")):
        with pytest.raises(AuraError) as caught:
            reveal(store, named.names, COUNSELOR, pseudonym, reason)
        assert reason not in str(caught.value)
    told = "".join(capfd.readouterr()) + repr(found)
    assert not [secret for secret in ("ana.g", "Ana G.", REASON) if secret in told]
