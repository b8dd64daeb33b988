-- What pages, clients and commands read. Every query takes the viewer's :scope: communities
-- whose members are visible, NULL for everyone.

-- name: data_version
SELECT a.data_version, a.changed_at, a.run_id, r.as_of, r.text_model, r.results
FROM active_run a JOIN pipeline_run r ON r.id = a.run_id;

-- name: distribution
SELECT f.cluster_label, count(*) AS people,
       count(*) FILTER (WHERE NOT f.is_sufficient) AS insufficient,
       count(*) FILTER (WHERE f.stopped_showing) AS stopped_showing
FROM user_feature_vector f
WHERE CAST(:scope AS uuid[]) IS NULL OR EXISTS (
    SELECT FROM person_community c
    WHERE c.user_id_raiz = f.user_id_raiz AND c.community_id = ANY(CAST(:scope AS uuid[])))
GROUP BY f.cluster_label;

-- name: risk_list
-- Most severe first; ties by pseudonym, so that a page is the same whenever it is asked for.
SELECT f.user_id_raiz::text AS user_id_raiz, p.pseudonym, f.cluster_label, f.severity_index,
       f.vote_kmeans, f.vote_dbscan, f.vote_forest, f.evidence, f.is_sufficient,
       f.stopped_showing, f.verdict_as_of
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE f.cluster_label = :level
  AND (CAST(:scope AS uuid[]) IS NULL OR EXISTS (
      SELECT FROM person_community c
      WHERE c.user_id_raiz = f.user_id_raiz AND c.community_id = ANY(CAST(:scope AS uuid[]))))
ORDER BY f.severity_index DESC, p.pseudonym
LIMIT :limit OFFSET :offset;

-- name: person
SELECT p.pseudonym, p.age_band, p.region, p.is_active, p.last_activity_at, f.*,
       f.user_id_raiz::text AS root_id
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE p.pseudonym = :pseudonym
  AND (CAST(:scope AS uuid[]) IS NULL OR EXISTS (
      SELECT FROM person_community c
      WHERE c.user_id_raiz = f.user_id_raiz AND c.community_id = ANY(CAST(:scope AS uuid[]))));

-- name: history
SELECT h.as_of, h.cluster_label, h.previous_label, h.severity_index, h.previous_severity,
       h.reason, h.model_version_id
FROM visible_history h JOIN person p USING (user_id_raiz)
WHERE p.pseudonym = :pseudonym
  AND (CAST(:scope AS uuid[]) IS NULL OR EXISTS (
      SELECT FROM person_community c
      WHERE c.user_id_raiz = h.user_id_raiz AND c.community_id = ANY(CAST(:scope AS uuid[]))))
ORDER BY h.as_of, h.id;

-- name: runs
SELECT id, kind, status, requested_by, requested_at, as_of, parameters, started_at,
       finished_at, stage, stage_done, stage_total, stages, counts, error, model_version_id,
       text_model
FROM pipeline_run ORDER BY id DESC LIMIT :limit;

