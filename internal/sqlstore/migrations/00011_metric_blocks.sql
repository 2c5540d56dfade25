-- +goose Up

-- Merged chunks. A run is a campaign's events of many commits on end, named by
-- the greatest recorded_at among them; its blocks follow each other in the time
-- at which things happened. The digests are read without the body, which is
-- why that has a table of its own.
CREATE TABLE metric_blocks (
    partner    UUID    NOT NULL,
    campaign   UUID    NOT NULL,
    run        BIGINT  NOT NULL,
    part       INTEGER NOT NULL,
    known_from BIGINT  NOT NULL,
    known_to   BIGINT  NOT NULL,
    first_at   BIGINT  NOT NULL,
    last_at    BIGINT  NOT NULL,
    events     INTEGER NOT NULL,
    channels   BYTEA   NOT NULL,
    breakdowns BYTEA   NOT NULL,
    PRIMARY KEY (partner, campaign, run, part)
); -- not clustered: SQLite would give most rows a page of their own

CREATE TABLE metric_bodies (
    partner  UUID    NOT NULL,
    campaign UUID    NOT NULL,
    run      BIGINT  NOT NULL,
    part     INTEGER NOT NULL,
    body     BYTEA   NOT NULL,
    PRIMARY KEY (partner, campaign, run, part)
);

-- Event ids that were counted a while ago, some thousand of them a row instead
-- of one; first and last are in the order of performance.Key.Order.
CREATE TABLE metric_id_pages (
    partner BIGINT  NOT NULL,
    first   BIGINT  NOT NULL,
    last    BIGINT  NOT NULL,
    keys    INTEGER NOT NULL,
    body    BYTEA   NOT NULL,
    PRIMARY KEY (partner, first)
);

-- From where on the rollups of a width are kept: all of them from there, and
-- nothing can be told from those before.
CREATE TABLE metric_floors (
    width SMALLINT NOT NULL PRIMARY KEY,
    floor BIGINT   NOT NULL
) /*clustered*/;

-- How much there is to merge: an event counts 1, and a chunk at least 512.
ALTER TABLE metric_totals ADD COLUMN loose BIGINT NOT NULL DEFAULT 0;
UPDATE metric_totals SET loose = coalesce((SELECT sum(CASE WHEN events < 512 THEN 512 ELSE events END) FROM metric_chunks
    WHERE metric_chunks.partner = metric_totals.partner AND metric_chunks.campaign = metric_totals.campaign), 0);

-- +goose Down
ALTER TABLE metric_totals DROP COLUMN loose;
DROP TABLE metric_floors;
DROP TABLE metric_id_pages;
DROP TABLE metric_bodies;
DROP TABLE metric_blocks;
