from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from aura_engine.domain import RiskLevel
from aura_engine.store import audit, migrate
from aura_engine.store.access import Role, Viewer
from aura_engine.store.cases import CaseState, open_cases
from aura_engine.store.connect import connect_store
from aura_engine.store.generation import ensure_history_month, stage_history
from aura_engine.store.people import save_people
from aura_engine.store.tables import VIEWS, Base
from tests.conftest import DatabaseFactory
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    a_model,
    generation,
    history,
    ids,
    people,
    publish,
    publish_rows,
    scalar,
)


def _is_the_next_number_of_one_sequence(difference: Any) -> bool:
    """Alembic compares defaults by their values, and each of these has a value of its own."""
    kind, *_, found, declared = difference[0]
    if kind != "modify_default" or not (found and declared):
        return False
    return str(found.arg) == str(declared.arg)


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": migrate.is_ours,
            },
        )
        found = compare_metadata(context, Base.metadata)
    return [
        difference
        for difference in found
        if not (
            _is_the_next_number_of_one_sequence(difference)
            if isinstance(difference, list)
            else difference[0] == "remove_table" and difference[1].name == "alembic_version"
        )
    ]


def test_migrations_end_in_exactly_the_declared_tables(store: Engine) -> None:
    assert differences(store) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE person DROP COLUMN region CASCADE",
        "ALTER TABLE person ALTER region TYPE varchar(9)",
        "ALTER TABLE person ALTER region SET NOT NULL",
        "ALTER TABLE pipeline_run ALTER counts DROP DEFAULT",
        "ALTER TABLE pipeline_run ALTER stage_done SET DEFAULT 1",
        "ALTER TABLE active_run ALTER changed_at SET DEFAULT 'epoch'",
        "ALTER TABLE feature ALTER id DROP DEFAULT",
        "ALTER TABLE feature ALTER had_evidence SET DEFAULT true",
        "DROP INDEX feature_ranking",
    ],
)
def test_another_structure_would_be_noticed(store: Engine, change: str) -> None:
    with store.begin() as connection:
        connection.execute(text(change))
    assert differences(store) != []


def views(connection: Connection, *, of: dict[str, str] | None = None) -> dict[str, str]:
    """The server's words for the views that are there, or for views made of `of`."""
    for name, query in (of or {}).items():
        connection.execute(text(f"CREATE TEMP VIEW {name} AS {query}"))
    rows = connection.execute(
        text(
            "SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c WHERE c.relkind = 'v'"
            " AND c.relnamespace = CASE WHEN :temporary THEN pg_my_temp_schema()"
            " ELSE 'public'::regnamespace END"
        ),
        {"temporary": of is not None},
    )
    return {row.relname: row.pg_get_viewdef for row in rows}


def test_views_are_those_declared_with_every_column(store: Engine) -> None:
    with store.connect() as connection:
        assert views(connection) == views(connection, of=VIEWS)
    columns = inspect(store).get_columns("user_feature_vector")
    declared = Base.metadata.tables["feature"].columns.keys()
    assert [column["name"] for column in columns] == declared


def test_another_view_would_be_noticed(store: Engine) -> None:
    with store.connect() as connection:
        connection.execute(
            text("CREATE OR REPLACE VIEW user_feature_vector AS SELECT * FROM feature")
        )
        assert views(connection) != views(connection, of=VIEWS)


def test_checks_and_partial_indexes_are_those_declared(store: Engine) -> None:
    """Alembic compares neither checks nor index conditions, so they are compared by name."""
    inspector = inspect(store)
    for table in Base.metadata.sorted_tables:
        declared = {str(check.name) for check in table.constraints if _is_check(check)}
        declared |= {
            str(check.name)
            for column in table.columns
            for check in column.constraints
            if _is_check(check)
        }
        existing = {check["name"] for check in inspector.get_check_constraints(table.name)}
        assert existing == declared, table.name
        conditions = {
            index["name"]: index["dialect_options"].get("postgresql_where")
            for index in inspector.get_indexes(table.name)
            if not index.get("duplicates_constraint")
        }
        for index in table.indexes:
            wanted = index.dialect_options["postgresql"]["where"] is not None
            assert (conditions[str(index.name)] is not None) == wanted, index.name


def _is_check(constraint: object) -> bool:
    return type(constraint).__name__ == "CheckConstraint"


ROWS = (
    "user_feature_vector", "visible_history", "person", "risk_case", "case_action",
    "pipeline_run", "model_version", "active_run",
)  # fmt: skip


def counts(store: Engine) -> dict[str, object]:
    return {name: scalar(store, f"SELECT count(*) FROM {name}") for name in ROWS}  # noqa: S608


def fill(store: Engine) -> None:
    """Two generations, one of them attached and replaced, history, and a case with its action."""
    publish(store, ids(3))
    rows = generation(ids(3), model_id=a_model(store), level=RiskLevel.ALTO)
    rows["is_sufficient"] = [True, True, False]
    run_id = publish_rows(store, rows)
    ensure_history_month(store, AS_OF)
    stage_history(store, run_id, history(rows))
    entering = pd.DataFrame(
        {"user_id_raiz": ids(1), "state": CaseState.OPEN, "severity_index": 70.0}
    )
    with store.begin() as connection:
        open_cases(connection, entering, run_id=run_id, as_of=AS_OF)


