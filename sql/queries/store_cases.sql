-- Cases: opened and reopened by the transition function.

-- name: open_cases
-- Whose case is open.
SELECT user_id_raiz::text FROM risk_case WHERE state <> 'cerrado' AND user_id_raiz IS NOT NULL;

-- name: recently_closed
-- Each person's last case, if it was closed after :since: entering ALTO again reopens it.
SELECT DISTINCT ON (user_id_raiz) user_id_raiz::text AS user_id_raiz, id
FROM risk_case
WHERE user_id_raiz IS NOT NULL AND state = 'cerrado' AND closed_at > :since
ORDER BY user_id_raiz, closed_at DESC;

-- name: insert_cases
-- The partial unique index keeps one open case a person, whatever runs at the same time.
INSERT INTO risk_case (user_id_raiz, pseudonym, state, opened_at, opening_severity,
                       opening_run_id)
SELECT s.user_id_raiz, p.pseudonym, s.state, :as_of, s.severity_index, :run_id
FROM staged_case s JOIN person p USING (user_id_raiz)
ON CONFLICT (user_id_raiz) WHERE state <> 'cerrado' DO NOTHING
RETURNING id;

-- name: reopen_cases
UPDATE risk_case
SET state = 'abierto', closed_at = NULL, outcome = NULL, version = version + 1
WHERE id = ANY(CAST(:cases AS bigint[])) AND state = 'cerrado'
RETURNING id;

-- name: note_action
INSERT INTO case_action (case_id, at, actor, action)
SELECT unnest(CAST(:cases AS bigint[])), :as_of, 'aura', :action;
