-- +goose Up

-- The end of the partner's ledger, kept apart from the entries so that a ledger
-- whose end was cut off is found.
ALTER TABLE log_heads ADD COLUMN ledger_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE log_heads ADD COLUMN ledger_hash BYTEA;

-- One row a partner and transaction that moves money: the lines in the bytes of
-- package ledger, and the hash that chains them. Rows are only ever added.
CREATE TABLE ledger_entries (
    partner     UUID   NOT NULL,
    seq         BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    hash        BYTEA  NOT NULL,
    body        BYTEA  NOT NULL,
    PRIMARY KEY (partner, seq)
);

CREATE INDEX ledger_entries_at ON ledger_entries (partner, recorded_at);

-- What a partner's campaigns have spent and hold on a day, which the limits of
-- the partner and of its contract are held against. Sums of the ledger, written
-- under the lock of the log head.
CREATE TABLE ledger_days (
    partner  UUID   NOT NULL,
    day      BIGINT NOT NULL,
    currency TEXT   NOT NULL,
    spent    BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    PRIMARY KEY (partner, day, currency),
    CHECK (spent BETWEEN -9000000000000000000 AND 9000000000000000000)
) /*clustered*/;

-- Written under the lock of the budget's row. resolved_at is 0 until then.
CREATE TABLE budget_reservations (
    partner     UUID    NOT NULL,
    id          UUID    NOT NULL,
    budget      UUID    NOT NULL,
    campaign    UUID    NOT NULL,
    channel     TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    day         BIGINT  NOT NULL,
    amount      BIGINT  NOT NULL,
    state       TEXT    NOT NULL,
    committed   BIGINT  NOT NULL,
    late        INTEGER NOT NULL,
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL,
    resolved_at BIGINT  NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX budget_reservations_by_id ON budget_reservations (id);
CREATE INDEX budget_reservations_of ON budget_reservations (budget, id);
CREATE INDEX budget_reservations_due ON budget_reservations (partner, expires_at) WHERE state = 'reserved';

-- Every spend that was ever recorded by its id.
CREATE TABLE budget_spends (
    partner      UUID   NOT NULL,
    budget       UUID   NOT NULL,
    id           TEXT   NOT NULL,
    place        UUID   NOT NULL,
    category     TEXT   NOT NULL,
    currency     TEXT   NOT NULL,
    amount       BIGINT NOT NULL,
    occurred_at  BIGINT NOT NULL,
    day          BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    overdelivery BIGINT NOT NULL,
    credit       BIGINT NOT NULL,
    PRIMARY KEY (partner, budget, id)
) /*clustered*/;

CREATE INDEX budget_spends_in_order ON budget_spends (partner, budget, place);

-- +goose Down
DROP TABLE budget_spends;
DROP TABLE budget_reservations;
DROP TABLE ledger_days;
DROP TABLE ledger_entries;
ALTER TABLE log_heads DROP COLUMN ledger_hash;
ALTER TABLE log_heads DROP COLUMN ledger_seq;
