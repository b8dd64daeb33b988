-- People of the population: who they are to us, and how they leave.

-- name: known_people
SELECT user_id_raiz::text AS user_id_raiz FROM person ORDER BY person.user_id_raiz;

-- name: newcomers
-- Of the staged batch, who is not there yet.
SELECT s.user_id_raiz::text FROM staged_person s
WHERE NOT EXISTS (SELECT FROM person p WHERE p.user_id_raiz = s.user_id_raiz);

-- name: taken_pseudonyms
-- Of the drawn ones. One that a case still shows is nobody else's, even if its account is gone.
SELECT pseudonym FROM person WHERE pseudonym = ANY(:drawn)
UNION SELECT pseudonym FROM risk_case WHERE pseudonym = ANY(:drawn);

-- name: touch_data_version
UPDATE active_run SET data_version = data_version + 1, changed_at = now();

-- name: insert_people
-- Who was given a pseudonym, since they are not there yet.
INSERT INTO person (user_id_raiz, pseudonym, age_band, region, is_active, account_created_at,
                    last_activity_at, first_seen_at)
SELECT user_id_raiz, pseudonym, age_band, region, is_active, account_created_at,
       last_activity_at, :as_of
FROM staged_person JOIN given_pseudonym USING (user_id_raiz)
ON CONFLICT (user_id_raiz) DO NOTHING;

-- name: update_people
-- Only rows that differ are written, so that an unchanged population costs no dead tuples.
UPDATE person p
SET age_band = s.age_band, region = s.region, is_active = s.is_active,
    account_created_at = s.account_created_at, last_activity_at = s.last_activity_at
FROM staged_person s
WHERE p.user_id_raiz = s.user_id_raiz
  AND (p.age_band, p.region, p.is_active, p.account_created_at, p.last_activity_at)
      IS DISTINCT FROM
      (s.age_band, s.region, s.is_active, s.account_created_at, s.last_activity_at);

-- name: remove_old_memberships
DELETE FROM person_community c
USING staged_person p
WHERE c.user_id_raiz = p.user_id_raiz
  AND NOT EXISTS (
      SELECT FROM staged_membership s
      WHERE s.user_id_raiz = c.user_id_raiz AND s.community_id = c.community_id);

-- name: upsert_memberships
INSERT INTO person_community (user_id_raiz, community_id, category)
SELECT user_id_raiz, community_id, category FROM staged_membership
ON CONFLICT (user_id_raiz, community_id) DO UPDATE SET category = excluded.category
WHERE person_community.category IS DISTINCT FROM excluded.category;

-- name: delete_features
DELETE FROM feature WHERE user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: delete_people
-- Memberships, samples, history, events and text references go with the row.
DELETE FROM person WHERE user_id_raiz = ANY(CAST(:people AS uuid[]));

-- name: hmacs_of_people
SELECT DISTINCT hmac FROM text_ref WHERE user_id_raiz = ANY(CAST(:people AS uuid[]));
