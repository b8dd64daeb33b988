from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import RowMapping, text

from aura_engine.domain import RiskLevel
from aura_engine.errors import ConfirmationNeeded, RunError, SourceError
from aura_engine.pipeline import STAGES, RunParameters, run_full
from aura_engine.pipeline.recluster import ReclusterParameters, run_recluster
from aura_engine.sources import Source
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import AT_RISK, NOW, PEOPLE, person_id, profile_id

TEXTS = PEOPLE * 23
COUNT = "SELECT count(*) FROM user_feature_vector"
LEVEL = "SELECT cluster_label FROM user_feature_vector WHERE user_id_raiz = :u"


def test_a_full_run_scores_everyone_and_finds_whom_it_should(world: World) -> None:
    outcome = run_full(world.context, requested_by="test")
    assert world.ask(COUNT) == PEOPLE
    assert outcome.results["total_users"] == PEOPLE
    levels = [world.ask(LEVEL, u=person_id(i)) for i in range(PEOPLE)]
    assert levels[-AT_RISK:] == [RiskLevel.ALTO] * AT_RISK
    assert levels[:-AT_RISK].count(RiskLevel.ALTO) <= 5


def test_the_run_row_tells_stages_counts_and_models(world: World) -> None:
    outcome = run_full(world.context, requested_by="ana")
    with world.context.store.connect() as connection:
        row = connection.execute(text("SELECT * FROM pipeline_run")).mappings().one()
    assert (row["status"], row["requested_by"], row["error"]) == ("succeeded", "ana", None)
    assert [stage["name"] for stage in row["stages"]] == list(STAGES)
    assert row["counts"]["people"] == PEOPLE
    texts = row["counts"]["texts"]
    assert texts.pop("model_seconds") > 0
    assert texts == {"read": TEXTS, "scored": TEXTS, "unread": 0, "removed": 0, "unresolved": 0}
    assert row["counts"]["text_backend"] == world.scorer.backend
    assert row["counts"]["unresolved"]["contradictory_references"] == 0
    assert row["text_model"] == world.scorer.name
    assert row["flipped_at"] is not None
    assert row["id"] == outcome.run_id


def test_the_run_row_tells_what_is_known_while_the_run_goes_on(world: World) -> None:
    told: dict[str, RowMapping] = {}

    def look(stage: str, _done: int, _total: int | None) -> None:
        with world.context.store.connect() as connection:
            told[stage] = connection.execute(text("SELECT * FROM pipeline_run")).mappings().one()

    run_full(world.context, progress=look)
    assert list(told) == list(STAGES)
    for stage, row in told.items():
        assert (row["stage"], row["status"]) == (stage, "running")
        assert [done["name"] for done in row["stages"]] == list(STAGES[: STAGES.index(stage)])
    assert told["texts"]["counts"]["people"] == PEOPLE
    assert "texts" not in told["texts"]["counts"]
    assert told["kpis"]["counts"]["texts"]["scored"] == TEXTS
    assert [told[stage]["stage_total"] for stage in ("kpis", "ensemble", "load")] == [PEOPLE] * 3
    assert told["load"]["stage_done"] == PEOPLE
    assert (told["texts"]["stage_done"], told["texts"]["stage_total"]) == (TEXTS, TEXTS)
    began = [told[stage]["stage_started_at"] for stage in STAGES]
    assert None not in began
    assert began == sorted(began)


def test_a_run_that_is_stopped_keeps_every_score_and_the_next_reads_the_rest(world: World) -> None:
    def stop(stage: str, done: int, _total: int | None) -> None:
        if stage == "texts" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_full(world.context, progress=stop)
    stored = world.ask("SELECT count(*) FROM text_score")
    assert stored == len(world.scorer.asked)
    assert 0 < stored < TEXTS
    world.scorer.asked.clear()
    run_full(world.context)
    assert len(world.scorer.asked) == TEXTS - stored


def test_a_second_run_asks_the_model_nothing_and_changes_nobody(world: World) -> None:
    run_full(world.context)
    before = world.ask(
        "SELECT md5(string_agg(f::text, '' ORDER BY user_id_raiz)) FROM "
        "(SELECT user_id_raiz, cluster_label, severity_index, pca_x, raw_sentiment_"
        "negativity_index FROM user_feature_vector) f"
    )
    world.scorer.asked.clear()
    run_full(world.context)
    assert world.scorer.asked == []
    assert world.ask("SELECT count(*) FROM model_version") == 1
    assert world.ask("SELECT data_version FROM active_run") == 2
    assert before == world.ask(
        "SELECT md5(string_agg(f::text, '' ORDER BY user_id_raiz)) FROM "
        "(SELECT user_id_raiz, cluster_label, severity_index, pca_x, raw_sentiment_"
        "negativity_index FROM user_feature_vector) f"
    )


