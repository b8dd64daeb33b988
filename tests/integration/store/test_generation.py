from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from aura_engine.domain import RiskLevel
from aura_engine.errors import RunError
from aura_engine.store import generation as generations
from aura_engine.store import runs
from aura_engine.store.connect import reading
from aura_engine.store.people import remove_people, save_people
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    a_model,
    generation,
    ids,
    people,
    publish,
    scalar,
)

COUNT = "SELECT count(*) FROM user_feature_vector"


def test_a_loaded_generation_is_invisible_until_the_flip(store: Engine) -> None:
    publish(store, ids(10))
    model_id = a_model(store)
    with runs.recorded_run(
        store, kind="full", as_of=AS_OF, parameters={}, requested_by="test"
    ) as run:
        rows = generation(ids(7), model_id=model_id, level=RiskLevel.ALTO)
        generations.load_generation(store, run.run_id, rows.reset_index())
        assert scalar(store, COUNT) == 10
        with store.begin() as connection:
            generations.flip(connection, run.run_id)
        assert scalar(store, COUNT) == 7


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_readers_during_flips_never_see_a_partial_or_empty_population(
    store: Engine, isolation: str
) -> None:
    """Twelve flips between 60 and 90 people, while three readers look all the time."""
    publish(store, ids(60))
    stop = threading.Event()
    seen: list[set[int]] = [set() for _ in range(3)]
    failures: list[SQLAlchemyError] = []

    def look(sizes: set[int]) -> None:
        reader = store.connect().execution_options(isolation_level=isolation)
        try:
            while not stop.is_set():
                with reader.begin():
                    sizes.add(int(reader.scalar(text(COUNT)) or 0))
                    sizes.add(int(reader.scalar(text(COUNT)) or 0))
        except SQLAlchemyError as error:
            failures.append(error)
        finally:
            reader.close()

    readers = [threading.Thread(target=look, args=(sizes,)) for sizes in seen]
    for reader in readers:
        reader.start()
    for flip_number in range(12):
        publish(store, ids(90 if flip_number % 2 == 0 else 60))
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert set.union(*seen) == {60, 90}


def test_a_reader_in_one_transaction_sees_one_generation(store: Engine) -> None:
    publish(store, ids(10))
    with reading(store) as connection:
        before = connection.scalar(text(COUNT))
        publish(store, ids(5))
        assert connection.scalar(text(COUNT)) == before == 10
    assert scalar(store, COUNT) == 5


def test_the_data_version_grows_with_each_flip(store: Engine) -> None:
    publish(store, ids(3))
    first = scalar(store, "SELECT data_version FROM active_run")
    publish(store, ids(3))
    assert scalar(store, "SELECT data_version FROM active_run") == int(str(first)) + 1


def _load_and_fail(store: Engine, model_id: int) -> None:
    with runs.recorded_run(
        store, kind="full", as_of=AS_OF, parameters={}, requested_by="test"
    ) as run:
        rows = generation(ids(4), model_id=model_id)
        generations.load_generation(store, run.run_id, rows.reset_index())
        history = rows[["cluster_label", "severity_index", "model_version_id"]].assign(
            as_of=AS_OF, reason="first"
        )
        generations.stage_history(store, run.run_id, history.reset_index())
        raise RunError("stop here")


def test_a_failed_run_leaves_no_partition_and_no_history(store: Engine) -> None:
    kept = publish(store, ids(4))
    model_id = a_model(store)
    generations.ensure_history_month(store, AS_OF)
    with pytest.raises(RunError, match="stop here"):
        _load_and_fail(store, model_id)
    assert scalar(store, "SELECT count(*) FROM risk_history") == 4
    assert scalar(store, "SELECT count(*) FROM visible_history") == 0
    generations.sweep_generations(store)
    assert scalar(store, "SELECT count(*) FROM risk_history") == 0
    partitions = "SELECT string_agg(inhrelid::regclass::text, ',') FROM pg_inherits WHERE "
    assert scalar(store, partitions + "inhparent = 'feature'::regclass") == f"feature_{kept}"
    assert scalar(store, COUNT) == 4


def _let_pass(store: Engine, interval: str) -> None:
    """Move all flips into the past."""
    with store.begin() as connection:
        connection.execute(
            text("UPDATE pipeline_run SET flipped_at = flipped_at - CAST(:i AS interval)"),
            {"i": interval},
        )


