"""Runs over everyone and incremental runs at the same time end as one after the other would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aura_engine.pipeline import run_full
from aura_engine.pipeline.recluster import ReclusterParameters, run_recluster
from aura_engine.pipeline.sweep import run_sweep
from aura_engine.sources import Source
from aura_engine.store.runs import Progress
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.live import LiveWorld, assert_parity, rescored_at
from tests.integration.pipeline.people import PEOPLE, person_id, profile_id
from tests.integration.pipeline.scored import ScoredWorlds

WHO = st.sampled_from([0, 1, 2, PEOPLE - 1, PEOPLE])
CHANGES: dict[str, tuple[Source, str]] = {
    "post": (
        Source.SOCIAL,
        "INSERT INTO posts (user_id, content, created_at) VALUES (:u, 'odio esto', :at)",
    ),
    "edit": (Source.SOCIAL, "UPDATE posts SET content = content || ' no' WHERE user_id = :u"),
    "hush": (Source.SOCIAL, "DELETE FROM posts WHERE user_id = :u"),
    "leave": (Source.SOCIAL, "DELETE FROM community_members WHERE user_id = :u"),
    "unsay": (
        Source.MESSAGING,
        (
            "DELETE FROM messages WHERE id IN (SELECT id FROM messages"
            " WHERE sender_profile_id = :p ORDER BY created_at DESC LIMIT 7)"
        ),
    ),
    "message": (
        Source.MESSAGING,
        (
            "INSERT INTO messages (sender_profile_id, content, created_at)"
            " SELECT profile_id, 'no puedo más', :at FROM users WHERE profile_id = :p"
        ),
    ),
    "staff": (
        Source.AUTH,
        (
            "UPDATE users SET id_role = (SELECT id_role FROM roles WHERE role_name = 'admin')"
            " WHERE user_id = :u"
        ),
    ),
    "pupil": (
        Source.AUTH,
        (
            "INSERT INTO users (user_id, username, email, password_hash, id_role, created_at)"
            " VALUES (:u, :u, :u, '!', (SELECT id_role FROM roles WHERE role_name = 'user'), :day)"
            " ON CONFLICT (user_id) DO UPDATE SET id_role = excluded.id_role"
        ),
    ),
}
STAGES = st.sampled_from(["extract", "texts", "kpis", "ensemble", "load", "flip"])
MOMENTS = st.dictionaries(
    STAGES,
    st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), WHO), min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)
RUNS: dict[str, Callable[[World, Progress], object]] = {
    "full": lambda world, progress: run_full(world.context, progress=progress),
    "sweep": lambda world, progress: run_sweep(
        world.context, requested_by="prueba", progress=progress
    ),
    "recluster": lambda world, progress: run_recluster(
        world.context, ReclusterParameters(3), requested_by="prueba", progress=progress
    ),
}


def apply(world: World, name: str, who: int) -> None:
    world.now[0] += timedelta(seconds=1)
    source, statement = CHANGES[name]
    values = {
        "u": person_id(who),
        "p": profile_id(who),
        "at": world.now[0],
        "day": world.now[0].replace(tzinfo=None),
    }
    world.change(source, statement, **{n: v for n, v in values.items() if f":{n}" in statement})


def check(world: World) -> None:
    """Each row is what its moment gives; what is told of each person goes on without a break."""
    dates = world.ask("SELECT array_agg(DISTINCT extraction_date) FROM user_feature_vector f")
    assert isinstance(dates, list)
    for moment in dates:
        assert_parity(world, moment, rescored_at(world, moment))
    broken = world.ask(
        "SELECT count(*) FROM (SELECT previous_label, cluster_label, lag(cluster_label) OVER ("
        " PARTITION BY user_id_raiz ORDER BY as_of, id) AS former, row_number() OVER ("
        " PARTITION BY user_id_raiz ORDER BY as_of, id) AS place FROM visible_history h) AS told"
        " WHERE place > 1 AND previous_label IS DISTINCT FROM former"
    )
    assert broken == 0
    assert (
        world.ask(
            "SELECT count(*) FROM user_feature_vector f JOIN LATERAL ("
            " SELECT cluster_label FROM visible_history h WHERE h.user_id_raiz = f.user_id_raiz"
            " ORDER BY as_of DESC, id DESC LIMIT 1) AS told ON true"
            " WHERE told.cluster_label <> f.recorded_level"
        )
        == 0
    )
    assert (
        world.ask(
            "SELECT count(*) FROM (SELECT FROM risk_case WHERE state <> 'cerrado'"
            " AND user_id_raiz IS NOT NULL GROUP BY user_id_raiz HAVING count(*) > 1) AS twice"
        )
        == 0
    )


@pytest.mark.parametrize("kind", sorted(RUNS))
@settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(moments=MOMENTS)
def test_changes_between_any_two_stages_are_in_the_result(
    kind: str, moments: dict[str, list[tuple[str, int]]], scored_worlds: ScoredWorlds
) -> None:
    due = dict(moments)
    with scored_worlds.copy() as world:
        live = LiveWorld(world)
        world.now[0] += timedelta(minutes=1)

        def meanwhile(stage: str, done: int, _total: int | None) -> None:
            for name, who in due.pop(stage, []) if done == 0 else []:
                apply(world, name, who)
                live.catch_up()

        RUNS[kind](world, meanwhile)
        live.catch_up()
        check(world)


def test_both_at_full_speed(scored_worlds: ScoredWorlds) -> None:
    with scored_worlds.copy() as world:
        live = LiveWorld(world)
        world.now[0] += timedelta(minutes=1)
        done = threading.Event()

        def change_people() -> None:
            turn = 0
            while not done.is_set():
                apply(world, sorted(CHANGES)[turn % len(CHANGES)], turn % 7)
                live.catch_up()
                turn += 1

        changing = threading.Thread(target=change_people)
        changing.start()
        try:
            for kind in ("full", "sweep", "recluster", "full"):
                RUNS[kind](world, lambda *_: None)
        finally:
            done.set()
            changing.join()
        live.catch_up()
        check(world)
