-- Small changes, one statement each, as the services make them while the demo is served. Candidates
-- come in a fixed order: chance is the caller's, who draws from a seeded generator.

-- name: recent_posts
-- Newest first: what somebody may comment on.
SELECT id::text FROM posts
WHERE is_active AND visibility <> 'private' AND created_at > :since
ORDER BY created_at DESC, id LIMIT 200;

-- name: add_post
INSERT INTO posts (id, user_id, content, created_at, updated_at)
VALUES (CAST(:id AS uuid), CAST(:person AS uuid), :content, :now, :now);

-- name: add_comment
INSERT INTO comments (id, post_id, user_id, content, created_at, updated_at)
VALUES (CAST(:id AS uuid), CAST(:post AS uuid), CAST(:person AS uuid), :content, :now, :now);

-- name: conversations_of
-- Those in which somebody takes part.
SELECT id::text FROM conversations
WHERE is_active
    AND CAST(:profile AS uuid) IN (participant1_profile_id, participant2_profile_id)
ORDER BY id;

-- name: groups_of
-- Chat groups of a person, whose members write without a conversation.
SELECT group_id::text FROM group_members WHERE profile_id = CAST(:profile AS uuid) ORDER BY 1;

-- name: add_message
INSERT INTO messages (id, conversation_id, group_id, sender_profile_id, content,
                      created_at, updated_at)
VALUES (CAST(:id AS uuid), CAST(:conversation AS uuid), CAST(:group AS uuid),
        CAST(:profile AS uuid), :content, :now, :now);

-- name: note_presence
-- Only where the service ever wrote it.
UPDATE user_profiles SET last_active_at = :now
WHERE id = CAST(:profile AS uuid) AND last_active_at IS NOT NULL AND last_active_at < :now;

-- name: acquaintance
-- One row or none: is there a request between two people, whoever sent it, whatever became of it?
SELECT status FROM friendships
WHERE requester_id = ANY (CAST(:one AS uuid[])) AND addressee_id = ANY (CAST(:other AS uuid[]))
    OR requester_id = ANY (CAST(:other AS uuid[])) AND addressee_id = ANY (CAST(:one AS uuid[]))
LIMIT 1;

-- name: add_request
INSERT INTO friendships (requester_id, addressee_id, created_at, updated_at)
VALUES (CAST(:requester AS uuid), CAST(:addressee AS uuid), :now, :now);

-- name: accept_request
UPDATE friendships SET status = 'accepted', updated_at = :now
WHERE requester_id = CAST(:requester AS uuid) AND addressee_id = CAST(:addressee AS uuid)
    AND status = 'pending';

-- name: friendships_of
SELECT requester_id::text, addressee_id::text FROM friendships
WHERE status = 'accepted'
    AND (requester_id = ANY (CAST(:refs AS uuid[])) OR addressee_id = ANY (CAST(:refs AS uuid[])))
ORDER BY 1, 2;

-- name: end_friendship
DELETE FROM friendships
WHERE requester_id = CAST(:requester AS uuid) AND addressee_id = CAST(:addressee AS uuid);

-- name: memberships_of
-- Nobody leaves what they founded.
SELECT id::text, user_id::text FROM community_members
WHERE user_id = ANY (CAST(:refs AS uuid[])) AND role <> 'creator' ORDER BY id;

-- name: communities_without
-- What a person may join.
SELECT c.id::text FROM communities AS c
WHERE c.is_active AND NOT EXISTS (
    SELECT FROM community_members AS m
    WHERE m.community_id = c.id AND m.user_id = ANY (CAST(:refs AS uuid[]))
)
ORDER BY c.id;

-- name: join_community
INSERT INTO community_members (id, community_id, user_id, joined_at)
VALUES (CAST(:id AS uuid), CAST(:community AS uuid), CAST(:person AS uuid), :now);

-- name: leave_community
DELETE FROM community_members WHERE id = CAST(:id AS uuid);

-- name: own_board_texts
-- A person's words of late in aura_social that everybody still sees.
SELECT 'posts' AS table_name, id::text, user_id::text, created_at FROM posts
WHERE user_id = ANY (CAST(:refs AS uuid[])) AND is_active AND content IS NOT NULL
    AND created_at >= :since
UNION ALL
SELECT 'comments', id::text, user_id::text, created_at FROM comments
WHERE user_id = ANY (CAST(:refs AS uuid[])) AND is_active AND created_at >= :since
ORDER BY created_at, id;

-- name: own_messages
-- The same in aura_messaging.
SELECT 'messages' AS table_name, id::text, sender_profile_id::text, created_at FROM messages
WHERE sender_profile_id = CAST(:profile AS uuid) AND NOT is_deleted AND message_type = 'text'
    AND created_at >= :since
ORDER BY created_at, id;

-- name: edit_posts
UPDATE posts SET content = :content, updated_at = :now WHERE id = CAST(:id AS uuid);

-- name: edit_comments
UPDATE comments SET content = :content, is_edited = true, edited_at = :now, updated_at = :now
WHERE id = CAST(:id AS uuid);

-- name: edit_messages
UPDATE messages SET content = :content, is_edited = true, updated_at = :now
WHERE id = CAST(:id AS uuid);

-- name: take_down_posts
-- The services hide what people delete; rows under it stay.
UPDATE posts SET is_active = false, updated_at = :now WHERE id = CAST(:id AS uuid);

-- name: take_down_comments
UPDATE comments SET is_active = false, updated_at = :now WHERE id = CAST(:id AS uuid);

-- name: take_down_messages
UPDATE messages SET is_deleted = true, updated_at = :now WHERE id = CAST(:id AS uuid);

-- name: add_account
INSERT INTO users (user_id, username, email, password_hash, id_role, created_at)
VALUES (CAST(:id AS uuid), :username, :email, :password, :role,
        CAST(:now AS timestamptz) AT TIME ZONE 'UTC');

-- name: add_profile
INSERT INTO user_profiles (id, user_id, username, display_name, birth_date, last_active_at,
                           created_at, updated_at)
VALUES (CAST(:profile AS uuid), CAST(:id AS uuid), :username, :full_name, :birth_date, :now,
        :now, :now);

-- name: add_messaging_user
INSERT INTO users (id, profile_id, username, display_name, created_at, updated_at)
VALUES (CAST(:messaging AS uuid), CAST(:profile AS uuid), :username, :full_name, :now, :now);

-- name: accounts
SELECT user_id::text FROM users ORDER BY 1;

-- name: close_account
DELETE FROM users WHERE user_id = CAST(:id AS uuid);

-- name: remove_profile
DELETE FROM user_profiles WHERE user_id = CAST(:id AS uuid) RETURNING id::text;

-- name: close_messaging_user
-- What it wrote stays, as it does in the live service.
UPDATE users SET is_active = false, updated_at = :now WHERE profile_id = CAST(:profile AS uuid);
