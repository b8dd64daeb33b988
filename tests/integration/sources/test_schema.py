"""The fixture DDL makes the schemas that the live services have, declared here by hand."""

from __future__ import annotations

from textwrap import dedent

import pytest
from sqlalchemy import Connection, text

from aura_engine.sources import Source
from tests.integration.sources.conftest import World

# One table a block; a column's type follows its name, then "null" or "not null" where the services'
# documentation says which. A bare "varchar" may have any length.
COLUMNS = {
    Source.AUTH: """
        roles: id_role int4 not null, role_name varchar(50), created_at timestamp(3)
        users: user_id uuid not null, username varchar, email varchar, password_hash varchar,
            id_role int4, created_at timestamp(3)
    """,
    Source.SOCIAL: """
        user_profiles: id uuid not null, user_id uuid, bio text null, avatar_url varchar,
            cover_url varchar, location varchar, website varchar, birth_date date,
            is_private bool, is_verified bool, friends_count int4 not null,
            followers_count int4 not null, following_count int4 not null,
            posts_count int4 not null, is_active bool, created_at timestamptz,
            updated_at timestamptz, display_name varchar, username varchar,
            gender enum_user_profiles_gender null, privacy_settings json, preferences json,
            last_active_at timestamptz null
        complete_profiles: id uuid not null, user_id uuid, full_name varchar, age int4,
            profile_picture varchar, bio text, hobbies json, location varchar, website varchar,
            phone varchar, created_at timestamptz, updated_at timestamptz
        posts: id uuid not null, user_id uuid, content text null, type enum_posts_type,
            visibility enum_posts_visibility, location varchar, tags json, metadata json,
            likes_count int4, comments_count int4, shares_count int4, is_active bool,
            created_at timestamptz, updated_at timestamptz
        comments: id uuid not null, post_id uuid, user_id uuid, parent_id uuid,
            content text not null, likes_count int4, replies_count int4, level int4,
            is_edited bool, is_active bool, edited_at timestamptz, created_at timestamptz,
            updated_at timestamptz
        communities: id uuid not null, creator_id uuid, name varchar, description text,
            category enum_communities_category, tags json, members_count int4, is_active bool,
            created_at timestamptz, updated_at timestamptz
        community_members: id uuid not null, community_id uuid, user_id uuid,
            role enum_community_members_role, joined_at timestamptz
        friendships: requester_id uuid, addressee_id uuid, status enum_friendships_status,
            created_at timestamptz, updated_at timestamptz
    """,
    Source.MESSAGING: """
        users: id uuid not null, profile_id uuid, username varchar, display_name varchar,
            avatar_url varchar, is_online bool, last_seen_at timestamptz null, is_active bool,
            created_at timestamptz, updated_at timestamptz
        messages: id uuid not null, conversation_id uuid null, group_id uuid null,
            sender_profile_id uuid, content text not null,
            message_type enum_messages_message_type, status enum_messages_status,
            media_url varchar, reply_to_id uuid, is_edited bool, is_deleted bool, metadata json,
            created_at timestamptz, updated_at timestamptz
    """,
}
# Tables of which only the existence, and the columns named here, are documented.
PARTLY_KNOWN = {
    Source.AUTH: {"device_tokens": set(), "password_resets": set()},
    Source.SOCIAL: {
        "interests": {"id", "user_profile_id", "name", "category", "is_active"},
        "likes": set(),
        "media": set(),
        "blocked_users": set(),
        "user_preferences": set(),
    },
    Source.MESSAGING: {"conversations": {"id"}, "chat_groups": {"id"}, "group_members": set()},
}
PRIMARY_KEYS = {
    Source.AUTH: {"roles": "id_role", "users": "user_id"},
    Source.SOCIAL: {
        "user_profiles": "id",
        "complete_profiles": "id",
        "posts": "id",
        "comments": "id",
        "communities": "id",
        "community_members": "id",
        "interests": "id",
        "friendships": "requester_id,addressee_id",
    },
    Source.MESSAGING: {"users": "id", "messages": "id", "conversations": "id", "chat_groups": "id"},
}
UNIQUE = {
    Source.AUTH: {("roles", "role_name")},
    Source.SOCIAL: {("user_profiles", "user_id"), ("complete_profiles", "user_id")},
    Source.MESSAGING: {("users", "profile_id"), ("users", "username")},
}
FOREIGN_KEYS = {
    Source.AUTH: {("users", "id_role", "roles", "id_role", "NO ACTION")},
    Source.SOCIAL: {
        ("comments", "post_id", "posts", "id", "CASCADE"),
        ("comments", "parent_id", "comments", "id", "NO ACTION"),
        ("community_members", "community_id", "communities", "id", "CASCADE"),
        ("interests", "user_profile_id", "user_profiles", "id", "NO ACTION"),
    },
    Source.MESSAGING: {
        ("messages", "conversation_id", "conversations", "id", "NO ACTION"),
        ("messages", "group_id", "chat_groups", "id", "NO ACTION"),
        ("messages", "sender_profile_id", "users", "profile_id", "NO ACTION"),
    },
}
ENUMS = {
    Source.SOCIAL: {
        ("user_profiles", "gender"): "male, female, other, prefer_not_to_say",
        ("posts", "type"): "text, image, video, text_image, text_video",
        ("posts", "visibility"): "public, private, friends",
        ("communities", "category"): (
            "Deportes, Arte, Musica, Lectura, Tecnologia, Naturaleza, Voluntariado, Gaming, "
            "Fotografia, Cocina, Baile, Meditacion"
        ),
        ("community_members", "role"): "creator, admin, moderator, member",
        ("friendships", "status"): "pending, accepted, rejected, blocked",
    },
    Source.MESSAGING: {
        ("messages", "message_type"): "text, image, video, audio, file, system",
    },
}
INDEXES = {
    Source.SOCIAL: {("posts", "user_id"), ("posts", "created_at")},
    Source.MESSAGING: {("messages", "sender_profile_id"), ("messages", "created_at")},
}
every_source = pytest.mark.parametrize("source", list(Source))


