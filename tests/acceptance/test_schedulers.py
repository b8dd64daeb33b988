"""Two schedulers at once, killed, frozen and stopped in the middle of a run, as real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from aura_engine.pipeline import RunParameters
from aura_engine.store.connect import connect_store
from aura_engine.store.queue import enqueue
from tests.installation import Installation, temporary_installation
from tests.patience import PATIENCE, eventually

PEOPLE = 120
IN_VIEW = "SELECT count(*) FROM user_feature_vector"
LEADER = "SELECT instance FROM leader"
STATUS = "SELECT status FROM pipeline_run WHERE id = :id"
NO_MODELS = "LOCK TABLE model_version IN SHARE ROW EXCLUSIVE MODE"
OPEN_RUNS = "SELECT count(*) FROM pipeline_run WHERE status IN ('queued', 'running')"
DUPLICATES = (
    "SELECT (SELECT count(*) FROM (SELECT FROM feature GROUP BY run_id, user_id_raiz"
    " HAVING count(*) > 1) f)"
    " + (SELECT count(*) FROM (SELECT FROM visible_history GROUP BY run_id, user_id_raiz"
    " HAVING count(*) > 1) h)"
    " + (SELECT count(*) FROM (SELECT FROM event WHERE type = 'CLUSTERING_COMPLETE'"
    " GROUP BY run_id HAVING count(*) > 1) e)"
    " + (SELECT count(*) FROM (SELECT FROM risk_case WHERE state <> 'cerrado'"
    " GROUP BY user_id_raiz HAVING count(*) > 1) c)"
    " + (SELECT count(*) FROM risk_history h JOIN pipeline_run r ON r.id = h.run_id"
    " WHERE r.flipped_at IS NULL)"
)


@dataclass
class Site:
    """A demo's data and the schedulers that work on them."""

    installation: Installation
    store: Engine
    schedulers: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def ask(self, question: str, **parameters: object) -> Any:
        with self.store.connect() as connection:
            return connection.scalar(text(question), parameters)

    def start(self, name: str) -> subprocess.Popen[str]:
        with self.log(name).open("a") as output:
            started = self.installation.start("scheduler", output=output, AURA_EMBEDDED="1")
        self.schedulers[name] = started
        return started

    def log(self, name: str) -> Path:
        return self.installation.data_dir / f"{name}.log"

    def said(self, name: str, event: str) -> bool:
        return event in self.log(name).read_text()

    def leads(self, process: subprocess.Popen[str]) -> bool:
        return str(self.ask(LEADER)).endswith(f":{process.pid}")

    def ask_for_a_run(self, *, refit: bool = False) -> int:
        parameters = asdict(RunParameters(refit=refit))
        return enqueue(self.store, kind="full", parameters=parameters, requested_by="ana").run_id

    @contextmanager
    def held_up(self, *, refit: bool = False) -> Iterator[int]:
        """Ask for a run that cannot begin to read within this block; yield its id.

        It first discards former models; no other part of a scheduler writes any.
        """
        with self.store.connect() as connection:
            connection.exec_driver_sql(NO_MODELS)
            run_id = self.ask_for_a_run(refit=refit)
            eventually(lambda: self.waiting("RowExclusiveLock"))
            assert self.ask(STATUS, id=run_id) == "running"
            yield run_id

    @contextmanager
    def held_up_half_way(self) -> Iterator[int]:
        """Ask for a run that cannot save the model that it has fitted within this block."""
        with self.store.connect() as connection:
            lock = threading.Thread(target=connection.exec_driver_sql, args=(NO_MODELS,))
            with self.held_up(refit=True) as run_id:
                lock.start()  # behind the run, which gets past its beginning first
                eventually(lambda: self.waiting("ShareRowExclusiveLock"))
            lock.join()
            eventually(lambda: self.waiting("RowExclusiveLock"))
            yield run_id

    def waiting(self, mode: str) -> bool:
        """Whether somebody waits for the table of models."""
        query = (
            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'model_version'::regclass"
            " AND mode = :mode AND NOT granted)"
        )
        return bool(self.ask(query, mode=mode))

    def child_of(self, process: subprocess.Popen[str]) -> int:
        return eventually(lambda: _child_of(process.pid))

    def stop(self) -> None:
        for process in self.schedulers.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.schedulers.values():
            process.wait(timeout=PATIENCE)
        self.schedulers.clear()


