-- The work list: people with their open case and how far their ASI moved. {visible} narrows to the
-- viewer's people (store_reads.sql); what else stands in braces is a part below.

-- name: last_run_before
SELECT max(as_of) FROM pipeline_run
WHERE kind IN ('full', 'recluster') AND status = 'succeeded' AND as_of < :moment;

-- name: case_state
(CASE WHEN k.id IS NULL THEN 'sin_caso' WHEN k.snoozed_until IS NOT NULL THEN 'pospuesto'
      WHEN k.acknowledged_at IS NOT NULL THEN 'en_curso'
      WHEN k.state = 'por_revisar' THEN 'por_revisar' ELSE 'sin_reconocer' END);

-- name: source
-- Of a person nothing but the pseudonym is taken, and of a case what is asked by: where neither is
-- needed, the database does not read them at all.
FROM user_feature_vector f
LEFT JOIN person p ON p.user_id_raiz = f.user_id_raiz
LEFT JOIN risk_case k ON k.user_id_raiz = f.user_id_raiz AND k.state <> 'cerrado';

-- name: narrowed
{visible}
  AND (CAST(:level AS text) IS NULL OR f.cluster_label = :level)
  AND (CAST(:case_state AS text) IS NULL OR {case_state} = :case_state)
  AND (CAST(:is_sufficient AS boolean) IS NULL OR f.is_sufficient = :is_sufficient)
  AND (NOT :stopped_showing OR f.stopped_showing)
  AND (CAST(:least_asi AS float8) IS NULL OR f.severity_index >= :least_asi)
  AND (CAST(:prefix AS text) IS NULL OR starts_with(p.pseudonym, :prefix));

-- name: columns
f.user_id_raiz::text AS user_id_raiz, p.pseudonym, f.cluster_label, f.severity_index,
       f.recorded_severity, f.vote_kmeans, f.vote_dbscan, f.vote_forest, f.evidence,
       f.is_sufficient, f.stopped_showing, f.verdict_as_of,
       f.raw_days_since_last_seen AS days_without_activity,
       {case_state} AS case_state, k.id AS case_id, k.version AS case_version;

-- name: moved
-- An ASI moved since the last that was recorded before. Where only a model moved it, it is compared
-- with what that model gave: numbers of two models are not compared. Both are taken from the end
-- of one order, so that it is sorted once.
SELECT h.user_id_raiz, bool_or(h.reason IN ('model', 'both')) AS by_model,
       coalesce((array_agg(h.severity_index ORDER BY h.as_of DESC, h.id DESC)
                 FILTER (WHERE h.reason = 'model'))[1],
                (array_agg(h.previous_severity ORDER BY h.as_of DESC, h.id DESC))[count(*)])
           AS severity
FROM visible_history h
WHERE h.as_of > CAST(:since AS timestamptz);

-- name: asi_change
CASE WHEN CAST(:since AS timestamptz) IS NOT NULL THEN f.severity_index
            - CASE WHEN m.user_id_raiz IS NULL THEN f.recorded_severity ELSE m.severity END
       END AS asi_change, coalesce(m.by_model, false) AS moved_by_model;

-- name: sorted_by
f.user_id_raiz, f.severity_index, f.evidence,
       f.raw_days_since_last_seen AS days_without_activity;

-- name: people
-- Who is shown is found in narrow rows; what is told of them is looked up of these only.
SELECT {columns}, {asi_change}
FROM (
    SELECT {sorted_by}
    {source}
    WHERE {narrowed}
    ORDER BY {order}
    LIMIT :limit OFFSET :offset
) shown
JOIN user_feature_vector f USING (user_id_raiz)
JOIN person p USING (user_id_raiz)
LEFT JOIN risk_case k ON k.user_id_raiz = f.user_id_raiz AND k.state <> 'cerrado'
LEFT JOIN LATERAL (
    {moved} AND h.user_id_raiz = f.user_id_raiz
    GROUP BY h.user_id_raiz
) m ON true
ORDER BY {order};

-- name: people_by_change
-- With what everyone's ASI is compared is worked out once, and whether a model moved it is looked
-- up, as before, of those shown only.
WITH m AS MATERIALIZED (
    SELECT DISTINCT ON (h.user_id_raiz) h.user_id_raiz, false AS by_model,
           CASE h.reason WHEN 'model' THEN h.severity_index ELSE h.previous_severity END
               AS severity
    FROM visible_history h
    WHERE h.as_of > CAST(:since AS timestamptz)
    ORDER BY h.user_id_raiz, (h.reason = 'model') DESC,
             CASE h.reason WHEN 'model' THEN h.as_of END DESC,
             CASE h.reason WHEN 'model' THEN h.id END DESC, h.as_of, h.id
)
SELECT {columns}, {asi_change}
FROM (
    SELECT {sorted_by}, {asi_change}
    {source}
    LEFT JOIN m ON m.user_id_raiz = f.user_id_raiz
    WHERE {narrowed}
    ORDER BY {order}
    LIMIT :limit OFFSET :offset
) shown
JOIN user_feature_vector f USING (user_id_raiz)
JOIN person p USING (user_id_raiz)
LEFT JOIN risk_case k ON k.user_id_raiz = f.user_id_raiz AND k.state <> 'cerrado'
LEFT JOIN LATERAL (
    {moved} AND h.user_id_raiz = f.user_id_raiz
    GROUP BY h.user_id_raiz
) m ON true
ORDER BY {order};

-- name: count
SELECT count(*)
{source}
WHERE {narrowed};

-- name: by_asi
severity_index DESC, user_id_raiz;

-- name: by_asi_reversed
severity_index, user_id_raiz;

-- name: by_cambio
asi_change DESC NULLS LAST, severity_index DESC, user_id_raiz;

-- name: by_cambio_reversed
asi_change NULLS LAST, severity_index DESC, user_id_raiz;

-- name: by_dias
-- Of whom not even this is known comes first: that is no reason to stand at the end.
days_without_activity DESC NULLS FIRST, severity_index DESC, user_id_raiz;

-- name: by_dias_reversed
days_without_activity NULLS LAST, severity_index DESC, user_id_raiz;

-- name: by_evidencia
evidence DESC, severity_index DESC, user_id_raiz;

-- name: by_evidencia_reversed
evidence, severity_index DESC, user_id_raiz;
