-- What AURA monitor has to know of changes in a source: a log that it reads, and a notification
-- that wakes it. One script for all three sources; it looks which tables are there.
--
-- Run it in aura_auth, aura_social and aura_messaging, after the script of sql/roles/, as the owner
-- of the tables with the right to create a schema (GRANT CREATE ON DATABASE ... TO ...):
--     psql -d aura_social -v ON_ERROR_STOP=1 -f notify_triggers.sql
-- PostgreSQL 14 or later, no superuser. It may be run again at any time, also over an older version
-- and while services write: it changes all or nothing, in one transaction that holds the tables for
-- milliseconds. Creating a trigger waits for whoever writes its table and lets nobody write
-- meanwhile, so it waits a tenth of a second at a time, lets go and tries again, for about 20
-- seconds; then it gives up and says so. uninstall_triggers.sql takes everything back.
--
-- What a service notices: a statement that changes people whom AURA monitor follows appends one row
-- for each of them to aura_cdc.change_log, in its own transaction, and notifies the channel
-- aura_data_change at most once. A statement that changes nothing of interest (a counter, a read
-- mark) does neither. It never fails because of what is here: an error becomes a WARNING, and the
-- sequence aura_cdc.gap moves, so that AURA monitor knows that it has to read everybody again.
-- The services' roles need no right on aura_cdc.
--
-- What this does not see:
-- * statements that name a partition or an inheriting table instead of its parent (a WARNING says
--   so where there are any), and tables that are dropped and made anew: run the script again;
-- * what arrives by logical replication, whose workers fire no statement triggers: install it where
--   the services write, not on a subscriber;
-- * what happens while someone has disabled the triggers.
-- What it costs besides time: each statement that is logged uses a subtransaction, and a
-- transaction that notified cannot be prepared for two-phase commit (a WARNING says so where the
-- server allows that).
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;

SET LOCAL search_path = pg_catalog;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '5s';

DO $prepare$
DECLARE
    ours constant text[] := '{users, messages, user_profiles, complete_profiles, posts, comments,
                              friendships, communities, community_members}';
    owner name;
    tables text;
    most_tries constant integer := 100;
BEGIN
    IF current_setting('server_version_num')::integer < 140000 THEN
        RAISE EXCEPTION 'PostgreSQL 14 or later is needed, this is %',
            current_setting('server_version');
    END IF;
    IF current_setting('max_prepared_transactions')::integer > 0 THEN
        RAISE WARNING 'a transaction that notified cannot be prepared for two-phase commit';
    END IF;
    -- Two installations at once would trip over each other's rows of the catalogue.
    PERFORM pg_advisory_xact_lock(hashtext('aura_cdc'));

    -- In another role's schema its triggers and defaults would run with our rights.
    SELECT pg_get_userbyid(nspowner) INTO owner
    FROM pg_namespace WHERE nspname = 'aura_cdc' AND pg_get_userbyid(nspowner) <> current_user;
    IF FOUND THEN
        RAISE EXCEPTION 'schema aura_cdc belongs to role %', owner
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Run this script as that role, or first uninstall_triggers.sql.';
    END IF;

    SELECT string_agg(format('public.%I', relname), ', ') INTO tables
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname = ANY (ours) AND relkind IN ('r', 'p');
    IF tables IS NULL THEN
        RAISE EXCEPTION 'none of the tables that AURA monitor reads is in database %',
            current_database() USING ERRCODE = 'undefined_table';
    END IF;

    -- All tables or none. Waiting for one while holding others stays below deadlock_timeout (one
    -- second), so no statement of a service can be taken for the cause of a deadlock.
    PERFORM set_config('lock_timeout', '100ms', true);
    FOR attempt IN 1..most_tries LOOP
        BEGIN
            EXECUTE 'LOCK TABLE ' || tables || ' IN SHARE ROW EXCLUSIVE MODE';
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF attempt = most_tries THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '5s', true);
END
$prepare$;

CREATE SCHEMA IF NOT EXISTS aura_cdc;
COMMENT ON SCHEMA aura_cdc IS 'Changes that AURA monitor has to know of';

