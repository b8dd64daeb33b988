-- Reads of aura_auth. Its times are without zone and mean UTC; nobody's name, email or password is
-- read. With :only NULL both queries scan users once: there is no index on created_at, and every row
-- is wanted. Else they search it for the references of a few changed people.

-- name: accounts
-- The population: everyone whose role is "user" and whose account exists at as_of. Staff (any other
-- role) are not part of it. An account without a date is kept: only its age is unknown.
SELECT u.user_id::text AS user_id,
       u.created_at AT TIME ZONE 'UTC' AS created_at
FROM users u
JOIN roles r USING (id_role)
WHERE r.role_name = 'user'
  AND (u.created_at IS NULL OR u.created_at <= CAST(:as_of AS timestamptz) AT TIME ZONE 'UTC')
  AND (CAST(:only AS uuid[]) IS NULL OR u.user_id = ANY(CAST(:only AS uuid[])));

-- name: outsiders
-- Accounts that exist but are not in the population: staff, and people who joined after as_of. Rows
-- that refer to them are known, so that they do not count as unresolved.
SELECT u.user_id::text AS user_id
FROM users u
LEFT JOIN roles r USING (id_role)
WHERE (r.role_name IS DISTINCT FROM 'user'
       OR u.created_at > CAST(:as_of AS timestamptz) AT TIME ZONE 'UTC')
  AND (CAST(:only AS uuid[]) IS NULL OR u.user_id = ANY(CAST(:only AS uuid[])));
