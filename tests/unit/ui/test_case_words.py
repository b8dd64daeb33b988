"""What pages say of a case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aura_engine.errors import CaseConflict, CaseRefused
from aura_engine.pipeline.explanation import KpiExplanation, PersonExplained
from aura_engine.store.actors import actor_label
from aura_engine.store.case_actions import Action, Outcome
from aura_engine.store.cases import CaseStage
from aura_engine.working_hours import WorkingHours
from aura_ui import case_words
from aura_ui.formats import ahead

ZONE = ZoneInfo("America/Mexico_City")
OFFICE = WorkingHours(ZONE, frozenset(range(5)), ((8 * 60, 16 * 60),))
NOW = datetime(2026, 3, 2, 9, 50, tzinfo=ZONE)
CLOCK = (OFFICE, NOW, ZONE)
ROOT = Path(__file__).resolve().parents[3]


def case(**changed):
    return {
        "stage": CaseStage.WAITING,
        "state": "abierto",
        "waits": True,
        "priority": "URGENTE",
        "waiting_since": NOW - timedelta(minutes=50),
        "due_at": NOW + timedelta(hours=3, minutes=10),
        "acknowledged_at": None,
        "escalation_level": 0,
        "assignee": None,
        "snoozed_until": None,
        "closed_at": None,
        "outcome": None,
        "account_deleted_at": None,
    } | changed


def told(*, stopped_showing=False, **drops):
    kpis = tuple(
        KpiExplanation(name, 1.0, 0.0, None, 0.9, drop, None) for name, drop in drops.items()
    )
    return PersonExplained({"stopped_showing": stopped_showing}, kpis, is_kept=False)


def row(action, **more):
    return {"action": action, "who": "eva", "detail": None, "to_whom": None} | more


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(seconds=20), "en 1 min"),
        (timedelta(minutes=59), "en 59 min"),
        (timedelta(hours=3, minutes=10), "en 3 h 10"),
        (timedelta(hours=3, seconds=1), "en 3 h 01"),
        (timedelta(days=2), "el mié 4 mar, 09:50"),
    ],
)
def test_what_is_ahead_is_said_as_people_say_it(left, said):
    assert ahead(NOW + left, NOW, ZONE) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "vence en 3 h 10"),
        ({"due_at": NOW - timedelta(hours=2)}, "venció hace 2 h"),
        ({"due_at": None}, "vence en 3 h 10"),
        ({"waits": False}, ""),
    ],
    ids=str,
)
def test_a_deadline_is_in_words_and_known_before_the_clock_wrote_it(changed, said):
    assert case_words.due_in_words(case(**changed), *CLOCK) == said


def test_a_priority_without_a_deadline_has_none():
    assert case_words.due(case(due_at=None, priority="NORMAL"), OFFICE) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Sin reconocer · vence en 3 h 10 · espera desde hace 50 min · sin asignar"),
        (
            {"escalation_level": 1, "assignee": "eva", "due_at": NOW - timedelta(hours=1)},
            (
                "Sin reconocer · venció hace 1 h · espera desde hace 50 min"
                " · escalado a supervisión · a cargo de eva"
            ),
        ),
        (
            {"state": "por_revisar", "waits": False},
            "Por revisar · espera desde hace 50 min · sin asignar",
        ),
        (
            {"stage": CaseStage.ACTIVE, "waits": False, "assignee": "eva", "acknowledged_at": NOW},
            "En curso · reconocido ahora · a cargo de eva",
        ),
        (
            {
                "stage": CaseStage.SNOOZED,
                "waits": False,
                "assignee": "eva",
                "snoozed_until": NOW + timedelta(days=7),
            },
            "Pospuesto · hasta el lun 9 mar, 09:50 · a cargo de eva",
        ),
        (
            {
                "stage": CaseStage.CLOSED,
                "waits": False,
                "outcome": "falso_positivo",
                "closed_at": NOW,
            },
            "Cerrado · falso positivo · lun 2 mar, 09:50",
        ),
        (
            {"stage": CaseStage.CLOSED, "waits": False, "closed_at": NOW},
            "Cerrado · lun 2 mar, 09:50",
        ),
    ],
    ids=str,
)
def test_where_a_case_stands_is_one_line(changed, said):
    assert " · ".join(case_words.status(case(**changed), *CLOCK)) == said


def written_actions() -> set[str]:
    """What the engine's code notes of cases, wherever it does."""
    store = ROOT / "aura_engine" / "store"
    source = "".join((store / name).read_text("utf-8") for name in ("cases.py", "case_clock.py"))
    noted = set(re.findall(r'note_actions\((?:[^"()]|\([^()]*\))*"(\w+)"', source))
    noted |= set(re.findall(r'\((?:True|False), "(\w+)"\)', source))
    return noted | {"escalado_1", "escalado_2"} | {action.value for action in Action}


