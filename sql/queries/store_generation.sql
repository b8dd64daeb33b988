-- Generations: each full run's rows in a partition of their own, then one flip.
-- {partition} is feature_<run id>, made of our own integer.

-- name: create_partition
-- A table of its own until it is complete: attaching it takes no lock that a reader minds,
-- where CREATE TABLE ... PARTITION OF would take an exclusive one.
CREATE TABLE {partition} (
    LIKE feature INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT {partition}_run CHECK (run_id = {run_id})
);

-- name: index_partition
-- The parent's indexes, made before attaching so that attaching only adopts them.
ALTER TABLE {partition} ADD PRIMARY KEY (run_id, user_id_raiz);
CREATE INDEX ON {partition} (run_id, cluster_label, severity_index DESC);
ANALYZE {partition};

-- name: attach_partition
-- The CHECK above spares the scan.
ALTER TABLE feature ATTACH PARTITION {partition} FOR VALUES IN ({run_id});

-- name: reading_transactions
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE relation = 'feature'::regclass AND granted AND pid <> pg_backend_pid();

-- name: abandoned_partitions
-- Tables of runs that ended, or were handed back, before they flipped; asked before a run loads.
SELECT c.relname FROM pg_class c
JOIN pipeline_run r ON c.relname = 'feature_' || r.id
WHERE c.relkind = 'r' AND r.status <> 'succeeded' AND r.flipped_at IS NULL;

-- name: outdated_partitions
-- Generations that were replaced an hour ago or more; no page or request reads that long.
SELECT c.relname FROM pg_class c
JOIN pg_inherits i ON i.inhrelid = c.oid
JOIN pipeline_run r ON c.relname = 'feature_' || r.id
WHERE i.inhparent = 'feature'::regclass
  AND EXISTS (
      SELECT FROM pipeline_run successor
      WHERE successor.flipped_at > r.flipped_at AND successor.kind <> 'incremental'
        AND successor.flipped_at < now() - interval '1 hour');

-- name: attached_partitions
SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE i.inhparent = 'feature'::regclass;

-- name: detach_partition
ALTER TABLE feature DETACH PARTITION {partition};

-- name: drop_partition
DROP TABLE {partition};

-- name: create_history_month
-- Made beside the parent and attached, for the same reason as a generation.
CREATE TABLE {partition} (LIKE risk_history INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE risk_history ATTACH PARTITION {partition} FOR VALUES FROM ('{first}') TO ('{next}');

-- name: delete_rows
DELETE FROM {partition} WHERE user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: delete_staged_history
DELETE FROM risk_history
WHERE run_id = :run_id AND user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: insert_history
-- Whoever was forgotten meanwhile has no history any more; a row that is locked cannot be forgotten.
INSERT INTO risk_history (as_of, run_id, user_id_raiz, cluster_label, previous_label,
                          severity_index, previous_severity, reason, model_version_id)
SELECT s.as_of, :run_id, s.user_id_raiz, s.cluster_label, s.previous_label, s.severity_index,
       s.previous_severity, s.reason, s.model_version_id
FROM staged_history s JOIN person p USING (user_id_raiz)
FOR KEY SHARE OF p;

-- name: history_month_exists
SELECT to_regclass(:partition) IS NOT NULL;

-- name: discard_staged_history
-- History of runs that never flipped is seen by nobody; it goes with them.
DELETE FROM risk_history h USING pipeline_run r
WHERE r.id = h.run_id AND r.status <> 'succeeded' AND r.flipped_at IS NULL;

-- name: flip
-- The one row that readers follow.
INSERT INTO active_run (run_id) VALUES (:run_id)
ON CONFLICT (singleton) DO UPDATE
SET run_id = excluded.run_id, data_version = active_run.data_version + 1, changed_at = now();

-- name: previous_generation
-- What the transition function compares with: the verdicts that readers see now, in the order in
-- which a run has its people, by the primary key; and who has a case that is not closed.
SELECT f.user_id_raiz::text AS user_id_raiz, cluster_label, severity_index, is_sufficient,
       vote_kmeans, vote_dbscan, vote_forest, verdict_as_of, model_version_id,
       recorded_level, recorded_severity, had_messages, had_texts, had_evidence,
       needs_attention, high_changed_at,
       EXISTS (
           SELECT FROM risk_case c
           WHERE c.user_id_raiz = f.user_id_raiz AND c.state <> 'cerrado'
       ) AS has_open_case
FROM user_feature_vector f
WHERE CAST(:people AS uuid[]) IS NULL OR f.user_id_raiz = ANY(CAST(:people AS uuid[]))
ORDER BY f.user_id_raiz;

-- name: active_generation
SELECT run_id FROM active_run;

-- name: active_distribution
SELECT cluster_label, count(*) AS people FROM user_feature_vector GROUP BY cluster_label;

-- name: version_mark
-- The number alone begins anew in another installation, and goes back after a restore.
SELECT concat_ws(
    '/',
    (SELECT install_id FROM installation),
    (SELECT concat_ws('/', data_version, extract(epoch FROM changed_at)) FROM active_run)
);
