"""What a log of changes says, and when it cannot be gone on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import text

from aura_engine.sources import Source, Sources, connect_sources
from aura_engine.sources.changes import (
    LogPage,
    Position,
    Rows,
    current_position,
    prune,
    read_log,
)
from aura_engine.sources.feed import ChangeFeed
from aura_engine.sources.listener import ChangeListener
from aura_engine.sources.polling import ChangePoller
from aura_engine.sources.roles import READER_ROLE
from aura_engine.sources.triggers import install_triggers, uninstall_triggers
from aura_engine.sql import load_queries
from tests.integration.sources.conftest import Urls
from tests.integration.sources.triggered import OWNER, A, B, Triggered
from tests.patience import eventually

NEW_BIO = "UPDATE user_profiles SET bio = coalesce(bio, '') || '!' WHERE user_id = %(A)s"
SOCIAL = Source.SOCIAL


@pytest.fixture
def sources(triggered: Triggered):
    urls = {s.value: triggered.lease.url(n, READER_ROLE) for s, n in triggered.names.items()}
    with connect_sources(Urls(**urls)) as made:
        yield made


def read(sources: Sources, after: Position | None) -> LogPage:
    with sources.reading(SOCIAL) as connection:

        def ask(query: str, parameters: Mapping[str, object]) -> Rows:
            return connection.execute(text(load_queries("changes")[query]), dict(parameters)).all()

        return read_log(SOCIAL, ask, after)


def here(sources: Sources) -> Position:
    """Where the log stands once nothing else that goes on holds it up."""
    found = current_position(sources, SOCIAL)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("moved", "reason"),
    [
        (lambda p: replace(p, system_identifier="another"), "another_server"),
        (lambda p: replace(p, install_id="00000000-0000-4000-9000-000000000000"), "installed_anew"),
        (lambda p: replace(p, xid=p.xid + 1_000_000), "restored"),
        (lambda p: replace(p, gap=p.gap + 1), "restored"),
    ],
)
def test_a_log_that_is_not_the_one_that_was_read_has_everyone_read_again(
    triggered: Triggered,
    sources: Sources,
    moved: Callable[[Position], Position],
    reason: str,
) -> None:
    before = here(sources)
    triggered.execute(SOCIAL, NEW_BIO)
    page = read(sources, moved(before))
    assert (page.resync, page.changes, page.is_whole) == (reason, (), True)
    assert page.position == page.state.position()


def test_the_first_reading_has_everyone_read(sources: Sources) -> None:
    assert read(sources, None).resync == "first"


def test_triggers_that_were_away_have_everyone_read_again(own_triggered: Triggered) -> None:
    world = own_triggered
    owner = world.engine(SOCIAL, OWNER)
    urls = {s.value: world.lease.url(n, READER_ROLE) for s, n in world.names.items()}
    with connect_sources(Urls(**urls)) as sources:
        assert current_position(sources, SOCIAL) is None
        install_triggers(owner, SOCIAL)
        before = here(sources)
        uninstall_triggers(owner, SOCIAL)
        install_triggers(owner, SOCIAL)
        assert read(sources, before).resync == "installed_anew"


def test_what_names_nobody_has_everyone_read_again(triggered: Triggered, sources: Sources) -> None:
    before = here(sources)
    triggered.execute(SOCIAL, NEW_BIO)
    triggered.execute(SOCIAL, "TRUNCATE complete_profiles", role=OWNER)
    page = eventually(lambda: found if (found := read(sources, before)).resync else None)
    assert page.resync == "everyone"
    assert [change.user_ref for change in page.changes] == [A]


def test_only_what_was_read_and_is_old_is_pruned(triggered: Triggered, sources: Sources) -> None:
    triggered.forget()
    triggered.execute(SOCIAL, NEW_BIO)
    below = eventually(lambda: _below(triggered, sources))
    triggered.execute(SOCIAL, NEW_BIO.replace("(A)", "(B)"))
    assert prune(sources, SOCIAL, older_than=timedelta(hours=1), below=below) == 0
    assert prune(sources, SOCIAL, older_than=timedelta(0), below=below) == 1
    assert [user for _, _, user in triggered.logged(SOCIAL)] == [B]


def _below(triggered: Triggered, sources: Sources) -> int | None:
    newest = triggered.ask(SOCIAL, "SELECT max(xid::text::bigint) FROM aura_cdc.change_log")
    below = here(sources).xid
    return below if below > newest[0][0] else None


class Followed:
    """A listener of a test's own."""

    def __init__(self, sources: Sources, after: Position) -> None:
        self.feed = ChangeFeed(SOCIAL, Event())
        self.feed.restart(after)
        self.stopping = Event()
        listener = ChangeListener(sources.engine(SOCIAL).url, self.feed, self.stopping)
        self.thread = Thread(target=listener.run, daemon=True)

    def __enter__(self) -> Followed:
        self.thread.start()
        eventually(lambda: self.feed.status().is_up)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.thread.join()

    def named(self) -> list[str]:
        return [change.user_ref for change in self.feed.take(100).changes]


