-- name: server_and_role
-- One row: the server's version and what makes the connected role too mighty for a reader.
SELECT
    current_setting('server_version') AS server_version,
    role.rolname AS role_name,
    role.rolsuper AS is_superuser,
    has_schema_privilege(current_user, 'public', 'CREATE') AS can_create
FROM pg_catalog.pg_roles AS role
WHERE role.rolname = current_user;

-- name: writable_tables
-- Tables that the connected role may change, by whole-table or by column privileges. Superusers
-- pass every privilege check, so the answer means something only for other roles.
SELECT format('%I.%I', space.nspname, class.relname) AS table_name
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p')
    AND space.nspname NOT IN ('pg_catalog', 'information_schema')
    AND space.nspname NOT LIKE 'pg\_%'
    AND has_schema_privilege(space.oid, 'USAGE')
    AND (
        has_any_column_privilege(class.oid, 'INSERT, UPDATE')
        OR has_table_privilege(class.oid, 'DELETE, TRUNCATE')
    )
ORDER BY 1;
