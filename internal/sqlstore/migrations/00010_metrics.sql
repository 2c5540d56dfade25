-- +goose Up

-- A short number for each partner, so that a row of metric_ids stays narrow.
CREATE TABLE metric_partners (
    partner UUID   NOT NULL PRIMARY KEY,
    ref     BIGINT NOT NULL UNIQUE
) /*clustered*/;

-- Every event id that was ever counted. print tells an event sent again from
-- another one under its id.
CREATE TABLE metric_ids (
    partner BIGINT  NOT NULL,
    id      UUID    NOT NULL,
    print   INTEGER NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

-- The events themselves: one row a campaign and commit.
CREATE TABLE metric_chunks (
    partner     UUID    NOT NULL,
    campaign    UUID    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    events      INTEGER NOT NULL,
    first_at    BIGINT  NOT NULL,
    last_at     BIGINT  NOT NULL,
    body        BYTEA   NOT NULL,
    PRIMARY KEY (partner, campaign, recorded_at)
);

-- Sums by minute (1), hour (2) and local day (3). The key puts the campaigns of
-- one bucket side by side, because a commit touches the same bucket of many.
CREATE TABLE metric_rollups (
    partner     UUID     NOT NULL,
    width       SMALLINT NOT NULL,
    start       BIGINT   NOT NULL,
    campaign    UUID     NOT NULL,
    channel     TEXT     NOT NULL,
    events      BIGINT   NOT NULL,
    impressions BIGINT   NOT NULL,
    clicks      BIGINT   NOT NULL,
    conversions BIGINT   NOT NULL,
    leads       BIGINT   NOT NULL,
    spend       BIGINT   NOT NULL,
    revenue     BIGINT   NOT NULL,
    PRIMARY KEY (partner, width, start, campaign, channel),
    CHECK (spend   BETWEEN -9000000000000000000 AND 9000000000000000000),
    CHECK (revenue BETWEEN -9000000000000000000 AND 9000000000000000000)
) /*clustered*/;

-- A campaign's running sums, and what is remembered of it besides.
CREATE TABLE metric_totals (
    partner     UUID   NOT NULL,
    campaign    UUID   NOT NULL,
    events      BIGINT NOT NULL,
    impressions BIGINT NOT NULL,
    clicks      BIGINT NOT NULL,
    conversions BIGINT NOT NULL,
    leads       BIGINT NOT NULL,
    spend       BIGINT NOT NULL,
    revenue     BIGINT NOT NULL,
    standing    TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (partner, campaign)
) /*clustered*/;

-- Values that few events have: gauges by the metric's name, and custom values
-- as custom.<name>. Width 0 is the running total.
CREATE TABLE metric_values (
    partner  UUID     NOT NULL,
    campaign UUID     NOT NULL,
    width    SMALLINT NOT NULL,
    start    BIGINT   NOT NULL,
    channel  TEXT     NOT NULL,
    name     TEXT     NOT NULL,
    at       BIGINT   NOT NULL,
    value    BIGINT   NOT NULL,
    PRIMARY KEY (partner, campaign, width, start, channel, name),
    CHECK (value BETWEEN -9000000000000000000 AND 9000000000000000000)
) /*clustered*/;

-- +goose Down
DROP TABLE metric_values;
DROP TABLE metric_totals;
DROP TABLE metric_rollups;
DROP TABLE metric_chunks;
DROP TABLE metric_ids;
DROP TABLE metric_partners;
