-- +goose Up

CREATE TABLE alert_rules (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    revision BIGINT NOT NULL,
    enabled  BIGINT NOT NULL,
    metric   TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE INDEX alert_rules_by_id ON alert_rules (id);

-- Where a rule stands with a campaign: one row, whose period is the newest that
-- was judged, because no earlier one can change any more.
CREATE TABLE alert_standings (
    partner  UUID   NOT NULL,
    rule     UUID   NOT NULL,
    campaign UUID   NOT NULL,
    firing   BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, rule, campaign)
) /*clustered*/;

-- What time may end, over all partners.
CREATE INDEX alert_standings_firing ON alert_standings (partner, rule, campaign) WHERE firing = 1;

ALTER TABLE alerts ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN rule UUID;

-- Alerts are as many as people have been told of, so this is quick.
UPDATE alerts SET severity = CASE
    WHEN state LIKE '%"severity":"CRITICAL"%' THEN 'CRITICAL'
    WHEN state LIKE '%"severity":"HIGH"%' THEN 'HIGH'
    WHEN state LIKE '%"severity":"MEDIUM"%' THEN 'MEDIUM'
    ELSE 'LOW' END;

CREATE INDEX alerts_of_rule ON alerts (partner, rule, campaign) WHERE rule IS NOT NULL;

-- +goose Down
DROP INDEX alerts_of_rule;
ALTER TABLE alerts DROP COLUMN rule;
ALTER TABLE alerts DROP COLUMN severity;
DROP TABLE alert_standings;
DROP TABLE alert_rules;
