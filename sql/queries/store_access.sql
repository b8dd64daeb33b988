-- Accounts of those who work with AURA monitor, and the log of what they looked at.

-- name: account
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at
FROM app_user
WHERE email = lower(:email);

-- name: put_account
INSERT INTO app_user (email, auth_user_id, role, scope)
VALUES (lower(:email), CAST(:auth_user_id AS uuid), :role, CAST(:scope AS uuid[]))
RETURNING id;

-- name: disable_account
UPDATE app_user SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE id = :id;

-- name: accounts_of
-- Accounts of some AURA ids, and of some e-mails that no AURA id stands beside.
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at
FROM app_user
WHERE auth_user_id = ANY(CAST(:auth_user_ids AS uuid[]))
   OR (auth_user_id IS NULL AND email = ANY(CAST(:emails AS text[])));

-- name: record_person
INSERT INTO audit_log (actor, role, action, subject, user_id_raiz, request_id)
SELECT :actor, :role, :action, CASE WHEN p.user_id_raiz IS NULL THEN 'unknown' ELSE 'person' END,
       p.user_id_raiz, :request_id
FROM (VALUES (1)) AS one (row)
LEFT JOIN person p ON p.user_id_raiz = CAST(:user_id AS uuid);

-- name: record_list
INSERT INTO audit_log (actor, role, action, subject, request_id)
VALUES (:actor, :role, :action, 'list', :request_id);
