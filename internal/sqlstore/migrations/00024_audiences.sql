-- +goose Up

-- life is how many days a membership lasts.
CREATE TABLE audiences (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    revision BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    status   TEXT   NOT NULL,
    life     BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX audiences_by_id ON audiences (id);

-- The members of an audience that were added on one day (since 1970, UTC), as
-- a roaring bitmap. Somebody is in one of an audience's days only, the latest.
CREATE TABLE audience_cohorts (
    partner  UUID   NOT NULL,
    audience UUID   NOT NULL,
    day      BIGINT NOT NULL,
    members  BYTEA  NOT NULL,
    PRIMARY KEY (partner, audience, day)
);

-- Files of members on their way in. next is the part that is taken in next,
-- reserved the part up to which identifiers may be in the index already, and
-- members whom the parts before held.
CREATE TABLE audience_uploads (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    audience   UUID   NOT NULL,
    stage      TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    next       BIGINT NOT NULL,
    reserved   BIGINT NOT NULL,
    members    BYTEA,
    doc        TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
);

CREATE INDEX audience_uploads_of ON audience_uploads (partner, audience, started_at);

CREATE INDEX audience_uploads_open ON audience_uploads (stage) WHERE stage IN ('receiving', 'applying');

CREATE TABLE audience_parts (
    partner UUID   NOT NULL,
    upload  UUID   NOT NULL,
    n       BIGINT NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (partner, upload, n)
);

-- A partner's people: the next number, the numbers that were forgotten, who is
-- writing at the moment, whether somebody may be in no audience any more, and
-- how often anything of it all has changed.
CREATE TABLE people (
    partner    UUID   NOT NULL PRIMARY KEY,
    next       BIGINT NOT NULL,
    forgotten  BYTEA,
    holder     UUID,
    held_until BIGINT NOT NULL,
    orphans    BIGINT NOT NULL,
    version    BIGINT NOT NULL DEFAULT 0
) /*clustered*/;

-- Whom an identifier leads to: pages of entries in their order.
CREATE TABLE people_index (
    partner UUID  NOT NULL,
    start   BYTEA NOT NULL,
    body    BYTEA NOT NULL,
    PRIMARY KEY (partner, start)
);

-- What is known of people, by column and block of numbers.
CREATE TABLE people_columns (
    partner UUID   NOT NULL,
    name    TEXT   NOT NULL,
    block   BIGINT NOT NULL,
    version BIGINT NOT NULL, -- of the partner's people when it was written
    body    BYTEA  NOT NULL,
    PRIMARY KEY (partner, name, block)
);

CREATE INDEX people_columns_changed ON people_columns (partner, version, block);

-- Rules that pick people. What matched when they were last evaluated is kept,
-- so that only the blocks that have changed since are read again. A segment's
-- members are in the audience that has its id.
CREATE TABLE segments (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    revision BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    matched  BYTEA,
    version  BIGINT NOT NULL,
    day      BIGINT NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX segments_by_id ON segments (id);

-- Identifiers that were erased while uploads were on their way in, until those
-- are in: whoever they name there is left out.
CREATE TABLE people_erasures (
    partner UUID   NOT NULL,
    print   BYTEA  NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (partner, print)
);

-- +goose Down
DROP TABLE segments;
DROP TABLE people_erasures;
DROP TABLE people_columns;
DROP TABLE people_index;
DROP TABLE people;
DROP TABLE audience_parts;
DROP TABLE audience_uploads;
DROP TABLE audience_cohorts;
DROP TABLE audiences;
