-- +goose Up

-- Events of other services that were taken in, by their own ids.
CREATE TABLE inbound_events (
    source      TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    partner     UUID   NOT NULL,
    received_at BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    PRIMARY KEY (source, id)
) /*clustered*/;

CREATE INDEX inbound_events_of_partner ON inbound_events (partner, received_at);
CREATE INDEX inbound_events_latest ON inbound_events (received_at);

-- Messages that could not be taken in, whole in body; the partner is all zeros
-- while it is not known. digest is the same for the same message, so that it is
-- one letter while that is open, however often it is delivered.
CREATE TABLE dead_letters (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    topic      TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    digest     UUID   NOT NULL,
    status     TEXT   NOT NULL,
    open       BIGINT NOT NULL,
    next_at    BIGINT,
    changed_at BIGINT NOT NULL,
    body       BYTEA  NOT NULL,
    state      TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
);

CREATE UNIQUE INDEX dead_letters_by_id ON dead_letters (id);
CREATE UNIQUE INDEX dead_letters_once ON dead_letters (topic, digest) WHERE open = 1;
CREATE INDEX dead_letters_of_key ON dead_letters (topic, key, id) WHERE open = 1;
CREATE INDEX dead_letters_due ON dead_letters (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX dead_letters_closed ON dead_letters (changed_at) WHERE open = 0;

-- The day of each campaign whose performance report is next, until nothing is
-- left to be reported on it: then both are null.
CREATE TABLE report_days (
    partner  UUID   NOT NULL,
    campaign UUID   NOT NULL,
    next_day BIGINT,
    due_at   BIGINT,
    PRIMARY KEY (partner, campaign)
) /*clustered*/;

CREATE INDEX report_days_due ON report_days (due_at) WHERE due_at IS NOT NULL;

-- +goose Down
DROP TABLE report_days;
DROP TABLE dead_letters;
DROP TABLE inbound_events;