def test_an_edit_scores_one_text_and_a_deletion_removes_its_reference(world: World) -> None:
    run_full(world.context)
    world.scorer.asked.clear()
    world.now[0] = NOW + timedelta(hours=2)
    edited = world.change(
        Source.MESSAGING,
        "UPDATE messages SET content = 'me siento mejor', is_edited = true, updated_at = :at"
        " WHERE content LIKE '% 3/4'",
        at=NOW + timedelta(hours=1),
    )
    hidden = world.change(
        Source.SOCIAL,
        "UPDATE posts SET is_active = false, updated_at = :at WHERE content LIKE '% 5-1'",
        at=NOW + timedelta(hours=1),
    )
    erased = world.change(Source.MESSAGING, "DELETE FROM messages WHERE content LIKE '% 7/_'")
    run_full(world.context)
    assert (edited, hidden, erased) == (1, 1, 10)
    assert world.scorer.asked == ["me siento mejor"]
    assert world.ask("SELECT count(*) FROM text_ref") == TEXTS - hidden - erased


def test_a_text_that_was_committed_late_is_found_by_its_digest(world: World) -> None:
    run_full(world.context)
    world.scorer.asked.clear()
    world.now[0] = NOW + timedelta(hours=2)
    world.change(
        Source.SOCIAL,
        "INSERT INTO posts (user_id, content, created_at, updated_at)"
        " VALUES (:u, 'llegué tarde', :at, :at)",
        u=person_id(1),
        at=NOW - timedelta(days=30),
    )
    run_full(world.context)
    assert world.scorer.asked == ["llegué tarde"]


def test_a_text_that_changes_hands_changes_its_owner(world: World) -> None:
    run_full(world.context)
    world.scorer.asked.clear()
    owner = (
        "SELECT user_id_raiz::text FROM text_ref"
        " WHERE source = 'post' AND text_id = CAST(:t AS uuid)"
    )
    with world.service[Source.SOCIAL].begin() as connection:
        text_id = connection.scalar(
            text("UPDATE posts SET user_id = :u WHERE content LIKE '% 4-1' RETURNING id::text"),
            {"u": person_id(9)},
        )
    assert world.ask(owner, t=text_id) == person_id(4)
    run_full(world.context)
    assert world.ask(owner, t=text_id) == person_id(9)
    assert world.scorer.asked == []


def test_the_first_run_opens_cases_to_review_and_sends_totals_only(world: World) -> None:
    run_full(world.context)
    high = world.ask(COUNT + " WHERE cluster_label = 'ALTO_RIESGO'")
    assert world.ask("SELECT count(*) FROM risk_case WHERE state = 'por_revisar'") == high
    assert world.ask("SELECT count(*) FROM risk_case WHERE state <> 'por_revisar'") == 0
    assert world.ask("SELECT count(*) FROM event WHERE type = 'CRITICAL_ALERT'") == 0
    assert world.ask("SELECT count(*) FROM event WHERE type = 'CLUSTERING_COMPLETE'") == 1
    assert world.ask("SELECT count(*) FROM visible_history WHERE reason = 'first'") == PEOPLE


def test_someone_whose_days_turn_bad_becomes_a_case_with_an_alert(world: World) -> None:
    run_full(world.context)
    world.now[0] = NOW + timedelta(days=20)
    who = person_id(2)
    world.change(Source.SOCIAL, "DELETE FROM community_members WHERE user_id = :u", u=who)
    world.change(Source.SOCIAL, "UPDATE user_profiles SET bio = NULL WHERE user_id = :u", u=who)
    world.change(
        Source.MESSAGING,
        "UPDATE messages SET content = 'estoy muy triste, todo me sale mal ' || id,"
        " created_at = created_at::date + interval '9 hours', updated_at = :at"
        " WHERE sender_profile_id = :p",
        p=profile_id(2),
        at=NOW + timedelta(days=1),
    )
    run_full(world.context)
    assert world.ask(LEVEL, u=who) == RiskLevel.ALTO
    assert world.ask("SELECT state FROM risk_case WHERE user_id_raiz = :u", u=who) == "abierto"
    alert = world.ask(
        "SELECT payload FROM event WHERE type = 'CRITICAL_ALERT' AND user_id_raiz = :u", u=who
    )
    assert isinstance(alert, dict)
    assert set(alert) == {
        "priority", "user_id", "severity_index", "factors", "suggested_action", "context",
    }  # fmt: skip
    assert alert["factors"]
    reason = "SELECT reason FROM visible_history WHERE user_id_raiz = :u ORDER BY as_of DESC"
    assert world.ask(reason, u=who) == "behaviour"


