-- aura_messaging as the messaging service's own migrations leave it.
-- People are referenced by users.profile_id, never by users.id.

CREATE TYPE enum_messages_message_type AS ENUM ('text', 'image', 'video', 'audio', 'file', 'system');
CREATE TYPE enum_messages_status AS ENUM ('sent', 'delivered', 'read', 'failed');
CREATE TYPE enum_group_members_role AS ENUM ('admin', 'member');

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    profile_id uuid NOT NULL UNIQUE,
    username varchar(50) NOT NULL UNIQUE,
    display_name varchar(100),
    avatar_url varchar(500),
    is_online boolean NOT NULL DEFAULT false,
    last_seen_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE conversations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    participant1_profile_id uuid NOT NULL REFERENCES users (profile_id),
    participant2_profile_id uuid NOT NULL REFERENCES users (profile_id),
    last_message_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (participant1_profile_id, participant2_profile_id)
);

CREATE TABLE chat_groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(100) NOT NULL,
    description text,
    avatar_url varchar(500),
    creator_profile_id uuid NOT NULL REFERENCES users (profile_id),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE group_members (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    group_id uuid NOT NULL REFERENCES chat_groups (id) ON DELETE CASCADE,
    profile_id uuid NOT NULL REFERENCES users (profile_id),
    role enum_group_members_role NOT NULL DEFAULT 'member',
    joined_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (group_id, profile_id)
);

CREATE TABLE messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid REFERENCES conversations (id),
    group_id uuid REFERENCES chat_groups (id),
    sender_profile_id uuid NOT NULL REFERENCES users (profile_id),
    content text NOT NULL,
    message_type enum_messages_message_type NOT NULL DEFAULT 'text',
    status enum_messages_status NOT NULL DEFAULT 'sent',
    media_url varchar(500),
    reply_to_id uuid,
    is_edited boolean NOT NULL DEFAULT false,
    is_deleted boolean NOT NULL DEFAULT false,
    metadata json,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_sender_profile_id ON messages (sender_profile_id);
CREATE INDEX messages_created_at ON messages (created_at);
