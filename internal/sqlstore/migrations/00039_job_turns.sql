-- +goose Up

-- What became of each job's latest turn, for people to read: which jobs run, on
-- which node, and why one fails. Nothing is decided by it.
CREATE TABLE job_turns (
    name     TEXT   NOT NULL PRIMARY KEY,
    begun_at BIGINT NOT NULL,
    state    TEXT   NOT NULL
) /*clustered*/;

-- +goose Down
DROP TABLE job_turns;
