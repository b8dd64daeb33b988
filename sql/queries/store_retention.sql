-- What goes after a while, in batches.

-- name: sweep_events
-- The last event stays, so that whoever comes back can tell whether anything is missing.
DELETE FROM event
WHERE seq IN (SELECT seq FROM event
              WHERE created_at < :before AND seq < (SELECT max(seq) FROM event)
              ORDER BY seq LIMIT :batch);

-- name: sweep_incremental_runs
-- Days of incremental runs that no history, event or case speaks of any more.
DELETE FROM pipeline_run r
WHERE r.id IN (
    SELECT i.id FROM pipeline_run i
    WHERE i.kind = 'incremental' AND i.status <> 'running' AND i.finished_at < :before
      AND NOT EXISTS (SELECT FROM risk_history h WHERE h.run_id = i.id)
      AND NOT EXISTS (SELECT FROM event e WHERE e.run_id = i.id)
      AND NOT EXISTS (SELECT FROM risk_case c WHERE c.opening_run_id = i.id)
      AND NOT EXISTS (SELECT FROM active_run a WHERE a.run_id = i.id)
      AND NOT EXISTS (SELECT FROM pipeline_run t WHERE t.retry_of = i.id)
    ORDER BY i.id LIMIT :batch);

-- name: sweep_audit_log
DELETE FROM audit_log
WHERE id IN (SELECT id FROM audit_log WHERE at < :before ORDER BY at, id LIMIT :batch);
