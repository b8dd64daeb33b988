-- Totals in time: points of everyone through the day, and each day's end by cohort.

-- name: record_trend_point
-- Averages speak of what was observed, as a run's do; levels are all there, with zero too.
INSERT INTO trend_point (at, people, averages, distribution)
SELECT :at, count(*),
       jsonb_build_object(
           'reciprocity_ratio', avg(raw_reciprocity_ratio),
           'days_since_last_seen', avg(raw_days_since_last_seen),
           'ratio_night_messages', avg(raw_ratio_night_messages),
           'is_profile_incomplete', avg(raw_is_profile_incomplete),
           'sentiment_negativity_index', avg(raw_sentiment_negativity_index),
           'num_community_categories', avg(raw_num_community_categories)),
       jsonb_build_object(
           'ALTO_RIESGO', count(*) FILTER (WHERE cluster_label = 'ALTO_RIESGO'),
           'RIESGO_MODERADO', count(*) FILTER (WHERE cluster_label = 'RIESGO_MODERADO'),
           'BAJO_RIESGO', count(*) FILTER (WHERE cluster_label = 'BAJO_RIESGO'))
FROM user_feature_vector
HAVING count(*) > 0
ON CONFLICT (at) DO UPDATE
SET people = excluded.people, averages = excluded.averages, distribution = excluded.distribution
RETURNING people, averages, distribution;

-- name: last_trend_point
SELECT max(at) FROM trend_point;

-- name: recorded_days
-- Since when verdicts are known, and the last day whose end is recorded.
SELECT (SELECT min(as_of) FROM visible_history) AS first_known,
       (SELECT max(day) FROM daily_snapshot) AS last_day;

-- name: record_day
-- Where everyone of today's population stood when the day ended, by what had been recorded until
-- then; a day that was missed is made up for later with the same result. Nobody is in a cohort
-- whose name is not known.
WITH ended AS (
    SELECT DISTINCT ON (h.user_id_raiz) h.user_id_raiz, h.cluster_label,
           least(floor(h.severity_index / 10)::int, 9) AS bin
    FROM visible_history h
    WHERE h.as_of < :ends
    ORDER BY h.user_id_raiz, h.as_of DESC, h.id DESC
), placed AS (
    SELECT 'all' AS cohort_kind, 'all' AS cohort, e.* FROM ended e
    UNION ALL
    SELECT 'age_band', p.age_band, e.* FROM ended e JOIN person p USING (user_id_raiz)
    WHERE p.age_band IS NOT NULL
    UNION ALL
    SELECT 'region', p.region, e.* FROM ended e JOIN person p USING (user_id_raiz)
    WHERE p.region IS NOT NULL
    UNION ALL
    SELECT 'community', c.community_id::text, e.*
    FROM ended e JOIN person_community c USING (user_id_raiz)
    UNION ALL
    SELECT 'category', c.category, e.*
    FROM ended e
    JOIN (SELECT DISTINCT user_id_raiz, category FROM person_community) c USING (user_id_raiz)
)
INSERT INTO daily_snapshot (day, cohort_kind, cohort, cluster_label, people, severity_bins)
SELECT :day, cohort_kind, cohort, cluster_label, count(*),
       ARRAY[count(*) FILTER (WHERE bin = 0), count(*) FILTER (WHERE bin = 1),
             count(*) FILTER (WHERE bin = 2), count(*) FILTER (WHERE bin = 3),
             count(*) FILTER (WHERE bin = 4), count(*) FILTER (WHERE bin = 5),
             count(*) FILTER (WHERE bin = 6), count(*) FILTER (WHERE bin = 7),
             count(*) FILTER (WHERE bin = 8), count(*) FILTER (WHERE bin = 9)]
FROM placed
GROUP BY cohort_kind, cohort, cluster_label
ON CONFLICT (day, cohort_kind, cohort, cluster_label) DO NOTHING;
