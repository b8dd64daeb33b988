-- The case clock. Each select takes the next batch of cases after :after, in the order of their
-- ids, and passes over those that somebody works on at this moment: the next look finds them.

-- name: alerted
-- To review, and an alert says by now that it is behaviour.
SELECT c.id, last.priority
FROM risk_case c CROSS JOIN LATERAL (
    SELECT e.payload->>'priority' AS priority FROM event e
    WHERE e.user_id_raiz = c.user_id_raiz AND e.type = 'CRITICAL_ALERT'
      AND e.created_at > c.waiting_since
    ORDER BY e.seq DESC LIMIT 1) last
WHERE c.state = 'por_revisar' AND c.id > :after
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: open_alerted
UPDATE risk_case c
SET state = 'abierto', priority = n.priority, waiting_since = :now, due_at = NULL,
    acknowledged_at = NULL, acknowledged_by = NULL, escalation_level = 0, escalated_at = NULL,
    snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
FROM unnest(CAST(:cases AS bigint[]), CAST(:priorities AS text[])) AS n (id, priority)
WHERE c.id = n.id;

-- name: risen
-- Nobody has acknowledged them, and the ASI went above what makes a case urgent.
SELECT c.id, c.waiting_since, c.due_at
FROM risk_case c JOIN user_feature_vector f USING (user_id_raiz)
WHERE c.state = 'abierto' AND c.priority = 'ALTA' AND c.acknowledged_at IS NULL
  AND f.is_sufficient AND f.cluster_label = 'ALTO_RIESGO' AND f.severity_index > :urgent
  AND c.id > :after
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: raise
UPDATE risk_case c SET priority = 'URGENTE', due_at = n.due_at
FROM unnest(CAST(:cases AS bigint[]), CAST(:due AS timestamptz[])) AS n (id, due_at)
WHERE c.id = n.id;

-- name: snoozes_over
-- Because the time is over, or because the ASI rose meanwhile (near its end by half of what is
-- left, if that can be seen), or because the person left ALTO and came back, which an alert tells.
SELECT c.id, c.snoozed_until <= :now AS is_over
FROM risk_case c LEFT JOIN user_feature_vector f USING (user_id_raiz)
WHERE c.state <> 'cerrado' AND c.snoozed_until IS NOT NULL AND c.id > :after
  AND (c.snoozed_until <= :now
       OR f.severity_index
          >= c.snoozed_severity + least(
              CAST(:rise AS float8), greatest((100 - c.snoozed_severity) / 2, CAST(:least AS float8)))
       OR EXISTS (
           SELECT FROM event e
           WHERE e.user_id_raiz = c.user_id_raiz AND e.type = 'CRITICAL_ALERT'
             AND e.created_at > c.snoozed_at))
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: end_snoozes
UPDATE risk_case
SET waiting_since = least(snoozed_until, :now), due_at = NULL, acknowledged_at = NULL,
    acknowledged_by = NULL, escalation_level = 0, escalated_at = NULL, snoozed_at = NULL,
    snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
WHERE id = ANY(CAST(:cases AS bigint[]));

-- name: closed_and_risen
-- Closed a short while ago, of people who stayed in ALTO and became more severe since.
SELECT c.id, f.severity_index
FROM risk_case c JOIN user_feature_vector f USING (user_id_raiz)
WHERE c.state = 'cerrado' AND c.closed_at > :closed_since AND c.id > :after
  AND f.is_sufficient AND f.cluster_label = 'ALTO_RIESGO'
  AND f.severity_index
      >= c.closed_severity + least(
              CAST(:rise AS float8), greatest((100 - c.closed_severity) / 2, CAST(:least AS float8)))
  AND NOT EXISTS (
      SELECT FROM risk_case other
      WHERE other.user_id_raiz = c.user_id_raiz
        AND (other.state <> 'cerrado' OR other.closed_at > c.closed_at))
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: return
UPDATE risk_case c
SET state = 'abierto', priority = n.priority, waiting_since = :now, due_at = NULL,
    acknowledged_at = NULL, acknowledged_by = NULL, escalation_level = 0, escalated_at = NULL,
    closed_at = NULL, closed_severity = NULL, outcome = NULL, version = version + 1
FROM unnest(CAST(:cases AS bigint[]), CAST(:priorities AS text[])) AS n (id, priority)
WHERE c.id = n.id;

-- name: left_alone
-- Of holders whose account opens nothing any more, or not this person.
SELECT c.id FROM risk_case c
WHERE c.state <> 'cerrado' AND c.assigned_to LIKE 'user:%' AND c.user_id_raiz IS NOT NULL
  AND c.id > :after
  AND NOT EXISTS (
      SELECT FROM app_user u
      WHERE 'user:' || u.id = c.assigned_to AND u.disabled_at IS NULL
        AND u.role IN ('counselor', 'supervisor')
        AND (u.scope IS NULL OR EXISTS (
            SELECT FROM person_community m
            WHERE m.user_id_raiz = c.user_id_raiz AND m.community_id = ANY(u.scope))))
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: hand_back
UPDATE risk_case
SET assigned_to = NULL, assigned_at = NULL, due_at = NULL,
    waiting_since = CASE WHEN acknowledged_at IS NULL THEN waiting_since ELSE :now END,
    acknowledged_at = NULL, acknowledged_by = NULL, escalation_level = 0, escalated_at = NULL,
    snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
WHERE id = ANY(CAST(:cases AS bigint[]));

-- name: untimed
SELECT c.id, c.priority, c.waiting_since FROM risk_case c
WHERE c.state = 'abierto' AND c.priority <> 'NORMAL' AND c.acknowledged_at IS NULL
  AND c.due_at IS NULL AND c.user_id_raiz IS NOT NULL AND c.id > :after
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: time
UPDATE risk_case c SET due_at = n.due_at
FROM unnest(CAST(:cases AS bigint[]), CAST(:due AS timestamptz[])) AS n (id, due_at)
WHERE c.id = n.id;

-- name: overdue
SELECT c.id, c.priority, c.due_at, c.escalation_level FROM risk_case c
WHERE c.state = 'abierto' AND c.priority <> 'NORMAL' AND c.acknowledged_at IS NULL
  AND c.due_at <= :now AND c.escalation_level < :top AND c.user_id_raiz IS NOT NULL
  AND c.id > :after
ORDER BY c.id LIMIT :batch FOR UPDATE OF c SKIP LOCKED;

-- name: escalate
UPDATE risk_case c SET escalation_level = n.level, escalated_at = :now
FROM unnest(CAST(:cases AS bigint[]), CAST(:levels AS smallint[])) AS n (id, level)
WHERE c.id = n.id;
