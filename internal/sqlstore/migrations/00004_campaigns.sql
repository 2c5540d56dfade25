-- +goose Up

-- search is the name in lower case. due_at is when the scheduler next has
-- something to do. starts_at and ends_at spare reading every state when the
-- partner's commitments are added up.
CREATE TABLE campaigns (
    partner   UUID   NOT NULL,
    id        UUID   NOT NULL,
    revision  BIGINT NOT NULL,
    status    TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    search    TEXT   NOT NULL,
    currency  TEXT   NOT NULL,
    timezone  TEXT   NOT NULL,
    starts_at BIGINT,
    ends_at   BIGINT,
    due_at    BIGINT,
    state     TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
);

-- An administrator finds and lists campaigns without naming their partner.
CREATE INDEX campaigns_by_id ON campaigns (id);
CREATE INDEX campaigns_by_status ON campaigns (partner, status, id);
CREATE INDEX campaigns_due ON campaigns (due_at) WHERE due_at IS NOT NULL;

-- Reported spend is added to settled and open_settled without reading the
-- state, as long as it stays below next_mark. Of these two figures the columns
-- are the truth, and not the state.
CREATE TABLE budgets (
    partner      UUID    NOT NULL,
    id           UUID    NOT NULL,
    campaign     UUID    NOT NULL,
    revision     BIGINT  NOT NULL,
    kind         TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    limit_micros BIGINT  NOT NULL,
    settled      BIGINT  NOT NULL,
    overdelivery BIGINT  NOT NULL,
    open_day     INTEGER NOT NULL,
    open_settled BIGINT  NOT NULL,
    next_mark    BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    PRIMARY KEY (partner, campaign)
);

CREATE INDEX budgets_by_id ON budgets (id);

-- +goose Down
DROP TABLE budgets;
DROP TABLE campaigns;
