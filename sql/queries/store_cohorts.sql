-- People by cohort and level. Groups of few are hidden before anybody reads them
-- (aura_engine/store/reads/suppression.py). {visible} is of store_reads.sql, bins of ASI are those
-- of store_charts.sql.

-- name: age_band
SELECT p.age_band AS cohort, f.cluster_label,
       least(floor(f.severity_index / 20)::int, 4) AS bin,
       count(*) AS people, sum(f.severity_index) AS severity
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE {visible}
GROUP BY 1, 2, 3;

-- name: region
SELECT p.region AS cohort, f.cluster_label,
       least(floor(f.severity_index / 20)::int, 4) AS bin,
       count(*) AS people, sum(f.severity_index) AS severity
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE {visible}
GROUP BY 1, 2, 3;

-- name: category
-- Whoever is in communities of several categories counts in each, whoever is in none in none.
SELECT m.category AS cohort, f.cluster_label,
       least(floor(f.severity_index / 20)::int, 4) AS bin,
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
