"""How many notifications one statement sends, whatever kind of statement it is."""

from __future__ import annotations

import io
import select
import time
from typing import Any, Final

from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from benchmarks.triggers_listener import CHANNEL
from benchmarks.triggers_site import MessagingSite

_END: Final = "end of a statement"
_SECONDS: Final = 30.0
_PEOPLE: Final = "SELECT profile_id FROM users ORDER BY id LIMIT {n}"
_NEW: Final = "'10000000-0000-4000-9000-000000000000'::uuid"
STATEMENTS: Final = {
    "INSERT, one row": "INSERT INTO messages (sender_profile_id, content) "
    "SELECT p, 'a' FROM ({one}) AS s (p)",
    "INSERT": "INSERT INTO messages (sender_profile_id, content) "
    "SELECT p, 'a' FROM ({all}) AS s (p)",
    "COPY": "COPY messages (sender_profile_id, content) FROM STDIN",
    "UPDATE": "UPDATE messages SET is_deleted = NOT is_deleted",
    "UPDATE, nothing of ours": "UPDATE messages SET is_edited = NOT is_edited",
    "UPDATE, no row": "UPDATE messages SET is_deleted = true WHERE false",
    "INSERT ... ON CONFLICT DO UPDATE": "INSERT INTO messages (id, sender_profile_id, content) "
    "SELECT id, sender_profile_id, 'b' FROM messages UNION ALL "
    "SELECT gen_random_uuid(), p, 'b' FROM ({all}) AS s (p) "
    "ON CONFLICT (id) DO UPDATE SET content = excluded.content",
    "MERGE": "MERGE INTO messages AS m USING (SELECT id, sender_profile_id AS p, "
    "row_number() OVER () % 2 AS half FROM messages UNION ALL "
    "SELECT gen_random_uuid(), p, 0 FROM ({all}) AS s (p)) AS wanted ON m.id = wanted.id "
    "WHEN MATCHED AND half = 0 THEN DELETE "
    "WHEN MATCHED THEN UPDATE SET content = 'c' "
    "WHEN NOT MATCHED THEN INSERT (sender_profile_id, content) VALUES (p, 'c')",
    "WITH, two tables": "WITH gone AS ("
    "DELETE FROM messages WHERE content = 'c' AND sender_profile_id IN ({one}) RETURNING id) "
    "UPDATE users SET last_seen_at = now() WHERE EXISTS (SELECT FROM gone)",
    "DELETE": "DELETE FROM messages",
    "TRUNCATE": "TRUNCATE messages",
}
"""All of one table or more, on the rows that the former ones left."""


def notifications(site: MessagingSite, people: int) -> dict[str, int]:
    """Run each kind of statement once and count what a listener hears.

    Parameters
    ----------
    site : MessagingSite
        Whose messages are gone afterwards.
    people : int
        How many a statement of many rows is about.
    """
    install_triggers(site.owner, Source.MESSAGING)
    names = {"one": _PEOPLE.format(n=1), "all": _PEOPLE.format(n=people)}
    listener, writer = site.connect(), site.connect()
    try:
        with listener.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        with writer.cursor() as cursor:
            cursor.execute(f"DELETE FROM messages WHERE sender_profile_id NOT IN ({names['all']})")
            _heard(listener, writer)
            return {
                kind: _said(cursor, statement.format(**names)) or _heard(listener, writer)
                for kind, statement in STATEMENTS.items()
            }
    finally:
        listener.close()
        writer.close()


def _said(cursor: Any, statement: str) -> int:
    """Run a statement; return 0, so that what was heard of it counts."""
    if statement.startswith("COPY"):
        cursor.execute("SELECT profile_id FROM users ORDER BY id LIMIT 1000")
        rows = "".join(f"{person}\ta\n" for (person,) in cursor.fetchall())
        cursor.copy_expert(statement, io.StringIO(rows))
    else:
        cursor.execute(statement)
    return 0


def _heard(listener: Any, writer: Any) -> int:
    """Count what came up to a message of our own."""
    with writer.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, _END))
    heard: list[str] = []
    deadline = time.monotonic() + _SECONDS
    while _END not in heard:
        if time.monotonic() > deadline:
            raise RuntimeError("the listener hears nothing")
        select.select([listener], [], [], 1)
        listener.poll()
        heard += [notice.payload for notice in listener.notifies]
        del listener.notifies[:]
    return len(heard) - 1
