-- +goose Up
-- What partners declare of the sources of their events.
CREATE TABLE metric_sources (
    partner  UUID   NOT NULL,
    source   TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, source)
) /*clustered*/;

-- +goose Down
DROP TABLE metric_sources;
