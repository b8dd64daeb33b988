-- Reads of aura_social. Every user reference is returned as it is stored (an auth user id, here and
-- there a profile id); aura_engine.sources.identity finds the person. row_count is how many rows
-- stand behind a reference, so that what resolves to nobody can be counted. :only, where it is not
-- NULL, holds every reference of a few changed people; what is said of scans is without it.

-- name: profiles
-- One row a profile, scanned once. Whether the bio is blank is decided here: no biography leaves
-- the source. A profile made after as_of still names its person (exists_at false) but says nothing
-- yet, and a visit after as_of is not known at as_of. A birth date that nobody alive has is unknown.
SELECT p.id::text AS profile_id,
       p.user_id::text AS user_ref,
       p.created_at <= :as_of AS exists_at,
       coalesce(p.bio !~ '\S', true) AS bio_blank,
       p.followers_count,
       p.following_count,
       p.is_active,
       CASE WHEN p.last_active_at <= :as_of THEN p.last_active_at END AS last_active_at,
       CASE WHEN p.birth_date BETWEEN '1900-01-01' AND CAST(:as_of AS date)
            THEN p.birth_date END AS birth_date,
       nullif(btrim(p.location), '') AS location
FROM user_profiles p
WHERE CAST(:only AS uuid[]) IS NULL
   OR p.id = ANY(CAST(:only AS uuid[])) OR p.user_id = ANY(CAST(:only AS uuid[]));

-- name: complete_profiles
-- Who filled in the long profile by as_of; scanned once (unique on user_id, so one row a person).
SELECT user_id::text AS user_ref, count(*) AS row_count
FROM complete_profiles
WHERE created_at <= :as_of
  AND (CAST(:only AS uuid[]) IS NULL OR user_id = ANY(CAST(:only AS uuid[])))
GROUP BY user_id;

-- name: follow_relations
-- The live relation, since the counters of user_profiles are never written: following counts
-- requests sent that are pending or accepted, followers counts friendships accepted either way and
-- requests received that are pending. Counterparts are counted once however many rows join two
-- people. Status is as of now; the source keeps no history of it. A row counts at both of its ends
-- in row_count. Two scans of friendships, hashed.
WITH edges AS (
    SELECT requester_id AS user_ref, addressee_id AS counterpart,
           status IN ('pending', 'accepted') AS follows,
           status = 'accepted' AS followed
    FROM friendships
    WHERE created_at <= :as_of AND requester_id <> addressee_id
      AND (CAST(:only AS uuid[]) IS NULL OR requester_id = ANY(CAST(:only AS uuid[])))
    UNION ALL
    SELECT addressee_id, requester_id,
           false,
           status IN ('pending', 'accepted')
    FROM friendships
    WHERE created_at <= :as_of AND requester_id <> addressee_id
      AND (CAST(:only AS uuid[]) IS NULL OR addressee_id = ANY(CAST(:only AS uuid[])))
),
pairs AS (
    SELECT user_ref, count(*) AS row_count,
           bool_or(follows) AS follows, bool_or(followed) AS followed
    FROM edges
    GROUP BY user_ref, counterpart
)
SELECT user_ref::text AS user_ref,
       sum(row_count)::bigint AS row_count,
       count(*) FILTER (WHERE follows) AS following,
       count(*) FILTER (WHERE followed) AS followers
FROM pairs
GROUP BY user_ref;

-- name: posts
-- Newest post of each author up to as_of, as evidence of life: a post that was hidden later still
-- shows that its author was there. One scan of posts; nothing of its text.
SELECT user_id::text AS user_ref, count(*) AS row_count, max(created_at) AS newest
FROM posts
WHERE created_at <= :as_of
  AND (CAST(:only AS uuid[]) IS NULL OR user_id = ANY(CAST(:only AS uuid[])))
GROUP BY user_id;

-- name: comments
-- The same for comments. One scan of comments.
SELECT user_id::text AS user_ref, count(*) AS row_count, max(created_at) AS newest
FROM comments
WHERE created_at <= :as_of
  AND (CAST(:only AS uuid[]) IS NULL OR user_id = ANY(CAST(:only AS uuid[])))
GROUP BY user_id;

-- name: memberships
-- Who is in which active community by as_of. Leaving deletes the row, so this is as of now. One
-- scan of community_members against the hashed communities.
SELECT m.user_id::text AS user_ref, m.community_id::text AS community_id,
       c.category::text AS category
FROM community_members m
JOIN communities c ON c.id = m.community_id
WHERE c.is_active AND m.joined_at <= :as_of
  AND (CAST(:only AS uuid[]) IS NULL OR m.user_id = ANY(CAST(:only AS uuid[])));

-- name: post_texts
-- What people wrote in the window, oldest first, from just past a place (after_at, after_id) on:
-- posts of any type that are active and have words. Walks the index on created_at; read through a
-- server-side cursor.
SELECT id::text AS text_id, user_id::text AS user_ref, content, created_at AS written_at
FROM posts
WHERE (created_at, id) > (:after_at, CAST(:after_id AS uuid)) AND created_at <= :as_of
  AND is_active AND content ~ '\S'
ORDER BY created_at, id;