_SCRIPTS = ScriptDirectory(str(migrate.MIGRATIONS))
REVISIONS = [script.revision for script in _SCRIPTS.walk_revisions()][::-1]


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_rows_survive_a_step_back_and_forth(store: Engine, revision: str) -> None:
    fill(store)
    before = counts(store)
    assert 0 not in before.values()
    migrate.downgrade(store, revision)
    assert counts(store) == before
    migrate.upgrade(store)
    assert counts(store) == before
    assert differences(store) == []
    with store.connect() as connection:
        assert views(connection) == views(connection, of=VIEWS)
    publish(store, ids(4))
    assert scalar(store, "SELECT count(*) FROM user_feature_vector") == 4


@pytest.mark.parametrize(("revision", "following"), list(pairwise(REVISIONS)))
def test_every_step_can_be_gone_with_rows_in_place(
    store: Engine, revision: str, following: str
) -> None:
    fill(store)
    before = counts(store)
    for target in (revision, following, revision, following):
        (migrate.downgrade if target == revision else migrate.upgrade)(store, target)
        with store.connect() as connection:
            assert migrate.current_revision(connection) == target
        assert counts(store) == before


def test_of_older_generations_the_day_s_own_evidence_is_known(store: Engine) -> None:
    fill(store)
    migrate.downgrade(store, "0002")
    migrate.upgrade(store)
    same = "SELECT bool_and(had_evidence = is_sufficient) FROM feature"
    assert scalar(store, same) is True
    assert scalar(store, "SELECT count(*) FROM user_feature_vector WHERE had_evidence") == 2


def test_of_older_generations_nobody_below_alto_is_taken_for_a_return(store: Engine) -> None:
    fill(store)
    with store.begin() as connection:
        connection.execute(text("UPDATE feature SET needs_attention = true"))
    migrate.downgrade(store, "0003")
    migrate.upgrade(store)
    found = (
        "SELECT bool_and(needs_attention = (cluster_label = 'ALTO_RIESGO'))"
        " AND bool_and((high_changed_at = 'epoch') = (cluster_label <> 'ALTO_RIESGO'))"
        " FROM feature"
    )
    assert scalar(store, found) is True


def test_who_learned_an_identity_and_why_is_in_the_log_of_every_structure_since(
    store: Engine,
) -> None:
    publish(store, ids(1))
    who = Viewer("ana", Role.COUNSELOR)
    assert audit.record_identity(store, who, UUID(ids(1)[0]), action="x", reason="Llamar hoy")
    row = "SELECT subject || ' ' || detail FROM audit_log WHERE user_id_raiz IS NOT NULL"
    assert scalar(store, row) == "identity Llamar hoy"
    migrate.downgrade(store, "0011")
    assert scalar(store, row) == "person Llamar hoy"
    migrate.upgrade(store)
    assert scalar(store, row) == "person Llamar hoy"


@pytest.mark.parametrize("reason", [None, "", "demasiado"[:9], "x" * 501])
def test_no_row_of_an_identity_is_without_a_reason(store: Engine, reason: str | None) -> None:
    with store.begin() as connection, pytest.raises(IntegrityError, match="audit_log_says_why"):
        connection.execute(
            text(
                "INSERT INTO audit_log (actor, role, action, subject, detail)"
                " VALUES ('ana', 'counselor', 'x', 'identity', :reason)"
            ),
            {"reason": reason},
        )


def test_of_older_runs_it_is_known_which_history_each_showed(store: Engine) -> None:
    ensure_history_month(store, AS_OF)
    rows = generation(ids(2), model_id=a_model(store))
    save_people(store, people(ids(2)), NO_MEMBERSHIPS, as_of=AS_OF)
    runs = [publish_rows(store, rows) for _ in range(3)]
    stage_history(store, runs[0], history(rows))
    stage_history(store, runs[2], history(rows.head(1)))
    shown = "SELECT array_agg(history_through ORDER BY id) FROM pipeline_run"
    migrate.downgrade(store, "0012")
    migrate.upgrade(store)
    assert scalar(store, shown) == [2, 2, 3]


def test_downgrade_leaves_nothing_and_upgrade_works_again(store: Engine) -> None:
    fill(store)
    migrate.downgrade(store, "base")
    inspector = inspect(store)
    assert inspector.get_table_names() == ["alembic_version"]
    assert inspector.get_view_names() == []
    assert inspector.get_sequence_names() == []
    migrate.upgrade(store)
    assert differences(store) == []


def test_a_database_says_how_far_it_is(database_factory: DatabaseFactory) -> None:
    engine = connect_store(database_factory())
    with engine.connect() as connection:
        assert migrate.current_revision(connection) is None
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert migrate.current_revision(connection) == migrate.head_revision()
    engine.dispose()
