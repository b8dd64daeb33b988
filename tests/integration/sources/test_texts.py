"""Texts are read once, in order, in bounded chunks; losses show in the digests."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import text

from aura_engine.sources import (
    Source,
    TextSource,
    read_edited_texts,
    read_texts,
    text_digest,
    text_ids,
    texts_by_id,
)
from aura_engine.sql import load_queries
from tests.integration.sources.conftest import World

AS_OF = datetime(2026, 3, 20, 12, tzinfo=UTC)
SINCE = AS_OF - timedelta(days=90)
ANA, BETO = "00000000-0000-4000-a000-000000000001", "00000000-0000-4000-a000-000000000002"
POST = "00000000-0000-4000-9000-00000000ffff"
TABLES = {TextSource.POST: "posts", TextSource.COMMENT: "comments", TextSource.MESSAGE: "messages"}
AUTHORS = {
    TextSource.POST: "user_id",
    TextSource.COMMENT: "user_id",
    TextSource.MESSAGE: "sender_profile_id",
}
every_kind = pytest.mark.parametrize("kind", list(TextSource))


def text_id(number: int) -> str:
    # The high bit of the low half is set, so that a digest has to cope with the sign.
    return f"00000000-0000-4000-9000-{number:012d}"


def write(
    world: World,
    kind: TextSource,
    number: int,
    minutes_ago: int = 0,
    author: str = ANA,
    content: str | None = "hola",
    **changed: object,
) -> str:
    if kind is TextSource.COMMENT:
        world.execute(
            Source.SOCIAL,
            "INSERT INTO posts (id, user_id, is_active) VALUES (:id, :id, false) "
            "ON CONFLICT DO NOTHING",
            id=POST,
        )
        changed.setdefault("post_id", POST)
    if kind is TextSource.MESSAGE:
        world.execute(
            Source.MESSAGING,
            "INSERT INTO users (profile_id, username) VALUES (:author, :author) "
            "ON CONFLICT DO NOTHING",
            author=author,
        )
    moment = AS_OF - timedelta(minutes=minutes_ago)
    usual = {
        "id": text_id(number),
        AUTHORS[kind]: author,
        "content": content,
        "created_at": moment,
        "updated_at": moment,
    }
    world.insert(kind.source, TABLES[kind], usual | changed)
    return text_id(number)


def hide(world: World, kind: TextSource, number: int) -> None:
    state = "is_deleted = true" if kind is TextSource.MESSAGE else "is_active = false"
    world.execute(
        kind.source,
        f"UPDATE {TABLES[kind]} SET {state}, updated_at = :now WHERE id = :id",  # noqa: S608
        now=AS_OF,
        id=text_id(number),
    )


def read(
    world: World,
    kind: TextSource,
    after: tuple[datetime, str] | None = None,
    since: datetime = SINCE,
    chunk: int = 100,
) -> list[str]:
    frames = read_texts(world.sources, kind, after=after, as_of=AS_OF, since=since, chunk=chunk)
    return [found for frame in frames for found in frame["text_id"]]


@every_kind
def test_texts_come_oldest_first_with_author_words_and_time(
    blank_world: World, kind: TextSource
) -> None:
    write(blank_world, kind, 2, 5, content="segundo")
    write(blank_world, kind, 3, 5, BETO, content="tercero")
    write(blank_world, kind, 1, 9, content=" primero\n")
    (frame,) = read_texts(
        blank_world.sources, kind, after=None, as_of=AS_OF, since=SINCE, chunk=100
    )
    assert list(frame.columns) == ["text_id", "user_ref", "content", "written_at"]
    assert frame["content"].tolist() == [" primero\n", "segundo", "tercero"]
    assert frame["user_ref"].tolist() == [ANA, ANA, BETO]
    assert str(frame["written_at"].dtype) == "datetime64[us, UTC]"
    assert frame["written_at"].iloc[0] == AS_OF - timedelta(minutes=9)


@every_kind
def test_chunks_are_bounded_and_lose_nothing(blank_world: World, kind: TextSource) -> None:
    expected = [write(blank_world, kind, number, 30 - number) for number in range(1, 8)]
    frames = list(
        read_texts(blank_world.sources, kind, after=None, as_of=AS_OF, since=SINCE, chunk=3)
    )
    assert [len(frame) for frame in frames] == [3, 3, 1]
    assert [found for frame in frames for found in frame["text_id"]] == expected


@every_kind
def test_reading_goes_on_past_the_last_text_even_among_equal_times(
    blank_world: World, kind: TextSource
) -> None:
    for number in (1, 2, 3):
        write(blank_world, kind, number, 5)
    at = AS_OF - timedelta(minutes=5)
    assert read(blank_world, kind, after=(at, text_id(2))) == [text_id(3)]
    assert read(blank_world, kind, after=(at, text_id(3))) == []
    far_back = (SINCE - timedelta(days=1), text_id(3))
    assert read(blank_world, kind, after=far_back) == [text_id(number) for number in (1, 2, 3)]


@every_kind
def test_the_window_is_open_at_its_start_and_closed_at_its_end(
    blank_world: World, kind: TextSource
) -> None:
    write(blank_world, kind, 1, created_at=SINCE)
    write(blank_world, kind, 2, created_at=SINCE + timedelta(microseconds=1))
    write(blank_world, kind, 3, created_at=AS_OF)
    write(blank_world, kind, 4, created_at=AS_OF + timedelta(microseconds=1))
    assert read(blank_world, kind) == [text_id(2), text_id(3)]


@every_kind
def test_what_is_hidden_or_blank_is_no_words(blank_world: World, kind: TextSource) -> None:
    write(blank_world, kind, 1)
    write(blank_world, kind, 2, content=" \n\t\u00a0")
    write(blank_world, kind, 3, content="")
    write(blank_world, kind, 4)
    hide(blank_world, kind, 4)
    assert read(blank_world, kind) == [text_id(1)]


def test_a_post_of_any_type_has_words_and_one_without_content_has_none(blank_world: World) -> None:
    write(blank_world, TextSource.POST, 1, type="text_image")
    write(blank_world, TextSource.POST, 2, content=None, type="image")
    assert read(blank_world, TextSource.POST) == [text_id(1)]


@pytest.mark.parametrize("kind_of_message", ["image", "video", "audio", "file", "system"])
def test_only_text_messages_have_words(blank_world: World, kind_of_message: str) -> None:
    write(blank_world, TextSource.MESSAGE, 1, message_type=kind_of_message, content="foto.jpg")
    assert read(blank_world, TextSource.MESSAGE) == []


def edited(world: World, kind: TextSource, edited_since: datetime) -> dict[str, str | None]:
    frames = read_edited_texts(
        world.sources, kind, edited_since=edited_since, as_of=AS_OF, since=SINCE, chunk=2
    )
    return {
        row.text_id: None if pd.isna(row.content) else row.content
        for frame in frames
        for row in frame.itertuples()
    }


@every_kind
def test_edits_bring_new_words_and_none_for_what_is_words_no_longer(
    blank_world: World, kind: TextSource
) -> None:
    for number in range(1, 6):
        write(blank_world, kind, number, 60)
    since = AS_OF - timedelta(minutes=30)
    change = f"UPDATE {TABLES[kind]} SET content = :words, updated_at = :now WHERE id = :id"  # noqa: S608
    blank_world.execute(kind.source, change, words="otra cosa", now=AS_OF, id=text_id(1))
    blank_world.execute(kind.source, change, words="  ", now=AS_OF, id=text_id(2))
    hide(blank_world, kind, 3)
    blank_world.execute(kind.source, change, words="a tiempo", now=since, id=text_id(4))
    assert edited(blank_world, kind, since) == {
        text_id(1): "otra cosa",
        text_id(2): None,
        text_id(3): None,
    }


@every_kind
def test_edits_outside_the_window_are_left_alone(blank_world: World, kind: TextSource) -> None:
    write(blank_world, kind, 1, created_at=SINCE, updated_at=AS_OF)
    assert edited(blank_world, kind, AS_OF - timedelta(minutes=30)) == {}


def low_bits(*ids: str) -> int:
    combined = functools.reduce(int.__xor__, (UUID(one).int & (2**64 - 1) for one in ids))
    return combined - 2**64 if combined >= 2**63 else combined


def digest(world: World, kind: TextSource) -> dict[str, tuple[int, int]]:
    found = text_digest(world.sources, kind, as_of=AS_OF, since=SINCE)
    assert found.dtypes.astype(str).to_dict() == {
        "user_ref": "str",
        "text_count": "int64",
        "id_xor": "int64",
    }
    return {row.user_ref: (row.text_count, row.id_xor) for row in found.itertuples()}


@every_kind
def test_a_digest_is_count_and_exclusive_or_of_the_texts_that_are_read(
    blank_world: World, kind: TextSource
) -> None:
    first, second = write(blank_world, kind, 1), write(blank_world, kind, 2)
    others = write(blank_world, kind, 3, author=BETO)
    write(blank_world, kind, 4, content=" ")
    write(blank_world, kind, 5, created_at=SINCE)
    assert digest(blank_world, kind) == {
        ANA: (2, low_bits(first, second)),
        BETO: (1, low_bits(others)),
    }
    assert low_bits(others) < 0


@every_kind
def test_a_text_deleted_for_good_shows_in_the_digest_of_its_author_only(
    blank_world: World, kind: TextSource
) -> None:
    for number in (1, 2):
        write(blank_world, kind, number)
    write(blank_world, kind, 3, author=BETO)
    before = digest(blank_world, kind)
    blank_world.execute(
        kind.source,
        f"DELETE FROM {TABLES[kind]} WHERE id = :id",  # noqa: S608
        id=text_id(1),
    )
    after = digest(blank_world, kind)
    assert after[ANA] == (1, low_bits(text_id(2))) != before[ANA]
    assert after[BETO] == before[BETO]


@every_kind
def test_ids_are_listed_for_the_authors_asked_for(blank_world: World, kind: TextSource) -> None:
    write(blank_world, kind, 1)
    write(blank_world, kind, 2, author=BETO)
    write(blank_world, kind, 3, content=" ")
    found = text_ids(blank_world.sources, kind, [ANA], as_of=AS_OF, since=SINCE)
    assert list(found.columns) == ["text_id", "user_ref", "written_at"]
    assert found["text_id"].tolist() == [text_id(1)]
    assert text_ids(blank_world.sources, kind, [], as_of=AS_OF, since=SINCE).empty


@every_kind
def test_single_texts_are_read_by_their_ids(blank_world: World, kind: TextSource) -> None:
    write(blank_world, kind, 1, content="uno")
    write(blank_world, kind, 2, content="dos")
    write(blank_world, kind, 3, content=" ")
    found = texts_by_id(blank_world.sources, kind, [text_id(2), text_id(3), text_id(9)])
    assert found["content"].tolist() == ["dos"]


@every_kind
def test_the_server_hands_texts_over_by_the_chunk(blank_world: World, kind: TextSource) -> None:
    for number in range(1, 6):
        write(blank_world, kind, number)
    reading = read_texts(blank_world.sources, kind, after=None, as_of=AS_OF, since=SINCE, chunk=2)
    next(reading)
    with blank_world.owners[kind.source].connect() as connection:
        last_statement = connection.exec_driver_sql(
            "SELECT query FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'aura-monitor' "
            "AND state = 'idle in transaction'"
        ).scalar_one()
    reading.close()
    assert re.match(r"FETCH FORWARD [12] FROM", last_statement)


@every_kind
def test_a_reader_that_stops_early_gives_its_connection_back(
    blank_world: World, kind: TextSource
) -> None:
    for number in range(1, 6):
        write(blank_world, kind, number)
    for _ in range(5):
        reading = read_texts(
            blank_world.sources, kind, after=None, as_of=AS_OF, since=SINCE, chunk=2
        )
        next(reading)
        reading.close()
    assert blank_world.sources.engine(kind.source).pool.checkedout() == 0


def test_times_without_zone_and_empty_chunks_are_refused(blank_world: World) -> None:
    naive = datetime(2026, 3, 20)  # noqa: DTZ001
    with pytest.raises(ValueError, match="since must be zone-aware"):
        read(blank_world, TextSource.POST, since=naive)
    with pytest.raises(ValueError, match="chunk"):
        read(blank_world, TextSource.POST, chunk=0)


@pytest.mark.parametrize("kind", [TextSource.POST, TextSource.MESSAGE])
def test_reading_new_texts_walks_the_index_on_their_time(
    blank_world: World, kind: TextSource
) -> None:
    write(blank_world, kind, 1)
    table, author = TABLES[kind], AUTHORS[kind]
    blank_world.execute(
        kind.source,
        f"INSERT INTO {table} ({author}, content, created_at) "  # noqa: S608
        "SELECT :author, 'hola', CAST(:as_of AS timestamptz) - n * interval '1 minute' "
        "FROM generate_series(1, 20000) n",
        author=ANA,
        as_of=AS_OF,
    )
    blank_world.execute(kind.source, f"ANALYZE {table}")
    query = "EXPLAIN " + load_queries(kind.source.value)[f"{kind.value}_texts"]
    values = {
        "after_at": AS_OF - timedelta(minutes=60),
        "after_id": text_id(1),
        "as_of": AS_OF,
    }
    with blank_world.owners[kind.source].connect() as connection:
        plan = "\n".join(connection.execute(text(query), values).scalars())
    assert f"{table}_created_at" in plan
    assert "Seq Scan" not in plan
