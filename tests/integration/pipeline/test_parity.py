"""Whatever changes: incremental runs and a sweep end where a fresh full extraction would."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from aura_engine.pipeline.sweep import run_sweep
from aura_engine.sources import Source
from tests.integration.pipeline.live import LiveWorld, assert_parity, rescored_at
from tests.integration.pipeline.people import PEOPLE, SAD, person_id, profile_id
from tests.integration.pipeline.scored import ScoredWorlds

EXAMPLES = int(os.environ.get("AURA_TEST_LIVES", "8"))
ANYONE = st.sampled_from([0, 1, 2, 3, PEOPLE - 1, PEOPLE - 2, PEOPLE, PEOPLE + 1])
"""Ordinary people, two at risk, and two who have no account at first."""
WORDS = st.sampled_from([*SAD, "qué bonito día", "   ", "vamos al parque"])
AGO = st.timedeltas(timedelta(0), timedelta(days=120))
ROW = st.integers(0, 5)


def machine(worlds: ScoredWorlds) -> Callable[[], Any]:
    class Life(RuleBasedStateMachine):
        """What people and services do, in any order, with incremental runs in between."""

        def __init__(self) -> None:
            super().__init__()
            self.copy = worlds.copy()
            self.world = self.copy.__enter__()
            self.live = LiveWorld(self.world)
            self.time_passed = False

        def teardown(self) -> None:
            try:
                self.world.now[0] += timedelta(hours=5)
                self.time_passed = True
                self.sweep()
            finally:
                self.copy.__exit__(None, None, None)

        def do(self, source: Source, statement: str, **values: object) -> None:
            self.world.now[0] += timedelta(seconds=1)
            self.world.change(source, statement, **values)

        @rule()
        def catch_up(self) -> None:
            outcome = self.live.catch_up()
            # What leaves the window unasked is the sweep's.
            if outcome is not None and not self.time_passed:
                assert_parity(self.world, outcome.as_of, rescored_at(self.world, outcome.as_of))

        @rule(time=st.timedeltas(timedelta(minutes=1), timedelta(days=40)))
        def time_passes(self, time: timedelta) -> None:
            self.world.now[0] += time
            self.time_passed = True

        @rule()
        def sweep(self) -> None:
            self.catch_up()
            run_sweep(self.world.context, requested_by="prueba")
            assert_parity(self.world, self.world.now[0])
            self.time_passed = False

        @rule(who=ANYONE, words=WORDS, ago=AGO)
        def post(self, who: int, words: str, ago: timedelta) -> None:
            self.do(
                Source.SOCIAL,
                "INSERT INTO posts (user_id, content, created_at) VALUES (:u, :c, :at)",
                u=person_id(who), c=words, at=self.world.now[0] - ago,
            )  # fmt: skip

        @rule(who=ANYONE, words=WORDS, kind=st.sampled_from(["text", "image", "system"]), ago=AGO)
        def message(self, who: int, words: str, kind: str, ago: timedelta) -> None:
            self.do(
                Source.MESSAGING,
                "INSERT INTO messages (sender_profile_id, content, message_type, created_at)"
                " SELECT profile_id, :c, CAST(:k AS enum_messages_message_type), :at FROM users"
                " WHERE profile_id = :p",
                p=profile_id(who), c=words, k=kind, at=self.world.now[0] - ago,
            )  # fmt: skip

        @rule(who=ANYONE, words=WORDS)
        def comment(self, who: int, words: str) -> None:
            self.do(
                Source.SOCIAL,
                "INSERT INTO comments (post_id, user_id, content, created_at)"
                " SELECT id, :u, :c, :at FROM posts ORDER BY id LIMIT 1",
                u=person_id(who), c=words, at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE, words=WORDS, row=ROW)
        def edit(self, who: int, words: str, row: int) -> None:
            self.do(
                Source.SOCIAL,
                "UPDATE posts SET content = :c WHERE id = (SELECT id FROM posts"
                " WHERE user_id = :u ORDER BY created_at, id OFFSET :row LIMIT 1)",
                u=person_id(who), c=words, row=row,
            )  # fmt: skip

        @rule(who=ANYONE, row=ROW, gone=st.booleans())
        def unsay(self, who: int, row: int, gone: bool) -> None:
            verb = "DELETE FROM messages" if gone else "UPDATE messages SET is_deleted = true"
            self.do(
                Source.MESSAGING,
                f"{verb} WHERE id = (SELECT id FROM messages"  # noqa: S608
                " WHERE sender_profile_id = :p ORDER BY created_at, id OFFSET :row LIMIT 1)",
                p=profile_id(who), row=row,
            )  # fmt: skip

        @rule(who=ANYONE)
        def unsay_everything(self, who: int) -> None:
            self.do(
                Source.MESSAGING,
                "DELETE FROM messages WHERE sender_profile_id = :p",
                p=profile_id(who),
            )
            self.do(Source.SOCIAL, "DELETE FROM posts WHERE user_id = :u", u=person_id(who))

        @rule(who=ANYONE, other=ANYONE, status=st.sampled_from(["pending", "accepted", "blocked"]))
        def befriend(self, who: int, other: int, status: str) -> None:
            self.do(
                Source.SOCIAL,
                "INSERT INTO friendships (requester_id, addressee_id, status, created_at)"
                " VALUES (:a, :b, CAST(:s AS enum_friendships_status), :at)"
                " ON CONFLICT (requester_id, addressee_id) DO UPDATE SET status = excluded.status",
                a=person_id(who), b=person_id(other), s=status, at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE)
        def unfriend(self, who: int) -> None:
            self.do(
                Source.SOCIAL,
                "DELETE FROM friendships WHERE requester_id = :u OR addressee_id = :u",
                u=person_id(who),
            )

        @rule(who=ANYONE, row=ROW)
        def join(self, who: int, row: int) -> None:
            self.do(
                Source.SOCIAL,
                "INSERT INTO community_members (community_id, user_id, joined_at)"
                " SELECT id, :u, :at FROM communities ORDER BY id OFFSET :row LIMIT 1",
                u=person_id(who), row=row, at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE)
        def leave(self, who: int) -> None:
            self.do(
                Source.SOCIAL, "DELETE FROM community_members WHERE user_id = :u", u=person_id(who)
            )

        @rule(row=ROW, change=st.sampled_from(
            ["is_active = NOT is_active", "category = 'Baile'", "category = 'Arte'"]
        ))  # fmt: skip
        def change_community(self, row: int, change: str) -> None:
            self.do(
                Source.SOCIAL,
                f"UPDATE communities SET {change} WHERE id ="  # noqa: S608
                " (SELECT id FROM communities ORDER BY id OFFSET :row LIMIT 1)",
                row=row,
            )

        @rule(who=ANYONE, owner=ANYONE)
        def profile(self, who: int, owner: int) -> None:
            """A profile is made, or passes to somebody else."""
            self.do(
                Source.SOCIAL,
                "INSERT INTO user_profiles (id, user_id, bio, created_at)"
                " SELECT :p, :u, 'hola', :at WHERE NOT EXISTS ("
                "     SELECT FROM user_profiles WHERE user_id = :u AND id <> :p)"
                " ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id",
                p=profile_id(who), u=person_id(owner), at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE, change=st.sampled_from(
            ["bio = NULL", "bio = 'hola'", "followers_count = 40", "is_active = NOT is_active"]
        ))  # fmt: skip
        def change_profile(self, who: int, change: str) -> None:
            self.do(
                Source.SOCIAL,
                f"UPDATE user_profiles SET {change} WHERE user_id = :u",  # noqa: S608
                u=person_id(who),
            )

        @rule(who=ANYONE)
        def drop_profile(self, who: int) -> None:
            self.do(Source.SOCIAL, "DELETE FROM user_profiles WHERE id = :p", p=profile_id(who))

        @rule(who=ANYONE)
        def complete(self, who: int) -> None:
            self.do(
                Source.SOCIAL,
                "INSERT INTO complete_profiles (user_id, created_at) VALUES (:u, :at)"
                " ON CONFLICT (user_id) DO NOTHING",
                u=person_id(who), at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE, by_account=st.booleans())
        def reach_messaging(self, who: int, by_account: bool) -> None:
            """Someone is known to messaging by a profile, or by an account where there was none."""
            reference = person_id(who) if by_account else profile_id(who)
            self.do(
                Source.MESSAGING,
                "INSERT INTO users (profile_id, username, created_at) VALUES (:p, :p, :at)"
                " ON CONFLICT DO NOTHING",
                p=reference, at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE)
        def leave_messaging(self, who: int) -> None:
            self.do(
                Source.MESSAGING,
                "WITH said AS (DELETE FROM messages WHERE sender_profile_id = :p)"
                " UPDATE users SET is_active = false, last_seen_at = :at WHERE profile_id = :p",
                p=profile_id(who), at=self.world.now[0],
            )  # fmt: skip

        @rule(who=ANYONE, role=st.sampled_from(["user", "admin"]))
        def account(self, who: int, role: str) -> None:
            """An account is made, or becomes or stops being staff."""
            self.do(
                Source.AUTH,
                "INSERT INTO users (user_id, username, email, password_hash, id_role, created_at)"
                " SELECT :u, :u, :u, '!', id_role, :at FROM roles WHERE role_name = :role"
                " ON CONFLICT (user_id) DO UPDATE SET id_role = excluded.id_role",
                u=person_id(who), role=role, at=self.world.now[0].replace(tzinfo=None),
            )  # fmt: skip

        @rule(who=ANYONE)
        def delete_account(self, who: int) -> None:
            self.do(Source.AUTH, "DELETE FROM users WHERE user_id = :u", u=person_id(who))

    return Life


def test_any_life_ends_as_a_fresh_extraction_would(scored_worlds: ScoredWorlds) -> None:
    run_state_machine_as_test(
        machine(scored_worlds),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=16,
            deadline=None,
            phases=(Phase.generate,),  # an example is short, and each step takes its time
            suppress_health_check=list(HealthCheck),
        ),
    )
