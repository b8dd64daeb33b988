-- What sql/triggers/ installed in a source. All but the version is read from catalogues that every
-- role may read, so that it can be said to a role that may not read the rest.

-- name: schema
-- One row: whether aura_cdc is there, and whether the connected role may use what a reader needs.
SELECT
    space.oid IS NOT NULL AS is_there,
    coalesce(
        has_schema_privilege(space.oid, 'USAGE')
        AND (
            SELECT count(*) FROM pg_catalog.pg_class AS class
            WHERE class.relnamespace = space.oid
                AND CASE class.relname
                    WHEN 'change_log' THEN has_table_privilege(class.oid, 'SELECT')
                    WHEN 'version' THEN has_table_privilege(class.oid, 'SELECT')
                    WHEN 'gap' THEN has_sequence_privilege(class.oid, 'SELECT')
                END
        ) = 3
        AND EXISTS (
            SELECT FROM pg_catalog.pg_proc AS routine
            WHERE routine.pronamespace = space.oid AND routine.proname = 'prune'
                AND has_function_privilege(routine.oid, 'EXECUTE')
        ),
        false
    ) AS is_readable
FROM (VALUES ('aura_cdc')) AS wanted (name)
LEFT JOIN pg_catalog.pg_namespace AS space ON space.nspname = wanted.name;

-- name: version
-- At most one row.
SELECT version, installed_at FROM aura_cdc.version;

-- name: triggers
-- One row a trigger; a load with session_replication_role = replica passes one that is not 'A'.
SELECT
    class.relname AS table_name,
    upper(substr(watch.tgname, length('aura_cdc_') + 1)) AS event,
    watch.tgenabled IN ('A', 'O') AS is_enabled
FROM pg_catalog.pg_trigger AS watch
JOIN pg_catalog.pg_class AS class ON class.oid = watch.tgrelid
JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
WHERE space.nspname = 'public' AND watch.tgname LIKE 'aura\_cdc\_%'
ORDER BY 1, 2;

-- name: tables
-- Names alone: enough to tell one source from another.
SELECT class.relname AS table_name
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
WHERE space.nspname = 'public' AND class.relkind IN ('r', 'p');
