"""Between reading and scoring: a position never passes a change that is not scored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from aura_engine.sources import Source
from aura_engine.sources.changes import Change, LogPage, LogState, Position
from aura_engine.sources.feed import ChangeFeed

AT = datetime(2026, 3, 1, tzinfo=UTC)
START = Position("server", "install", 1, 0, 0)


def change(who: str, place: int) -> Change:
    return Change(Source.AUTH, "users", "UPDATE", who, AT, place, place)


def page(changes: tuple[Change, ...], through: int, resync: str | None = None) -> LogPage:
    state = LogState("server", "install", through, through, 0, 0.0, AT)
    position = Position("server", "install", through, 0, 0)
    return LogPage(state, changes, position, resync, is_whole=True)


def feed() -> ChangeFeed:
    made = ChangeFeed(Source.AUTH, Event())
    made.restart(START)
    return made


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.lists(st.sampled_from("abcd"), max_size=5)),
        st.tuples(st.just("named"), st.sampled_from("abcd")),
        st.tuples(st.sampled_from(["score", "fail"]), st.integers(1, 3)),
    ),
    max_size=30,
)


@given(STEPS)
def test_a_position_never_passes_a_change_that_is_not_scored(steps: list[tuple[str, object]]):
    tested, offered, scored, place = feed(), [], [], 1
    for what, value in steps:
        if what == "offer":
            changes = []
            for who in value:  # type: ignore[attr-defined]
                place += 1
                changes.append(change(who, place))
            place += 1
            offered += changes
            tested.offer(page(tuple(changes), place), 0.0)
        elif what == "named":
            named = Change(Source.AUTH, "users", "UPDATE", str(value))
            offered.append(named)
            tested.add([named])
        else:
            taken = tested.take(int(value))  # type: ignore[call-overload]
            assert len({one.user_ref for one in taken.changes}) <= int(value)  # type: ignore[call-overload]
            if what == "fail":
                assert tested.take(int(value)) == taken  # type: ignore[call-overload]
                continue
            tested.done(taken)
            scored += taken.changes
            if taken.position is not None:
                reached = (taken.position.xid, taken.position.id)
                left = offered[len(scored) :]
                assert all((one.xid, one.id) > reached for one in left if one.xid)
        assert scored == offered[: len(scored)]
        assert tested.status().waiting == len(offered) - len(scored)
    while tested.status().waiting:
        last = tested.take(2)
        tested.done(last)
        scored += last.changes
    assert scored == offered
    was_read = any(what == "offer" for what, _ in steps)
    assert tested.take(1).position == (tested.position if was_read else None)


def test_what_comes_while_a_batch_is_scored_stays():
    tested = feed()
    tested.offer(page((change("a", 2),), 3), 0.0)
    taken = tested.take(10)
    tested.offer(page((change("b", 4),), 5), 0.0)
    tested.done(taken)
    assert [one.user_ref for one in tested.take(10).changes] == ["b"]


def test_a_resync_comes_with_the_first_part_and_is_told_once():
    tested = feed()
    tested.offer(page((change("a", 2), change("b", 3)), 4, resync="everyone"), 0.0)
    assert tested.woken.is_set()
    first = tested.take(1)
    assert first.resync == "everyone"
    tested.done(first)
    second = tested.take(1)
    assert [change.user_ref for change in second.changes] == ["b"]
    assert second.resync is None


def test_a_resync_that_is_demanded_again_meanwhile_is_told_again():
    tested = feed()
    tested.demand("not_logged", 1)
    taken = tested.take(1)
    tested.demand("not_logged", 2)
    tested.done(taken)
    assert tested.take(1).resync == "not_logged"


def test_the_places_of_another_log_are_forgotten_with_what_waited():
    tested = feed()
    tested.offer(page((change("a", 2), change("b", 3)), 4), 0.0)
    taken = tested.take(1)
    other = page((change("c", 1),), 2, resync="another_server")
    elsewhere = replace(other, position=replace(other.position, system_identifier="other"))
    tested.offer(elsewhere, 0.0)
    tested.done(taken)
    left = tested.take(5)
    assert [change.user_ref for change in left.changes] == ["c"]
    assert left.resync == "another_server"


def test_a_gap_moves_with_the_demand_and_not_before():
    tested = feed()
    tested.demand("not_logged", 7)
    taken = tested.take(1)
    assert taken.resync == "not_logged"
    assert tested.position is not None
    assert tested.position.gap == 7


def test_since_when_a_source_is_away_is_kept_while_it_is():
    tested = feed()
    tested.up()
    tested.down("away", is_away=True)
    since = tested.status().since
    tested.down("still away", is_away=True)
    status = tested.status()
    assert (status.is_away, status.problem, status.since) == (True, "still away", since)
    tested.up()
    assert not tested.status().is_away
    assert tested.status().since > since
