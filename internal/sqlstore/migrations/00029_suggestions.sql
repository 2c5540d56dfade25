-- +goose Up

CREATE TABLE suggestions (
    partner    UUID   NOT NULL,
    id         UUID   NOT NULL,
    campaign   UUID   NOT NULL,
    revision   BIGINT NOT NULL,
    status     TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    field      TEXT   NOT NULL, -- what it would change
    grade      TEXT   NOT NULL, -- '' while there is none
    place      BIGINT NOT NULL, -- by expected impact: millionths of what there is now
    expires_at BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    PRIMARY KEY (partner, id)
) /*clustered*/;

CREATE UNIQUE INDEX suggestions_by_id ON suggestions (id);
CREATE INDEX suggestions_of ON suggestions (partner, campaign, place);
CREATE INDEX suggestions_by_place ON suggestions (partner, place, id);
-- Two nodes that find the same at once suggest it once.
CREATE UNIQUE INDEX suggestions_open ON suggestions (partner, campaign, type, field) WHERE status = 'open';
CREATE INDEX suggestions_busy ON suggestions (id) WHERE status IN ('open', 'applying', 'applied', 'reverting');

-- What a partner lets the optimiser do. No row is the default: nothing.
CREATE TABLE optimizer_settings (
    partner  UUID   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    enabled  BIGINT NOT NULL, -- whether any type may act by itself
    state    TEXT   NOT NULL
);

-- +goose Down
DROP TABLE optimizer_settings;
DROP TABLE suggestions;