def test_generations_are_swept_even_if_a_new_one_comes_every_half_hour(store: Engine) -> None:
    runs_made = []
    for _ in range(4):
        runs_made.append(publish(store, ids(3)))
        _let_pass(store, "31 minutes")
    generations.sweep_generations(store)
    left = [
        run
        for run in runs_made
        if scalar(store, f"SELECT to_regclass('feature_{run}') IS NOT NULL")
    ]
    assert left == runs_made[-2:]


def test_a_replaced_generation_is_dropped_after_an_hour_and_not_before(store: Engine) -> None:
    old = publish(store, ids(4))
    publish(store, ids(4))
    generations.sweep_generations(store)
    assert scalar(store, f"SELECT to_regclass('feature_{old}') IS NOT NULL")
    _let_pass(store, "61 minutes")
    generations.sweep_generations(store)
    assert scalar(store, f"SELECT to_regclass('feature_{old}') IS NULL")
    assert scalar(store, COUNT) == 4


def test_a_reader_is_not_waited_for_when_old_generations_are_swept(store: Engine) -> None:
    old = publish(store, ids(4))
    publish(store, ids(4))
    _let_pass(store, "61 minutes")
    with reading(store) as connection:
        connection.execute(text(f"SELECT count(*) FROM feature_{old}"))  # noqa: S608
        generations.sweep_generations(store)
        assert scalar(store, f"SELECT to_regclass('feature_{old}') IS NOT NULL")
    generations.sweep_generations(store)
    assert scalar(store, f"SELECT to_regclass('feature_{old}') IS NULL")


def test_history_has_a_partition_for_each_month_over_the_turn_of_the_year(store: Engine) -> None:
    december = AS_OF.replace(year=2026, month=12, day=31, hour=23)
    generations.ensure_history_month(store, december)
    generations.ensure_history_month(store, december)
    generations.ensure_history_month(store, december.replace(year=2027, month=1, day=1))
    bounds = scalar(
        store,
        "SELECT string_agg(pg_get_expr(relpartbound, oid), '|' ORDER BY relname) FROM pg_class"
        " WHERE relname LIKE 'risk\\_history\\_2%' AND relispartition AND relkind = 'r'",
    )
    assert bounds == (
        "FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')"
        "|FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00')"
    )


def test_people_who_leave_are_forgotten_and_their_open_case_keeps_its_pseudonym(
    store: Engine,
) -> None:
    who = ids(3)
    run_id = publish(store, who)
    pseudonym = scalar(store, "SELECT pseudonym FROM person WHERE user_id_raiz = :u", u=who[0])
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO risk_case (user_id_raiz, pseudonym, state, opened_at,"
                " opening_severity, opening_run_id, priority, waiting_since)"
                " VALUES (:u, :p, 'abierto', :t, 50, :r, 'ALTA', :t)"
            ),
            {"u": who[0], "p": pseudonym, "t": AS_OF, "r": run_id},
        )
        connection.execute(
            text(
                "INSERT INTO text_score (hmac, model_revision, p_negative)"
                " VALUES ('\\x01', 'r1', .5), ('\\x02', 'r1', .5)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO text_ref (source, text_id, user_id_raiz, hmac, written_at)"
                " VALUES ('post', :a, :a, '\\x01', now()), ('post', :b, :a, '\\x02', now()),"
                " ('post', :c, :b, '\\x02', now())"
            ),
            {"a": who[0], "b": who[1], "c": who[2]},
        )
    with store.begin() as connection:
        remove_people(connection, [who[0]], as_of=AS_OF)
    assert scalar(store, COUNT) == 2
    assert scalar(store, "SELECT count(*) FROM person") == 2
    assert scalar(store, "SELECT string_agg(hmac::text, ',') FROM text_score") == "\\x02"
    case = "SELECT (user_id_raiz IS NULL, pseudonym, account_deleted_at IS NOT NULL) FROM risk_case"
    assert scalar(store, case) == f"(t,{pseudonym},t)"
    assert scalar(store, "SELECT action FROM case_action") == "cuenta_eliminada"


def test_pseudonyms_stay_when_people_are_saved_again(store: Engine) -> None:
    save_people(store, people(ids(50)), NO_MEMBERSHIPS, as_of=AS_OF)
    before = scalar(store, "SELECT string_agg(pseudonym, ',' ORDER BY user_id_raiz) FROM person")
    changed = people(ids(50)).assign(region=None)
    save_people(store, changed, NO_MEMBERSHIPS, as_of=AS_OF)
    query = "SELECT string_agg(pseudonym, ',' ORDER BY user_id_raiz) FROM person"
    assert scalar(store, query) == before
    assert scalar(store, "SELECT count(*) FROM person WHERE region IS NULL") == 50
