"""A score and the last reference to it: whoever deletes the one never leaves another without it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, event, text

from aura_engine.store.connect import connect_store
from aura_engine.store.people import remove_people, save_people
from aura_engine.store.texts import save_refs, save_scores, sweep_scores
from tests.integration.store.rows import AS_OF, NO_MEMBERSHIPS, WAITS, ids, people, scalar
from tests.patience import PATIENCE, eventually

REVISION, TO_COME = "in-use", "to-come"
SAME_WORDS = bytes(32)
LEAVES, STAYS = ids(2)
TOMORROW = datetime.now(UTC) + timedelta(days=1)
SCORES = "SELECT count(*) FROM text_score"


def refs(author: str, number: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": "post",
            "text_id": ids(1, start=number),
            "user_id_raiz": author,
            "hmac": [SAME_WORDS],
            "written_at": AS_OF,
        }
    )


@pytest.fixture
def scored(store: Engine) -> Engine:
    """Two people; one has written something, and two models have read it."""
    save_people(store, people([LEAVES, STAYS]), NO_MEMBERSHIPS, as_of=AS_OF)
    assert save_refs(store, refs(LEAVES, 1), revision=REVISION) == {SAME_WORDS}
    for revision in (REVISION, TO_COME):
        save_scores(store, [SAME_WORDS], [0.5], revision=revision)
    return store


@contextmanager
def about_to_commit(store: Engine) -> Iterator[Future[set[bytes]]]:
    """Whoever stays has written the same words; the reference is committed after this block."""
    other = connect_store(store.url.render_as_string(hide_password=False))
    arrived, go_on = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        arrived.set()
        assert go_on.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        event.listen(other, "commit", hold)
        writing = pool.submit(save_refs, other, refs(STAYS, 2), revision=REVISION)
        try:
            eventually(lambda: arrived.is_set() or writing.done())
            yield writing
        finally:
            go_on.set()
    other.dispose()


def leave(store: Engine) -> None:
    with store.begin() as connection:
        remove_people(connection, [LEAVES], as_of=AS_OF)


def test_who_leaves_takes_their_scores_along(scored: Engine) -> None:
    leave(scored)
    assert scalar(scored, SCORES) == 0


def test_words_that_somebody_else_wrote_too_keep_their_score(scored: Engine) -> None:
    save_refs(scored, refs(STAYS, 2), revision=REVISION)
    leave(scored)
    assert scalar(scored, SCORES) == 2


def test_words_that_came_while_their_first_author_left_are_read_again(scored: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with scored.begin() as connection:
            remove_people(connection, [LEAVES], as_of=AS_OF)
            writing = pool.submit(save_refs, scored, refs(STAYS, 2), revision=REVISION)
            eventually(lambda: scalar(scored, WAITS) or writing.done())
        assert writing.result(PATIENCE) == {SAME_WORDS}


def test_who_leaves_waits_for_words_that_are_about_to_come(scored: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with about_to_commit(scored) as writing:
            leaving = pool.submit(leave, scored)
            eventually(lambda: scalar(scored, WAITS) or leaving.done())
        leaving.result(PATIENCE)
        assert writing.result(PATIENCE) == set()
    assert scalar(scored, SCORES) == 2


def test_a_sweep_passes_over_words_that_are_about_to_come(scored: Engine) -> None:
    with scored.begin() as connection:
        connection.execute(text("DELETE FROM text_ref"))
    with about_to_commit(scored) as writing:
        assert sweep_scores(scored, settled=TOMORROW, kept=[REVISION, TO_COME]) == 0
    assert writing.result(PATIENCE) == set()
    assert scalar(scored, SCORES) == 2
    with scored.begin() as connection:
        connection.execute(text("DELETE FROM text_ref"))
    assert sweep_scores(scored, settled=TOMORROW, kept=[REVISION, TO_COME]) == 2


def test_a_sweep_of_a_former_model_waits_for_nobody(scored: Engine) -> None:
    with about_to_commit(scored):
        assert sweep_scores(scored, settled=TOMORROW, kept=[REVISION]) == 0
    assert sweep_scores(scored, settled=TOMORROW, kept=[REVISION]) == 1
