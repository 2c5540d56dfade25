-- +goose Up

-- Answers to requests with an Idempotency-Key, kept for a day. A row without
-- status is a request under way; claimed_at says since when.
CREATE TABLE idempotency_keys (
    partner    UUID   NOT NULL,
    route      TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    body_hash  BYTEA  NOT NULL,
    reserved   UUID   NOT NULL,
    claimed_at BIGINT NOT NULL,
    status     BIGINT,
    header     TEXT,
    body       BYTEA,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (partner, route, key)
) /*clustered*/;

CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