def test_everything_that_is_done_to_a_case_can_be_told():
    actions = written_actions()
    assert {"abierto", "reabierto", "cuenta_eliminada", "prioridad_urgente"} <= actions
    for action in actions:
        assert case_words.done_in_words(row(action), ZONE).startswith("eva ")


def test_what_an_action_was_about_is_told_with_it():
    assert case_words.done_in_words(row("asignado", to_whom="leo"), ZONE) == (
        "eva asignó el caso a leo"
    )
    for outcome in Outcome:
        told = case_words.done_in_words(row("cerrado", detail=outcome.value), ZONE)
        assert told.startswith("eva cerró el caso: ")
    until = NOW.astimezone(UTC).isoformat()
    assert case_words.done_in_words(row("pospuesto", detail=until), ZONE) == (
        "eva pospuso el caso hasta el lun 2 mar, 09:50"
    )


def test_a_lost_race_is_told_by_the_readers_clock():
    error = CaseConflict("x", who="eva", did="cerró el caso", at=NOW.astimezone(UTC))
    assert case_words.refusal_in_words(error, ZONE) == (
        "No se guardó nada: eva cerró el caso el lun 2 mar, 09:50."
        " Mire cómo está ahora y decida de nuevo."
    )
    assert case_words.refusal_in_words(CaseRefused("no"), ZONE) == "no"


def test_next_steps_speak_of_what_weighs_most_and_end_with_the_protocol():
    steps = case_words.next_steps(case(), told(ratio_night_messages=9.0, reciprocity_ratio=2.0))
    assert "madrugada" in " ".join(steps)
    assert "Sigue a muchas personas" not in " ".join(steps)
    assert "protocolo" in steps[-1]
    quiet = case_words.next_steps(case(), told(ratio_night_messages=0.4, stopped_showing=True))
    assert "madrugada" not in " ".join(quiet)
    assert "Dejó de mostrarse" in " ".join(quiet)


def test_where_nothing_explains_the_level_the_steps_are_those_of_the_stage():
    assert len(case_words.next_steps(case(), told())) == 2
    assert case_words.next_steps(case(stage=CaseStage.CLOSED), told()) == []
    [gone] = case_words.next_steps(case(account_deleted_at=NOW), told())
    assert "La cuenta ya no existe" in gone


@pytest.mark.parametrize(
    ("name", "email", "said"),
    [
        ("user:7", "eva@escuela.example", "eva@escuela.example"),
        ("user:7", None, "la cuenta 7"),
        ("aura", None, "el sistema"),
        ("local", None, "quien usa esta máquina"),
        ("aura:0b1c", None, "administración de AURA"),
        ("demo:counselor", None, "orientación (demostración)"),
        ("demo:nobody", None, "demo:nobody"),
        ("ana", None, "ana"),
    ],
)
def test_who_acted_is_named_as_colleagues_know_them(name, email, said):
    assert actor_label(name, email) == said