CREATE TABLE IF NOT EXISTS aura_cdc.version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL,
    install_id uuid NOT NULL DEFAULT gen_random_uuid(),
    installed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN aura_cdc.version.install_id IS
    'Another one after uninstalling: what happened in between was not logged';

CREATE TABLE IF NOT EXISTS aura_cdc.change_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    table_name text NOT NULL,
    operation text NOT NULL,
    user_ref uuid,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (xid, id)
);
COMMENT ON COLUMN aura_cdc.change_log.xid IS
    'Of the transaction: rows are complete below pg_snapshot_xmin(pg_current_snapshot())';
COMMENT ON COLUMN aura_cdc.change_log.user_ref IS
    'The reference as the table holds it; NULL: everybody is to be read again';

CREATE SEQUENCE IF NOT EXISTS aura_cdc.gap;
COMMENT ON SEQUENCE aura_cdc.gap IS
    'Moves, at once and for good, when a change could not be logged';

-- At most 10,000 of the oldest rows, so that it is short; called again until it returns 0. `below`
-- is where the reader stands: what it has not read yet stays. Its transactions only read unless
-- they say otherwise: SET TRANSACTION READ WRITE.
CREATE OR REPLACE FUNCTION aura_cdc.prune(older_than interval, below xid8) RETURNS integer
LANGUAGE sql STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
    WITH oldest AS (
        SELECT xid, id, changed_at FROM aura_cdc.change_log
        WHERE xid < prune.below
        ORDER BY xid, id LIMIT 10000
    ), gone AS (
        DELETE FROM aura_cdc.change_log AS l USING oldest AS o
        WHERE l.xid = o.xid AND l.id = o.id AND o.changed_at < clock_timestamp() - prune.older_than
        RETURNING 1
    )
    SELECT count(*)::integer FROM gone
$body$;

DO $install$
DECLARE
    this_version constant integer := 1;
    ours constant text := 'aura\_cdc\_%';
    were_enabled bigint;
    watched record;
    known_tables text[];
    other_tables text[];
    own_columns text[];
    same_key text;
    is_changed text;
    people_of_both text;
    event text;
    affected text;
    -- Every trigger function is this one, each with its own query: whom does the statement concern?
    template constant text := $template$
CREATE OR REPLACE FUNCTION aura_cdc.%1$I() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms' -- its error is caught below, that of the service's own timeout is not
%4$s
AS $body$
DECLARE
    people uuid[];
    this_statement text;
    moment text;
BEGIN
    people := ARRAY(%3$s);
    IF cardinality(people) = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO aura_cdc.change_log (table_name, operation, user_ref)
    SELECT %2$L, TG_OP, unnest(people);

    -- An upsert, a MERGE or a cascade fires several triggers, and is one statement of the client.
    -- Kept in a setting of the transaction, which a rollback to a savepoint takes back as well.
    this_statement := pg_current_xact_id()::text || ' ' || statement_timestamp()::text;
    IF current_setting('aura_cdc.announced', true) IS DISTINCT FROM this_statement
       AND pg_notification_queue_usage() <= 0.5 -- where it is full, the service's commits fail
    THEN
        PERFORM set_config('aura_cdc.announced', this_statement, true);
        moment := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
        PERFORM pg_notify('aura_data_change', CASE
            WHEN cardinality(people) = 1 AND people[1] IS NOT NULL AND pg_trigger_depth() = 1 THEN
                json_build_object('table', %2$L, 'operation', TG_OP, 'user_id', people[1],
                                  'timestamp', moment)
            ELSE json_build_object('table', %2$L, 'operation', TG_OP, 'bulk', true,
                                   'timestamp', moment)
        END::text);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING MESSAGE = concat(
        'AURA monitor could not log ', TG_OP, ' on ', %2$L, ': ', SQLERRM, ' (', SQLSTATE, ')');
    BEGIN
        PERFORM nextval('aura_cdc.gap');
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING USING MESSAGE = concat('nor take note of that: ', SQLERRM);
    END;
    RETURN NULL;
