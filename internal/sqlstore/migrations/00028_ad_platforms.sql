-- +goose Up

-- Partners' accounts at ad platforms. What is sealed stands apart from the
-- state, which is shown. next_pull is when delivery is due.
CREATE TABLE ad_accounts (
    partner   UUID   NOT NULL,
    id        UUID   NOT NULL,
    revision  BIGINT NOT NULL,
    platform  TEXT   NOT NULL,
    external  TEXT   NOT NULL,
    sealed    TEXT   NOT NULL,
    next_pull BIGINT,
    state     TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX ad_accounts_at ON ad_accounts (partner, platform, external);
CREATE INDEX ad_accounts_by_id ON ad_accounts (id);
CREATE INDEX ad_accounts_due ON ad_accounts (next_pull) WHERE next_pull IS NOT NULL;

-- Campaigns on those accounts, with every object that they have there.
CREATE TABLE placements (
    partner  UUID   NOT NULL,
    id       UUID   NOT NULL,
    revision BIGINT NOT NULL,
    campaign UUID   NOT NULL,
    account  UUID   NOT NULL,
    ended    BIGINT NOT NULL,
    due_at   BIGINT,
    state    TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX placements_at ON placements (partner, campaign, account) WHERE ended = 0;
CREATE INDEX placements_of_account ON placements (partner, account);
CREATE INDEX placements_by_id ON placements (id);
CREATE INDEX placements_due ON placements (due_at) WHERE due_at IS NOT NULL;

-- What has been posted of each row that a platform reports: cumulative figures,
-- and while a difference is on its way (pending is not empty) what they will be.
CREATE TABLE platform_rows (
    partner UUID   NOT NULL,
    account UUID   NOT NULL,
    id      UUID   NOT NULL,
    day     BIGINT NOT NULL,
    version BIGINT NOT NULL,
    known   TEXT   NOT NULL,
    pending TEXT   NOT NULL,
    PRIMARY KEY (partner, account, id)
) /*clustered*/;

CREATE INDEX platform_rows_age ON platform_rows (partner, account, day);

-- +goose Down
DROP TABLE platform_rows;
DROP TABLE placements;
DROP TABLE ad_accounts;
