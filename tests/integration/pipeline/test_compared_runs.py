"""Runs of the pipeline beside each other: what each found is what the comparison starts from."""

from __future__ import annotations

from datetime import timedelta

from aura_engine.domain import RiskLevel
from aura_engine.pipeline import RunParameters, run_full
from aura_engine.sources import Source
from aura_engine.store import reads
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.reads import MoveFilter, RunPair
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import NOW, PEOPLE, person_id


def test_everyone_of_both_runs_is_in_the_table_whoever_moved_and_whoever_left(
    world: World,
) -> None:
    found = [run_full(world.context)]
    world.now[0] = NOW + timedelta(days=20)
    who = person_id(2)
    world.change(Source.SOCIAL, "DELETE FROM community_members WHERE user_id = :u", u=who)
    world.change(Source.SOCIAL, "UPDATE user_profiles SET bio = NULL WHERE user_id = :u", u=who)
    world.change(Source.AUTH, "DELETE FROM users WHERE user_id = :u", u=person_id(9))
    found.append(run_full(world.context))
    found.append(run_full(world.context, parameters=RunParameters(n_clusters=3, refit=True)))
    with reading(world.context.store) as connection:
        for i, before in enumerate(found):
            for after in found[i + 1 :]:
                pair = reads.runs_to_compare(connection, SYSTEM, before.run_id, after.run_id)
                assert isinstance(pair, RunPair)
                moves = reads.moves(connection, SYSTEM, pair)
                for level in RiskLevel:
                    cells = moves.cells.items()
                    then = sum(people for (a, _), people in cells if a is level)
                    later = sum(people for (_, b), people in cells if b is level)
                    assert then == before.results["risk_distribution"][level]
                    assert later == after.results["risk_distribution"][level]
                assert moves.left == (1 if before is found[0] else 0)
                assert moves.came == 0
                listed = reads.moved_people(connection, SYSTEM, pair, MoveFilter())
                assert len(listed) == moves.moved
                assert moves.population == (PEOPLE if before is found[0] else PEOPLE - 1)
        models = reads.model_versions(connection, SYSTEM)
    assert [model.fitted_because for model in models] == ["requested", "first"]
    assert [model.runs for model in models] == [1, 2]