def test_silence_keeps_the_verdict_and_marks_it(world: World) -> None:
    run_full(world.context)
    who = person_id(PEOPLE - 1)
    asi = world.ask("SELECT severity_index FROM user_feature_vector WHERE user_id_raiz = :u", u=who)
    world.change(
        Source.MESSAGING,
        "DELETE FROM messages WHERE sender_profile_id = :p",
        p=profile_id(PEOPLE - 1),
    )
    world.now[0] = NOW + timedelta(days=1)
    run_full(world.context)
    row = (
        "SELECT (stopped_showing, cluster_label, verdict_as_of = :at, severity_index = :asi)::text"
    )
    found = world.ask(
        row + " FROM user_feature_vector WHERE user_id_raiz = :u", u=who, at=NOW, asi=asi
    )
    assert found == "(t,ALTO_RIESGO,t,t)"


def test_someone_who_never_left_alto_is_no_news_when_they_show_again(world: World) -> None:
    """High, then silent with too little to judge by, then high again."""
    run_full(world.context)
    who, profile = person_id(PEOPLE - 1), profile_id(PEOPLE - 1)
    with world.context.store.begin() as connection:
        connection.execute(
            text("UPDATE risk_case SET state = 'cerrado', closed_at = :at"), {"at": NOW}
        )

    def show(shows: bool) -> None:
        world.now[0] += timedelta(days=1)
        world.change(
            Source.MESSAGING,
            "UPDATE messages SET is_deleted = :gone, updated_at = :at WHERE sender_profile_id = :p",
            p=profile, gone=not shows, at=world.now[0],
        )  # fmt: skip
        world.change(
            Source.SOCIAL,
            "UPDATE posts SET is_active = :shows, updated_at = :at WHERE user_id = :u",
            u=who, shows=shows, at=world.now[0],
        )  # fmt: skip
        run_full(world.context)

    state = (
        "SELECT (cluster_label, stopped_showing, is_sufficient)::text"
        " FROM user_feature_vector WHERE user_id_raiz = :u"
    )
    insufficient = "SELECT results->>'insufficient' FROM pipeline_run ORDER BY id DESC LIMIT 1"
    show(False)
    assert world.ask(state, u=who) == "(ALTO_RIESGO,t,f)"
    assert world.ask(insufficient) == "1"
    show(True)
    assert world.ask(state, u=who) == "(ALTO_RIESGO,f,t)"
    assert world.ask("SELECT count(*) FROM event WHERE type = 'CRITICAL_ALERT'") == 0
    assert world.ask("SELECT count(*) FROM risk_case WHERE state <> 'cerrado'") == 0
    assert world.ask("SELECT count(*) FROM case_action WHERE action = 'reabierto'") == 0


def test_a_failed_run_leaves_the_former_results_and_says_what_to_do(world: World) -> None:
    run_full(world.context)
    world.change(Source.SOCIAL, "ALTER TABLE posts RENAME TO posts_moved")
    with pytest.raises(SourceError):
        run_full(world.context)
    assert world.ask(COUNT) == PEOPLE
    assert world.ask("SELECT data_version FROM active_run") == 1
    error = world.ask("SELECT error FROM pipeline_run WHERE status = 'failed'")
    assert "aura_social" in str(error)
    told = world.ask("SELECT payload FROM event WHERE type = 'ERROR'")
    assert told == {"code": "RUN_FAILED", "message": error}
    world.change(Source.SOCIAL, "ALTER TABLE posts_moved RENAME TO posts")
    run_full(world.context)
    assert world.ask("SELECT data_version FROM active_run") == 2


def test_a_run_that_would_remove_too_many_people_asks_first(world: World) -> None:
    run_full(world.context)
    gone = [person_id(i) for i in range(25)]
    world.change(Source.AUTH, "DELETE FROM users WHERE user_id = ANY(CAST(:u AS uuid[]))", u=gone)
    with pytest.raises(ConfirmationNeeded, match="25 de 150"):
        run_full(world.context)
    assert world.ask(COUNT) == PEOPLE
    run_full(world.context, parameters=RunParameters(confirm_leaving=True))
    assert world.ask(COUNT) == PEOPLE - 25
    assert world.ask("SELECT count(*) FROM person") == PEOPLE - 25
    assert world.ask("SELECT count(*) FROM text_ref") == TEXTS - 25 * 23
    assert world.ask("SELECT count(*) FROM text_score") == TEXTS - 25 * 23


def test_twenty_leavers_are_forgotten_without_asking(world: World) -> None:
    run_full(world.context)
    gone = [person_id(i) for i in range(20)]
    world.change(Source.AUTH, "DELETE FROM users WHERE user_id = ANY(CAST(:u AS uuid[]))", u=gone)
    run_full(world.context)
    assert world.ask(COUNT) == PEOPLE - 20
    assert (
        world.ask("SELECT count(*) FROM risk_history WHERE user_id_raiz = :u", u=person_id(0)) == 0
    )


