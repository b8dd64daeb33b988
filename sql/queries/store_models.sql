-- Model versions: fitted, activated, retired.

-- name: insert_model
INSERT INTO model_version (fitted_at, parameters, text_revision, libraries, n_fitted, summary,
                           artefact)
VALUES (:fitted_at, CAST(:parameters AS jsonb), :text_revision, CAST(:libraries AS jsonb),
        :n_fitted, CAST(:summary AS jsonb), :artefact)
RETURNING id;

-- name: active_model
SELECT id, fitted_at, parameters, text_revision, artefact FROM model_version
WHERE activated_at IS NOT NULL AND retired_at IS NULL;

-- name: active_model_id
SELECT id FROM model_version WHERE activated_at IS NOT NULL AND retired_at IS NULL;

-- name: text_revision_in_use
SELECT text_revision FROM model_version WHERE activated_at IS NOT NULL AND retired_at IS NULL;

-- name: one_model
SELECT id, fitted_at, parameters, text_revision, artefact FROM model_version WHERE id = :id;

-- name: retire_models
UPDATE model_version SET retired_at = :as_of
WHERE activated_at IS NOT NULL AND retired_at IS NULL AND id <> :id;

-- name: activate_model
UPDATE model_version SET activated_at = :as_of WHERE id = :id AND activated_at IS NULL;

-- name: discard_models
-- Fitted by runs that never flipped.
DELETE FROM model_version WHERE activated_at IS NULL;

-- name: model_in_view
-- Without the artefact, which readers of totals have no use for.
SELECT id, fitted_at, parameters, text_revision, n_fitted, summary FROM model_version
WHERE activated_at IS NOT NULL AND retired_at IS NULL;

-- name: model_versions
-- Those that ever scored, the newest first, with the run that brought each and those that used it.
-- Days of single changes are no runs.
SELECT m.id, m.fitted_at, m.activated_at, m.retired_at, m.parameters, m.text_revision,
       m.libraries, m.n_fitted, m.summary, u.runs, u.first_run, u.last_run,
       b.requested_by, b.kind AS first_kind, b.counts->>'fitted_because' AS fitted_because
FROM model_version m
LEFT JOIN (
    SELECT model_version_id, count(*) AS runs, min(id) AS first_run, max(id) AS last_run
    FROM pipeline_run
    WHERE model_version_id IS NOT NULL AND kind <> 'incremental'
    GROUP BY model_version_id
) u ON u.model_version_id = m.id
LEFT JOIN pipeline_run b ON b.id = u.first_run
WHERE m.activated_at IS NOT NULL
ORDER BY m.id DESC
LIMIT :limit;
