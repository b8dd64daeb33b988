-- Events: ordered by commit, for sockets to replay.

-- name: recent_alerts
-- The last alert of each person since :since, with the ASI it spoke of.
SELECT DISTINCT ON (user_id_raiz) user_id_raiz::text AS user_id_raiz,
       (payload->>'severity_index')::float8 AS severity_index
FROM event
WHERE type = 'CRITICAL_ALERT' AND created_at > :since AND user_id_raiz IS NOT NULL
  AND (CAST(:people AS uuid[]) IS NULL OR user_id_raiz = ANY(CAST(:people AS uuid[])))
ORDER BY user_id_raiz, created_at DESC;

-- name: insert_error
INSERT INTO event (created_at, type, run_id, payload)
VALUES (now(), :type, :run_id, CAST(:payload AS jsonb));
