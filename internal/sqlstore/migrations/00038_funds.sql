-- +goose Up

-- What was last told of how far a prepaid partner's money goes. No row is as
-- good as 'enough'. Written under the lock of the log head.
CREATE TABLE funds_levels (
    partner  UUID   NOT NULL,
    currency TEXT   NOT NULL,
    level    TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (partner, currency)
) /*clustered*/;

-- Counted for operators, every time that figures are read.
CREATE INDEX payments_open ON payments (status) WHERE open = 1;

-- +goose Down
DROP INDEX payments_open;
DROP TABLE funds_levels;
