-- Two runs beside each other: where everyone of today stood after each, and why that differs.
--
-- Nobody's past is stored but as changes. Somebody stood where the first change after a run says
-- that they came from, and where they stand now if there was none; history before the earlier run
-- is so never read. :after and :until are `history_through` of the earlier and the later run.
-- {visible} narrows to the viewer's people (store_reads.sql), {placed} and {cause} are parts below.

-- name: comparable_runs
SELECT id, kind, as_of, model_version_id, history_through,
       results->'risk_distribution' AS people
FROM pipeline_run
WHERE kind IN ('full', 'recluster') AND history_through IS NOT NULL
ORDER BY flipped_at DESC
LIMIT :limit;

-- name: one_run
SELECT id, kind, as_of, model_version_id, history_through, flipped_at,
       results->'risk_distribution' AS people
FROM pipeline_run WHERE id = :run_id;

-- name: reaches_back
-- History goes by whole months, the oldest first: what is left begins no later than the run.
SELECT EXISTS (SELECT FROM risk_history WHERE id <= :after);

-- name: placed
-- Levels only, and only changes of them are read; how far an ASI moved is looked up of those listed.
WITH later AS (
    SELECT h.id, h.user_id_raiz, h.previous_label, h.reason
    FROM visible_history h
    WHERE h.id > :after AND h.cluster_label IS DISTINCT FROM h.previous_label
), marked AS (
    SELECT user_id_raiz, min(id) AS first_after, min(id) FILTER (WHERE id > :until) AS first_until,
           bool_or(reason IN ('behaviour', 'both')) FILTER (WHERE id <= :until) AS by_behaviour,
           bool_or(reason IN ('model', 'both')) FILTER (WHERE id <= :until) AS by_model
    FROM later GROUP BY user_id_raiz
), placed AS (
    SELECT f.user_id_raiz, f.recorded_severity, f.is_sufficient, f.stopped_showing,
           m.by_behaviour, m.by_model,
           CASE WHEN a.id IS NULL THEN f.recorded_level ELSE a.previous_label END AS from_level,
           CASE WHEN b.id IS NULL THEN f.recorded_level ELSE b.previous_label END AS to_level
    FROM user_feature_vector f
    LEFT JOIN marked m ON m.user_id_raiz = f.user_id_raiz
    LEFT JOIN later a ON a.id = m.first_after
    LEFT JOIN later b ON b.id = m.first_until
    WHERE {visible}
);

-- name: cause
-- Each change of level on the way counts; where one was the person's and one the model's, both.
(CASE WHEN from_level IS NULL THEN 'first'
      WHEN by_model AND by_behaviour THEN 'both'
      WHEN by_model THEN 'model' ELSE 'behaviour' END);

-- name: moves
{placed}
SELECT from_level, to_level,
       CASE WHEN from_level IS DISTINCT FROM to_level THEN {cause} END AS cause,
       count(*) AS people, count(*) FILTER (WHERE NOT is_sufficient) AS insufficient
FROM placed
WHERE to_level IS NOT NULL
GROUP BY 1, 2, 3;

-- name: moved_people
-- Who went furthest up comes first, and of them the most severe; equals by pseudonym.
-- Who did not move is left out before anything is looked up.
{placed}, moved AS MATERIALIZED (
    SELECT w.user_id_raiz, w.from_level, w.to_level, {cause} AS cause, w.is_sufficient,
           w.stopped_showing, w.recorded_severity
    FROM placed w
    WHERE w.to_level IS NOT NULL AND w.from_level IS DISTINCT FROM w.to_level
      AND (CAST(:from_level AS text) IS NULL OR coalesce(w.from_level, '') = :from_level)
      AND (CAST(:to_level AS text) IS NULL OR w.to_level = :to_level)
      AND (CAST(:cause AS text) IS NULL OR {cause} = :cause)
), listed AS (
    SELECT w.*, h.from_severity, h.moved_since,
           CASE WHEN h.moved_since THEN h.to_severity ELSE w.recorded_severity END AS to_severity,
           coalesce(h.of_two_models, false) AS of_two_models
    FROM moved w
    CROSS JOIN LATERAL (
        SELECT (array_agg(h.previous_severity ORDER BY h.id))[1] AS from_severity,
               (array_agg(h.previous_severity ORDER BY h.id)
                FILTER (WHERE h.id > :until))[1] AS to_severity,
               bool_or(h.id > :until) AS moved_since,
               bool_or(h.reason IN ('model', 'both')) FILTER (WHERE h.id <= :until) AS of_two_models
        FROM visible_history h
        WHERE h.user_id_raiz = w.user_id_raiz AND h.id > :after
    ) h
)
SELECT w.user_id_raiz::text AS user_id_raiz, p.pseudonym, w.from_level, w.to_level,
       w.from_severity, w.to_severity, w.cause, w.moved_since,
       CASE WHEN NOT w.of_two_models THEN w.to_severity - w.from_severity END AS asi_change,
       w.is_sufficient, w.stopped_showing
FROM listed w JOIN person p USING (user_id_raiz)
ORDER BY array_position(:ranks, w.to_level) - coalesce(array_position(:ranks, w.from_level), 1)
             DESC,
         w.to_severity DESC, p.pseudonym
LIMIT :limit OFFSET :offset;