def _child_of(parent: int) -> int | None:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                status = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(status[1]) == parent and b"scheduler.child" in command:
                return int(entry.name)
    return None


@pytest.fixture(scope="module")
def data() -> Iterator[tuple[Installation, Engine]]:
    with temporary_installation() as installation:
        made = installation.run("demo", "--once", "--users", str(PEOPLE), "--seed", "5")
        assert made.returncode == 0, made.stderr[-2000:]
        with installation.site.cluster.acquire() as lease:
            store = connect_store(installation.site.urls(lease).analytics)
            yield installation, store
            store.dispose()


@pytest.fixture
def site(data: tuple[Installation, Engine]) -> Iterator[Site]:
    made = Site(*data)
    try:
        yield made
    finally:
        made.stop()


def replace_killed(site: Site, leader: subprocess.Popen[str], name: str) -> subprocess.Popen[str]:
    """Kill a leader in the middle of a run while another one stands by, which takes over."""
    standby = site.start(name)
    eventually(lambda: site.said(name, "stands_by"))
    fence = site.ask("SELECT fence FROM leader")
    with site.held_up() as run_id:
        orphan = site.child_of(leader)
        leader.kill()
        leader.wait()
        eventually(lambda: site.leads(standby))
        eventually(lambda: not Path(f"/proc/{orphan}").exists())
    assert site.ask("SELECT fence FROM leader") == fence + 1
    eventually(lambda: site.ask(STATUS, id=run_id) == "succeeded")
    assert site.ask("SELECT run_id FROM active_run") == run_id
    return standby


def test_a_standby_takes_over_from_killed_leaders_and_nothing_happens_twice(site: Site) -> None:
    leader = site.start("a")
    eventually(lambda: site.leads(leader))
    for name in ("b", "c"):
        leader = replace_killed(site, leader, name)
    eventually(lambda: site.ask(OPEN_RUNS) == 0)
    assert site.ask("SELECT count(*) FROM pipeline_run WHERE requested_by = 'ana'") == 2
    assert site.ask(DUPLICATES) == 0
    assert site.ask(IN_VIEW) == PEOPLE


def test_a_frozen_leader_is_replaced_and_steps_down_when_it_comes_back(site: Site) -> None:
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
    assert site.ask(DUPLICATES) == 0


def test_a_run_whose_child_is_killed_fails_visibly_and_is_retried_with_a_reason(
    site: Site,
) -> None:
    scheduler = site.start("killed")
    eventually(lambda: site.leads(scheduler))
    before = site.ask("SELECT run_id FROM active_run")
    with site.held_up_half_way() as run_id:
        stage = "SELECT stage FROM pipeline_run WHERE id = :id"
        assert site.ask(stage, id=run_id) == "ensemble"
        os.kill(site.child_of(scheduler), signal.SIGKILL)
        eventually(lambda: site.ask(STATUS, id=run_id) == "failed")
        assert site.ask(IN_VIEW) == PEOPLE
    assert site.ask("SELECT run_id FROM active_run") == before
    assert "se interrumpió" in site.ask("SELECT error FROM pipeline_run WHERE id = :id", id=run_id)
    assert site.ask(OPEN_RUNS) == 0  # nobody repeats it unasked
    said = site.installation.run(
        "run", "retry", str(run_id), "--reason", "hubo un corte", AURA_EMBEDDED="1"
    )
    assert said.returncode == 0, said.stderr
    again = site.ask("SELECT id FROM pipeline_run WHERE retry_of = :id", id=run_id)
    assert f"Corrida {again} pedida" in said.stdout
    eventually(lambda: site.ask(STATUS, id=again) == "succeeded")
    assert site.ask("SELECT reason FROM pipeline_run WHERE id = :id", id=again) == "hubo un corte"
    assert site.ask("SELECT run_id FROM active_run") == again
    assert site.ask(DUPLICATES) == 0


def test_a_scheduler_that_is_stopped_hands_its_run_back_and_the_next_one_makes_it(
    site: Site,
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
    assert site.ask(DUPLICATES) == 0
