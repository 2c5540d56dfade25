-- +goose Up

-- Orders of reports, whole in state. claimed_until is when a worker that makes
-- one is taken for dead; attempt counts how often one was begun.
CREATE TABLE reports (
    partner       UUID   NOT NULL,
    id            UUID   NOT NULL,
    status        TEXT   NOT NULL,
    schedule      UUID,
    attempt       BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    expires_at    BIGINT,
    state         TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX reports_by_id ON reports (id);
CREATE INDEX reports_waiting ON reports (id) WHERE status IN ('queued', 'running');
CREATE INDEX reports_expiry ON reports (expires_at) WHERE expires_at IS NOT NULL;

-- What reports of one scope and known_at say besides numbers.
CREATE TABLE report_facts (
    partner UUID NOT NULL,
    key     TEXT NOT NULL,
    facts   TEXT NOT NULL,
    PRIMARY KEY (partner, key)
) /*clustered*/;

-- The files, in pieces. Pieces of an attempt that was lost are forgotten.
CREATE TABLE report_pieces (
    partner UUID   NOT NULL,
    report  UUID   NOT NULL,
    attempt BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (partner, report, attempt, number)
) /*clustered*/;

CREATE TABLE report_schedules (
    partner UUID   NOT NULL,
    id      UUID   NOT NULL,
    next_day BIGINT NOT NULL,
    due_at  BIGINT NOT NULL,
    state   TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX report_schedules_due ON report_schedules (due_at);

-- +goose Down
DROP TABLE report_schedules;
DROP TABLE report_pieces;
DROP TABLE report_facts;
DROP TABLE reports;
