-- The role with which AURA monitor reveals one person's identity, in aura_social.
--
-- Run it in aura_social as the owner of its tables, with the right to create roles:
--     psql -d aura_social -v ON_ERROR_STOP=1 -f social_identity.sql
-- It may be run again at any time: it takes back every grant the role has here and gives exactly
-- those below, in one transaction. Set a password once, in psql: \password aura_identity
-- It is optional, and another role than that of social.sql, which sees no name;
-- uninstall_identity.sql takes it back without touching that one.
--
-- The role sees which account has which display name,
-- and never a biography, a birth date or a place.
BEGIN;

DO $install$
DECLARE
    this_database text := quote_ident(current_database());
    setting text;
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'aura_identity') THEN
            CREATE ROLE aura_identity LOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- a sister script, run in another database of this server, was faster
    END;

    EXECUTE 'GRANT CONNECT ON DATABASE ' || this_database || ' TO aura_identity';

    -- One row is read at a time, by its key: whatever takes longer is something else.
    FOREACH setting IN ARRAY ARRAY[
        'default_transaction_read_only = on',
        'statement_timeout = ''5s''',
        'lock_timeout = ''2s''',
        'idle_in_transaction_session_timeout = ''10s'''
    ] LOOP
        EXECUTE 'ALTER ROLE aura_identity IN DATABASE ' || this_database || ' SET ' || setting;
    END LOOP;
END
$install$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM aura_identity;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM aura_identity;
GRANT USAGE ON SCHEMA public TO aura_identity;

GRANT SELECT (user_id, display_name) ON public.user_profiles TO aura_identity;

COMMIT;