def declared(source: Source) -> dict[str, dict[str, tuple[str, str]]]:
    """Types and stated nullability by table and column, in the declared order."""
    tables: dict[str, dict[str, tuple[str, str]]] = {}
    for block in dedent(COLUMNS[source]).strip().replace("\n    ", " ").splitlines():
        table, _, columns = block.partition(": ")
        for column in columns.split(", "):
            name, kind, *stated = column.split()
            tables.setdefault(table, {})[name] = (kind, " ".join(stated))
    return tables


def rows(world: World, source: Source, query: str) -> list[tuple[object, ...]]:
    with world.owners[source].connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def existing(world: World, source: Source) -> dict[str, dict[str, tuple[str, str]]]:
    tables: dict[str, dict[str, tuple[str, str]]] = {}
    for table, column, kind, length, precision, nullable in rows(
        world,
        source,
        """
        SELECT table_name, column_name, udt_name, character_maximum_length, datetime_precision,
               is_nullable
        FROM information_schema.columns WHERE table_schema = 'public'
        ORDER BY table_name, ordinal_position
        """,
    ):
        shown = f"timestamp({precision})" if kind == "timestamp" else str(kind)
        shown = f"varchar({length})" if kind == "varchar" else shown
        null = "null" if nullable == "YES" else "not null"
        tables.setdefault(str(table), {})[str(column)] = (shown, null)
    return tables


@every_source
def test_tables_are_those_of_the_service(populated_world: World, source: Source) -> None:
    assert set(existing(populated_world, source)) == (
        set(declared(source)) | set(PARTLY_KNOWN[source])
    )


@every_source
def test_columns_have_the_declared_names_types_and_nullability(
    populated_world: World, source: Source
) -> None:
    tables = existing(populated_world, source)
    for table, columns in declared(source).items():
        assert list(tables[table]) == list(columns), table
        for name, (kind, stated) in columns.items():
            found, null = tables[table][name]
            assert (found.split("(")[0] if kind == "varchar" else found) == kind, (table, name)
            assert stated in ("", null), (table, name)
    for table, known in PARTLY_KNOWN[source].items():
        assert known <= set(tables[table]), table


