-- The demo's own mark in each source database that it fills. No live service has this schema.

-- name: lock_marker
-- One writer at a time in a database; let go with the transaction.
SELECT pg_advisory_xact_lock(hashtext('aura_demo'));

-- name: marker_exists
-- Whether the demo ever wrote here.
SELECT to_regclass('aura_demo.written') IS NOT NULL;

-- name: is_marked
-- The same for a role that may read nothing of it.
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'aura_demo');

-- name: create_marker_schema
-- The schema stays out of the way of what the services own.
CREATE SCHEMA IF NOT EXISTS aura_demo;

-- name: create_marker
-- One row: which population, and up to which moment everything of it is written.
CREATE TABLE IF NOT EXISTS aura_demo.written (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seed bigint NOT NULL,
    users integer NOT NULL,
    epoch date NOT NULL,
    through timestamptz NOT NULL
);

-- name: read_marker
-- At most one row.
SELECT seed, users, epoch, through FROM aura_demo.written;

-- name: move_marker
-- In the transaction that writes the rows, so that a kill leaves both or neither.
INSERT INTO aura_demo.written (seed, users, epoch, through)
VALUES (:seed, :users, :epoch, :through)
ON CONFLICT (only_row) DO UPDATE SET through = EXCLUDED.through;
