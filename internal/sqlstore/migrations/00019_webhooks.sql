-- +goose Up

-- Where partners want to be told. Secrets stand apart from the state, which is
-- shown.
CREATE TABLE webhook_endpoints (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    revision BIGINT NOT NULL,
    enabled  BIGINT NOT NULL,
    secrets  TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX webhook_endpoints_by_id ON webhook_endpoints (id);

-- One row an event and endpoint; id is the event's. next_at is when a pending
-- one is tried, and changes with every claim.
CREATE TABLE webhook_deliveries (
    partner    UUID   NOT NULL,
    endpoint   UUID   NOT NULL,
    id         UUID   NOT NULL,
    seq        BIGINT NOT NULL,
    type       TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    next_at    BIGINT,
    created_at BIGINT NOT NULL,
    tries      TEXT   NOT NULL,
    PRIMARY KEY (partner, endpoint, id)
) /*clustered*/;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE next_at IS NOT NULL;

CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);

-- +goose Down
DROP TABLE webhook_deliveries;
DROP TABLE webhook_endpoints;
