-- What each source last said of a person, and every reference that means them. A reading never
-- replaces a later one (unless that is of a clock that was ahead), and rows that say the same are
-- written only by whoever read some people, :always, so that no older reading of them comes after. Who was forgotten meanwhile is
-- passed over; a row that is locked cannot be.

-- name: upsert_social
INSERT INTO social_activity (user_id_raiz, has_social_profile, followers, following, bio_blank,
                             has_complete_profile, community_categories, social_active_at,
                             social_is_active, read_at)
SELECT s.*, :read_at FROM staged_social s JOIN person p USING (user_id_raiz)
FOR KEY SHARE OF p
ON CONFLICT (user_id_raiz) DO UPDATE
SET has_social_profile = excluded.has_social_profile, followers = excluded.followers,
    following = excluded.following, bio_blank = excluded.bio_blank,
    has_complete_profile = excluded.has_complete_profile,
    community_categories = excluded.community_categories,
    social_active_at = excluded.social_active_at, social_is_active = excluded.social_is_active,
    read_at = excluded.read_at
WHERE (social_activity.read_at <= excluded.read_at
       OR social_activity.read_at > now() + interval '1 minute')
  AND (:always OR (social_activity.has_social_profile, social_activity.followers, social_activity.following,
       social_activity.bio_blank, social_activity.has_complete_profile,
       social_activity.community_categories, social_activity.social_active_at,
       social_activity.social_is_active)
      IS DISTINCT FROM
      (excluded.has_social_profile, excluded.followers, excluded.following, excluded.bio_blank,
       excluded.has_complete_profile, excluded.community_categories, excluded.social_active_at,
       excluded.social_is_active));

-- name: upsert_messaging
INSERT INTO messaging_activity (user_id_raiz, messages, night_messages, messaging_active_at,
                                messaging_is_active, read_at)
SELECT s.*, :read_at FROM staged_messaging s JOIN person p USING (user_id_raiz)
FOR KEY SHARE OF p
ON CONFLICT (user_id_raiz) DO UPDATE
SET messages = excluded.messages, night_messages = excluded.night_messages,
    messaging_active_at = excluded.messaging_active_at,
    messaging_is_active = excluded.messaging_is_active, read_at = excluded.read_at
WHERE (messaging_activity.read_at <= excluded.read_at
       OR messaging_activity.read_at > now() + interval '1 minute')
  AND (:always OR (messaging_activity.messages, messaging_activity.night_messages,
       messaging_activity.messaging_active_at, messaging_activity.messaging_is_active)
      IS DISTINCT FROM
      (excluded.messages, excluded.night_messages, excluded.messaging_active_at,
       excluded.messaging_is_active));

-- name: forget_references
-- Of the staged people, those that mean them no more.
DELETE FROM person_reference r USING staged_owner o
WHERE r.user_id_raiz = o.user_id_raiz
  AND NOT EXISTS (
      SELECT FROM staged_reference s
      WHERE s.reference = r.reference AND s.user_id_raiz = r.user_id_raiz);

-- name: upsert_references
INSERT INTO person_reference (reference, user_id_raiz)
SELECT reference, user_id_raiz FROM staged_reference JOIN person p USING (user_id_raiz)
FOR KEY SHARE OF p
ON CONFLICT (reference) DO UPDATE SET user_id_raiz = excluded.user_id_raiz
WHERE person_reference.user_id_raiz IS DISTINCT FROM excluded.user_id_raiz;

-- name: references_of
-- Every reference of the people whom some references mean.
SELECT r.reference::text AS reference, r.user_id_raiz::text AS user_id_raiz
FROM person_reference r
WHERE r.user_id_raiz IN (
    SELECT user_id_raiz FROM person_reference
    WHERE reference = ANY(CAST(:references AS uuid[])));

-- name: references_of_people
SELECT reference::text AS reference, user_id_raiz::text AS user_id_raiz
FROM person_reference WHERE user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: settle_people
-- Whether someone is active, and since when not, follows from both sources.
UPDATE person p
SET last_activity_at = a.last_activity_at, is_active = a.is_active
FROM (
    SELECT q.user_id_raiz,
           greatest(s.social_active_at, m.messaging_active_at) AS last_activity_at,
           coalesce(s.social_is_active, true) AND coalesce(m.messaging_is_active, true)
               AS is_active
    FROM person q
    LEFT JOIN social_activity s USING (user_id_raiz)
    LEFT JOIN messaging_activity m USING (user_id_raiz)
    WHERE q.user_id_raiz = ANY(CAST(:people AS uuid[]))
) AS a
WHERE p.user_id_raiz = a.user_id_raiz
  AND (p.last_activity_at, p.is_active) IS DISTINCT FROM (a.last_activity_at, a.is_active);

-- name: stored_activity
-- Everyone, or some, as the sources last told; in the order in which a run has its people.
SELECT p.user_id_raiz::text AS user_id_raiz, p.account_created_at,
       coalesce(s.has_social_profile, false) AS has_social_profile, s.followers, s.following,
       greatest(s.social_active_at, m.messaging_active_at) AS last_activity_at,
       coalesce(m.messages, 0) AS messages, coalesce(m.night_messages, 0) AS night_messages,
       coalesce(s.bio_blank, true) AS bio_blank,
       coalesce(s.has_complete_profile, false) AS has_complete_profile,
       coalesce(s.community_categories, 0) AS community_categories
FROM person p
LEFT JOIN social_activity s USING (user_id_raiz)
LEFT JOIN messaging_activity m USING (user_id_raiz)
WHERE CAST(:people AS uuid[]) IS NULL OR p.user_id_raiz = ANY(CAST(:people AS uuid[]))
ORDER BY p.user_id_raiz;