def test_a_run_without_texts_says_so_and_a_later_one_fits_anew(world: World) -> None:
    run_full(world.context, parameters=RunParameters(skip_nlp=True))
    assert world.scorer.asked == []
    assert world.ask("SELECT text_model FROM pipeline_run") is None
    assert world.ask(COUNT + " WHERE raw_sentiment_negativity_index IS NOT NULL") == 0
    run_full(world.context)
    assert len(world.scorer.asked) == TEXTS
    assert world.ask("SELECT count(*) FROM model_version") == 2
    assert world.ask("SELECT count(*) FROM risk_case WHERE state = 'abierto'") == 0
    run_full(world.context, parameters=RunParameters(skip_nlp=True))
    assert world.ask(COUNT + " WHERE raw_sentiment_negativity_index IS NULL") == 0
    assert world.ask("SELECT count(*) FROM model_version") == 2


def test_other_parameters_fit_a_new_version_and_say_why(world: World) -> None:
    run_full(world.context)
    run_full(world.context, parameters=RunParameters(n_clusters=5))
    assert world.ask("SELECT count(*) FROM model_version WHERE retired_at IS NULL") == 1
    reason = "SELECT counts->>'fitted_because' FROM pipeline_run ORDER BY id DESC LIMIT 1"
    assert world.ask(reason) == "parameters"
    assert (
        world.ask("SELECT count(*) FROM visible_history WHERE reason NOT IN ('first', 'model')")
        == 0
    )


def test_a_model_version_is_replaced_when_it_is_old(world: World) -> None:
    run_full(world.context)
    world.now[0] = NOW + timedelta(days=29)
    run_full(world.context)
    assert world.ask("SELECT count(*) FROM model_version") == 1
    world.now[0] = NOW + timedelta(days=30)
    run_full(world.context)
    assert world.ask("SELECT count(*) FROM model_version") == 2


def test_each_week_a_run_keeps_what_everyone_s_kpis_were(world: World) -> None:
    sampled = "SELECT array_agg(DISTINCT run_id ORDER BY run_id) FROM kpi_sample"
    first = run_full(world.context)
    world.now[0] += timedelta(days=1)
    run_full(world.context)
    assert world.ask(sampled) == [first.run_id]
    world.now[0] += timedelta(days=6)
    run_recluster(world.context, ReclusterParameters(n_clusters=3), requested_by="ana")
    assert world.ask(sampled) == [first.run_id]
    third = run_full(world.context)
    assert world.ask(sampled) == [first.run_id, third.run_id]
    assert world.ask("SELECT count(*) FROM kpi_sample") == 2 * PEOPLE
    assert (
        world.ask(
            "SELECT count(*) FROM kpi_sample s JOIN user_feature_vector f USING (user_id_raiz)"
            " WHERE s.run_id = f.run_id"
            " AND s.days_since_last_seen IS NOT DISTINCT FROM f.raw_days_since_last_seen::real"
            " AND s.sentiment_negativity_index"
            "     IS NOT DISTINCT FROM f.raw_sentiment_negativity_index::real"
        )
        == PEOPLE
    )


def test_a_past_moment_is_refused_outside_the_demo(world: World) -> None:
    with world.context.store.begin() as connection:
        connection.execute(text("UPDATE installation SET kind = 'production'"))
    with pytest.raises(RunError, match="as_of"):
        run_full(world.context, as_of=NOW - timedelta(days=3))
    assert world.ask("SELECT count(*) FROM pipeline_run") == 0


def test_results_never_go_back_in_time(world: World) -> None:
    run_full(world.context)
    world.now[0] = NOW - timedelta(minutes=1)
    with pytest.raises(RunError, match="reloj"):
        run_full(world.context)
    assert world.ask("SELECT count(*) FROM pipeline_run") == 1


def test_two_runs_at_once_are_one_too_many(world: World) -> None:
    seen: list[str] = []

    def meanwhile(stage: str, _done: int, _total: int | None) -> None:
        if stage == "kpis" and not seen:
            with pytest.raises(RunError, match="en marcha") as refused:
                run_full(world.context)
            seen.append(str(refused.value))

    run_full(world.context, progress=meanwhile)
    assert len(seen) == 1
    assert world.ask("SELECT count(*) FROM pipeline_run") == 1


def test_no_text_is_stored_anywhere(world: World) -> None:
    run_full(world.context)
    with world.context.store.connect() as connection:
        tables = connection.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).all()
        for table in tables:
            held = connection.scalar(
                text(f"SELECT count(*) FROM \"{table}\" t WHERE t::text ~* 'parque|persona1'")  # noqa: S608
            )
            assert held == 0, table
