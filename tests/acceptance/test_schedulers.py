"""Two schedulers at once, killed, frozen and stopped in the middle of a run, as real processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aura_engine.store.connect import connect_store
from benchmarks.faults_schedulers import (
    IN_VIEW,
    OPEN_RUNS,
    SHOWN,
    STATUS,
    TWICE,
    Schedulers,
    killed_half_way,
    replaced,
)
from tests.installation import Installation, temporary_installation
from tests.patience import PATIENCE, eventually

PEOPLE = 100
FENCE = "SELECT fence FROM leader"


@pytest.fixture(scope="module")
def data() -> Iterator[tuple[Installation, Engine]]:
    with temporary_installation() as installation:
        installation.plan_a_short_demo(PEOPLE, days=20, nights=2)
        made = installation.run("demo", "--once", "--users", str(PEOPLE), "--seed", "5")
        assert made.returncode == 0, made.stderr[-2000:]
        with installation.site.cluster.acquire() as lease:
            store = connect_store(installation.site.urls(lease).analytics)
            yield installation, store
            store.dispose()


@pytest.fixture
def installation(data: tuple[Installation, Engine]) -> Installation:
    return data[0]


@pytest.fixture
def site(data: tuple[Installation, Engine]) -> Iterator[Schedulers]:
    where, store = data
    made = Schedulers(store, where.data_dir, where.environment(AURA_EMBEDDED="1"))
    try:
        yield made
    finally:
        made.stop()


def test_a_standby_takes_over_from_killed_leaders_and_nothing_happens_twice(
    site: Schedulers,
) -> None:
    leader = site.start("a")
    eventually(lambda: site.leads(leader))
    fence = site.ask(FENCE)
    for name in ("b", "c"):
        leader, _ = replaced(site, leader, name)
        assert site.ask(FENCE) == fence + 1
        fence += 1
    eventually(lambda: site.ask(OPEN_RUNS) == 0)
    assert site.ask("SELECT count(*) FROM pipeline_run WHERE requested_by = 'ana'") == 2
    assert site.ask(TWICE) == 0
    assert site.ask(IN_VIEW) == site.people


def test_a_frozen_leader_is_replaced_and_steps_down_when_it_comes_back(site: Schedulers) -> None:
    frozen, standby = site.start("frozen"), None
    eventually(lambda: site.leads(frozen))
    standby = site.start("ready")
    eventually(lambda: site.said("ready", "stands_by"))
    frozen.send_signal(signal.SIGSTOP)
    eventually(lambda: site.leads(standby))
    frozen.send_signal(signal.SIGCONT)
    eventually(lambda: site.said("frozen", "stands_by"))
    assert site.said("frozen", "LeadershipLost")
    assert frozen.poll() is None
    eventually(lambda: site.ask("SELECT count(*) FROM service_state WHERE part = 'standby'"))
    assert site.leads(standby)
    run_id = site.ask_for_a_run()
    eventually(lambda: site.ask(STATUS, id=run_id) == "succeeded")
    claimed = "SELECT claimed_by FROM pipeline_run WHERE id = :id"
    assert f":{standby.pid}#" in site.ask(claimed, id=run_id)
    assert site.ask(TWICE) == 0


def test_a_run_whose_child_is_killed_fails_visibly_and_is_retried_with_a_reason(
    site: Schedulers, installation: Installation
) -> None:
    scheduler = site.start("killed")
    eventually(lambda: site.leads(scheduler))
    half_way = killed_half_way(site, scheduler)
    assert half_way.is_readable
    assert half_way.is_failed
    given = (str(half_way.run_id), "--reason", "hubo un corte")
    said = installation.run("run", "retry", *given, AURA_EMBEDDED="1")
    assert said.returncode == 0, said.stderr
    again = site.ask("SELECT id FROM pipeline_run WHERE retry_of = :id", id=half_way.run_id)
    assert f"Corrida {again} pedida" in said.stdout
    eventually(lambda: site.ask(STATUS, id=again) == "succeeded")
    assert site.ask("SELECT reason FROM pipeline_run WHERE id = :id", id=again) == "hubo un corte"
    assert site.ask(SHOWN) == again
    assert site.ask(TWICE) == 0


def test_a_scheduler_may_be_stopped_while_its_language_model_is_loaded(site: Schedulers) -> None:
    for name in ("early", "again", "once more"):
        scheduler = site.start(name)
        eventually(lambda name=name: site.said(name, "leads"))
        scheduler.terminate()
        assert scheduler.wait(timeout=PATIENCE) == 0
        assert site.said(name, "scheduler_stopped")


def test_a_scheduler_that_is_stopped_hands_its_run_back_and_the_next_one_makes_it(
    site: Schedulers,
) -> None:
    scheduler = site.start("stopped")
    eventually(lambda: site.leads(scheduler))
    with site.held_up() as run_id:
        child = site.child_of(scheduler)
        scheduler.terminate()
        assert scheduler.wait(timeout=PATIENCE) == 0
        assert not Path(f"/proc/{child}").exists()
        assert site.ask(STATUS, id=run_id) == "queued"
        assert site.said("stopped", "run_handed_back")
    successor = site.start("successor")
    eventually(lambda: site.ask(STATUS, id=run_id) == "succeeded")
    assert site.leads(successor)
    requested = "SELECT requested_by FROM pipeline_run WHERE id = :id"
    assert site.ask(requested, id=run_id) == "ana"
    assert site.ask(TWICE) == 0
