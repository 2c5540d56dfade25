-- +goose Up

-- What is computed about a partner's people: lookalikes (with the id of the
-- audience that they fill) and clusters.
CREATE TABLE studies (
    partner       UUID   NOT NULL,
    id            UUID   NOT NULL,
    kind          TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    attempt       BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    state         TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX studies_by_id ON studies (id);

-- Those that wait for a worker.
CREATE INDEX studies_open ON studies (claimed_until) WHERE status IN ('queued', 'running');
