-- +goose Up

-- One row a partner: the end of its event log. Whoever appends holds its lock
-- until the commit.
CREATE TABLE log_heads (
    partner     UUID   NOT NULL PRIMARY KEY,
    seq         BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
) /*clustered*/;

CREATE TABLE events (
    partner      UUID   NOT NULL,
    seq          BIGINT NOT NULL,
    id           UUID   NOT NULL,
    type         TEXT   NOT NULL,
    aggregate    TEXT   NOT NULL,
    aggregate_id UUID   NOT NULL,
    revision     BIGINT NOT NULL,
    occurred_at  BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    origin       TEXT   NOT NULL,
    data         TEXT   NOT NULL,
    PRIMARY KEY (partner, seq)
) /*clustered*/;

CREATE INDEX events_of_aggregate ON events (partner, aggregate_id, seq);

-- How far each consumer of the log has come.
CREATE TABLE log_cursors (
    consumer TEXT   NOT NULL,
    partner  UUID   NOT NULL,
    seq      BIGINT NOT NULL,
    PRIMARY KEY (consumer, partner)
) /*clustered*/;

-- What only one node may do at a time. The fence grows with every new holder.
CREATE TABLE leases (
    name       TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    fence      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) /*clustered*/;

-- +goose Down
DROP TABLE leases;
DROP TABLE log_cursors;
DROP TABLE events;
DROP TABLE log_heads;
