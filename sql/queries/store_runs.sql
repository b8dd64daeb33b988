-- Runs of the pipeline: asked for, claimed, followed, ended.

-- name: begin_run
-- A run that starts at once in this process; the partial unique index admits one at a time.
INSERT INTO pipeline_run (kind, status, requested_by, as_of, parameters, started_at, heartbeat_at)
VALUES (:kind, 'running', :requested_by, :as_of, CAST(:parameters AS jsonb), now(), now())
RETURNING id;

-- name: fail_interrupted
-- Whoever holds the run lock knows that no other run lives: rows still 'running' were killed.
UPDATE pipeline_run
SET status = 'failed', error = :error, finished_at = now()
WHERE status = 'running' AND kind IN ('full', 'recluster', 'sweep')
RETURNING id;

-- name: fail_claimed
-- The run of a process that is known to be gone, by the name under which it took it.
UPDATE pipeline_run
SET status = 'failed', error = :error, finished_at = now()
WHERE status = 'running' AND claimed_by = :instance
RETURNING id;

-- name: hand_back
-- As it was before it was taken; nothing of it is in view, and what was loaded is swept.
UPDATE pipeline_run
SET status = 'queued', claimed_by = NULL, as_of = NULL, started_at = NULL, heartbeat_at = NULL,
    stage = NULL, stage_done = 0, stage_total = NULL, stage_started_at = NULL,
    stages = '[]', counts = '{}'
WHERE status = 'running' AND claimed_by = :instance
RETURNING id;

-- name: how_it_ended
SELECT id, kind, status, error, stages, text_model FROM pipeline_run
WHERE claimed_by = :instance;

-- name: enter_stage
UPDATE pipeline_run
SET stage = :stage, stage_done = 0, stage_total = :total, stage_started_at = now(),
    heartbeat_at = now()
WHERE id = :run_id;

-- name: move_moment
UPDATE pipeline_run SET as_of = :as_of, heartbeat_at = now() WHERE id = :run_id;

-- name: expect_in_stage
UPDATE pipeline_run SET stage_total = :total, heartbeat_at = now() WHERE id = :run_id;

-- name: advance_stage
UPDATE pipeline_run
SET stage_done = :done, heartbeat_at = now()
WHERE id = :run_id;

-- name: leave_stage
-- Stages are appended in the order in which they ended, with their seconds; what was counted
-- until then goes with them, so that a killed run has told it too.
UPDATE pipeline_run
SET stages = stages || CAST(:stage AS jsonb), counts = counts || CAST(:counts AS jsonb),
    stage_done = coalesce(stage_total, stage_done), heartbeat_at = now()
WHERE id = :run_id;

-- name: give_up_run
-- Only a run that still goes on: one that flipped has succeeded, whatever happened afterwards.
UPDATE pipeline_run
SET status = :status, error = :error, finished_at = now(),
    counts = counts || CAST(:counts AS jsonb)
WHERE id = :run_id AND status = 'running';

-- name: finish_run
-- Part of the flip: the run succeeds in the transaction that makes its rows visible, unless
-- somebody took it for dead meanwhile. Nobody else writes history then, so its last number parts
-- what the run found from what came later.
UPDATE pipeline_run
SET status = 'succeeded', finished_at = now(), flipped_at = now(), stage = NULL,
    counts = counts || CAST(:counts AS jsonb), results = CAST(:results AS jsonb),
    model_version_id = :model_version_id, text_model = :text_model,
    text_revision = :text_revision, texts_read_through = :texts_read_through,
    history_through = (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM risk_history_id_seq)
WHERE id = :run_id AND status = 'running';

-- name: texts_read_through
-- How far references were brought up to date by the last success, with whichever model.
SELECT max(texts_read_through) FROM pipeline_run WHERE status = 'succeeded';

-- name: last_full_run
-- Results never go back in time, and the demo's replay goes on from here.
SELECT max(as_of) FROM pipeline_run WHERE kind = 'full' AND status = 'succeeded';

-- name: list_runs
SELECT id, kind, status, requested_by, requested_at, as_of, parameters, started_at, heartbeat_at,
       finished_at, stage, stage_done, stage_total, stage_started_at, stages, counts, error,
       model_version_id, text_model, cancel_requested_at
FROM pipeline_run ORDER BY id DESC LIMIT :limit;

-- name: one_run
SELECT id, kind, status, requested_by, requested_at, as_of, parameters, started_at, heartbeat_at,
       finished_at, stage, stage_done, stage_total, stage_started_at, stages, counts, error,
       model_version_id, text_model, cancel_requested_at, results
FROM pipeline_run WHERE id = :run_id;

-- name: waiting_or_running
-- What a new request would have to join or to wait for. Incremental runs wait for nobody: their
-- rows are a day's tally.
SELECT id, kind, parameters FROM pipeline_run
WHERE status IN ('queued', 'running') AND kind IN ('full', 'recluster', 'sweep')
ORDER BY id;

-- name: enqueue_run
INSERT INTO pipeline_run (kind, status, requested_by, parameters, retry_of, reason)
VALUES (:kind, 'queued', :requested_by, CAST(:parameters AS jsonb), :retry_of, :reason)
RETURNING id;

-- name: to_retry
SELECT kind, parameters FROM pipeline_run
WHERE id = :run_id AND status IN ('failed', 'cancelled');

-- name: claim_run
-- The oldest waiting run; a request that another process is taking is passed over.
UPDATE pipeline_run
SET status = 'running', claimed_by = :instance, as_of = :as_of, started_at = now(),
    heartbeat_at = now()
WHERE id = (SELECT id FROM pipeline_run WHERE status = 'queued'
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, parameters, requested_by;

-- name: is_busy
SELECT EXISTS (SELECT FROM pipeline_run
               WHERE status IN ('queued', 'running') AND kind IN ('full', 'recluster', 'sweep'));

-- name: is_waiting
SELECT EXISTS (SELECT FROM pipeline_run WHERE status = 'queued');

-- name: cancel_waiting
UPDATE pipeline_run
SET status = 'cancelled', finished_at = now(), cancel_requested_at = now(), error = :error
WHERE id = :run_id AND status = 'queued'
RETURNING id;

-- name: ask_to_cancel
UPDATE pipeline_run SET cancel_requested_at = coalesce(cancel_requested_at, now())
WHERE id = :run_id AND status = 'running'
RETURNING id;

-- name: is_cancelled
SELECT cancel_requested_at IS NOT NULL FROM pipeline_run WHERE id = :run_id;

-- name: last_request
SELECT max(requested_at) FROM pipeline_run WHERE requested_by = :requested_by;
