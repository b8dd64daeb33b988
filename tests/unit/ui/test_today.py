"""What the page of today says of changes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aura_engine.charts import DistributionChart, TrendPoint, TrendsChart
from aura_engine.domain import RiskLevel
from aura_engine.settings.capacity import DailyCapacity
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.reads import CaseNumbers, Colleague, LevelCount, Share, Waiting
from aura_ui import portion, today

ZONE = ZoneInfo("America/Mexico_City")
NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
COUNTS = DistributionChart(
    {
        RiskLevel.ALTO: LevelCount(12, insufficient=3, known=10, stopped_showing=1),
        RiskLevel.MODERADO: LevelCount(5, known=5),
        RiskLevel.BAJO: LevelCount(83, known=83),
    }
)


def point(days, *, high=10, model=1):
    people = {"ALTO_RIESGO": high, "RIESGO_MODERADO": 5, "BAJO_RIESGO": 80}
    return TrendPoint(NOW - timedelta(days=days), {}, people, model)


def comparison(*points, viewer=LOCAL):
    trends = TrendsChart(NOW - timedelta(days=14), NOW, points)
    return today.Comparison(viewer, trends, trends.before_today(ZONE), NOW, ZONE)


def row(**changed):
    return {
        "cluster_label": "ALTO_RIESGO",
        "previous_severity": 40.0,
        "severity_index": 71.2,
        "reason": "behaviour",
        "had_evidence": True,
    } | changed


def test_a_level_is_compared_with_yesterday_and_says_of_how_many_too_little_is_known():
    said = comparison(point(1), point(0)).of(RiskLevel.ALTO, COUNTS)
    assert said == ["+2 neto desde ayer", "de ellas 3 sin datos"]


def test_a_comparison_with_an_earlier_day_names_it():
    found = comparison(point(5), point(0))
    assert found.of(RiskLevel.ALTO, COUNTS)[0] == "+2 neto desde el mié 25 feb, 10:00"
    assert found.title() == "Pasaron a Alto desde el mié 25 feb, 10:00"


def test_what_another_model_counted_is_not_compared():
    said = comparison(point(1, model=1), point(0, model=2)).of(RiskLevel.ALTO, COUNTS)
    assert said[0] == "modelo nuevo: no se compara"


def test_the_first_day_compares_with_nothing():
    assert comparison(point(0)).of(RiskLevel.BAJO, COUNTS) == []


def test_people_in_scope_are_not_compared_with_totals_of_everyone():
    some = Viewer("eva", Role.COUNSELOR, frozenset({uuid.UUID(int=1)}))
    said = comparison(point(1), point(0), viewer=some).of(RiskLevel.MODERADO, COUNTS)
    assert said == []


@pytest.mark.parametrize(
    ("shown", "waiting", "said"),
    [
        (0, 0, "Nadie espera: quienes están en Alto ya tienen quien les siga"),
        (8, 196, "Estas 8 hoy; quedan 188. Además, 2 en Alto sin datos suficientes."),
        (1, 3, "Esta persona hoy; quedan 2."),
        (8, 8, "Estas 8 hoy; nadie más espera."),
    ],
)
def test_the_day_says_how_many_come_first_and_how_many_wait(shown, waiting, said):
    assert said in portion.lead(COUNTS, Waiting([{}] * shown, waiting, 0), portion.Portion(8))


@pytest.mark.parametrize(
    ("shown", "waiting", "said"),
    [
        (0, 188, "Lo de hoy está hecho y nada vencido espera; quedan 188."),
        (2, 3, "Lo de hoy está hecho. Aun así, 2 vencidas o escaladas no deben esperar; queda 1."),
        (1, 1, "una vencida o escalada no debe esperar; quedan 0."),
        (0, 0, "Nadie espera"),
    ],
)
def test_a_day_that_is_done_says_so_and_names_only_what_is_late(shown, waiting, said):
    done = portion.Portion(8, taken=9)
    assert done.left == 0
    assert said in portion.lead(COUNTS, Waiting([{}] * shown, waiting, shown), done)


def test_counselors_with_an_account_share_and_others_begin_with_everything():
    team = [
        Colleague("user:9", "a", Role.COUNSELOR, is_disabled=False),
        Colleague("user:2", "b", Role.COUNSELOR, is_disabled=False),
        Colleague("user:3", "c", Role.COUNSELOR, is_disabled=True),
        Colleague("user:4", "d", Role.SUPERVISOR, is_disabled=False),
    ]
    shares = [
        portion.share_of(Viewer(name, Role.COUNSELOR), team)
        for name in ("user:2", "user:9", "user:3", "user:4", "demo:counselor")
    ]
    assert shares == [Share(0, 2), Share(1, 2), Share(), Share(), Share()]


def test_the_rule_of_the_day_is_said_in_words():
    said = portion.rule(portion.Portion(8, 3), Share(1, 2))
    assert said.startswith("Caben hoy: 8; ya tomadas hoy: 3. Primero lo vencido o escalado")
    assert "la parte que le toca a usted" in said
    assert "la parte que le toca" not in portion.rule(portion.Portion(8, 3), Share())


def test_where_nobody_in_alto_is_known_nobody_is_said_to_be_looked_after():
    nobody = DistributionChart({**COUNTS.counts, RiskLevel.ALTO: LevelCount()})
    assert (
        portion.lead(nobody, Waiting([], 0, 0), portion.Portion(8))
        == "Nadie está en Alto con datos suficientes."
    )


@pytest.mark.parametrize(
    ("role", "daily", "shown"),
    [
        (Role.COUNSELOR, DailyCapacity(8), 8),
        (Role.COUNSELOR, DailyCapacity(25, is_of_team=True), 13),
        (Role.SUPERVISOR, DailyCapacity(25, is_of_team=True), 25),
    ],
)
def test_a_counselors_day_holds_their_share_of_what_the_team_can_take(role, daily, shown):
    team = [
        Colleague("user:1", "a", Role.COUNSELOR, is_disabled=False),
        Colleague("user:2", "b", Role.COUNSELOR, is_disabled=False),
        Colleague("user:3", "c", Role.COUNSELOR, is_disabled=True),
        Colleague("user:4", "d", Role.SUPERVISOR, is_disabled=False),
    ]
    assert portion.capacity(Viewer("x", role), daily, team) == shown


def test_cards_tell_how_long_cases_wait_and_which_are_late():
    waits, due = today.case_cards(CaseNumbers(5, 3, 1, 2, 4, 0, 0, 0, 7))
    assert "Sin reconocer" in waits
    assert "3 hace más de un día" in waits
    assert "1 hace más de tres" in waits
    assert "además 7 por revisar" in waits
    assert ">4<" in due
    assert "con plazo vencido: 2" in due
    assert "<br>" not in "".join(today.case_cards(CaseNumbers(0, 0, 0, 0, 0, 0, 0, 0, 0)))


def test_the_readers_day_ends_at_their_midnight():
    assert today.next_day(NOW, ZONE) == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_who_entered_is_listed_and_who_is_hardly_known_is_counted():
    rows = [row(), row(had_evidence=False), row(cluster_label="BAJO_RIESGO")]
    assert today.entered(rows) == ([rows[0]], 1)


def test_a_change_by_the_model_alone_is_no_rise():
    assert today.change(row()) == "+31"
    assert today.change(row(previous_severity=None)) == "nueva"
    assert today.change(row(reason="model")) == ""


def test_why_somebody_entered_tells_conduct_from_model():
    assert today.why_entered(row(), "23 días sin actividad") == "23 días sin actividad"
    assert "por el modelo nuevo" in today.why_entered(row(reason="model"), "x")
    assert today.why_entered(row(reason="both"), "x") == "en parte por el modelo nuevo · x"
