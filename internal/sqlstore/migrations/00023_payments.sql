-- +goose Up

-- What partners pay in. due_at is when the provider has to be asked, open says
-- whether something is under way there. paid, refunded and disputed are sums of
-- the movements that the ledger has, held is what refunds under way will take.
CREATE TABLE payments (
    partner     UUID    NOT NULL,
    id          UUID    NOT NULL,
    provider    TEXT    NOT NULL,
    provider_id TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    open        INTEGER NOT NULL,
    due_at      BIGINT,
    paid        BIGINT  NOT NULL,
    refunded    BIGINT  NOT NULL,
    disputed    BIGINT  NOT NULL,
    held        BIGINT  NOT NULL,
    state       TEXT    NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX payments_by_id ON payments (id);
CREATE INDEX payments_by_provider ON payments (provider, provider_id);
CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;

-- Every movement that was ever posted, by the provider's own id of it, so that
-- none is posted twice, for one partner or for two. It does not begin with the
-- partner because it has to hold across partners. Rows are never removed.
CREATE TABLE payment_movements (
    provider TEXT   NOT NULL,
    key      TEXT   NOT NULL,
    partner  UUID   NOT NULL,
    payment  UUID   NOT NULL,
    amount   BIGINT NOT NULL,
    PRIMARY KEY (provider, key)
) /*clustered*/;

CREATE INDEX payment_movements_of ON payment_movements (partner, payment);

-- +goose Down
DROP TABLE payment_movements;
DROP TABLE payments;