-- name: post_count
-- About how many there are to read, for the progress of a run; blank ones are counted too.
SELECT count(*) FROM posts
WHERE created_at > :since AND created_at <= :as_of AND is_active;

-- name: post_edits
-- What changed since edited_since among the texts of the window; content is NULL where it no longer
-- counts as words, so that its score can be dropped. Counters move updated_at too, so most rows
-- come back unchanged. updated_at has no index: one scan, for the nightly run only.
SELECT id::text AS text_id, user_id::text AS user_ref,
       CASE WHEN is_active AND content ~ '\S'
            THEN content END AS content,
       created_at AS written_at
FROM posts
WHERE updated_at > :edited_since
  AND (created_at, id) > (:after_at, CAST(:after_id AS uuid)) AND created_at <= :as_of
ORDER BY created_at, id;

-- name: post_digest
-- Count and exclusive-or (of the low 64 bits of the id) of each author's texts in the window. A
-- text that was deleted for good changes them, so a loss shows without pulling a single id. One
-- scan.
SELECT user_id::text AS user_ref, count(*) AS text_count,
       bit_xor(('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint) AS id_xor
FROM posts
WHERE created_at > :since AND created_at <= :as_of
  AND is_active AND content ~ '\S'
GROUP BY user_id;

-- name: post_ids
-- The texts in the window of the few authors whose digest differs; by the index on user_id.
SELECT id::text AS text_id, user_id::text AS user_ref, created_at AS written_at
FROM posts
WHERE user_id = ANY(CAST(:user_refs AS uuid[]))
  AND created_at > :since AND created_at <= :as_of
  AND is_active AND content ~ '\S';

-- name: post_texts_by_id
-- Single texts by their ids, for those that a digest showed to be missing; by primary key.
SELECT id::text AS text_id, user_id::text AS user_ref, content, created_at AS written_at
FROM posts
WHERE id = ANY(CAST(:text_ids AS uuid[]))
  AND is_active AND content ~ '\S';

-- name: comment_texts
-- What people wrote in the window, oldest first, from just past a place (after_at, after_id) on:
-- comments that are active and have words. Walks the index on created_at where there is one (else
-- one scan and a sort); read through a server-side cursor.
SELECT id::text AS text_id, user_id::text AS user_ref, content, created_at AS written_at
FROM comments
WHERE (created_at, id) > (:after_at, CAST(:after_id AS uuid)) AND created_at <= :as_of
  AND is_active AND content ~ '\S'
ORDER BY created_at, id;

-- name: comment_count
-- About how many there are to read, for the progress of a run; blank ones are counted too.
SELECT count(*) FROM comments
WHERE created_at > :since AND created_at <= :as_of AND is_active;

-- name: comment_edits
-- What changed since edited_since among the texts of the window; content is NULL where it no longer
-- counts as words, so that its score can be dropped. Counters move updated_at too, so most rows
-- come back unchanged. updated_at has no index: one scan, for the nightly run only.
SELECT id::text AS text_id, user_id::text AS user_ref,
       CASE WHEN is_active AND content ~ '\S'
            THEN content END AS content,
       created_at AS written_at
FROM comments
WHERE updated_at > :edited_since
  AND (created_at, id) > (:after_at, CAST(:after_id AS uuid)) AND created_at <= :as_of
ORDER BY created_at, id;

-- name: comment_digest
-- Count and exclusive-or (of the low 64 bits of the id) of each author's texts in the window. A
-- text that was deleted for good changes them, so a loss shows without pulling a single id. One
-- scan.
SELECT user_id::text AS user_ref, count(*) AS text_count,
       bit_xor(('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint) AS id_xor
FROM comments
WHERE created_at > :since AND created_at <= :as_of
  AND is_active AND content ~ '\S'
GROUP BY user_id;

-- name: comment_ids
-- The texts in the window of the few authors whose digest differs; one scan of comments, which has
-- no index on user_id.
SELECT id::text AS text_id, user_id::text AS user_ref, created_at AS written_at
FROM comments
WHERE user_id = ANY(CAST(:user_refs AS uuid[]))
  AND created_at > :since AND created_at <= :as_of
  AND is_active AND content ~ '\S';

-- name: comment_texts_by_id
-- Single texts by their ids, for those that a digest showed to be missing; by primary key.
SELECT id::text AS text_id, user_id::text AS user_ref, content, created_at AS written_at
FROM comments
WHERE id = ANY(CAST(:text_ids AS uuid[]))
  AND is_active AND content ~ '\S';

-- name: post_texts_of
-- All texts in the window of a few changed people; by the index on user_id.
SELECT id::text AS text_id, user_id::text AS user_ref, content, created_at AS written_at
FROM posts
WHERE user_id = ANY(CAST(:user_refs AS uuid[]))
  AND created_at > :since AND created_at <= :as_of
  AND is_active AND content ~ '\S';

-- name: comment_texts_of
-- All texts in the window of a few changed people; one scan of comments, which has no index on
-- user_id.
SELECT id::text AS text_id, user_id::text AS user_ref, content, created_at AS written_at
FROM comments
WHERE user_id = ANY(CAST(:user_refs AS uuid[]))
  AND created_at > :since AND created_at <= :as_of
  AND is_active AND content ~ '\S';