END
$body$
$template$;
BEGIN
    IF EXISTS (SELECT FROM aura_cdc.version WHERE version > this_version) THEN
        RAISE EXCEPTION 'a newer version than this script''s, %, is installed', this_version;
    END IF;
    SELECT count(*) INTO were_enabled FROM pg_trigger
    WHERE tgname LIKE ours AND tgenabled IN ('A', 'O');

    FOR watched IN
        WITH known (name, key, people, columns) AS (VALUES
            -- The key joins what a row was with what it is. A change in any of these columns
            -- concerns the people whom the row names; a change in any other concerns nobody.
            ('users', '{user_id}'::text[], '{user_id}'::text[],           -- of aura_auth
             '{id_role, created_at}'::text[]),
            ('users', '{id}', '{profile_id}',                             -- of aura_messaging
             '{last_seen_at, is_active}'),
            ('messages', '{id}', '{sender_profile_id}',
             '{content, message_type, is_deleted, created_at}'),
            ('user_profiles', '{id}', '{user_id}',
             '{bio, location, birth_date, followers_count, following_count, is_active, created_at,
               last_active_at}'),
            ('complete_profiles', '{id}', '{user_id}', '{created_at}'),
            ('posts', '{id}', '{user_id}', '{content, is_active, created_at}'),
            ('comments', '{id}', '{user_id}', '{content, is_active, created_at}'),
            ('friendships', '{requester_id, addressee_id}', '{requester_id, addressee_id}',
             '{status, created_at}'),
            ('communities', '{id}', '{}', '{category, is_active}'),       -- its members are meant
            ('community_members', '{id}', '{user_id}', '{community_id, joined_at}')
        )
        SELECT k.*, c.oid::regclass AS place,
               NOT EXISTS (
                   SELECT unnest(k.key || k.people || k.columns)
                   EXCEPT
                   SELECT attname FROM pg_attribute AS a
                   WHERE a.attrelid = c.oid AND NOT a.attisdropped
                     AND (a.atttypid = 'uuid'::regtype OR a.attname <> ALL (k.people))
               ) AS fits,
               EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS has_parts
        FROM known AS k
        JOIN pg_class AS c ON c.relname = k.name
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        IF NOT watched.fits THEN
            other_tables := other_tables || watched.place::text;
            CONTINUE;
        END IF;
        known_tables := known_tables || watched.place::text;
        IF watched.has_parts THEN
            RAISE WARNING '% has partitions or children: statements that name one are not seen',
                watched.place;
        END IF;
        -- In order, so that installing again finds each function as it is.
        own_columns := ARRAY(
            SELECT DISTINCT name
            FROM unnest(watched.key || watched.people || watched.columns) AS name ORDER BY name);
        SELECT string_agg(format('o.%1$I = n.%1$I', name), ' AND ') INTO same_key
        FROM unnest(watched.key) AS name;
        SELECT string_agg(format('o.%1$I IS DISTINCT FROM n.%1$I', name), ' OR ') INTO is_changed
        FROM unnest(own_columns) AS name;
        SELECT string_agg(format('o.%1$I, n.%1$I', name), ', ') INTO people_of_both
        FROM unnest(watched.people) AS name;

        FOREACH event IN ARRAY '{INSERT, UPDATE, DELETE, TRUNCATE}'::text[] LOOP
            -- A community has no members before it is there itself.
            CONTINUE WHEN watched.name = 'communities' AND event = 'INSERT';
            affected := CASE
                WHEN event = 'TRUNCATE' THEN 'SELECT NULL::uuid'
                -- What a cascade left; those that it took are logged with community_members.
                WHEN watched.name = 'communities' AND event = 'DELETE' THEN
                    'SELECT DISTINCT m.user_id FROM public.community_members AS m
                     WHERE m.user_id IS NOT NULL AND m.community_id IN (SELECT id FROM old_rows)'
                -- Joining or leaving moves a community's counter, so most updates concern nobody:
                -- EXISTS keeps these from reading all memberships.
                WHEN watched.name = 'communities' THEN format(
                    'WITH changed AS MATERIALIZED (
                         SELECT unnest(ARRAY[o.id, n.id]) AS id
                         FROM old_rows AS o FULL JOIN new_rows AS n ON %s WHERE %s
                     )
                     SELECT DISTINCT m.user_id FROM public.community_members AS m
                     WHERE EXISTS (SELECT FROM changed)
                       AND m.user_id IS NOT NULL AND m.community_id IN (SELECT id FROM changed)',
                    same_key, is_changed)
                -- A full join, since a key may change too; and since it cannot be a nested loop,
                -- which a plan that was kept from a statement on one row would otherwise be.
                WHEN event = 'UPDATE' THEN format(
                    'SELECT DISTINCT person FROM (
                         SELECT unnest(ARRAY[%s]) AS person
                         FROM old_rows AS o FULL JOIN new_rows AS n ON %s WHERE %s
                     ) AS named WHERE person IS NOT NULL',
                    people_of_both, same_key, is_changed)
                ELSE (
                    SELECT string_agg(format(
                        'SELECT DISTINCT r.%I FROM %I AS r WHERE r.%1$I IS NOT NULL', name,
                        CASE event WHEN 'INSERT' THEN 'new_rows' ELSE 'old_rows' END), ' UNION ')
                    FROM unnest(watched.people) AS name)
            END;
            -- The planner takes a join of old and new rows for a huge one, and would compile it.
            EXECUTE format(template, watched.name || '_' || lower(event), watched.name, affected,
                           CASE event WHEN 'UPDATE' THEN 'SET jit = off' END);
            EXECUTE format(
                'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s
                 FOR EACH STATEMENT EXECUTE FUNCTION aura_cdc.%I()',
                'aura_cdc_' || lower(event), event, watched.place,
                CASE event
                    WHEN 'INSERT' THEN 'REFERENCING NEW TABLE AS new_rows'
                    WHEN 'UPDATE' THEN 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
                    WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS old_rows'
                END,
                watched.name || '_' || lower(event));
            -- A load that sets session_replication_role = replica is logged too.
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I',
                           watched.place, 'aura_cdc_' || lower(event));
        END LOOP;
    END LOOP;

    other_tables := ARRAY(SELECT unnest(other_tables) EXCEPT SELECT unnest(known_tables));
    IF cardinality(other_tables) > 0 THEN
        RAISE EXCEPTION 'not as AURA monitor knows it: %', array_to_string(other_tables, ', ')
            USING ERRCODE = 'undefined_column',
                  HINT = 'Another database, or another version of the service: '
                         'a column is missing, or what names a person is no uuid.';
    END IF;

    INSERT INTO aura_cdc.version (version) VALUES (this_version)
    ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, installed_at = now();
    IF were_enabled < (SELECT count(*) FROM pg_trigger WHERE tgname LIKE ours) THEN
        -- What happened while a trigger was missing or disabled is in no log.
        INSERT INTO aura_cdc.change_log (table_name, operation) VALUES ('*', 'INSTALL');
    END IF;
END
$install$;

DO $grant$
BEGIN
    -- By default everybody may execute a function.
    REVOKE ALL ON SCHEMA aura_cdc FROM PUBLIC;
    REVOKE ALL ON ALL TABLES IN SCHEMA aura_cdc FROM PUBLIC;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA aura_cdc FROM PUBLIC;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aura_cdc FROM PUBLIC;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aura_reader') THEN
        RAISE WARNING 'there is no role aura_reader: run the script of sql/roles/, then this again';
        RETURN;
    END IF;
    REVOKE ALL ON SCHEMA aura_cdc FROM aura_reader;
    REVOKE ALL ON ALL TABLES IN SCHEMA aura_cdc FROM aura_reader;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA aura_cdc FROM aura_reader;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aura_cdc FROM aura_reader;
    GRANT USAGE ON SCHEMA aura_cdc TO aura_reader;
    GRANT SELECT ON aura_cdc.change_log, aura_cdc.version TO aura_reader;
    GRANT SELECT ON SEQUENCE aura_cdc.gap TO aura_reader;
    GRANT EXECUTE ON FUNCTION aura_cdc.prune(interval, xid8) TO aura_reader;
END
$grant$;

COMMIT;
