"""First light: runs, generations, history, texts, events and cases.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UPGRADE = """
    CREATE SEQUENCE feature_id_seq;

    CREATE SEQUENCE risk_history_id_seq;

    CREATE TABLE feature (
        id BIGINT DEFAULT nextval('feature_id_seq'::regclass) NOT NULL,
        run_id BIGINT NOT NULL,
        user_id_raiz UUID NOT NULL,
        extraction_date TIMESTAMP WITH TIME ZONE NOT NULL,
        reciprocity_ratio DOUBLE PRECISION NOT NULL,
        days_since_last_seen DOUBLE PRECISION NOT NULL,
        ratio_night_messages DOUBLE PRECISION NOT NULL,
        is_profile_incomplete DOUBLE PRECISION NOT NULL,
        sentiment_negativity_index DOUBLE PRECISION NOT NULL,
        num_community_categories DOUBLE PRECISION NOT NULL,
        cluster_label TEXT NOT NULL,
        severity_index DOUBLE PRECISION NOT NULL,
        vote_kmeans BOOLEAN NOT NULL,
        vote_dbscan BOOLEAN NOT NULL,
        vote_forest BOOLEAN NOT NULL,
        kmeans_cluster SMALLINT NOT NULL,
        pca_x DOUBLE PRECISION NOT NULL,
        pca_y DOUBLE PRECISION NOT NULL,
        raw_reciprocity_ratio DOUBLE PRECISION,
        raw_days_since_last_seen DOUBLE PRECISION,
        raw_ratio_night_messages DOUBLE PRECISION,
        raw_is_profile_incomplete DOUBLE PRECISION,
        raw_sentiment_negativity_index DOUBLE PRECISION,
        raw_num_community_categories DOUBLE PRECISION,
        evidence SMALLINT NOT NULL,
        is_sufficient BOOLEAN NOT NULL,
        had_messages BOOLEAN NOT NULL,
        had_texts BOOLEAN NOT NULL,
        stopped_showing BOOLEAN NOT NULL,
        verdict_as_of TIMESTAMP WITH TIME ZONE NOT NULL,
        recorded_level TEXT NOT NULL,
        recorded_severity DOUBLE PRECISION NOT NULL,
        model_version_id BIGINT NOT NULL,
        PRIMARY KEY (run_id, user_id_raiz),
        CONSTRAINT feature_level
            CHECK (cluster_label IN ('ALTO_RIESGO', 'RIESGO_MODERADO', 'BAJO_RIESGO')),
        CONSTRAINT feature_severity CHECK (severity_index BETWEEN 0 AND 100),
        CONSTRAINT feature_evidence CHECK (evidence BETWEEN 0 AND 6)
    ) PARTITION BY LIST (run_id);

    CREATE INDEX feature_ranking ON feature (run_id, cluster_label, severity_index DESC);

    CREATE TABLE installation (
        singleton BOOLEAN DEFAULT true NOT NULL CONSTRAINT installation_one_row CHECK (singleton),
        install_id UUID DEFAULT gen_random_uuid() NOT NULL,
        kind TEXT NOT NULL,
        details JSONB DEFAULT '{}'::jsonb NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (singleton),
        CONSTRAINT installation_kind CHECK (kind IN ('demo', 'production'))
    );

    CREATE TABLE model_version (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        fitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        activated_at TIMESTAMP WITH TIME ZONE,
        retired_at TIMESTAMP WITH TIME ZONE,
        parameters JSONB NOT NULL,
        text_revision TEXT,
        libraries JSONB NOT NULL,
        n_fitted BIGINT NOT NULL,
        summary JSONB NOT NULL,
        artefact BYTEA NOT NULL,
        PRIMARY KEY (id)
    );

    CREATE UNIQUE INDEX model_version_one_active ON model_version ((true))
        WHERE activated_at IS NOT NULL AND retired_at IS NULL;

    CREATE TABLE person (
        user_id_raiz UUID NOT NULL,
        pseudonym TEXT NOT NULL,
        age_band TEXT,
        region TEXT,
        is_active BOOLEAN NOT NULL,
        account_created_at TIMESTAMP WITH TIME ZONE,
        last_activity_at TIMESTAMP WITH TIME ZONE,
        first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (user_id_raiz),
        UNIQUE (pseudonym)
    );

    CREATE TABLE text_score (
        hmac BYTEA NOT NULL,
        model_revision TEXT NOT NULL,
        p_negative DOUBLE PRECISION,
        scored_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (hmac, model_revision),
        CONSTRAINT text_score_probability CHECK (p_negative BETWEEN 0 AND 1)
    );

    CREATE TABLE person_community (
        user_id_raiz UUID NOT NULL,
        community_id UUID NOT NULL,
        category TEXT NOT NULL,
        PRIMARY KEY (user_id_raiz, community_id),
        FOREIGN KEY(user_id_raiz) REFERENCES person (user_id_raiz) ON DELETE CASCADE
    );

    CREATE INDEX person_community_community ON person_community (community_id);

    CREATE TABLE pipeline_run (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        as_of TIMESTAMP WITH TIME ZONE,
        parameters JSONB DEFAULT '{}'::jsonb NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE,
        heartbeat_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        flipped_at TIMESTAMP WITH TIME ZONE,
        stage TEXT,
        stage_done BIGINT DEFAULT 0 NOT NULL,
        stage_total BIGINT,
        stages JSONB DEFAULT '[]'::jsonb NOT NULL,
        counts JSONB DEFAULT '{}'::jsonb NOT NULL,
        results JSONB DEFAULT '{}'::jsonb NOT NULL,
        error TEXT,
        model_version_id BIGINT,
        text_model TEXT,
        text_revision TEXT,
        texts_read_through TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (id),
        CONSTRAINT pipeline_run_kind CHECK (kind IN ('full', 'recluster', 'incremental', 'sweep')),
        CONSTRAINT pipeline_run_status
            CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        CONSTRAINT pipeline_run_failure_explained CHECK (status <> 'failed' OR error IS NOT NULL),
        FOREIGN KEY(model_version_id) REFERENCES model_version (id)
    );

    CREATE INDEX pipeline_run_as_of ON pipeline_run (kind, as_of);

    CREATE UNIQUE INDEX pipeline_run_one_running ON pipeline_run ((true))
    WHERE status = 'running' AND kind IN ('full', 'recluster');

    CREATE TABLE text_ref (
        source TEXT NOT NULL,
        text_id UUID NOT NULL,
        user_id_raiz UUID NOT NULL,
        hmac BYTEA NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (source, text_id),
        CONSTRAINT text_ref_source CHECK (source IN ('post', 'comment', 'message')),
        FOREIGN KEY(user_id_raiz) REFERENCES person (user_id_raiz) ON DELETE CASCADE
    );

    CREATE INDEX text_ref_hmac ON text_ref (hmac);

    CREATE INDEX text_ref_person ON text_ref (user_id_raiz);

    CREATE TABLE active_run (
        singleton BOOLEAN DEFAULT true NOT NULL CONSTRAINT active_run_one_row CHECK (singleton),
        run_id BIGINT NOT NULL,
        data_version BIGINT DEFAULT 1 NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (singleton),
        FOREIGN KEY(run_id) REFERENCES pipeline_run (id)
    );

    CREATE TABLE event (
        seq BIGINT GENERATED ALWAYS AS IDENTITY,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        type TEXT NOT NULL,
        run_id BIGINT,
        user_id_raiz UUID,
        payload JSONB NOT NULL,
        PRIMARY KEY (seq),
        FOREIGN KEY(run_id) REFERENCES pipeline_run (id),
        FOREIGN KEY(user_id_raiz) REFERENCES person (user_id_raiz) ON DELETE CASCADE
    );

    CREATE INDEX event_person ON event (user_id_raiz);

    CREATE INDEX event_type_time ON event (type, created_at);

    CREATE TABLE risk_case (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        user_id_raiz UUID,
        pseudonym TEXT,
        state TEXT NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        closed_at TIMESTAMP WITH TIME ZONE,
        outcome TEXT,
        opening_severity DOUBLE PRECISION NOT NULL,
        opening_run_id BIGINT NOT NULL,
        account_deleted_at TIMESTAMP WITH TIME ZONE,
        version BIGINT DEFAULT 1 NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT risk_case_state CHECK (state IN ('por_revisar', 'abierto', 'cerrado')),
        CONSTRAINT risk_case_closed_has_time CHECK ((state = 'cerrado') = (closed_at IS NOT NULL)),
        CONSTRAINT risk_case_erased_account_is_gone
            CHECK (pseudonym IS NOT NULL OR account_deleted_at IS NOT NULL),
        FOREIGN KEY(user_id_raiz) REFERENCES person (user_id_raiz),
        FOREIGN KEY(opening_run_id) REFERENCES pipeline_run (id)
    );

    CREATE UNIQUE INDEX risk_case_one_open ON risk_case (user_id_raiz) WHERE state <> 'cerrado';

    CREATE TABLE risk_history (
        id BIGINT DEFAULT nextval('risk_history_id_seq'::regclass) NOT NULL,
        as_of TIMESTAMP WITH TIME ZONE NOT NULL,
        run_id BIGINT NOT NULL,
        user_id_raiz UUID NOT NULL,
        cluster_label TEXT NOT NULL,
        previous_label TEXT,
        severity_index DOUBLE PRECISION NOT NULL,
        previous_severity DOUBLE PRECISION,
        reason TEXT NOT NULL,
        model_version_id BIGINT NOT NULL,
        PRIMARY KEY (id, as_of),
        CONSTRAINT risk_history_reason CHECK (reason IN ('first', 'behaviour', 'model', 'both')),
        FOREIGN KEY(run_id) REFERENCES pipeline_run (id),
        FOREIGN KEY(user_id_raiz) REFERENCES person (user_id_raiz) ON DELETE CASCADE,
        FOREIGN KEY(model_version_id) REFERENCES model_version (id)
    ) PARTITION BY RANGE (as_of);

    CREATE INDEX risk_history_person ON risk_history (user_id_raiz, as_of);

    CREATE INDEX risk_history_run ON risk_history (run_id);

    CREATE TABLE case_action (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        case_id BIGINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        note TEXT,
        PRIMARY KEY (id),
        FOREIGN KEY(case_id) REFERENCES risk_case (id)
    );

    CREATE INDEX case_action_case ON case_action (case_id);

    CREATE VIEW user_feature_vector AS
    SELECT * FROM feature WHERE run_id = (SELECT run_id FROM active_run);

    CREATE VIEW visible_history AS
    SELECT h.* FROM risk_history h JOIN pipeline_run r ON r.id = h.run_id
    WHERE r.flipped_at IS NOT NULL;
"""

DOWNGRADE = """
    DROP VIEW visible_history, user_feature_vector;
    DROP TABLE case_action, risk_case, event, text_ref, text_score, risk_history, feature,
        person_community, person, active_run, pipeline_run, model_version, installation;
    DROP SEQUENCE feature_id_seq, risk_history_id_seq;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
