-- +goose Up

-- What people found out about differences between the ledger and others. It
-- holds for a difference of this amount; the log has those before.
CREATE TABLE reconciliation_notes (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    difference BIGINT NOT NULL,
    note       TEXT   NOT NULL,
    author     TEXT   NOT NULL,
    noted_at   BIGINT NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

-- +goose Down
DROP TABLE reconciliation_notes;
