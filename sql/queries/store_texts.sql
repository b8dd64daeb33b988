-- Texts: references and scores by keyed hash, never the words.

-- name: upsert_refs
-- An edited text changes its hash; anything else about a known reference stays as it is. Whoever was
-- forgotten meanwhile has no texts any more.
INSERT INTO text_ref (source, text_id, user_id_raiz, hmac, written_at)
SELECT source, text_id, user_id_raiz, hmac, written_at
FROM staged_text JOIN person p USING (user_id_raiz)
FOR KEY SHARE OF p
ON CONFLICT (source, text_id) DO UPDATE
SET user_id_raiz = excluded.user_id_raiz, hmac = excluded.hmac, written_at = excluded.written_at
WHERE (text_ref.user_id_raiz, text_ref.hmac, text_ref.written_at)
      IS DISTINCT FROM (excluded.user_id_raiz, excluded.hmac, excluded.written_at)
RETURNING hmac;

-- name: hold_scores
-- Until the references to them are committed: whoever deletes scores without a reference cannot see
-- ours before. Whoever was deleting one is waited for.
SELECT FROM text_score s WHERE s.hmac = ANY(:hmacs)
ORDER BY s.hmac, s.model_revision
FOR KEY SHARE OF s;

-- name: delete_refs
-- A text that is gone, or no longer words, takes its reference with it.
DELETE FROM text_ref r USING staged_gone g WHERE r.source = g.source AND r.text_id = g.text_id;

-- name: unscored
-- Which staged hashes the model has not seen in this revision.
SELECT DISTINCT s.hmac FROM staged_text s
WHERE NOT EXISTS (
    SELECT FROM text_score k WHERE k.hmac = s.hmac AND k.model_revision = :revision);

-- name: insert_scores
-- A score that is there stays: the stored one is the truth for every later run.
INSERT INTO text_score (hmac, model_revision, p_negative)
SELECT hmac, :revision, p_negative FROM staged_score
ON CONFLICT (hmac, model_revision) DO NOTHING;

-- name: lacks_scores
-- Whether a reference in the window has no score in this revision: then all are read again.
SELECT EXISTS (
    SELECT FROM text_ref r
    WHERE r.written_at > :since AND r.written_at <= :as_of
      AND NOT EXISTS (
          SELECT FROM text_score s WHERE s.hmac = r.hmac AND s.model_revision = :revision));

-- name: count_unscored
-- How many references in the window a model revision has yet to score.
SELECT count(*) FROM text_ref r
WHERE r.written_at > :since AND r.written_at <= :as_of
  AND NOT EXISTS (
      SELECT FROM text_score s WHERE s.hmac = r.hmac AND s.model_revision = :revision);

-- name: unscored_refs
-- The newest of them, from a place on backwards; walks the index on (written_at, text_id).
SELECT source, text_id::text AS text_id, written_at FROM text_ref r
WHERE r.written_at > :since AND r.written_at <= :as_of
  AND (r.written_at, r.text_id) < (:before_at, CAST(:before_id AS uuid))
  AND NOT EXISTS (
      SELECT FROM text_score s WHERE s.hmac = r.hmac AND s.model_revision = :revision)
ORDER BY r.written_at DESC, r.text_id DESC LIMIT :limit;

-- name: unscored_hmacs
-- Which of some hashes a model revision has yet to score.
SELECT wanted.hmac FROM unnest(CAST(:hmacs AS bytea[])) AS wanted (hmac)
WHERE NOT EXISTS (
    SELECT FROM text_score s WHERE s.hmac = wanted.hmac AND s.model_revision = :revision);

-- name: sweep_refs
-- References of texts that no window reaches any more, a batch at a time.
DELETE FROM text_ref WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM text_ref WHERE written_at <= :before LIMIT :batch));

-- name: sweep_revisions
-- Scores of models that are neither in use nor to come; recent ones may be of a run that goes on.
-- Those that somebody has locked go with the next sweep.
DELETE FROM text_score WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM text_score
    WHERE scored_at <= :settled AND model_revision <> ALL (CAST(:kept AS text[]))
    LIMIT :batch
    FOR UPDATE SKIP LOCKED));

-- name: lock_settled_orphans
-- Scores that no reference needs; recent ones may be about to get theirs, and so may those that
-- somebody has locked.
SELECT CAST(s.ctid AS text) FROM text_score s
WHERE s.scored_at <= :settled AND NOT EXISTS (SELECT FROM text_ref r WHERE r.hmac = s.hmac)
LIMIT :batch
FOR UPDATE OF s SKIP LOCKED;

-- name: lock_orphans_among
-- The same among some hashes, whatever their age, in the order of hold_scores; sweeps never wait.
SELECT CAST(s.ctid AS text) FROM text_score s
WHERE s.hmac = ANY(:hmacs) AND NOT EXISTS (SELECT FROM text_ref r WHERE r.hmac = s.hmac)
ORDER BY s.hmac, s.model_revision
FOR UPDATE OF s;

-- name: delete_orphans
-- Of those that were locked: a reference may have been committed while they were waited for.
DELETE FROM text_score s
WHERE s.ctid = ANY(CAST(:places AS tid[]))
  AND NOT EXISTS (SELECT FROM text_ref r WHERE r.hmac = s.hmac);

-- name: digests
-- Per person: how many references, and the XOR of their ids' low 64 bits, as the sources give.
SELECT user_id_raiz::text AS user_id_raiz, count(*) AS texts,
       bit_xor(('x' || right(replace(text_id::text, '-', ''), 16))::bit(64)::bigint) AS digest
FROM text_ref
WHERE source = :source AND written_at > :since AND written_at <= :as_of
GROUP BY user_id_raiz;

-- name: ref_owners
-- The texts that we hold of people whose digest differs from the source's.
SELECT text_id::text AS text_id, user_id_raiz::text AS user_id_raiz FROM text_ref
WHERE source = :source AND written_at > :since AND written_at <= :as_of
  AND user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: negativity
-- Sums over each person's scored texts in the window; wordless texts have no score and no part.
-- Added up as decimals, so that the order in which rows come changes nothing.
SELECT r.user_id_raiz::text AS user_id_raiz,
       count(s.p_negative) AS texts,
       coalesce(sum(CAST(s.p_negative AS numeric)), 0)::float8 AS negativity_sum,
       coalesce(sum(CAST(s.p_negative * s.p_negative AS numeric)), 0)::float8
           AS negativity_sumsq
FROM text_ref r
JOIN text_score s ON s.hmac = r.hmac AND s.model_revision = :revision
WHERE r.written_at > :since AND r.written_at <= :as_of
  AND (CAST(:people AS uuid[]) IS NULL OR r.user_id_raiz = ANY(CAST(:people AS uuid[])))
GROUP BY r.user_id_raiz;

-- name: model_of_revision
-- The name under which a revision last read texts.
SELECT text_model FROM pipeline_run
WHERE text_revision = :revision AND text_model IS NOT NULL
ORDER BY id DESC LIMIT 1;

-- name: latest_revision
-- The revision of the newest score, for runs that read no text.
SELECT model_revision FROM text_score ORDER BY scored_at DESC LIMIT 1;
