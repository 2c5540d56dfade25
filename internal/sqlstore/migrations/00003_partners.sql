-- +goose Up

-- Aggregates stand whole in state; the other columns are what queries need.
CREATE TABLE partners (
    id       UUID   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL
) /*clustered*/;

-- API keys. An administrator's belongs to the partner of zeros.
CREATE TABLE api_keys (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    hash     BYTEA  NOT NULL,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

CREATE TABLE sessions (
    token     BYTEA  NOT NULL PRIMARY KEY,
    partner   UUID   NOT NULL,
    key_id    UUID   NOT NULL,
    opened_at BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL
) /*clustered*/;

CREATE TABLE signin_links (
    token      BYTEA  NOT NULL PRIMARY KEY,
    partner    UUID   NOT NULL,
    key_id     UUID   NOT NULL,
    expires_at BIGINT NOT NULL,
    reusable   BIGINT NOT NULL
) /*clustered*/;

-- +goose Down
DROP TABLE signin_links;
DROP TABLE sessions;
DROP TABLE api_keys;
DROP TABLE partners;
