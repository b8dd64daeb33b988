-- Reads of aura_messaging. A sender is users.profile_id (never users.id), which holds a profile id
-- or, where the token had none, the auth user id. row_count is how many rows stand behind a
-- reference. :only, where it is not NULL, holds every reference of a few changed people.

-- name: users
-- Both ids of everyone in messaging, and the last visit as far as it was known at as_of (the
-- service almost never writes it). One scan.
SELECT id::text AS messaging_id,
       profile_id::text AS profile_id,
       is_active,
       CASE WHEN last_seen_at <= :as_of THEN last_seen_at END AS last_seen_at
FROM users
WHERE CAST(:only AS uuid[]) IS NULL
   OR id = ANY(CAST(:only AS uuid[])) OR profile_id = ANY(CAST(:only AS uuid[]));

-- name: messages
-- Messages of each sender. In the window (since, as_of]: how many that were not deleted, of any
-- type a person sends, and how many of those in the night of the population's own zone, whose clock
-- changes are PostgreSQL's to know. The newest is unbounded and takes a message that was deleted
-- later, since its sender was there. System messages are nobody's. One scan of messages.
SELECT sender_profile_id::text AS user_ref,
       count(*) AS row_count,
       count(*) FILTER (WHERE in_window) AS messages,
       count(*) FILTER (
           WHERE in_window
             AND extract(hour FROM created_at AT TIME ZONE :timezone)
                 BETWEEN :first_night_hour AND :last_night_hour
       ) AS night_messages,
       max(created_at) AS newest
FROM (
    SELECT sender_profile_id, created_at, created_at > :since AND NOT is_deleted AS in_window
    FROM messages
    WHERE created_at <= :as_of AND message_type <> 'system'
      AND (CAST(:only AS uuid[]) IS NULL OR sender_profile_id = ANY(CAST(:only AS uuid[])))
) AS sent
GROUP BY sender_profile_id;

-- name: moved_senders
-- Whose counts moved because time passed: they wrote what left the window since the last run, or what
-- had a later date then. By the index on created_at.
SELECT DISTINCT sender_profile_id::text AS user_ref
FROM messages
WHERE (created_at > :former_since AND created_at <= :since)
   OR (created_at > :former_as_of AND created_at <= :as_of);

-- name: message_texts
-- What people wrote in the window, oldest first, from just past a place (after_at, after_id) on:
-- text messages that are not deleted and have words (a media message's content is a file name).
-- Walks the index on created_at; read through a server-side cursor.
SELECT id::text AS text_id, sender_profile_id::text AS user_ref, content, created_at AS written_at
FROM messages
WHERE (created_at, id) > (:after_at, CAST(:after_id AS uuid)) AND created_at <= :as_of
  AND message_type = 'text' AND NOT is_deleted AND content ~ '\S'
ORDER BY created_at, id;

-- name: message_count
-- About how many there are to read, for the progress of a run; blank ones are counted too.
SELECT count(*) FROM messages
WHERE created_at > :since AND created_at <= :as_of AND message_type = 'text' AND NOT is_deleted;

-- name: message_edits
-- What changed since edited_since among the texts of the window; content is NULL where it no longer
-- counts as words, so that its score can be dropped. A message that is read moves updated_at too, so
-- most rows come back unchanged. updated_at has no index: one scan, for the nightly run only.
SELECT id::text AS text_id, sender_profile_id::text AS user_ref,
       CASE WHEN message_type = 'text' AND NOT is_deleted AND content ~ '\S'
            THEN content END AS content,
       created_at AS written_at
FROM messages
WHERE updated_at > :edited_since
  AND (created_at, id) > (:after_at, CAST(:after_id AS uuid)) AND created_at <= :as_of
ORDER BY created_at, id;

-- name: message_digest
-- Count and exclusive-or (of the low 64 bits of the id) of each author's texts in the window. A
-- text that was deleted for good changes them, so a loss shows without pulling a single id. One
-- scan.
SELECT sender_profile_id::text AS user_ref, count(*) AS text_count,
       bit_xor(('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint) AS id_xor
FROM messages
WHERE created_at > :since AND created_at <= :as_of
  AND message_type = 'text' AND NOT is_deleted AND content ~ '\S'
GROUP BY sender_profile_id;

-- name: message_ids
-- The texts in the window of the few authors whose digest differs; by the index on
-- sender_profile_id.
SELECT id::text AS text_id, sender_profile_id::text AS user_ref, created_at AS written_at
FROM messages
WHERE sender_profile_id = ANY(CAST(:user_refs AS uuid[]))
  AND created_at > :since AND created_at <= :as_of
  AND message_type = 'text' AND NOT is_deleted AND content ~ '\S';

-- name: message_texts_by_id
-- Single texts by their ids, for those that a digest showed to be missing; by primary key.
SELECT id::text AS text_id, sender_profile_id::text AS user_ref, content, created_at AS written_at
FROM messages
WHERE id = ANY(CAST(:text_ids AS uuid[]))
  AND message_type = 'text' AND NOT is_deleted AND content ~ '\S';

-- name: message_texts_of
-- All texts in the window of a few changed people; by the index on sender_profile_id.
SELECT id::text AS text_id, sender_profile_id::text AS user_ref, content, created_at AS written_at
FROM messages
WHERE sender_profile_id = ANY(CAST(:user_refs AS uuid[]))
  AND created_at > :since AND created_at <= :as_of
  AND message_type = 'text' AND NOT is_deleted AND content ~ '\S';