def test_whoever_is_named_by_a_notification_without_a_row_is_read_all_the_same(
    triggered: Triggered, sources: Sources
) -> None:
    said = f'{{"table": "posts", "operation": "INSERT", "user_id": "{A}"}}'
    with Followed(sources, here(sources)) as followed:
        with triggered.engine(SOCIAL).begin() as connection:
            for payload in (said, "no JSON", "[1]", '{"bulk": true}'):
                connection.execute(
                    text("SELECT pg_notify('aura_data_change', :payload)"), {"payload": payload}
                )
        eventually(followed.named)
        assert followed.named() == [A]


def test_a_change_that_was_logged_and_notified_is_offered_once(
    triggered: Triggered, sources: Sources
) -> None:
    with Followed(sources, here(sources)) as followed:
        triggered.execute(SOCIAL, NEW_BIO)
        eventually(followed.named)
        triggered.execute(SOCIAL, NEW_BIO.replace("(A)", "(B)"))
        eventually(lambda: B in followed.named())
        assert followed.named() == [A, B]


def test_what_could_not_be_logged_has_everyone_read_once_its_transaction_has_ended(
    triggered: Triggered, sources: Sources
) -> None:
    with Followed(sources, here(sources)) as followed:
        with triggered.engine(SOCIAL).connect() as open_:
            open_.exec_driver_sql(NEW_BIO, {"A": A})
            open_.exec_driver_sql("SELECT nextval('aura_cdc.gap')")
            read_up_to = followed.feed.position
            triggered.execute(SOCIAL, NEW_BIO.replace("(A)", "(B)"))
            eventually(lambda: followed.feed.status().snapshot_age > 1.5)
            taken = followed.feed.take(100)
            assert taken.resync is None
            assert taken.position is not None
            assert read_up_to is not None
            assert taken.position.gap == read_up_to.gap
            open_.commit()
        eventually(lambda: followed.feed.take(100).resync == "not_logged")
        position = followed.feed.take(100).position
        assert position is not None
        assert position.gap == read_up_to.gap + 1
        # Demanded once: the next reading goes on from the new count.
        followed.feed.done(followed.feed.take(100))
        triggered.execute(SOCIAL, NEW_BIO)
        eventually(followed.named)
        assert followed.feed.take(100).resync is None
        assert followed.feed.take(100).position == followed.feed.position
        assert followed.feed.position.gap == position.gap


def test_without_triggers_inserts_and_edits_are_found(
    triggered: Triggered, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aura_engine.sources.polling._PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(
        "aura_engine.sources.polling.EVERY", {"often": 0.0, "seldom": 0.0, "edits": 0.0}
    )
    feed, stopping = ChangeFeed(SOCIAL, Event()), Event()
    since = datetime.now(UTC) + timedelta(seconds=31)  # nothing that furnish wrote
    triggered.execute(
        SOCIAL,
        "UPDATE posts SET created_at = now() - interval '1 day',"
        " updated_at = now() - interval '1 day'",
    )
    poller = ChangePoller(sources, feed, stopping, since)
    thread = Thread(target=poller.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: feed.status().is_up)
        triggered.execute(
            SOCIAL,
            "UPDATE posts SET content = 'otra', updated_at = now() + interval '1 minute'"
            " WHERE user_id = %(A)s",
            "INSERT INTO comments (post_id, user_id, content, created_at)"
            " VALUES (%(P1)s, %(B)s, 'b', now() + interval '1 minute')",
        )
        wanted = {("posts", "UPDATE", A), ("comments", "INSERT", B)}
        eventually(
            lambda: wanted <= {(c.table, c.operation, c.user_ref) for c in feed.take(100).changes}
        )
    finally:
        stopping.set()
        thread.join()
    assert ("posts", "INSERT", A) not in {
        (c.table, c.operation, c.user_ref) for c in feed.take(100).changes
    }
