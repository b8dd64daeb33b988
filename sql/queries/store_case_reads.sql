-- What pages read of cases. {visible} narrows to the viewer's people; cases of deleted accounts are
-- for whoever sees everyone. A case that was emptied is in no list.

-- name: waits
-- Open, of somebody who is still there, and nobody has said that they look after it.
(f.state = 'abierto' AND f.acknowledged_at IS NULL AND f.user_id_raiz IS NOT NULL);

-- name: stage
(CASE WHEN f.state = 'cerrado' THEN 'cerrado' WHEN f.snoozed_until IS NOT NULL THEN 'pospuesto'
      WHEN f.acknowledged_at IS NOT NULL THEN 'en_curso' ELSE 'sin_reconocer' END);

-- name: chosen
FROM risk_case f
LEFT JOIN user_feature_vector v ON v.user_id_raiz = f.user_id_raiz
LEFT JOIN app_user u ON f.assigned_to = 'user:' || u.id
WHERE f.pseudonym IS NOT NULL AND {visible}
  AND (CAST(:assignee AS text) IS NULL OR f.assigned_to = :assignee)
  AND (NOT :unassigned OR f.assigned_to IS NULL)
  AND (CAST(:to_review AS boolean) IS NULL OR (f.state = 'por_revisar') = :to_review)
  AND (CAST(:priority AS text) IS NULL OR f.priority = :priority)
  AND (CAST(:level AS text) IS NULL OR v.cluster_label = :level)
  AND (NOT :overdue OR ({waits} AND f.due_at <= :now));

-- name: columns
SELECT f.id, f.version, f.pseudonym, f.state, {stage} AS stage, {waits} AS waits, f.priority,
       f.opened_at, f.waiting_since, f.due_at, f.acknowledged_at, f.acknowledged_by,
       f.escalation_level, f.snoozed_until, f.assigned_to, f.assigned_at, f.closed_at, f.outcome,
       f.opening_severity, f.account_deleted_at, u.email AS assignee_email,
       v.cluster_label, v.severity_index, v.is_sufficient, v.stopped_showing;

-- name: cases
-- What is due first comes first, then the most severe; of closed ones the last that was closed.
{columns}
{chosen}
  AND (CASE WHEN CAST(:stage AS text) IS NULL THEN f.state <> 'cerrado' ELSE {stage} = :stage END)
ORDER BY CASE WHEN {waits} THEN f.due_at END NULLS LAST, f.closed_at DESC NULLS FIRST,
         v.severity_index DESC NULLS LAST, f.pseudonym, f.id
LIMIT :limit OFFSET :offset;

-- name: stages
SELECT {stage} AS stage, count(*) AS cases
{chosen}
GROUP BY 1;

-- name: case_of
-- The open case of a person, else the last that was closed.
{columns}
FROM risk_case f
LEFT JOIN user_feature_vector v ON v.user_id_raiz = f.user_id_raiz
LEFT JOIN app_user u ON f.assigned_to = 'user:' || u.id
WHERE f.pseudonym = :pseudonym AND {visible}
ORDER BY (f.state <> 'cerrado') DESC, f.closed_at DESC, f.id DESC
LIMIT 1;

-- name: timeline
-- Of all cases of a person, the newest first.
SELECT a.case_id, a.at, a.actor, a.action, a.note, a.detail, u.email AS actor_email,
       d.email AS detail_email
FROM risk_case f
JOIN case_action a ON a.case_id = f.id
LEFT JOIN app_user u ON a.actor = 'user:' || u.id
LEFT JOIN app_user d ON a.action = 'asignado' AND a.detail = 'user:' || d.id
WHERE f.pseudonym = :pseudonym AND {visible}
ORDER BY a.at DESC, a.id DESC;

-- name: numbers
SELECT count(*) FILTER (WHERE {waits}) AS unacknowledged,
       count(*) FILTER (WHERE {waits} AND f.waiting_since < :day_ago) AS older_than_day,
       count(*) FILTER (WHERE {waits} AND f.waiting_since < :days_ago) AS older_than_three_days,
       count(*) FILTER (WHERE {waits} AND f.due_at <= :now) AS overdue,
       count(*) FILTER (WHERE {waits} AND f.due_at > :now AND f.due_at < :tomorrow) AS due_today,
       count(*) FILTER (WHERE f.assigned_to = :me) AS mine_open,
       count(*) FILTER (WHERE f.assigned_to = :me AND {waits} AND f.due_at <= :now)
           AS mine_overdue,
       count(*) FILTER (
           WHERE f.assigned_to = :me AND {waits} AND f.due_at > :now AND f.due_at < :soon
       ) AS mine_due_soon,
       count(*) FILTER (WHERE f.state = 'por_revisar' AND f.acknowledged_at IS NULL) AS to_review
FROM risk_case f
WHERE f.state <> 'cerrado' AND f.pseudonym IS NOT NULL AND {visible};

