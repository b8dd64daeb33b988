"""Faults that are to be survived, at a reduced size; `./aura bench faults` does more of each."""

from __future__ import annotations

from benchmarks.faults_away import AWAY, Absence, shut, swallowed
from benchmarks.faults_killed import DUPLICATES, killed
from benchmarks.faults_links import terminated, unheard
from benchmarks.faults_site import FaultSite
from benchmarks.recomputed import differing

RATE = 40.0
AGAIN = """
INSERT INTO risk_history (as_of, run_id, user_id_raiz, cluster_label, previous_label,
    severity_index, previous_severity, reason, model_version_id)
SELECT as_of, run_id, user_id_raiz, cluster_label, 'ALTO_RIESGO', severity_index,
    severity_index + 9, reason, model_version_id
FROM risk_history ORDER BY as_of DESC, id DESC LIMIT 1
"""
"""Somebody's last verdict, as if it had been written twice."""


def test_nothing_is_lost_while_the_listeners_sessions_are_ended(site: FaultSite) -> None:
    ended, _, lost = terminated(site, writes=200, rate=RATE)
    assert ended >= 3
    assert lost == 0


def test_without_one_notification_everything_is_scored(site: FaultSite) -> None:
    _, lost = unheard(site, writes=40, rate=RATE / 2)
    assert lost == 0
    assert differing(site.context) == []


def holds(absence: Absence) -> None:
    assert absence.lost == 0
    assert absence.waited >= 1


def test_a_source_whose_bytes_are_swallowed_is_noticed_and_keeps_no_other_waiting(
    site: FaultSite,
) -> None:
    holds(swallowed(site, seconds=0))


def test_a_source_that_refuses_everybody_keeps_only_its_own_changes_waiting(
    site: FaultSite,
) -> None:
    holds(shut(site, seconds=2))


def test_whoever_is_killed_while_scoring_leaves_nothing_half_done(site: FaultSite) -> None:
    assert killed(site, rounds=3, rate=RATE) == (0, 0)


def test_what_is_lost_or_happens_twice_is_counted(site: FaultSite) -> None:
    """The faults above could fail: a forgotten change and a repeated effect are seen."""
    assert (differing(site.context), site.ask(DUPLICATES)) == ([], 0)
    site.change(AWAY)
    with site.context.store.begin() as connection:
        connection.exec_driver_sql(AGAIN)
    assert len(differing(site.context)) == 1
    assert site.ask(DUPLICATES) >= 1
