-- Who was rescored beside the runs, so that a run takes over what it missed; and what a source's log
-- was read up to.

-- name: note_rescored
-- Under the writer lock, so that seq follows the order of commits.
INSERT INTO rescored (user_id_raiz, seq)
SELECT unnest(CAST(:people AS uuid[])), nextval('rescored_seq')
ON CONFLICT (user_id_raiz) DO UPDATE SET seq = excluded.seq;

-- name: last_rescored
SELECT coalesce(max(seq), 0) FROM rescored;

-- name: rescored_since
SELECT user_id_raiz::text AS user_id_raiz, seq FROM rescored WHERE seq > :seq ORDER BY seq;

-- name: forget_rescored
DELETE FROM rescored;

-- name: existing_people
SELECT user_id_raiz::text FROM person WHERE user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: incremental_run
-- The one row of a day that history and events of incremental runs refer to.
SELECT id FROM pipeline_run
WHERE kind = 'incremental' AND requested_at >= date_trunc('day', CAST(:as_of AS timestamptz), 'UTC')
ORDER BY id DESC LIMIT 1;

-- name: begin_incremental_run
INSERT INTO pipeline_run (kind, status, requested_by, requested_at, as_of, started_at, heartbeat_at,
                          finished_at, flipped_at)
VALUES ('incremental', 'succeeded', :requested_by, :as_of, :as_of, now(), now(), now(), now())
RETURNING id;

-- name: advance_incremental_run
UPDATE pipeline_run
SET as_of = greatest(as_of, CAST(:as_of AS timestamptz)), finished_at = now(), heartbeat_at = now(),
    model_version_id = :model_version_id,
    counts = counts || jsonb_build_object(
        'batches', coalesce((counts->>'batches')::bigint, 0) + 1,
        'people', coalesce((counts->>'people')::bigint, 0) + CAST(:people AS bigint),
        'transitions', coalesce((counts->>'transitions')::bigint, 0)
            + CAST(:transitions AS bigint),
        'alerts', coalesce((counts->>'alerts')::bigint, 0) + CAST(:alerts AS bigint),
        'removed', coalesce((counts->>'removed')::bigint, 0) + CAST(:removed AS bigint),
        'postponed', CAST(:postponed AS bigint))
WHERE id = :run_id;

-- name: removed_today
SELECT coalesce((counts->>'removed')::bigint, 0) FROM pipeline_run WHERE id = :run_id;

-- name: latest_as_of
-- The latest moment that anything was scored for.
SELECT max(as_of) FROM pipeline_run
WHERE status = 'succeeded' AND kind IN ('full', 'sweep', 'incremental');

-- name: last_of_everyone
-- The latest moment for which everyone was judged.
SELECT max(as_of) FROM pipeline_run WHERE status = 'succeeded' AND kind IN ('full', 'sweep');

-- name: messaging_through
-- The latest moment for which everyone's counts of messages were brought up to date.
SELECT max(as_of) FROM pipeline_run
WHERE status = 'succeeded' AND kind IN ('full', 'sweep') AND NOT counts ? 'messaging_unread';

-- name: stored_kpis
-- What the generation in view was judged by.
SELECT f.user_id_raiz::text AS user_id_raiz, f.extraction_date, f.raw_reciprocity_ratio,
       f.raw_days_since_last_seen, f.raw_ratio_night_messages, f.raw_is_profile_incomplete,
       f.raw_sentiment_negativity_index, f.raw_num_community_categories
FROM user_feature_vector f ORDER BY f.user_id_raiz;

-- name: count_people
SELECT count(*) FROM person;

-- name: touch_data_version
UPDATE active_run SET data_version = data_version + 1, changed_at = now();
