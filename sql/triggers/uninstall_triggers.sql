-- Takes back what notify_triggers.sql made, with all that is logged and not read yet. Run it as the
-- same role, in each of the databases:
--     psql -d aura_social -v ON_ERROR_STOP=1 -f uninstall_triggers.sql
-- It may be run again, also where nothing is installed. It waits a tenth of a second at a time for
-- whoever uses the tables, lets go and tries again, for about 20 seconds; then it gives up. Run it
-- before sql/roles/uninstall.sql, or the role aura_reader stays.
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;

SET LOCAL search_path = pg_catalog;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '5s';

DO $uninstall$
DECLARE
    tables text;
    most_tries constant integer := 100;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('aura_cdc'));
    SELECT string_agg(DISTINCT tgrelid::regclass::text, ', ') INTO tables
    FROM pg_trigger
    JOIN pg_proc ON pg_proc.oid = tgfoid
    JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = 'aura_cdc';
    IF tables IS NULL THEN
        RETURN;
    END IF;
    -- Dropping a trigger keeps readers out too. Why it is done so: see notify_triggers.sql.
    PERFORM set_config('lock_timeout', '100ms', true);
    FOR attempt IN 1..most_tries LOOP
        BEGIN
            EXECUTE 'LOCK TABLE ' || tables || ' IN ACCESS EXCLUSIVE MODE';
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
$uninstall$;

DROP SCHEMA IF EXISTS aura_cdc CASCADE;

COMMIT;
