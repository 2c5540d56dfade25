-- +goose Up

-- What a partner lets happen to its budgets without a second person. No row is
-- the default.
CREATE TABLE budget_guards (
    partner  UUID   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL
);

-- Written under the lock of the budget's row.
CREATE TABLE extra_spends (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    budget     UUID   NOT NULL,
    status     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX extra_spends_by_id ON extra_spends (id);
CREATE INDEX extra_spends_of ON extra_spends (partner, budget, id);
CREATE INDEX extra_spends_due ON extra_spends (expires_at) WHERE status = 'proposed';

-- +goose Down
DROP TABLE extra_spends;
DROP TABLE budget_guards;
