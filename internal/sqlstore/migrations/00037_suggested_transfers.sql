-- +goose Up

-- The other campaign of a suggestion that moves money between two.
ALTER TABLE suggestions ADD COLUMN other UUID;
CREATE INDEX suggestions_of_other ON suggestions (partner, other, place) WHERE other IS NOT NULL;

-- +goose Down
DROP INDEX suggestions_of_other;
ALTER TABLE suggestions DROP COLUMN other;
