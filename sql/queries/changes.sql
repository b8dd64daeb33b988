-- Reads of a source's log of changes. Rows are complete below the oldest transaction that still goes
-- on: one that commits late is never skipped.

-- name: state
-- Where the log stands now. The server's identity with its timeline, which a promotion or a restore
-- begins anew, and the installation's tell another database from the one that was read before.
SELECT concat((pg_control_system()).system_identifier, '/',
              substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)) AS system_identifier,
       CAST(v.install_id AS text) AS install_id,
       CAST(CAST(pg_snapshot_xmin(s.now) AS text) AS bigint) AS xmin,
       CAST(CAST(pg_snapshot_xmax(s.now) AS text) AS bigint) AS xmax,
       CASE WHEN g.is_called THEN g.last_value ELSE 0 END AS gap,
       pg_notification_queue_usage() AS queue_usage,
       clock_timestamp() AS at
FROM aura_cdc.version AS v, aura_cdc.gap AS g, (SELECT pg_current_snapshot() AS now) AS s;

-- name: rows
-- By the primary key, from just past a place on.
SELECT CAST(CAST(xid AS text) AS bigint) AS xid, id, table_name, operation,
       CAST(user_ref AS text) AS user_ref, changed_at
FROM aura_cdc.change_log
WHERE (xid, id) > (CAST(CAST(:xid AS text) AS xid8), CAST(:id AS bigint))
  AND xid < CAST(CAST(:xmin AS text) AS xid8)
ORDER BY xid, id LIMIT :most;

-- name: is_readable
-- Whether the triggers' schema is there and the connected role may read it.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_namespace AS space
    WHERE space.nspname = 'aura_cdc'
      AND has_schema_privilege(space.oid, 'USAGE')
      AND EXISTS (
          SELECT FROM pg_catalog.pg_class AS class
          WHERE class.relnamespace = space.oid AND class.relname = 'change_log'
            AND has_table_privilege(class.oid, 'SELECT'))
) AS is_readable, pg_is_in_recovery() AS is_standby;

-- name: channels
SELECT count(*) AS listening FROM pg_listening_channels() AS channel
WHERE channel = 'aura_data_change';

-- name: prune
SELECT aura_cdc.prune(CAST(:older_than AS interval), CAST(CAST(:below AS text) AS xid8));
