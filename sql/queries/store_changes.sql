-- How far the sources' logs were read, and what waits behind that.

-- name: cursors
SELECT source, system_identifier, CAST(install_id AS text) AS install_id, xid, id, gap,
       moved_at, resync_reason, resync_since
FROM change_cursor;

-- name: begin_cursor
INSERT INTO change_cursor (source, system_identifier, install_id, xid, id, gap, moved_at)
VALUES (:source, :system_identifier, CAST(:install_id AS uuid), :xid, :id, :gap, now())
ON CONFLICT (source) DO NOTHING;

-- name: move_cursor
INSERT INTO change_cursor (source, system_identifier, install_id, xid, id, gap, moved_at)
VALUES (:source, :system_identifier, CAST(:install_id AS uuid), :xid, :id, :gap, now())
ON CONFLICT (source) DO UPDATE
SET system_identifier = excluded.system_identifier, install_id = excluded.install_id,
    xid = excluded.xid, id = excluded.id, gap = excluded.gap, moved_at = excluded.moved_at;

-- name: demand_resync
UPDATE change_cursor SET resync_reason = :reason, resync_since = clock_timestamp()
WHERE source = :source;

-- name: end_resync
-- A run that began to read the sources later has read everyone again.
UPDATE change_cursor SET resync_reason = NULL, resync_since = NULL
WHERE resync_since <= :begun_at;

-- name: clock
SELECT clock_timestamp();

-- name: insert_waiting
INSERT INTO waiting_change (source, table_name, operation, user_ref, waits_for, since)
SELECT source, table_name, operation, user_ref, waits_for, now() FROM staged_waiting
ON CONFLICT ON CONSTRAINT waiting_change_once DO NOTHING;

-- name: waiting
SELECT id, source, table_name, operation, CAST(user_ref AS text) AS user_ref, waits_for
FROM waiting_change
WHERE waits_for <> ALL (CAST(:away AS text[])) AND source <> ALL (CAST(:away AS text[]))
ORDER BY id LIMIT :most;

-- name: delete_waiting
DELETE FROM waiting_change WHERE id = ANY(CAST(:ids AS bigint[]));

-- name: pass_over_waiting
DELETE FROM waiting_change WHERE waits_for = ANY (CAST(:waits_for AS text[])) RETURNING source;
