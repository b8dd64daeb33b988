-- What `./aura sources check` asks of a source besides the queries of a run. Everything here reads
-- catalogues that every role may read, or counts rows of columns that sql/roles/ grants.

-- name: role
-- One row: the server, the database, the connected role, what makes it too mighty for a reader, and
-- the limits under which it works.
SELECT
    current_setting('server_version') AS server_version,
    CAST(current_setting('server_version_num') AS integer) AS server_version_num,
    current_database() AS database_name,
    role.rolname AS role_name,
    role.rolsuper AS is_superuser,
    role.rolcreatedb OR role.rolcreaterole OR role.rolreplication OR role.rolbypassrls
        AS has_attributes,
    has_schema_privilege(current_user, 'public', 'CREATE') AS can_create,
    current_setting('default_transaction_read_only') AS read_only,
    current_setting('statement_timeout') AS statement_timeout,
    current_setting('lock_timeout') AS lock_timeout
FROM pg_catalog.pg_roles AS role
WHERE role.rolname = current_user;

-- name: columns
-- Every column of every table and view, with its type and whether the connected role may read it.
-- What an extension brought (pg_stat_statements, say) is not the service's.
SELECT
    space.nspname AS schema_name,
    class.relname AS table_name,
    attribute.attname AS column_name,
    format_type(attribute.atttypid, NULL) AS type_name,
    has_schema_privilege(space.oid, 'USAGE')
        AND has_column_privilege(class.oid, attribute.attnum, 'SELECT') AS is_readable
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
    AND space.nspname NOT IN ('pg_catalog', 'information_schema')
    AND space.nspname NOT LIKE 'pg\_%'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS depend
        WHERE depend.classid = 'pg_catalog.pg_class'::regclass
            AND depend.objid = class.oid
            AND depend.deptype = 'e'
    )
ORDER BY 1, 2, attribute.attnum;

-- name: sizes
-- Rows of each table as the server's statistics last saw them; NULL where it has none.
SELECT class.relname AS table_name, nullif(class.reltuples, -1)::bigint AS estimated_rows
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
WHERE space.nspname = 'public' AND class.relkind IN ('r', 'p');

-- name: clock
-- The server's time, not that of the transaction's beginning, and the zone it writes times in.
SELECT clock_timestamp() AS server_time, current_setting('TimeZone') AS server_zone;

-- name: local_hours
-- The hour that the server's own clock changes give to each moment in the population's zone.
SELECT CAST(extract(hour FROM moment AT TIME ZONE :timezone) AS integer) AS local_hour
FROM unnest(CAST(:moments AS timestamptz[])) WITH ORDINALITY AS given (moment, place)
ORDER BY place;

-- name: auth_users
-- This query and those below scan their table once (this one roles too): how many rows there are,
-- and how many of them say something in each column. "later" are rows dated after this moment.
SELECT count(*) AS row_count,
       count(*) FILTER (WHERE r.role_name = 'user') AS population,
       count(u.created_at) AS created_at,
       count(*) FILTER (
           WHERE u.created_at > CAST(:as_of AS timestamptz) AT TIME ZONE 'UTC'
       ) AS later
FROM users u
LEFT JOIN roles r USING (id_role);

-- name: social_user_profiles
SELECT count(*) AS row_count,
       count(*) FILTER (WHERE followers_count <> 0) AS followers_count,
       count(*) FILTER (WHERE following_count <> 0) AS following_count,
       count(last_active_at) AS last_active_at,
       count(*) FILTER (WHERE is_active) AS is_active,
       count(*) FILTER (WHERE bio ~ '\S') AS bio,
       count(birth_date) AS birth_date,
       count(*) FILTER (WHERE location ~ '\S') AS location,
       count(*) FILTER (WHERE created_at > :as_of) AS later
FROM user_profiles;

-- name: social_complete_profiles
SELECT count(*) AS row_count, count(*) FILTER (WHERE created_at > :as_of) AS later
FROM complete_profiles;

-- name: social_friendships
SELECT count(*) AS row_count,
       count(*) FILTER (WHERE status = 'accepted') AS accepted,
       count(*) FILTER (WHERE created_at > :as_of) AS later
FROM friendships;

-- name: social_posts
SELECT count(*) AS row_count,
       count(*) FILTER (WHERE content ~ '\S') AS content,
       count(*) FILTER (WHERE is_active) AS is_active,
       count(*) FILTER (WHERE created_at > :as_of) AS later
FROM posts;

-- name: social_comments
SELECT count(*) AS row_count,
       count(*) FILTER (WHERE is_active) AS is_active,
       count(*) FILTER (WHERE created_at > :as_of) AS later
FROM comments;

-- name: social_communities
SELECT count(*) AS row_count, count(*) FILTER (WHERE is_active) AS is_active
FROM communities;

-- name: social_community_members
SELECT count(*) AS row_count, count(*) FILTER (WHERE joined_at > :as_of) AS later
FROM community_members;

-- name: messaging_users
SELECT count(*) AS row_count,
       count(last_seen_at) AS last_seen_at,
       count(*) FILTER (WHERE is_active) AS is_active
FROM users;

-- name: messaging_messages
SELECT count(*) AS row_count,
       count(*) FILTER (WHERE message_type = 'text') AS message_type,
       count(*) FILTER (WHERE is_deleted) AS is_deleted,
       count(*) FILTER (
           WHERE created_at > :since AND created_at <= :as_of
             AND message_type <> 'system' AND NOT is_deleted
       ) AS in_window,
       count(*) FILTER (WHERE created_at > :as_of) AS later
FROM messages;
