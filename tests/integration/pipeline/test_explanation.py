"""Why someone stands where they stand, against the model asked directly."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, text

from aura_engine.domain import KPI_COLUMNS, RISK_DIRECTION, RiskLevel
from aura_engine.errors import AccessDenied, ArtefactError
from aura_engine.pipeline import run_full
from aura_engine.pipeline.axes import map_axes
from aura_engine.pipeline.explanation import explain_person, leading_reasons, person_kpis
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.sources import Source
from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.connect import reading
from aura_engine.store.model_versions import active_model
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import NOW, PEOPLE, person_id, profile_id

COMMUNITY = uuid.UUID(int=0xC0000)
COUNSELOR = Viewer("ana", Role.COUNSELOR, frozenset({COMMUNITY}))
SILENT, NEVER_WROTE = PEOPLE - 1, 3
SCALED, RAW = list(KPI_COLUMNS), [f"raw_{column}" for column in KPI_COLUMNS]


@pytest.fixture
def scored(world: World) -> World:
    """Everyone, one of whom never wrote: KPI 3 is imputed, and KPI 5 rests on the posts."""
    write_nothing(world, NEVER_WROTE)
    run_full(world.context)
    return world


@pytest.fixture
def connection(scored: World) -> Iterator[Connection]:
    with reading(scored.context.store) as opened:
        yield opened


def write_nothing(world: World, i: int) -> None:
    world.change(
        Source.MESSAGING, "DELETE FROM messages WHERE sender_profile_id = :p", p=profile_id(i)
    )


def model_of(store: Engine) -> ScoringModel:
    stored = active_model(store)
    assert stored is not None
    return ScoringModel.from_bytes(stored.artefact)


def rows(connection: Connection) -> pd.DataFrame:
    found = connection.execute(
        text(
            "SELECT p.pseudonym, f.* FROM user_feature_vector f JOIN person p USING (user_id_raiz)"
            " ORDER BY f.severity_index DESC, p.pseudonym"
        )
    )
    return pd.DataFrame(found.mappings()).set_index("pseudonym")


def pseudonym(connection: Connection, i: int) -> str:
    asked = "SELECT pseudonym FROM person WHERE user_id_raiz = :u"
    return str(connection.scalar(text(asked), {"u": person_id(i)}))


def test_the_map_s_axes_are_those_of_the_model_that_scores(
    scored: World, connection: Connection
) -> None:
    components = model_of(scored.context.store).ensemble.projection_.components
    axes = map_axes(connection, SYSTEM)
    assert axes is not None
    for axis, component in zip(axes, components, strict=True):
        assert list(axis.loadings.values()) == component.tolist()
        assert abs(axis.loadings[axis.leading()[0][0]]) == np.abs(component).max()
    with pytest.raises(AccessDenied):
        map_axes(connection, Viewer("chatbot", Role.SERVICE))


def recomputed(model: ScoringModel, row: pd.Series) -> dict[str, tuple[float, str]]:
    """By KPI, the ASI's fall and the level if that KPI alone were the population's median."""
    scaled = row[SCALED].to_numpy(float)[None]
    whole = model.ensemble.assess(scaled)
    found = {}
    for j, column in enumerate(KPI_COLUMNS):
        instead = scaled.copy()
        instead[0, j] = model.ensemble.medians_[j]
        verdict = model.ensemble.assess(instead)
        found[column] = (float(whole.severity[0] - verdict.severity[0]), str(verdict.level[0]))
    return found


def test_each_kpi_tells_how_the_verdict_would_be_without_it(
    scored: World, connection: Connection
) -> None:
    model = model_of(scored.context.store)
    everyone = rows(connection)
    levels = set()
    for name, row in everyone.iloc[[0, 1, 2, 5, 9, 12, 20, 60, -1]].iterrows():
        told = explain_person(connection, SYSTEM, str(name))
        assert told is not None
        assert not told.is_kept
        levels.add(told.person["cluster_label"])
        direct = recomputed(model, row)
        assert {kpi.column for kpi in told.kpis} == set(KPI_COLUMNS)
        for kpi in told.kpis:
            drop, level = direct[kpi.column]
            assert kpi.asi_drop == pytest.approx(drop, abs=1e-9)
            assert kpi.level_without == level
            assert kpi.usual == model.scaler.medians_[KPI_COLUMNS.index(kpi.column)]
            assert kpi.value == row[f"raw_{kpi.column}"]
        drops = [kpi.asi_drop for kpi in told.kpis]
        assert drops == sorted(drops, reverse=True)
    assert {RiskLevel.ALTO, RiskLevel.BAJO} <= levels


def test_what_was_not_observed_has_no_value_and_the_usual_beside(
    scored: World, connection: Connection
) -> None:
    told = explain_person(connection, SYSTEM, pseudonym(connection, NEVER_WROTE))
    assert told is not None
    night = next(kpi for kpi in told.kpis if kpi.column == "ratio_night_messages")
    usual = model_of(scored.context.store).scaler.medians_[KPI_COLUMNS.index(night.column)]
    assert (night.value, night.usual, night.asi_drop) == (None, usual, 0.0)
    kpis = person_kpis(connection, SYSTEM, uuid.UUID(person_id(NEVER_WROTE)))
    assert kpis is not None
    assert not kpis.observed[night.column]
    assert kpis.values[night.column] == usual  # noqa: PD011  no frame
    assert sum(kpis.observed.values()) == len(KPI_COLUMNS) - 1


def test_ranks_say_whom_someone_stands_worse_than(connection: Connection) -> None:
    everyone = rows(connection)
    name = str(everyone.index[0])
    told = explain_person(connection, SYSTEM, name)
    assert told is not None
    for kpi in told.kpis:
        worse = everyone[kpi.column] * RISK_DIRECTION[KPI_COLUMNS.index(kpi.column)]
        mine = worse[name]
        expected = ((worse < mine).mean() + (worse <= mine).mean()) / 2
        assert kpi.rank == pytest.approx(expected)


def test_a_verdict_that_was_kept_has_no_drops_and_leads_nothing(scored: World) -> None:
    write_nothing(scored, SILENT)
    scored.now[0] = NOW + timedelta(days=1)
    run_full(scored.context)
    with reading(scored.context.store) as connection:
        silent = pseudonym(connection, SILENT)
        told = explain_person(connection, SYSTEM, silent)
        assert told is not None
        assert told.is_kept
        assert {(kpi.asi_drop, kpi.level_without) for kpi in told.kpis} == {(None, None)}
        ranks = [kpi.rank for kpi in told.kpis]
        assert ranks == sorted(ranks, reverse=True)
        other = str(rows(connection).query("not stopped_showing").index[0])
        assert set(leading_reasons(connection, SYSTEM, [silent, other])) == {other}


def test_what_leads_is_observed_on_the_risk_side_and_what_weighs_most_is_first(
    scored: World, connection: Connection
) -> None:
    model = model_of(scored.context.store)
    people = pd.concat([rows(connection).iloc[:15], rows(connection).iloc[-15:]])
    told = leading_reasons(connection, SYSTEM, [str(name) for name in people.index])
    assert set(told) == set(people.index)
    for name, row in people.iterrows():
        direct = recomputed(model, row)
        excess = (row[SCALED].to_numpy(float) - model.ensemble.medians_) * RISK_DIRECTION
        leads = [
            column
            for column, far in zip(KPI_COLUMNS, excess, strict=True)
            if far > 0 and pd.notna(row[f"raw_{column}"])
        ]
        for reason in told[str(name)]:
            assert reason.value == row[f"raw_{reason.column}"]
            assert reason.usual == model.scaler.medians_[KPI_COLUMNS.index(reason.column)]
        assert {reason.column for reason in told[str(name)]} == set(leads)
        drops = [round(direct[reason.column][0], 6) for reason in told[str(name)]]
        assert drops == sorted(drops, reverse=True)
    assert told[str(people.index[0])]
    assert any(not reasons for reasons in told.values())


def test_whom_nobody_knows_or_the_viewer_may_not_see_has_no_explanation(
    connection: Connection,
) -> None:
    member = text(
        "SELECT p.pseudonym, p.user_id_raiz::text FROM person p WHERE (:within) = EXISTS ("
        " SELECT FROM person_community c WHERE c.user_id_raiz = p.user_id_raiz"
        " AND c.community_id = :community) LIMIT 1"
    )
    inside, outside = (
        connection.execute(member, {"within": within, "community": COMMUNITY}).one()
        for within in (True, False)
    )
    names = [inside.pseudonym, outside.pseudonym, "X0-XXXX"]
    assert explain_person(connection, COUNSELOR, inside.pseudonym) is not None
    assert explain_person(connection, COUNSELOR, outside.pseudonym) is None
    assert explain_person(connection, SYSTEM, "X0-XXXX") is None
    assert set(leading_reasons(connection, COUNSELOR, names)) == {inside.pseudonym}
    assert leading_reasons(connection, SYSTEM, ["X0-XXXX"]) == {}
    assert leading_reasons(connection, SYSTEM, []) == {}
    assert person_kpis(connection, COUNSELOR, uuid.UUID(outside.user_id_raiz)) is None
    assert person_kpis(connection, SYSTEM, uuid.uuid4()) is None
    analyst = Viewer("eva", Role.ANALYST)
    with pytest.raises(AccessDenied):
        person_kpis(connection, analyst, uuid.UUID(inside.user_id_raiz))


def test_a_verdict_whose_model_is_gone_is_said_to_be_so(scored: World) -> None:
    with scored.context.store.begin() as connection:
        connection.execute(text("UPDATE feature SET model_version_id = 999"))
    with reading(scored.context.store) as connection:
        name = str(rows(connection).index[0])
        with pytest.raises(ArtefactError, match="999"):
            explain_person(connection, SYSTEM, name)
        with pytest.raises(ArtefactError, match="999"):
            leading_reasons(connection, SYSTEM, [name])


def test_the_medians_of_the_model_are_those_of_the_people_it_was_fitted_on(
    scored: World, connection: Connection
) -> None:
    fitted = rows(connection).query("is_sufficient")[RAW]
    model = model_of(scored.context.store)
    np.testing.assert_allclose(model.scaler.medians_, fitted.median().to_numpy(), atol=1e-9)
