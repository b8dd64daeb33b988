-- The read-only role of AURA monitor in aura_auth.
--
-- Run it in aura_auth as the owner of its tables, with the right to create roles:
--     psql -d aura_auth -v ON_ERROR_STOP=1 -f auth.sql
-- It may be run again at any time: it takes back every grant the role has here and gives exactly
-- those below, in one transaction. Set a password once, in psql: \password aura_reader
-- uninstall.sql takes everything back.
--
-- The role sees single columns of single tables,
-- and never a name, an email or a password hash.
BEGIN;

DO $install$
DECLARE
    this_database text := quote_ident(current_database());
    setting text;
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'aura_reader') THEN
            CREATE ROLE aura_reader LOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- a sister script, run in another database of this server, was faster
    END;

    EXECUTE 'GRANT CONNECT ON DATABASE ' || this_database || ' TO aura_reader';

    -- Limits hold in this database only, so that several databases of one server keep their own.
    FOREACH setting IN ARRAY ARRAY[
        'default_transaction_read_only = on',
        'statement_timeout = ''10min''',
        'lock_timeout = ''5s''',
        'idle_in_transaction_session_timeout = ''10min'''
    ] LOOP
        EXECUTE 'ALTER ROLE aura_reader IN DATABASE ' || this_database || ' SET ' || setting;
    END LOOP;
END
$install$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM aura_reader;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM aura_reader;
GRANT USAGE ON SCHEMA public TO aura_reader;

GRANT SELECT (id_role, role_name) ON public.roles TO aura_reader;
GRANT SELECT (user_id, id_role, created_at) ON public.users TO aura_reader;

COMMIT;
