-- aura_auth as the auth service's own migrations leave it.
-- Times are timestamp(3) without zone and mean UTC; neither table has an updated_at.

CREATE TABLE roles (
    id_role serial PRIMARY KEY,
    role_name varchar(50) NOT NULL UNIQUE,
    created_at timestamp(3) DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE TABLE users (
    user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    username varchar(50) NOT NULL UNIQUE,
    email varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    id_role integer NOT NULL REFERENCES roles (id_role),
    created_at timestamp(3) DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE TABLE device_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    platform varchar(20),
    created_at timestamp(3) DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE TABLE password_resets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    token_hash varchar(255) NOT NULL,
    expires_at timestamp(3) NOT NULL,
    used_at timestamp(3),
    created_at timestamp(3) DEFAULT (now() AT TIME ZONE 'UTC')
);

INSERT INTO roles (role_name) VALUES ('admin'), ('user');
