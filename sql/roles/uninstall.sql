-- Takes back what auth.sql, social.sql or messaging.sql gave. Run it in each of the databases:
--     psql -d aura_auth -v ON_ERROR_STOP=1 -f uninstall.sql
-- The role itself is dropped with the last database of the server that it could read.
-- What reveals names has a role and a script of its own, uninstall_identity.sql.
-- It may be run again, also where nothing is installed.
BEGIN;

DO $uninstall$
DECLARE
    this_database text := quote_ident(current_database());
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'aura_reader') THEN
        RETURN;
    END IF;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM aura_reader;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM aura_reader;
    REVOKE ALL ON SCHEMA public FROM aura_reader;
    EXECUTE 'REVOKE ALL ON DATABASE ' || this_database || ' FROM aura_reader';
    EXECUTE 'ALTER ROLE aura_reader IN DATABASE ' || this_database || ' RESET ALL';
    BEGIN
        DROP ROLE aura_reader;
    EXCEPTION WHEN dependent_objects_still_exist THEN
        NULL;  -- another database of this server still grants it something
    END;
END
$uninstall$;

COMMIT;