-- name: first_waiting
-- Whom nobody looks after: those whose case waits, and those in ALTO of whom enough is known whose
-- case is to review, or who have none and had none closed since :closed_since. Whoever is looked
-- after, or was until then, comes back when a case opens again. Who is overdue or escalated is
-- given beyond :limit, up to :most, by where they stand now: whoever got better meanwhile may wait
-- for those who did not. Counts come in one row of their own where nobody is given.
WITH waiting AS (
    SELECT f.user_id_raiz, f.due_at, f.priority, f.waiting_since, f.state, f.assigned_to,
           f.escalation_level, v.cluster_label, v.severity_index, v.is_sufficient,
           v.stopped_showing,
           coalesce(f.state = 'abierto' AND (f.escalation_level > 0 OR f.due_at <= :at), false)
               AS is_late
    FROM risk_case f JOIN user_feature_vector v USING (user_id_raiz)
    WHERE f.state <> 'cerrado' AND f.acknowledged_at IS NULL
      AND (f.state = 'abierto' OR (v.cluster_label = 'ALTO_RIESGO' AND v.had_evidence))
      AND {visible}
    UNION ALL
    SELECT f.user_id_raiz, NULL, NULL, NULL, NULL, NULL, 0, f.cluster_label, f.severity_index,
           f.is_sufficient, f.stopped_showing, false
    FROM user_feature_vector f
    WHERE f.cluster_label = 'ALTO_RIESGO' AND f.had_evidence AND {visible}
      AND NOT EXISTS (
          SELECT FROM risk_case k
          WHERE k.user_id_raiz = f.user_id_raiz
            AND (k.state <> 'cerrado' OR k.closed_at > :closed_since)
      )
), counted AS (
    SELECT count(*) AS waiting, count(*) FILTER (WHERE is_late) AS late FROM waiting
), shown AS (
    SELECT w.*, row_number() OVER (
        ORDER BY CASE WHEN w.is_late THEN 0
                      WHEN w.assigned_to <> :me THEN 6
                      WHEN w.due_at <= :soon THEN 1
                      WHEN w.assigned_to = :me THEN 2
                      WHEN w.priority = 'URGENTE' THEN 3
                      WHEN w.state = 'abierto' THEN 4
                      ELSE 5 END,
                 CASE WHEN w.is_late AND w.cluster_label = 'ALTO_RIESGO' THEN 0
                      WHEN w.is_late AND w.cluster_label = 'RIESGO_MODERADO' THEN 1
                      WHEN w.is_late THEN 2 END,
                 CASE WHEN w.is_late THEN -w.severity_index END,
                 -- Whose share it is parts equals only: it never lets what is urgent wait.
                 w.is_late OR w.assigned_to IS NOT NULL
                     OR mod(hashtext(CAST(w.user_id_raiz AS text)) & 2147483647, :of) = :place DESC,
                 w.due_at NULLS LAST, w.state IS NOT DISTINCT FROM 'abierto' DESC,
                 w.severity_index DESC, w.user_id_raiz) AS turn
    FROM waiting w
    ORDER BY turn
    LIMIT greatest(:limit, least((SELECT late FROM counted), :most))
)
SELECT f.user_id_raiz::text AS user_id_raiz, p.pseudonym, f.cluster_label, f.severity_index,
       f.is_sufficient, f.stopped_showing, f.state IS NOT DISTINCT FROM 'abierto' AS waits,
       f.state, f.priority, f.due_at, f.waiting_since, f.escalation_level, f.is_late,
       f.assigned_to, u.email AS assignee_email, c.waiting, c.late
FROM counted c
LEFT JOIN (shown f JOIN person p USING (user_id_raiz)) ON true
LEFT JOIN app_user u ON f.assigned_to = 'user:' || u.id
ORDER BY f.turn;

-- name: taken_up
-- Cases that somebody began to look after since :since, by what they did: who ends a case that
-- nobody had acknowledged took it up by that.
SELECT count(DISTINCT a.case_id)
FROM case_action a JOIN risk_case f ON f.id = a.case_id
WHERE a.at >= :since AND a.actor <> :system AND (a.actor = :me OR (:of_team AND {visible}))
  AND (a.action IN ('reconocido', 'abierto', 'reabierto')
       OR (a.action = 'cerrado' AND f.acknowledged_at = a.at));

-- name: unknown
-- People of whom too little is known for a case, those longest without activity first.
SELECT f.user_id_raiz::text AS user_id_raiz, p.pseudonym, f.cluster_label, f.severity_index,
       f.evidence, f.is_sufficient, f.stopped_showing, f.verdict_as_of, p.last_activity_at,
       f.raw_days_since_last_seen AS days_without_activity
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE NOT f.is_sufficient AND {visible}
ORDER BY f.raw_days_since_last_seen DESC NULLS FIRST, p.pseudonym
LIMIT :limit OFFSET :offset;

-- name: count_unknown
SELECT count(*) FROM user_feature_vector f WHERE NOT f.is_sufficient AND {visible};

-- name: colleagues
-- Whoever has no scope sees everyone, and so the same people as anybody.
SELECT 'user:' || id AS name, email, role, disabled_at IS NOT NULL AS is_disabled,
       CAST(:scope AS uuid[]) IS NULL OR scope IS NULL OR scope && CAST(:scope AS uuid[]) AS shares
FROM app_user WHERE role IN ('counselor', 'supervisor')
ORDER BY email NULLS LAST, id;

-- name: load
SELECT coalesce(held.name, ended.name) AS name, coalesce(held.open, 0) AS open,
       coalesce(held.overdue, 0) AS overdue, coalesce(ended.closed, 0) AS closed
FROM (
    SELECT f.assigned_to AS name, count(*) AS open,
           count(*) FILTER (WHERE {waits} AND f.due_at <= :now) AS overdue
    FROM risk_case f
    WHERE f.state <> 'cerrado' AND f.pseudonym IS NOT NULL AND f.assigned_to IS NOT NULL
      AND {visible}
    GROUP BY 1
) held
FULL JOIN (
    SELECT a.actor AS name, count(*) AS closed
    FROM case_action a JOIN risk_case f ON f.id = a.case_id
    WHERE a.action = 'cerrado' AND a.at > :since AND {visible}
    GROUP BY 1
) ended ON ended.name = held.name;

-- name: version
-- Changes with every action on a case. Numbers are given before they are committed, so that one
-- below the highest can appear later: it is then one more of the last.
SELECT concat_ws('/', max(id), sum(id)) FROM (
    SELECT id FROM case_action ORDER BY id DESC LIMIT 1000) AS latest;
