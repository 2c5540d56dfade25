package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/webhooks"
)

// Webhooks implements webhooks.Store and, in webhooks_outbox.go,
// webhooks.Outbox.
type Webhooks struct{ db *DB }

// Webhooks returns the store of webhook endpoints and their deliveries.
func (db *DB) Webhooks() Webhooks { return Webhooks{db} }

const selectWebhooks = "SELECT id, secrets, state FROM webhook_endpoints"

func scanWebhook(row scanner) (*webhooks.Endpoint, error) {
	var id uuid.UUID
	var secrets, text string
	if err := row.Scan(&id, &secrets, &text); err != nil {
		return nil, missing(err, webhooks.ErrNotFound)
	}
	state, err := decode[webhooks.State]("webhook", id, text)
	if err == nil {
		state.Secrets, err = decode[[]webhooks.Secret]("secrets of webhook", id, secrets)
	}
	return webhooks.Restore(state), err
}

// webhookRow is an endpoint as its columns.
func (s Webhooks) row(e *webhooks.Endpoint) ([]any, error) {
	state := e.State()
	text, err := encode(state)
	if err != nil {
		return nil, err
	}
	secrets, err := encode(state.Secrets)
	enabled := int64(0)
	if state.Enabled {
		enabled = 1
	}
	return []any{s.db.key(state.Partner), s.db.key(state.ID), state.Revision, enabled, secrets, text}, err
}

// Insert implements webhooks.Store. Two that insert at once wait for each other
// at the partner's row, so that both count what is there.
func (s Webhooks) Insert(ctx context.Context, e *webhooks.Endpoint) error {
	row, err := s.row(e)
	if err != nil {
		return err
	}
	events := e.PullEvents()
	return s.db.write(ctx, func(t *tx) error {
		var revision, count int64
		err := t.queryRow(ctx, `SELECT revision FROM partners WHERE id = $1`+t.db.forUpdate, row[0]).Scan(&revision)
		if err != nil {
			return missing(err, webhooks.ErrNotFound)
		}
		if err := t.queryRow(ctx, `SELECT count(*) FROM webhook_endpoints WHERE partner = $1`, row[0]).Scan(&count); err != nil {
			return err
		}
		if count >= webhooks.MaxEndpoints {
			return webhooks.ErrTooMany
		}
		_, err = t.exec(ctx, `INSERT INTO webhook_endpoints (partner, id, revision, enabled, secrets, state)
			VALUES ($1, $2, $3, $4, $5, $6)`, row...)
		t.append(events...)
		return err
	})
}

// Get implements webhooks.Store.
func (s Webhooks) Get(ctx context.Context, partner, id uuid.UUID) (*webhooks.Endpoint, error) {
	e, err := s.find(ctx, s.db.reader, partner, id, "")
	return e, s.db.translate(err)
}

func (s Webhooks) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (*webhooks.Endpoint, error) {
	which := s.db.one(partner, "id", id)
	return scanWebhook(q.QueryRowContext(ctx, selectWebhooks+which.where+lock, which.args...))
}

// Update implements webhooks.Store.
func (s Webhooks) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*webhooks.Endpoint) error) (*webhooks.Endpoint, error) {
	return s.edit(ctx, partner, id, s.save).run(ctx, s.db, revision, func(_ *tx, e *webhooks.Endpoint) error { return change(e) })
}

// edit changes an endpoint; quiet, because what is delivered is noted without a
// new revision.
func (s Webhooks) edit(ctx context.Context, partner, id uuid.UUID, save func(context.Context, *tx, *webhooks.Endpoint) error) edit[*webhooks.Endpoint] {
	return edit[*webhooks.Endpoint]{
		load:     func(t *tx) (*webhooks.Endpoint, error) { return s.find(ctx, t, partner, id, s.db.forUpdate) },
		revision: func(e *webhooks.Endpoint) int64 { return e.State().Revision },
		stale:    webhooks.ErrStale,
		quiet:    true,
		save:     func(t *tx, e *webhooks.Endpoint) error { return save(ctx, t, e) },
	}
}

func (s Webhooks) save(ctx context.Context, t *tx, e *webhooks.Endpoint) error {
	row, err := s.row(e)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE webhook_endpoints SET revision = $3, enabled = $4, secrets = $5, state = $6 WHERE partner = $1 AND id = $2`, row...)
	return err
}

// Delete implements webhooks.Store.
func (s Webhooks) Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*webhooks.Endpoint)) error {
	_, err := s.edit(ctx, partner, id, s.remove).run(ctx, s.db, revision, func(_ *tx, e *webhooks.Endpoint) error { change(e); return nil })
	return err
}

func (s Webhooks) remove(ctx context.Context, t *tx, e *webhooks.Endpoint) error {
	partner, id := s.db.key(e.State().Partner), s.db.key(e.State().ID)
	if _, err := t.exec(ctx, `DELETE FROM webhook_deliveries WHERE partner = $1 AND endpoint = $2`, partner, id); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM webhook_endpoints WHERE partner = $1 AND id = $2`, partner, id)
	return err
}

// List implements webhooks.Store.
func (s Webhooks) List(ctx context.Context, partner uuid.UUID) ([]*webhooks.Endpoint, error) {
	which := filter{db: s.db}
	which.of(partner)
	rows, err := s.db.reader.QueryContext(ctx, selectWebhooks+which.where+` ORDER BY id DESC`+limited(maxPage), which.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanWebhook)
	return found, s.db.translate(err)
}
