from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from aura_engine.store import migrate
from aura_engine.store.connect import connect_store
from aura_engine.store.tables import Base
from tests.conftest import DatabaseFactory


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": migrate.is_ours}
        )
        found = compare_metadata(context, Base.metadata)
    return [
        difference
        for difference in found
        if not (difference[0] == "remove_table" and difference[1].name == "alembic_version")
    ]


def test_migrations_end_in_exactly_the_declared_tables(store: Engine) -> None:
    assert differences(store) == []


def test_a_missing_column_would_be_noticed(store: Engine) -> None:
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE person DROP COLUMN region"))
    assert differences(store) != []


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


def test_downgrade_leaves_nothing_and_upgrade_works_again(store: Engine) -> None:
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
