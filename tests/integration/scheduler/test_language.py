"""The leader's language model: told of, looked for anew, read ahead with."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest
from structlog.testing import capture_logs

from aura_cli import installation, orphan
from aura_cli import scheduler as command
from aura_engine.errors import ModelError
from aura_engine.nlp import LazyScorer, TextScorer
from aura_engine.pipeline import RunParameters, run_full, run_next
from aura_engine.pipeline import reading as reading_texts
from aura_engine.store.claims import EndedRun
from aura_engine.store.queue import enqueue
from scheduler import language as language_of
from scheduler import process
from scheduler.language import Language
from tests.integration.pipeline.conftest import World
from tests.patience import eventually

QUEUED = "SELECT count(*) FROM pipeline_run WHERE status = 'queued'"
REFUSED = EndedRun(1, "full", "failed", "Revise NLP_MODEL_NAME.", [], None)
MADE = EndedRun(2, "full", "succeeded", None, [], "aura-es-mini")


def ask_for_a_run(world: World) -> None:
    parameters = asdict(RunParameters())
    enqueue(world.context.store, kind="full", parameters=parameters, requested_by="ana")


def test_a_model_that_cannot_be_loaded_is_said_and_tried_again_after_a_run(world: World) -> None:
    answers: list[TextScorer | ModelError] = [ModelError("no hay modelo"), world.scorer]

    def load() -> TextScorer:
        answer = answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    language = Language(replace(world.context, scorer=LazyScorer(load)))
    assert language.details == {"text_model": None}
    language.load()
    assert language.details == {"text_model": None, "problem": "no hay modelo"}
    language.learn_from(replace(MADE, text_model=None), False)
    assert not language.is_known
    language.learn_from(MADE, False)
    assert language.details["text_model"] == world.scorer.name
    language.learn_from(MADE, False)
    assert answers == []


def test_a_model_that_a_run_refused_is_looked_for_anew(world: World) -> None:
    loads = []

    def load() -> TextScorer:
        loads.append(world.scorer)
        return world.scorer

    language = Language(replace(world.context, scorer=LazyScorer(load)))
    language.load()
    language.learn_from(REFUSED, True)
    assert language.details == {"text_model": None, "problem": REFUSED.error}
    assert len(loads) == 1
    language.load()
    assert len(loads) == 2


def test_a_new_language_model_reads_ahead_and_then_asks_for_one_run(
    world: World, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    language.load()
    language.read_ahead()
    assert world.ask(QUEUED) == 0
    world.scorer.revision = "another-1"
    language.read_ahead()
    assert language.details["read_ahead"]["unread"] == 0
    assert world.ask(QUEUED) == 1
    run_next(world.context, instance="one")
    assert (
        world.ask("SELECT text_revision FROM pipeline_run ORDER BY id DESC LIMIT 1") == "another-1"
    )
    language.read_ahead()
    assert "read_ahead" not in language.details
    assert world.ask(QUEUED) == 0


def test_reading_ahead_gives_way_to_a_run_that_waits(
    world: World, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    language.load()
    world.scorer.revision = "another-1"
    world.scorer.asked.clear()
    ask_for_a_run(world)
    language.read_ahead()
    assert world.scorer.asked == []


def test_once_through_the_window_it_waits_for_the_next_run(
    world: World, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    language.load()
    world.scorer.revision = "another-1"
    language.read_ahead()
    with world.context.store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE pipeline_run SET status = 'cancelled' WHERE status = 'queued'"
        )
        connection.exec_driver_sql("DELETE FROM text_score WHERE model_revision = 'another-1'")
    language.read_ahead()
    assert world.ask("SELECT count(*) FROM text_score WHERE model_revision = 'another-1'") == 0


def test_a_step_down_that_is_not_read_ahead_is_said_and_logged_once(
    world: World, language: Language
) -> None:
    run_full(world.context)
    language.load()
    with world.context.store.begin() as connection:
        connection.exec_driver_sql("UPDATE model_version SET text_revision = 'better'")
    with capture_logs() as events:
        language.read_ahead()
        language.read_ahead()
    assert [e["event"] for e in events if e["log_level"] == "warning"] == ["read_ahead_ended_badly"]
    assert "NLP_MODEL_NAME" in language.details["read_ahead"]["problem"]


def test_as_a_part_it_loads_reads_on_and_stops(
    world: World, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_texts, "MOST_UNREAD", 50)
    run_full(world.context)
    world.scorer.revision = "another-1"
    assert language.stop(0)  # before it was started
    language = Language(language.context)
    language.start()
    try:
        eventually(lambda: world.ask(QUEUED) == 1)
        assert language.is_known
    finally:
        assert language.stop(600)


def test_a_process_that_still_loads_a_model_ends_well_whatever_its_libraries_do() -> None:
    """Whatever Python does at its end stands for an abort by threads of those libraries."""
    ended = run_python(
        """
        import os, threading, time, atexit
        from scheduler.language import THREAD, leave_loading_behind

        atexit.register(os._exit, 70)
        threading.Thread(target=time.sleep, args=(3600,), name=THREAD, daemon=True).start()
        print("stopped")
        leave_loading_behind()
        """
    )
    assert (ended.returncode, ended.stdout) == (0, "stopped\n"), ended.stderr


def test_a_process_that_loads_nothing_ends_as_any_other() -> None:
    ended = run_python(
        """
        import atexit
        from scheduler.language import leave_loading_behind

        atexit.register(print, "in good order")
        leave_loading_behind()
        """
    )
    assert (ended.returncode, ended.stdout) == (0, "in good order\n"), ended.stderr


def test_the_scheduler_leaves_a_model_that_loads_only_when_all_else_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    @contextmanager
    def opened() -> Iterator[tuple[None, None]]:
        yield None, None
        done.append("closed")

    monkeypatch.setattr(command, "opened", opened)
    monkeypatch.setattr(orphan, "end_with_parent", lambda: done.append("watches"))
    monkeypatch.setattr(installation, "check_installation", lambda *_: done.append("checked"))
    monkeypatch.setattr(process, "serve", lambda *_: done.append("served"))
    monkeypatch.setattr(language_of, "leave_loading_behind", lambda: done.append("left"))
    command.scheduler()
    assert done == ["watches", "checked", "served", "closed", "left"]


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
