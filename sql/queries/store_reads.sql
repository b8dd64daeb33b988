-- What pages, clients and commands read. Every query takes the viewer's :scope: communities
-- whose members are visible, NULL for everyone. {visible} stands for the condition below.

-- name: visible
(CAST(:scope AS uuid[]) IS NULL OR EXISTS (
    SELECT FROM person_community c
    WHERE c.user_id_raiz = f.user_id_raiz AND c.community_id = ANY(CAST(:scope AS uuid[]))));

-- name: severity_bin
-- Five bins of twenty points of the ASI; 100 belongs to the last.
least(floor(f.severity_index / 20)::int, 4);

-- name: data_version
-- People are as of the last run or batch; a run's totals are those of the last one that may change
-- what they speak of, and stay as they were then.
SELECT a.data_version, a.changed_at, a.run_id, greatest(r.as_of, batch.as_of) AS as_of,
       r.finished_at, r.text_model, f.results, f.as_of AS results_as_of,
       f.finished_at AS results_finished_at
FROM active_run a
JOIN pipeline_run r ON r.id = a.run_id
CROSS JOIN LATERAL (
    SELECT results, as_of, finished_at FROM pipeline_run
    WHERE kind IN ('full', 'recluster') AND flipped_at IS NOT NULL
    ORDER BY flipped_at DESC LIMIT 1
) AS f
CROSS JOIN LATERAL (
    SELECT max(as_of) AS as_of FROM pipeline_run
    WHERE kind = 'incremental'
) AS batch;

-- name: distribution
SELECT f.cluster_label, count(*) AS people,
       count(*) FILTER (WHERE NOT f.is_sufficient) AS insufficient,
       count(*) FILTER (WHERE f.had_evidence) AS known,
       count(*) FILTER (WHERE f.stopped_showing) AS stopped_showing
FROM user_feature_vector f
WHERE {visible}
GROUP BY f.cluster_label;

-- name: risk_list
-- Most severe first; ties by pseudonym, so that a page is the same whenever it is asked for.
SELECT f.user_id_raiz::text AS user_id_raiz, p.pseudonym, f.cluster_label, f.severity_index,
       f.vote_kmeans, f.vote_dbscan, f.vote_forest, f.evidence, f.is_sufficient,
       f.stopped_showing, f.verdict_as_of
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE f.cluster_label = :level AND (f.had_evidence OR NOT :known_only) AND {visible}
ORDER BY f.severity_index DESC, p.pseudonym
LIMIT :limit OFFSET :offset;

-- name: count_level
SELECT count(*) FROM user_feature_vector f WHERE f.cluster_label = :level AND {visible};

-- name: person
SELECT p.pseudonym, p.age_band, p.region, p.is_active, p.last_activity_at, f.*,
       f.user_id_raiz::text AS root_id
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE (p.pseudonym = :pseudonym OR p.user_id_raiz = CAST(:user_id AS uuid)) AND {visible};

-- name: ranks
-- For each KPI, the share of the population (0-1) that stands lower than one person, whichever
-- direction means risk. People who are alike count half, so that the middle is 0.5.
SELECT (avg((f.reciprocity_ratio < p.reciprocity_ratio)::int)
        + avg((f.reciprocity_ratio <= p.reciprocity_ratio)::int)) / 2 AS reciprocity_ratio,
       (avg((f.days_since_last_seen < p.days_since_last_seen)::int)
        + avg((f.days_since_last_seen <= p.days_since_last_seen)::int)) / 2
           AS days_since_last_seen,
       (avg((f.ratio_night_messages < p.ratio_night_messages)::int)
        + avg((f.ratio_night_messages <= p.ratio_night_messages)::int)) / 2
           AS ratio_night_messages,
       (avg((f.is_profile_incomplete < p.is_profile_incomplete)::int)
        + avg((f.is_profile_incomplete <= p.is_profile_incomplete)::int)) / 2
           AS is_profile_incomplete,
       (avg((f.sentiment_negativity_index < p.sentiment_negativity_index)::int)
        + avg((f.sentiment_negativity_index <= p.sentiment_negativity_index)::int)) / 2
           AS sentiment_negativity_index,
       (avg((f.num_community_categories < p.num_community_categories)::int)
        + avg((f.num_community_categories <= p.num_community_categories)::int)) / 2
           AS num_community_categories
FROM user_feature_vector f
JOIN user_feature_vector p
  ON p.user_id_raiz = (SELECT user_id_raiz FROM person WHERE pseudonym = :pseudonym);

-- name: history
SELECT f.as_of, f.cluster_label, f.previous_label, f.severity_index, f.previous_severity,
       f.reason, f.model_version_id
FROM visible_history f JOIN person p USING (user_id_raiz)
WHERE p.pseudonym = :pseudonym AND {visible}
ORDER BY f.as_of, f.id;

-- name: recent_changes
-- Who reached or left a level since a moment: their last change each, and how they stand now.
SELECT c.user_id_raiz::text AS user_id_raiz, p.pseudonym, c.as_of, c.cluster_label,
       c.previous_label, c.previous_severity, c.reason, n.severity_index, n.is_sufficient,
       n.had_evidence, n.stopped_showing
FROM (
    SELECT DISTINCT ON (f.user_id_raiz) f.*
    FROM visible_history f
    WHERE f.as_of > :since AND f.cluster_label IS DISTINCT FROM f.previous_label AND {visible}
    ORDER BY f.user_id_raiz, f.as_of DESC, f.id DESC
) c
JOIN person p USING (user_id_raiz)
JOIN user_feature_vector n USING (user_id_raiz);

-- name: kpis_of
-- What explains a list of people: their scaled and raw KPIs, and the model behind each verdict.
SELECT p.pseudonym, f.model_version_id, f.verdict_as_of, f.extraction_date,
       f.reciprocity_ratio, f.days_since_last_seen, f.ratio_night_messages,
       f.is_profile_incomplete, f.sentiment_negativity_index, f.num_community_categories,
       f.raw_reciprocity_ratio, f.raw_days_since_last_seen, f.raw_ratio_night_messages,
       f.raw_is_profile_incomplete, f.raw_sentiment_negativity_index,
       f.raw_num_community_categories
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE p.pseudonym = ANY(:pseudonyms) AND {visible};
