-- A population for the benchmarks in the sources' real schemas, made by the server itself and the
-- same each time: whatever varies is a hash of a row's number. People are numbered from 0. In a
-- hundred, 3 have no social profile, 20 more a token without one (messaging then knows them by
-- their auth id), 10 send no messages and 8 write at night.

-- name: helpers
-- An id of the nth row of a kind, and a number from 0 to below - 1 that depends on n and salt only.
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN CAST(md5(kind || CAST(n AS text)) AS uuid);
CREATE FUNCTION pg_temp.draw(n bigint, salt integer, below bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (hashint8extended(n, salt) & 9223372036854775807) % below;
CREATE FUNCTION pg_temp.has_profile(person bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN pg_temp.draw(person, 1, 100) >= 3;
CREATE FUNCTION pg_temp.messaging_ref(person bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN pg_temp.id(
        CASE WHEN pg_temp.has_profile(person) AND pg_temp.draw(person, 2, 100) >= 20
             THEN 'profile' ELSE 'user' END,
        person);

-- name: without_triggers
-- References hold by construction; checking each of millions of rows would take most of the time.
SET LOCAL session_replication_role = replica;

-- name: accounts
-- One member of staff for each thousand people.
INSERT INTO users (user_id, username, email, password_hash, id_role, created_at)
SELECT pg_temp.id('user', n), 'persona' || n, n || '@example.invalid', '!', id_role,
       CAST(:through AS timestamptz) AT TIME ZONE 'UTC'
           - (150 + pg_temp.draw(n, 3, 500)) * interval '1 day'
FROM generate_series(0, CAST(:people AS bigint) + CAST(:people AS bigint) / 1000) AS n
JOIN roles ON role_name = CASE WHEN n < :people THEN 'user' ELSE 'admin' END;

-- name: profiles
INSERT INTO user_profiles (id, user_id, bio, location, birth_date, created_at, is_active)
SELECT pg_temp.id('profile', n), pg_temp.id('user', n),
       CASE WHEN pg_temp.draw(n, 4, 100) >= 25 THEN 'me gusta el mar' END,
       CASE WHEN pg_temp.draw(n, 5, 100) >= 30
            THEN (ARRAY['Mérida, Yucatán', 'Zapopan, Jalisco', 'CDMX', 'León, Guanajuato',
                        'Colonia Centro, Puebla', 'por ahí'])[1 + pg_temp.draw(n, 6, 6)] END,
       CASE WHEN pg_temp.draw(n, 7, 100) >= 10
            THEN date '2006-01-01' + CAST(pg_temp.draw(n, 8, 2900) AS integer) END,
       CAST(:through AS timestamptz) - interval '140 days',
       pg_temp.draw(n, 9, 100) >= 2
FROM generate_series(0, CAST(:people AS bigint) - 1) AS n
WHERE pg_temp.has_profile(n);

-- name: complete_profiles
INSERT INTO complete_profiles (id, user_id, created_at)
SELECT pg_temp.id('complete', n), pg_temp.id('user', n),
       CAST(:through AS timestamptz) - interval '130 days'
FROM generate_series(0, CAST(:people AS bigint) - 1) AS n
WHERE pg_temp.draw(n, 10, 100) >= 60;

-- name: communities
-- Four of each of the twelve categories.
INSERT INTO communities (id, creator_id, name, category)
SELECT pg_temp.id('community', n), pg_temp.id('user', 0), 'comunidad ' || n, category
FROM generate_series(0, 47) AS n
JOIN unnest(enum_range(NULL::enum_communities_category)) WITH ORDINALITY AS c (category, place)
  ON place = 1 + n % 12;

-- name: memberships
-- Two a person.
INSERT INTO community_members (id, community_id, user_id, joined_at)
SELECT pg_temp.id('membership', n), pg_temp.id('community', pg_temp.draw(n, 11, 48)),
       pg_temp.id('user', pg_temp.draw(n, 12, :people)),
       CAST(:through AS timestamptz) - interval '100 days'
FROM generate_series(0, CAST(:people AS bigint) * 2 - 1) AS n;

-- name: friendships
-- Eight a person, since each has two ends.
INSERT INTO friendships (requester_id, addressee_id, status, created_at)
SELECT pg_temp.id('user', pg_temp.draw(n, 13, :people)),
       pg_temp.id('user', pg_temp.draw(n, 14, :people)),
       CAST((ARRAY['accepted', 'accepted', 'accepted', 'pending', 'rejected'])
           [1 + pg_temp.draw(n, 15, 5)] AS enum_friendships_status),
       CAST(:through AS timestamptz) - interval '90 days'
FROM generate_series(0, CAST(:people AS bigint) * 4 - 1) AS n
ON CONFLICT DO NOTHING;

-- name: posts
-- Three a person over 120 days.
INSERT INTO posts (id, user_id, content, created_at, updated_at)
SELECT pg_temp.id('post', n), pg_temp.id('user', pg_temp.draw(n, 16, :people)),
       'hoy fuimos al parque ' || n, at, at
FROM (
    SELECT n, CAST(:through AS timestamptz)
              - (1 - CAST(n AS double precision) / (CAST(:people AS bigint) * 3))
              * interval '120 days' AS at
    FROM generate_series(0, CAST(:people AS bigint) * 3 - 1) AS n
) AS made;

-- name: comments
-- Five a person over 120 days.
INSERT INTO comments (id, post_id, user_id, content, created_at, updated_at)
SELECT pg_temp.id('comment', n),
       pg_temp.id('post', pg_temp.draw(n, 17, CAST(:people AS bigint) * 3)),
       pg_temp.id('user', pg_temp.draw(n, 18, :people)), 'qué bonito ' || n, at, at
FROM (
    SELECT n, CAST(:through AS timestamptz)
              - (1 - CAST(n AS double precision) / (CAST(:people AS bigint) * 5))
              * interval '120 days' AS at
    FROM generate_series(0, CAST(:people AS bigint) * 5 - 1) AS n
) AS made;

-- name: messaging_users
INSERT INTO users (id, profile_id, username, created_at)
SELECT pg_temp.id('messaging', n), pg_temp.messaging_ref(n), 'persona' || n,
       CAST(:through AS timestamptz) - interval '140 days'
FROM generate_series(0, CAST(:people AS bigint) - 1) AS n;

-- name: messages
-- Thirty a person over 100 days, which is longer than the window; night is 02:00 to 05:00 in
-- Mexico City, day 08:00 to midnight.
INSERT INTO messages (id, sender_profile_id, content, message_type, is_deleted, created_at,
                      updated_at)
SELECT pg_temp.id('message', n), pg_temp.messaging_ref(sender),
       'nos vemos mañana en la cancha ' || n,
       CAST(CASE WHEN pg_temp.draw(n, 19, 100) < 5 THEN 'image' ELSE 'text' END
            AS enum_messages_message_type),
       pg_temp.draw(n, 20, 100) = 0, at, at
FROM (
    SELECT n, sender,
           day + CASE WHEN pg_temp.draw(n, 22, 100)
                           < CASE WHEN pg_temp.draw(sender, 23, 100) < 8 THEN 60 ELSE 4 END
                      THEN interval '8 hours' + pg_temp.draw(n, 24, 180) * interval '1 minute'
                      ELSE interval '14 hours' + pg_temp.draw(n, 24, 960) * interval '1 minute'
                 END AS at
    FROM (
        SELECT n, pg_temp.draw(n, 21, :people) AS sender,
               date_trunc('day', CAST(:through AS timestamptz), 'UTC')
                   - CAST((1 - CAST(n AS double precision) / (CAST(:people AS bigint) * 33)) * 100
                          AS integer) * interval '1 day' AS day
        FROM generate_series(0, CAST(:people AS bigint) * 33 - 1) AS n
    ) AS sent
    WHERE pg_temp.draw(sender, 25, 100) >= 10
) AS made
-- Nothing of the rest of the last day: it would begin to count while somebody measures.
WHERE at <= CAST(:through AS timestamptz);
