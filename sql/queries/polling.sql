-- Changes without triggers: what was written since a moment. Rows are (table_name, operation,
-- user_ref). Deletions leave no trace and wait for the nightly run, and so do changes of columns
-- whose time our role may not read.

-- name: auth_often
SELECT 'users' AS table_name, 'INSERT' AS operation, CAST(user_id AS text) AS user_ref
FROM users WHERE created_at > CAST(:after AS timestamptz) AT TIME ZONE 'UTC';

-- name: social_often
-- By the index on created_at.
SELECT DISTINCT 'posts' AS table_name, 'INSERT' AS operation, CAST(user_id AS text) AS user_ref
FROM posts WHERE created_at > :after;

-- name: social_seldom
-- None of these columns has an index: a scan of each table.
SELECT 'comments' AS table_name, 'INSERT' AS operation, CAST(user_id AS text) AS user_ref
FROM comments WHERE created_at > :after
UNION SELECT 'community_members', 'INSERT', CAST(user_id AS text)
FROM community_members WHERE joined_at > :after
UNION SELECT 'friendships', 'INSERT', CAST(unnest(ARRAY[requester_id, addressee_id]) AS text)
FROM friendships WHERE created_at > :after
UNION SELECT 'user_profiles', 'INSERT', CAST(user_id AS text)
FROM user_profiles WHERE created_at > :after
UNION SELECT 'complete_profiles', 'INSERT', CAST(user_id AS text)
FROM complete_profiles WHERE created_at > :after;

-- name: social_edits
-- updated_at has no index: a scan of each table.
SELECT 'posts' AS table_name, 'UPDATE' AS operation, CAST(user_id AS text) AS user_ref
FROM posts WHERE updated_at > :after
UNION SELECT 'comments', 'UPDATE', CAST(user_id AS text) FROM comments WHERE updated_at > :after;

-- name: messaging_often
-- By the index on created_at.
SELECT DISTINCT 'messages' AS table_name, 'INSERT' AS operation,
       CAST(sender_profile_id AS text) AS user_ref
FROM messages WHERE created_at > :after;

-- name: messaging_edits
-- updated_at has no index: a scan. A message that is read moves it too.
SELECT DISTINCT 'messages' AS table_name, 'UPDATE' AS operation,
       CAST(sender_profile_id AS text) AS user_ref
FROM messages WHERE updated_at > :after;
