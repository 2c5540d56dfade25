-- +goose Up

-- The hours of campaigns as they were when they were judged for anomalies: what
-- the detectors' state is a replay of.
CREATE TABLE anomaly_hours (
    partner     UUID   NOT NULL,
    campaign    UUID   NOT NULL,
    start       BIGINT NOT NULL,
    known_at    BIGINT NOT NULL,
    impressions BIGINT NOT NULL,
    clicks      BIGINT NOT NULL,
    conversions BIGINT NOT NULL,
    leads       BIGINT NOT NULL,
    spend       BIGINT NOT NULL,
    revenue     BIGINT NOT NULL,
    PRIMARY KEY (partner, campaign, start)
) /*clustered*/;

-- Anomalies are never changed. Their ids are in the order of their hours.
CREATE TABLE anomalies (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    campaign UUID   NOT NULL,
    kpi      TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    start    BIGINT NOT NULL,
    score    BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX anomalies_of_campaign ON anomalies (partner, campaign, id);
CREATE INDEX anomalies_by_id ON anomalies (id);

-- +goose Down
DROP TABLE anomalies;
DROP TABLE anomaly_hours;
