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

-- name: bounds
-- Numbers that were given out before the oldest event that is kept are those of swept ones.
SELECT coalesce(min(seq), 0) AS first, coalesce(max(seq), 0) AS last FROM event;

-- name: epoch
SELECT install_id FROM installation;

-- name: events_after
SELECT e.seq, e.type, e.created_at, e.payload, e.user_id_raiz IS NOT NULL AS is_of_somebody,
       (SELECT array_agg(c.community_id) FROM person_community c
        WHERE c.user_id_raiz = e.user_id_raiz) AS communities
FROM event e
WHERE e.seq > :seq AND e.type = ANY(CAST(:types AS text[]))
ORDER BY e.seq LIMIT :most;

-- name: last_events
SELECT e.seq, e.type, e.created_at, e.payload, e.user_id_raiz IS NOT NULL AS is_of_somebody,
       (SELECT array_agg(c.community_id) FROM person_community c
        WHERE c.user_id_raiz = e.user_id_raiz) AS communities
FROM event e
WHERE e.type = ANY(CAST(:types AS text[]))
  AND (CAST(:scope AS uuid[]) IS NULL OR e.user_id_raiz IS NULL OR EXISTS (
      SELECT FROM person_community c
      WHERE c.user_id_raiz = e.user_id_raiz AND c.community_id = ANY(CAST(:scope AS uuid[]))))
ORDER BY e.seq DESC LIMIT :most;
