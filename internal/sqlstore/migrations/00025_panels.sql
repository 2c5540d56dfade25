-- +goose Up

-- Files of people that partners have loaded, as they are shown.
CREATE TABLE panels (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    revision   BIGINT NOT NULL,
    status     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX panels_by_id ON panels (id);
CREATE INDEX panels_loading ON panels (updated_at) WHERE status = 'loading';

-- Their rows, some thousand in each, in the bytes of package panel. Written once
-- and never changed.
CREATE TABLE panel_blocks (
    partner UUID   NOT NULL,
    panel   UUID   NOT NULL,
    seq     BIGINT NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (partner, panel, seq)
);

-- A partner's own shares for reach estimates.
CREATE TABLE reach_factors (
    partner  UUID   NOT NULL,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner)
) /*clustered*/;

-- What was estimated for a campaign when it was launched or refined, to be held
-- against what it reached. at is the event's moment, so that an event that is
-- handled again writes nothing.
CREATE TABLE reach_estimates (
    partner  UUID   NOT NULL,
    campaign UUID   NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, campaign, at)
) /*clustered*/;

-- +goose Down
DROP TABLE reach_estimates;
DROP TABLE reach_factors;
DROP TABLE panel_blocks;
DROP TABLE panels;
