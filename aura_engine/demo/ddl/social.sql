-- aura_social as the social service's own migrations leave it.
-- user_id columns hold auth user ids and reference nothing here: the accounts live elsewhere.

CREATE TYPE enum_user_profiles_gender AS ENUM ('male', 'female', 'other', 'prefer_not_to_say');
CREATE TYPE enum_posts_type AS ENUM ('text', 'image', 'video', 'text_image', 'text_video');
CREATE TYPE enum_posts_visibility AS ENUM ('public', 'private', 'friends');
CREATE TYPE enum_communities_category AS ENUM (
    'Deportes', 'Arte', 'Musica', 'Lectura', 'Tecnologia', 'Naturaleza',
    'Voluntariado', 'Gaming', 'Fotografia', 'Cocina', 'Baile', 'Meditacion'
);
CREATE TYPE enum_community_members_role AS ENUM ('creator', 'admin', 'moderator', 'member');
CREATE TYPE enum_friendships_status AS ENUM ('pending', 'accepted', 'rejected', 'blocked');
CREATE TYPE enum_media_type AS ENUM ('image', 'video');

CREATE TABLE user_profiles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL UNIQUE,
    bio text,
    avatar_url varchar(500),
    cover_url varchar(500),
    location varchar(255),
    website varchar(255),
    birth_date date,
    is_private boolean NOT NULL DEFAULT false,
    is_verified boolean NOT NULL DEFAULT false,
    friends_count integer NOT NULL DEFAULT 0,
    followers_count integer NOT NULL DEFAULT 0,
    following_count integer NOT NULL DEFAULT 0,
    posts_count integer NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    display_name varchar(100),
    username varchar(50),
    gender enum_user_profiles_gender,
    privacy_settings json,
    preferences json,
    last_active_at timestamptz
);

CREATE TABLE complete_profiles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL UNIQUE,
    full_name varchar(255),
    age integer,
    profile_picture varchar(500),
    bio text,
    hobbies json,
    location varchar(255),
    website varchar(255),
    phone varchar(30),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE posts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    content text,
    type enum_posts_type NOT NULL DEFAULT 'text',
    visibility enum_posts_visibility NOT NULL DEFAULT 'public',
    location varchar(255),
    tags json,
    metadata json,
    likes_count integer NOT NULL DEFAULT 0,
    comments_count integer NOT NULL DEFAULT 0,
    shares_count integer NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posts_user_id ON posts (user_id);
CREATE INDEX posts_created_at ON posts (created_at);

CREATE TABLE comments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    post_id uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    parent_id uuid REFERENCES comments (id),
    content text NOT NULL,
    likes_count integer NOT NULL DEFAULT 0,
    replies_count integer NOT NULL DEFAULT 0,
    level integer NOT NULL DEFAULT 0,
    is_edited boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    edited_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE communities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    name varchar(100) NOT NULL,
    description text,
    category enum_communities_category NOT NULL,
    tags json,
    members_count integer NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- No updated_at, and leaving deletes the row.
CREATE TABLE community_members (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    community_id uuid NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    role enum_community_members_role NOT NULL DEFAULT 'member',
    joined_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE interests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_profile_id uuid NOT NULL REFERENCES user_profiles (id),
    name varchar(100) NOT NULL,
    category varchar(100),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE friendships (
    requester_id uuid NOT NULL,
    addressee_id uuid NOT NULL,
    status enum_friendships_status NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (requester_id, addressee_id)
);

CREATE TABLE likes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    post_id uuid REFERENCES posts (id) ON DELETE CASCADE,
    comment_id uuid REFERENCES comments (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE media (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    post_id uuid REFERENCES posts (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    type enum_media_type NOT NULL,
    url varchar(500) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE blocked_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    blocker_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (blocker_id, blocked_id)
);

CREATE TABLE user_preferences (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL UNIQUE,
    preferences json,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
