-- What this database is, and the state of the whole.

-- name: installation
SELECT kind, install_id::text AS install_id, details, created_at FROM installation;

-- name: is_demo
SELECT EXISTS (SELECT FROM installation WHERE kind = 'demo');

-- name: mark_installation
INSERT INTO installation (kind, details) VALUES (:kind, CAST(:details AS jsonb))
ON CONFLICT (singleton) DO NOTHING;
