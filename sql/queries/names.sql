-- Who one person is, read with the role of sql/roles/*_identity.sql while somebody looks, and kept
-- nowhere. Each query finds one row by its key.

-- name: user_name
-- In aura_auth; no row: the account is gone.
SELECT username FROM users WHERE user_id = CAST(:user_id AS uuid);

-- name: display_name
-- In aura_social, whose profiles name the account; not everybody has a profile, or a name in it.
SELECT display_name FROM user_profiles WHERE user_id = CAST(:user_id AS uuid);
