"""A run never falls back to the reduced language model unasked where a better one was in use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from aura_engine.errors import ModelError
from aura_engine.pipeline import RunParameters, run_full
from tests.integration.pipeline.conftest import CountingScorer, World


@dataclass
class BetterScorer(CountingScorer):
    """A model from the hub, as far as a run can tell."""

    def __post_init__(self) -> None:
        self.revision = "0123456789abcdef0123456789abcdef01234567"

    @property
    def name(self) -> str:
        return "someone/better"

    @property
    def reduced(self) -> bool:
        return False


@pytest.fixture
def read_well(world: World) -> World:
    """A world whose results in view were read with a better model than the reduced one."""
    run_full(replace(world.context, scorer=BetterScorer(world.scorer.model)))
    return world


def test_a_run_refuses_to_step_down_and_says_what_to_do(read_well: World) -> None:
    with pytest.raises(ModelError, match="NLP_MODEL_NAME=aura-es-mini"):
        run_full(read_well.context)
    assert read_well.scorer.asked == []
    assert read_well.ask("SELECT count(*) FROM model_version") == 1
    assert read_well.ask("SELECT error FROM pipeline_run WHERE status = 'failed'")


def test_the_reduced_model_is_used_where_it_was_chosen_by_name(read_well: World) -> None:
    outcome = run_full(replace(read_well.context, reduced_is_chosen=True))
    assert outcome.text_model == "aura-es-mini"


def test_a_run_without_new_texts_goes_on_with_the_stored_scores(read_well: World) -> None:
    run_full(read_well.context, parameters=RunParameters(skip_nlp=True))
    assert read_well.ask("SELECT count(*) FROM model_version") == 1


def test_the_reduced_model_may_follow_an_older_one_of_its_kind(world: World) -> None:
    world.scorer.revision = "reducido-0-0123456789abcdef"
    run_full(world.context)
    world.scorer.revision = world.scorer.model.revision
    run_full(world.context)
    assert world.ask("SELECT count(*) FROM pipeline_run WHERE status = 'succeeded'") == 2
