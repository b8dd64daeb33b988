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

-- name: close
UPDATE risk_case
SET state = 'cerrado', closed_at = :at, outcome = :outcome,
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
