-- What the demo's team did, in the analytics database.

-- name: has_acted
SELECT EXISTS (SELECT FROM case_action WHERE actor = :team AND at >= :since);
