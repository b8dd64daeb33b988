-- Cases: opened and reopened by the transition function, emptied when the account is gone.

-- name: lock_cases
SELECT c.id FROM risk_case c JOIN staged_case s USING (user_id_raiz)
ORDER BY c.id FOR UPDATE OF c;

-- name: reopen_cases
-- The last case of someone who enters ALTO, if it was closed after :since and none is open.
UPDATE risk_case c
SET state = s.state, priority = s.priority, waiting_since = :as_of, due_at = NULL,
    acknowledged_at = NULL, acknowledged_by = NULL, escalation_level = 0, escalated_at = NULL,
    snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL,
    closed_at = NULL, closed_severity = NULL, outcome = NULL, version = version + 1
FROM staged_case s
WHERE c.id = (
        SELECT last.id FROM risk_case last
        WHERE last.user_id_raiz = s.user_id_raiz AND last.state = 'cerrado'
        ORDER BY last.closed_at DESC LIMIT 1)
  AND c.closed_at > :since
  AND NOT EXISTS (
        SELECT FROM risk_case held
        WHERE held.user_id_raiz = s.user_id_raiz AND held.state <> 'cerrado')
RETURNING c.id;

-- name: promote_cases
-- To review since a first run or a new model, and now the person enters ALTO by what they do: from
-- now on the case waits as any other, also for whoever had looked at it before.
UPDATE risk_case c
SET state = s.state, priority = s.priority, waiting_since = :as_of, due_at = NULL,
    acknowledged_at = NULL, acknowledged_by = NULL, escalation_level = 0, escalated_at = NULL,
    snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
FROM staged_case s
WHERE c.user_id_raiz = s.user_id_raiz AND c.state = 'por_revisar' AND s.state = 'abierto'
RETURNING c.id;

-- name: wake_cases
-- Put off, and the person left ALTO and enters it again.
UPDATE risk_case c
SET snoozed_at = NULL, snoozed_until = NULL, snoozed_severity = NULL, version = version + 1
FROM staged_case s
WHERE c.user_id_raiz = s.user_id_raiz AND c.state = 'abierto' AND s.state = 'abierto'
  AND c.snoozed_until IS NOT NULL
RETURNING c.id;

-- name: insert_cases
-- The partial unique index keeps one open case a person, whatever runs at the same time.
INSERT INTO risk_case (user_id_raiz, pseudonym, state, priority, opened_at, waiting_since,
                       opening_severity, opening_run_id)
SELECT s.user_id_raiz, p.pseudonym, s.state, s.priority, :as_of, :as_of, s.severity_index, :run_id
FROM staged_case s JOIN person p USING (user_id_raiz)
ON CONFLICT (user_id_raiz) WHERE state <> 'cerrado' DO NOTHING
RETURNING id;

-- name: note_action
INSERT INTO case_action (case_id, at, actor, action)
SELECT unnest(CAST(:cases AS bigint[])), :as_of, 'aura', :action;

-- name: leave_cases
-- An open case outlives the account for a while: it keeps its pseudonym and notes, not the person.
UPDATE risk_case
SET user_id_raiz = NULL, account_deleted_at = :as_of, version = version + 1
WHERE user_id_raiz = ANY(CAST(:people AS uuid[]))
RETURNING id;

-- name: erase_cases
-- Cases of deleted accounts that nobody works on any more.
UPDATE risk_case
SET pseudonym = NULL, state = 'cerrado', closed_at = coalesce(closed_at, :as_of),
    version = version + 1
WHERE account_deleted_at IS NOT NULL AND pseudonym IS NOT NULL
  AND (state = 'cerrado' OR account_deleted_at < :before)
RETURNING id;

-- name: erase_notes
UPDATE case_action SET note = NULL WHERE case_id = ANY(CAST(:cases AS bigint[]));
