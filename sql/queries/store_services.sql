-- What the scheduler says of itself and of the sources; silence is a finding too.

-- name: report
-- `since` moves only when the state changes.
INSERT INTO service_state (part, instance, is_up, since, seen_at, details)
VALUES (:part, :instance, :is_up, now(), now(), CAST(:details AS jsonb))
ON CONFLICT (part) DO UPDATE
SET instance = excluded.instance, is_up = excluded.is_up, seen_at = excluded.seen_at,
    details = excluded.details,
    since = CASE WHEN service_state.is_up = excluded.is_up
                  AND service_state.instance = excluded.instance
                 THEN service_state.since ELSE excluded.since END;

-- name: states
SELECT part, instance, is_up, since, seen_at, details, extract(epoch FROM now() - seen_at) AS age
FROM service_state ORDER BY part;
