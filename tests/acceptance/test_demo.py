"""``./aura demo --once`` from nothing, again, asked wrongly, and killed.

At the reduced size of 120 people; the kill test stops the command at six moments.
"""

from __future__ import annotations

import stat
import subprocess

from tests.acceptance.conftest import Installation, kill, last_line

SMALL = ("demo", "--once", "--users", "120", "--seed", "5")
PERSONAS = "SELECT count(*) FROM person"
NIGHTS = """
    SELECT string_agg(as_of::text || (results->'risk_distribution')::text, ' ' ORDER BY as_of)
    FROM pipeline_run WHERE requested_by = 'demo' AND status = 'succeeded'
      AND (as_of AT TIME ZONE 'UTC')::time = '09:30'
"""
PEOPLE_OF_THE_NIGHTS = """
    SELECT md5(string_agg(concat_ws(',', h.as_of, h.user_id_raiz, h.cluster_label,
                                    round(h.severity_index::numeric, 6), h.reason), ' '
                          ORDER BY h.as_of, h.user_id_raiz))
    FROM visible_history h WHERE (as_of AT TIME ZONE 'UTC')::time = '09:30'
"""


def test_the_demo_makes_a_population_and_says_who_is_where(installation: Installation) -> None:
    first = installation.run(*SMALL)
    figures = last_line(first)
    assert list(figures) == ["users", "alto", "moderado", "bajo", "seconds", "nlp_model"]
    assert figures["users"] == 120 == figures["alto"] + figures["moderado"] + figures["bajo"]
    assert figures["nlp_model"] == "reducido"
    assert 3 <= figures["alto"] <= 36
    for word in ("DEMOSTRACIÓN", "▲ Alto", "aislada", "Extracción", "30 noches"):
        assert word in first.stdout
    assert "Traceback" not in first.stderr

    assert installation.ask("SELECT count(*) FROM pipeline_run WHERE status = 'succeeded'") == 31
    assert installation.ask("SELECT count(DISTINCT as_of) FROM visible_history") > 20
    assert installation.ask("SELECT kind FROM installation") == "demo"
    assert installation.ask("SELECT count(*) FROM event WHERE type = 'CLUSTERING_COMPLETE'") == 31
    staff = installation.ask(
        "SELECT count(*) FROM users JOIN roles USING (id_role) WHERE role_name = 'admin'",
        database="aura_auth",
    )
    assert staff > 0
    assert installation.ask("SELECT count(*) FROM users", database="aura_auth") == 120 + staff
    assert installation.site.truth_file.read_text().count("\n") == 121
    key = installation.data_dir / "text.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600

    again = last_line(installation.run("demo", "--once"))
    assert again["users"] == 120
    assert installation.ask("SELECT count(*) FROM pipeline_run WHERE status = 'succeeded'") == 32
    assert installation.ask("SELECT count(*) FROM model_version") == 1

    other = installation.run("demo", "--once", "--users", "121")
    assert other.returncode == 1
    assert "--reset" in other.stderr
    assert "Traceback" not in other.stderr
    assert installation.ask(PERSONAS) == 120


def test_killed_at_any_moment_it_ends_as_if_it_never_was(
    installation: Installation, undisturbed: Installation
) -> None:
    killed = 0
    for seconds in (0.8, 2.0, 4.0, 6.0, 9.0, 12.0):
        process = installation.start(*SMALL)
        try:
            process.communicate(timeout=seconds)
            break  # a machine so fast that it was done
        except subprocess.TimeoutExpired:
            kill(process)
            killed += 1
    assert killed >= 3
    figures = last_line(installation.run(*SMALL))
    assert figures["users"] == 120

    succeeded = "SELECT count(*) FROM pipeline_run WHERE status = 'succeeded' AND "
    assert installation.ask(succeeded + "(as_of AT TIME ZONE 'UTC')::time = '09:30'") == 30
    assert installation.ask("SELECT count(*) FROM pipeline_run WHERE status = 'running'") == 0
    unexplained = "SELECT count(*) FROM pipeline_run WHERE status = 'failed' AND error IS NULL"
    assert installation.ask(unexplained) == 0
    orphans = "SELECT count(*) FROM risk_history h JOIN pipeline_run r ON r.id = h.run_id WHERE "
    assert installation.ask(orphans + "r.status <> 'succeeded'") == 0

    plan = undisturbed.site.plan_file
    plan.parent.mkdir()
    plan.write_bytes(installation.site.plan_file.read_bytes())
    assert last_line(undisturbed.run("demo", "--once"))["users"] == 120
    for what in (NIGHTS, PEOPLE_OF_THE_NIGHTS):
        assert installation.ask(what) == undisturbed.ask(what)


def test_production_databases_are_never_touched(installation: Installation) -> None:
    refused = installation.run(*SMALL, DATABASE_URL_AUTH="postgresql://u:geheim@localhost/db")
    assert refused.returncode == 1
    assert "DATABASE_URL_AUTH" in refused.stderr
    assert "geheim" not in refused.stderr + refused.stdout
    assert not (installation.data_dir / "cluster").exists()


def test_run_full_without_databases_names_both_ways(installation: Installation) -> None:
    refused = installation.run("run", "full")
    assert refused.returncode == 1
    assert "DATABASE_URL_ANALYTICS" in refused.stderr
    assert "AURA_EMBEDDED" in refused.stderr