def keys(world: World, source: Source, kind: str) -> set[tuple[str, str]]:
    return {
        (str(table), str(columns))
        for table, columns in rows(
            world,
            source,
            f"""
            SELECT c.table_name, string_agg(k.column_name, ',' ORDER BY k.ordinal_position)
            FROM information_schema.table_constraints c
            JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
            WHERE c.constraint_type = '{kind}' AND c.table_schema = 'public'
            GROUP BY c.table_name, c.constraint_name
            """,  # noqa: S608
        )
    }


@every_source
def test_primary_keys_are_the_declared_ones(populated_world: World, source: Source) -> None:
    found = dict(keys(populated_world, source, "PRIMARY KEY"))
    for table, columns in PRIMARY_KEYS[source].items():
        assert found[table] == columns, table


@every_source
def test_unique_columns_are_unique(populated_world: World, source: Source) -> None:
    assert keys(populated_world, source, "UNIQUE") >= UNIQUE[source]


@every_source
def test_foreign_keys_of_the_documented_tables_are_the_declared_ones(
    populated_world: World, source: Source
) -> None:
    found = rows(
        populated_world,
        source,
        """
        SELECT k.table_name, k.column_name, u.table_name, u.column_name, r.delete_rule
        FROM information_schema.referential_constraints r
        JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
        JOIN information_schema.constraint_column_usage u USING (constraint_schema, constraint_name)
        """,
    )
    documented = set(PRIMARY_KEYS[source]) - {"conversations", "chat_groups"}
    assert {row for row in found if row[0] in documented} == FOREIGN_KEYS[source]


@pytest.mark.parametrize("source", list(ENUMS))
def test_enums_have_the_declared_values(populated_world: World, source: Source) -> None:
    found = {
        (table, column): values
        for table, column, values in rows(
            populated_world,
            source,
            """
            SELECT c.table_name, c.column_name,
                   string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
            FROM information_schema.columns c
            JOIN pg_type t ON t.typname = c.udt_name
            JOIN pg_enum e ON e.enumtypid = t.oid
            WHERE c.table_schema = 'public'
            GROUP BY c.table_name, c.column_name
            """,
        )
    }
    for place, values in ENUMS[source].items():
        assert found[place] == values, place


@pytest.mark.parametrize("source", list(INDEXES))
def test_indexes_are_the_documented_ones_and_no_others(
    populated_world: World, source: Source
) -> None:
    found = rows(
        populated_world,
        source,
        """
        SELECT c.relname::text, string_agg(a.attname, ',' ORDER BY a.attnum)
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE NOT i.indisunique
        GROUP BY c.relname, i.indexrelid
        """,
    )
    assert set(found) == INDEXES[source]


@pytest.mark.parametrize("source", list(Source))
def test_a_row_without_id_gets_a_random_one(blank_world: World, source: Source) -> None:
    def made(connection: Connection) -> object:
        statement = {
            Source.AUTH: "INSERT INTO users (username, email, password_hash, id_role) "
            "VALUES ('a', 'a', 'x', 2) RETURNING user_id::text",
            Source.SOCIAL: "INSERT INTO posts (user_id) VALUES (gen_random_uuid()) "
            "RETURNING id::text",
            Source.MESSAGING: "INSERT INTO users (profile_id, username) "
            "VALUES (gen_random_uuid(), 'a') RETURNING id::text",
        }[source]
        return connection.execute(text(statement)).scalar_one()

    with blank_world.owners[source].begin() as connection:
        assert len(str(made(connection))) == 36


def test_the_two_roles_of_accounts_are_there(blank_world: World) -> None:
    found = rows(blank_world, Source.AUTH, "SELECT id_role, role_name FROM roles ORDER BY 1")
    assert found == [(1, "admin"), (2, "user")]
