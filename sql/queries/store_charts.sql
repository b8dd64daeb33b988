-- Aggregates behind charts, of the people whom the viewer may see ({visible}: store_reads.sql).

-- name: scatter
-- Where people stand on the two principal components. Of more than :points people the most
-- severe four fifths are shown, and of the rest a sample that stays the same.
WITH shown AS MATERIALIZED (
    SELECT f.user_id_raiz, f.pca_x, f.pca_y, f.cluster_label, f.severity_index, f.kmeans_cluster
    FROM user_feature_vector f
    WHERE {visible}
), counted AS (
    SELECT count(*) AS total, count(*) > :points AS are_many FROM shown
), worst AS (
    SELECT * FROM shown ORDER BY severity_index DESC, user_id_raiz
    LIMIT (SELECT CASE WHEN are_many THEN :worst ELSE :points END FROM counted)
), sampled AS (
    SELECT * FROM shown
    WHERE (SELECT are_many FROM counted) AND user_id_raiz NOT IN (SELECT user_id_raiz FROM worst)
    ORDER BY uuid_hash_extended(user_id_raiz, 0), user_id_raiz
    LIMIT :sampled
)
SELECT s.pca_x, s.pca_y, s.cluster_label, s.severity_index, s.kmeans_cluster, p.pseudonym, c.total
FROM (SELECT * FROM worst UNION ALL SELECT * FROM sampled) s
JOIN person p USING (user_id_raiz) CROSS JOIN counted c;

-- name: level_profiles
SELECT f.cluster_label, count(*) AS people,
       avg(f.reciprocity_ratio) AS reciprocity_ratio,
       avg(f.days_since_last_seen) AS days_since_last_seen,
       avg(f.ratio_night_messages) AS ratio_night_messages,
       avg(f.is_profile_incomplete) AS is_profile_incomplete,
       avg(f.sentiment_negativity_index) AS sentiment_negativity_index,
       avg(f.num_community_categories) AS num_community_categories
FROM user_feature_vector f
WHERE {visible}
GROUP BY f.cluster_label;

-- name: severity_bins
SELECT {severity_bin} AS bin, f.cluster_label, count(*) AS people,
       sum(f.severity_index) AS severity, max(f.severity_index) AS highest,
       count(*) FILTER (WHERE f.severity_index > 60) AS above_60
FROM user_feature_vector f
WHERE {visible}
GROUP BY 1, 2;

-- name: run_totals
-- What each full run found, oldest first: totals only, frozen with the run.
SELECT as_of, results->'averages' AS averages, results->'risk_distribution' AS distribution,
       model_version_id
FROM pipeline_run
WHERE kind IN ('full', 'recluster') AND status = 'succeeded'
  AND as_of > :since AND as_of <= :until
ORDER BY as_of;

-- name: trend_steps
-- The last totals of everyone that are known of each hour, day or week of the reader's: of a run,
-- or of the moments that are recorded between runs. Only those shown are unpacked.
WITH known AS (
    SELECT as_of AS at, id AS run_id FROM pipeline_run
    WHERE kind IN ('full', 'recluster') AND status = 'succeeded'
      AND as_of > :since AND as_of <= :until
    UNION ALL
    SELECT at, NULL FROM trend_point WHERE at > :since AND at <= :until
), shown AS (
    SELECT DISTINCT ON (date_trunc(:step, at, :zone)) at, run_id
    FROM known
    ORDER BY date_trunc(:step, at, :zone), at DESC, run_id DESC NULLS LAST
)
SELECT s.at AS as_of, coalesce(r.results->'averages', p.averages) AS averages,
       coalesce(r.results->'risk_distribution', p.distribution) AS distribution
FROM shown s
LEFT JOIN pipeline_run r ON r.id = s.run_id
LEFT JOIN trend_point p ON p.at = s.at AND s.run_id IS NULL
ORDER BY s.at;
