-- Accounts of those who work with AURA monitor, and the log of what they looked at.

-- name: account
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at,
       version
FROM app_user
WHERE email = lower(:email);

-- name: put_account
INSERT INTO app_user (email, auth_user_id, role, scope)
VALUES (lower(:email), CAST(:auth_user_id AS uuid), :role, CAST(:scope AS uuid[]))
RETURNING id;

-- name: disable_account
UPDATE app_user SET disabled_at = coalesce(disabled_at, clock_timestamp()), version = version + 1
WHERE id = :id;

-- name: enable_account
UPDATE app_user SET disabled_at = NULL, version = version + 1 WHERE id = :id;

-- name: change_account
UPDATE app_user SET role = :role, scope = CAST(:scope AS uuid[]), version = version + 1
WHERE id = :id;

-- name: lock_accounts
-- Changes wait for each other, so that two of them do not each leave the other's supervisor last;
-- nobody who only reads waits.
LOCK TABLE app_user IN SHARE ROW EXCLUSIVE MODE;

-- name: account_by_id
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at, version
FROM app_user
WHERE id = :id;

-- name: account_like
-- Who has this e-mail or this AURA id already.
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at, version
FROM app_user
WHERE email = lower(:email) OR auth_user_id = CAST(:auth_user_id AS uuid)
ORDER BY id LIMIT 1;

-- name: count_supervisors
-- Of those who look after accounts.
SELECT count(*) FROM app_user
WHERE role = 'supervisor' AND scope IS NULL AND disabled_at IS NULL;

-- name: accounts_of
-- Accounts of some AURA ids, and of some e-mails that no AURA id stands beside.
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at,
       version
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

-- name: record_pseudonym
INSERT INTO audit_log (actor, role, action, subject, user_id_raiz, request_id)
SELECT :actor, :role, :action,
       CASE WHEN p.user_id_raiz IS NOT NULL
                 OR EXISTS (SELECT FROM risk_case c WHERE c.pseudonym = :pseudonym)
            THEN 'person' ELSE 'unknown' END,
       p.user_id_raiz, :request_id
FROM (VALUES (1)) AS one (row)
LEFT JOIN person p ON p.pseudonym = :pseudonym;

-- name: record_identity
-- Only of somebody who is there, which is what it returns: without a row nothing may be read. What
-- is asked for again within a minute, under one :request_id and for one reason, is one look.
WITH asked AS (
    SELECT p.user_id_raiz FROM person p WHERE p.user_id_raiz = CAST(:user_id AS uuid)
), noted AS (
    INSERT INTO audit_log (actor, role, action, subject, user_id_raiz, detail, request_id)
    SELECT :actor, :role, :action, 'identity', asked.user_id_raiz, :detail, :request_id
    FROM asked
    WHERE NOT EXISTS (
        SELECT FROM audit_log l
        WHERE l.user_id_raiz = asked.user_id_raiz AND l.subject = 'identity'
          AND l.actor = :actor AND l.request_id = :request_id AND l.detail = :detail
          AND l.at > now() - interval '1 minute')
)
SELECT EXISTS (SELECT FROM asked);

-- name: record_account
INSERT INTO audit_log (actor, role, action, subject, account_id, detail, request_id)
VALUES (:actor, :role, :action, 'account', :account_id, :detail, :request_id);

-- name: record_log
INSERT INTO audit_log (actor, role, action, subject, detail, request_id)
VALUES (:actor, :role, :action, 'log', :detail, :request_id);
