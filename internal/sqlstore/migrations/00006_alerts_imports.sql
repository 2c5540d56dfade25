-- +goose Up

CREATE TABLE alerts (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    campaign UUID   NOT NULL,
    kind     TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    status   TEXT   NOT NULL,
    last_seq BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

-- A matter has one open alert; this is also what makes two notices of a new
-- matter wait for each other.
CREATE UNIQUE INDEX alerts_open ON alerts (partner, campaign, kind, subject) WHERE status <> 'RESOLVED';
CREATE INDEX alerts_by_id ON alerts (id);

-- What an import of an ad platform's export file knows of itself, whole.
CREATE TABLE imports (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    created_at BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

-- Which campaign of ours was made for a campaign of a platform.
CREATE TABLE platform_links (
    partner  UUID NOT NULL,
    platform TEXT NOT NULL,
    external TEXT NOT NULL,
    campaign UUID NOT NULL,
    PRIMARY KEY (partner, platform, external)
) /*clustered*/;

-- +goose Down
DROP TABLE platform_links;
DROP TABLE imports;
DROP TABLE alerts;
