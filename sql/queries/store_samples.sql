-- Raw KPIs of everyone from week to week. A run's samples show once it has flipped.

-- name: last_sampled
SELECT max(r.as_of) FROM pipeline_run r
WHERE r.flipped_at IS NOT NULL AND EXISTS (SELECT FROM kpi_sample s WHERE s.run_id = r.id);

-- name: insert_samples
-- As history: whoever was forgotten meanwhile has none.
INSERT INTO kpi_sample (user_id_raiz, run_id, reciprocity_ratio, days_since_last_seen,
                        ratio_night_messages, sentiment_negativity_index,
                        num_community_categories)
SELECT s.user_id_raiz, :run_id, s.reciprocity_ratio, s.days_since_last_seen,
       s.ratio_night_messages, s.sentiment_negativity_index, s.num_community_categories
FROM staged_samples s JOIN person p USING (user_id_raiz)
FOR KEY SHARE OF p;

-- name: unfinished_runs
-- That ended, or were handed back, before they flipped.
SELECT r.id FROM pipeline_run r
WHERE r.status <> 'succeeded' AND r.flipped_at IS NULL
  AND EXISTS (SELECT FROM kpi_sample s WHERE s.run_id = r.id);

-- name: outdated_runs
SELECT r.id FROM pipeline_run r
WHERE r.as_of < :before AND EXISTS (SELECT FROM kpi_sample s WHERE s.run_id = r.id);

-- name: delete_samples
DELETE FROM kpi_sample
WHERE ctid = ANY(ARRAY(SELECT ctid FROM kpi_sample WHERE run_id = ANY(:runs) LIMIT :batch));

-- name: own_usual
-- Medians of one person's samples before the last days, of how many each is, and for how long they
-- are known. Days of silence count up while it lasts, so those of the present one are not usual;
-- negativity that another language model read is not compared.
WITH sample AS (
    SELECT f.*, n.as_of - r.as_of AS ago, r.as_of <= p.last_activity_at AS before_silence,
           r.text_revision = n.text_revision AS same_reader
    FROM kpi_sample f
    JOIN person p USING (user_id_raiz)
    JOIN pipeline_run r ON r.id = f.run_id AND r.flipped_at IS NOT NULL
    CROSS JOIN active_run a JOIN pipeline_run n ON n.id = a.run_id
    WHERE p.pseudonym = :pseudonym AND {visible}
      AND r.as_of >= n.as_of - CAST(:kept AS interval)
      AND r.as_of <= n.as_of - CAST(:recent AS interval)
)
SELECT max(ago) AS known_for,
       count(reciprocity_ratio) AS n_reciprocity_ratio,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY reciprocity_ratio) AS reciprocity_ratio,
       count(days_since_last_seen) FILTER (WHERE before_silence) AS n_days_since_last_seen,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY days_since_last_seen)
           FILTER (WHERE before_silence) AS days_since_last_seen,
       count(ratio_night_messages) AS n_ratio_night_messages,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio_night_messages) AS ratio_night_messages,
       count(sentiment_negativity_index) FILTER (WHERE same_reader)
           AS n_sentiment_negativity_index,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY sentiment_negativity_index)
           FILTER (WHERE same_reader) AS sentiment_negativity_index,
       count(num_community_categories) AS n_num_community_categories,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY num_community_categories)
           AS num_community_categories
FROM sample;
