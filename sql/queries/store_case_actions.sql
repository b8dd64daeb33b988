-- What counselors do to cases. Each action locks the case, looks whether it is still as it was
-- seen, changes it and notes itself, in one transaction.

-- name: lock
-- Whoever acts on it right now is waited for; then this row is theirs.
SELECT f.id, f.version, f.state, f.pseudonym, f.user_id_raiz, f.acknowledged_at, f.snoozed_until,
       f.assigned_to, coalesce(v.severity_index, f.opening_severity) AS severity_index
FROM risk_case f LEFT JOIN user_feature_vector v ON v.user_id_raiz = f.user_id_raiz
WHERE f.id = :case AND f.pseudonym IS NOT NULL AND {visible}
FOR UPDATE OF f;

-- name: last_change
-- What the clock does to a deadline changes nothing that anybody could overwrite.
SELECT a.actor, a.action, a.at, u.email
FROM case_action a LEFT JOIN app_user u ON a.actor = 'user:' || u.id
WHERE a.case_id = :case AND a.action NOT IN ('escalado_1', 'escalado_2', 'prioridad_urgente')
ORDER BY a.id DESC LIMIT 1;

-- name: record
INSERT INTO case_action (case_id, at, actor, action, note, detail)
VALUES (:case, :at, :actor, :action, :note, :detail);

-- name: acknowledge
-- Whoever acknowledges a case of nobody has taken it.
UPDATE risk_case
SET acknowledged_at = :at, acknowledged_by = :actor, assigned_to = coalesce(assigned_to, :actor),
    assigned_at = coalesce(assigned_at, :at), version = version + 1
WHERE id = :case RETURNING version;

-- name: assign
UPDATE risk_case SET assigned_to = :assignee, assigned_at = :at, version = version + 1
WHERE id = :case RETURNING version;

-- name: note
UPDATE risk_case SET version = version + 1 WHERE id = :case RETURNING version;

-- name: snooze
UPDATE risk_case
SET snoozed_at = :at, snoozed_until = :until, snoozed_severity = :severity, version = version + 1
WHERE id = :case RETURNING version;

-- name: unsnooze
UPDATE risk_case
SET snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
WHERE id = :case RETURNING version;

-- name: person
SELECT f.user_id_raiz, f.severity_index
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE p.pseudonym = :pseudonym AND {visible};

-- name: reopen
-- The last case, if it was closed after :closed_since and none is open. Who opens it has it.
UPDATE risk_case c
SET state = 'abierto', priority = 'ALTA', waiting_since = :at, due_at = NULL,
    acknowledged_at = :at, acknowledged_by = :actor, assigned_to = :actor, assigned_at = :at,
    escalation_level = 0, escalated_at = NULL, closed_at = NULL, closed_severity = NULL,
    outcome = NULL, version = version + 1
WHERE c.id = (
        SELECT last.id FROM risk_case last
        WHERE last.user_id_raiz = :user_id AND last.state = 'cerrado'
        ORDER BY last.closed_at DESC LIMIT 1 FOR UPDATE)
  AND c.closed_at > :closed_since
  AND NOT EXISTS (
        SELECT FROM risk_case held WHERE held.user_id_raiz = :user_id AND held.state <> 'cerrado')
RETURNING c.id;

-- name: open
INSERT INTO risk_case (user_id_raiz, pseudonym, state, priority, opened_at, waiting_since,
                       opening_severity, opening_run_id, acknowledged_at, acknowledged_by,
                       assigned_to, assigned_at)
SELECT :user_id, :pseudonym, 'abierto', 'ALTA', :at, :at, :severity, a.run_id, :at, :actor,
       :actor, :at
FROM active_run a
ON CONFLICT (user_id_raiz) WHERE state <> 'cerrado' DO NOTHING
RETURNING id;

-- name: close
UPDATE risk_case
SET state = 'cerrado', closed_at = :at, outcome = :outcome, closed_severity = :severity,
    acknowledged_at = coalesce(acknowledged_at, :at),
    acknowledged_by = coalesce(acknowledged_by, :actor),
    snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
WHERE id = :case RETURNING version;

-- name: may_take
-- An account that works with people and sees this one; a case must not go out of everybody's sight.
SELECT EXISTS (
    SELECT FROM app_user u
    WHERE 'user:' || u.id = :assignee AND u.disabled_at IS NULL
      AND u.role IN ('counselor', 'supervisor')
      AND (u.scope IS NULL OR EXISTS (
          SELECT FROM person_community m
          WHERE m.user_id_raiz = CAST(:user_id AS uuid) AND m.community_id = ANY(u.scope))));
