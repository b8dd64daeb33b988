-- Takes back what auth_identity.sql or social_identity.sql gave. Run it in both databases:
--     psql -d aura_auth -v ON_ERROR_STOP=1 -f uninstall_identity.sql
-- The role itself is dropped with the last database of the server that it could read; what the
-- monitor reads otherwise goes on. It may be run again, also where nothing is installed.
BEGIN;

DO $uninstall$
DECLARE
    this_database text := quote_ident(current_database());
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'aura_identity') THEN
        RETURN;
    END IF;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM aura_identity;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM aura_identity;
    REVOKE ALL ON SCHEMA public FROM aura_identity;
    EXECUTE 'REVOKE ALL ON DATABASE ' || this_database || ' FROM aura_identity';
    EXECUTE 'ALTER ROLE aura_identity IN DATABASE ' || this_database || ' RESET ALL';
    BEGIN
        DROP ROLE aura_identity;
    EXCEPTION WHEN dependent_objects_still_exist THEN
        NULL;  -- another database of this server still grants it something
    END;
END
$uninstall$;

COMMIT;
