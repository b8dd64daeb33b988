-- People by cohort and level. Groups of few are hidden before anybody reads them
-- (aura_engine/store/reads/suppression.py). {visible} and {severity_bin} are of store_reads.sql.

-- name: age_band
SELECT p.age_band AS cohort, f.cluster_label,
       {severity_bin} AS bin,
       count(*) AS people, sum(f.severity_index) AS severity
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE {visible}
GROUP BY 1, 2, 3;

-- name: region
SELECT p.region AS cohort, f.cluster_label,
       {severity_bin} AS bin,
       count(*) AS people, sum(f.severity_index) AS severity
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE {visible}
GROUP BY 1, 2, 3;

-- name: category
-- Whoever is in communities of several categories counts in each, whoever is in none in none.
SELECT m.category AS cohort, f.cluster_label,
       {severity_bin} AS bin,
       count(*) AS people, sum(f.severity_index) AS severity
FROM (SELECT DISTINCT user_id_raiz, category FROM person_community) m
JOIN user_feature_vector f ON f.user_id_raiz = m.user_id_raiz
WHERE {visible}
GROUP BY 1, 2, 3;

-- name: days
SELECT day, cohort_kind = 'all' AS is_everyone, cohort, cluster_label, people, severity_bins
FROM daily_snapshot
WHERE day >= :since AND cohort_kind IN ('all', :kind)
ORDER BY day;

-- name: severity_days
-- Everyone by tens of ASI at each day's end, a row for each level.
SELECT day, severity_bins
FROM daily_snapshot
WHERE day >= :since AND cohort_kind = 'all'
ORDER BY day;
