-- What whoever looks after accounts reads: the accounts, and the log of reads.

-- name: accounts
SELECT id, email, CAST(auth_user_id AS text) AS auth_user_id, role, scope, disabled_at, version
FROM app_user
ORDER BY disabled_at IS NOT NULL, email NULLS LAST, id;

-- name: communities
-- A category may change while people's rows do not all follow at once: one is shown.
SELECT community_id, max(category) AS category
FROM person_community
WHERE CAST(:only AS uuid[]) IS NULL OR community_id = ANY(CAST(:only AS uuid[]))
GROUP BY community_id
ORDER BY category, community_id;

-- name: chosen
(CAST(:actor AS text) IS NULL OR l.actor = :actor)
AND (CAST(:action AS text) IS NULL OR l.action = :action)
AND (CAST(:subject AS text) IS NULL OR l.subject = :subject)
AND (CAST(:since AS timestamptz) IS NULL OR l.at >= :since)
AND (CAST(:until AS timestamptz) IS NULL OR l.at < :until)
AND (CAST(:pseudonym AS text) IS NULL
     OR l.user_id_raiz = (SELECT user_id_raiz FROM person WHERE pseudonym = :pseudonym));

-- name: entries
SELECT l.at, l.actor, l.role, u.email, l.action, l.subject, p.pseudonym,
       a.email AS account_email, l.detail, l.request_id
FROM audit_log l
LEFT JOIN person p ON p.user_id_raiz = l.user_id_raiz
LEFT JOIN app_user u ON l.actor = 'user:' || u.id
LEFT JOIN app_user a ON a.id = l.account_id
WHERE {chosen}
ORDER BY l.at DESC, l.id DESC
LIMIT :limit OFFSET :offset;

-- name: count_entries
SELECT count(*) FROM (SELECT FROM audit_log l WHERE {chosen} LIMIT :most) AS counted;

-- name: actors
-- From one name to the next in the index: the log may be long, and the names are few.
WITH RECURSIVE named AS (
    (SELECT actor FROM audit_log ORDER BY actor LIMIT 1)
    UNION ALL
    SELECT (SELECT l.actor FROM audit_log l WHERE l.actor > n.actor ORDER BY l.actor LIMIT 1)
    FROM named n WHERE n.actor IS NOT NULL
)
SELECT n.actor AS name, u.email
FROM named n LEFT JOIN app_user u ON n.actor = 'user:' || u.id
WHERE n.actor IS NOT NULL
ORDER BY n.actor;

-- name: actions
WITH RECURSIVE named AS (
    (SELECT action FROM audit_log ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT l.action FROM audit_log l WHERE l.action > n.action ORDER BY l.action LIMIT 1)
    FROM named n WHERE n.action IS NOT NULL
)
SELECT action FROM named WHERE action IS NOT NULL ORDER BY action;
