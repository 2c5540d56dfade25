package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

// Keys implements partners.KeyStore.
type Keys struct{ db *DB }

// Keys returns the store of API keys.
func (db *DB) Keys() Keys { return Keys{db} }

const keyColumns = `id, hash, state`

func scanKey(row scanner) (*partners.Key, error) {
	var id uuid.UUID
	var hash []byte
	var text string
	if err := row.Scan(&id, &hash, &text); err != nil {
		return nil, missing(err, partners.ErrKeyNotFound)
	}
	s, err := decode[partners.KeyState]("key", id, text)
	copy(s.Hash[:], hash) // it never stands in the state, which is shown
	return partners.RestoreKey(s), err
}

// InsertKey implements partners.KeyStore.
func (k Keys) InsertKey(ctx context.Context, key *partners.Key) error {
	s := key.State()
	state, err := encode(s)
	if err != nil {
		return err
	}
	events := key.PullEvents()
	return k.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO api_keys (partner, id, hash, revision, state) VALUES ($1, $2, $3, $4, $5)`,
			t.db.key(s.Partner), t.db.key(s.ID), s.Hash[:], s.Revision, state)
		if isUnique(err) {
			return partners.ErrExists
		}
		t.append(events...)
		return err
	})
}

// Key implements partners.KeyStore.
func (k Keys) Key(ctx context.Context, partner, id uuid.UUID) (*partners.Key, error) {
	key, err := scanKey(k.db.reader.QueryRowContext(ctx, `SELECT `+keyColumns+` FROM api_keys WHERE partner = $1 AND id = $2`,
		k.db.key(partner), k.db.key(id)))
	return key, k.db.translate(err)
}

// KeyByHash implements partners.KeyStore.
func (k Keys) KeyByHash(ctx context.Context, hash partners.Hash) (*partners.Key, error) {
	key, err := scanKey(k.db.reader.QueryRowContext(ctx, `SELECT `+keyColumns+` FROM api_keys WHERE hash = $1`, hash[:]))
	return key, k.db.translate(err)
}

// Keys implements partners.KeyStore.
func (k Keys) Keys(ctx context.Context, partner uuid.UUID) ([]*partners.Key, error) {
	rows, err := k.db.reader.QueryContext(ctx, `SELECT `+keyColumns+` FROM api_keys WHERE partner = $1 ORDER BY id`, k.db.key(partner))
	if err != nil {
		return nil, k.db.translate(err)
	}
	keys, err := collect(rows, scanKey)
	return keys, k.db.translate(err)
}

// UpdateKey implements partners.KeyStore.
func (k Keys) UpdateKey(ctx context.Context, partner, id uuid.UUID, change func(*partners.Key) error) (*partners.Key, error) {
	return edit[*partners.Key]{
		load: func(t *tx) (*partners.Key, error) {
			return scanKey(t.queryRow(ctx, `SELECT `+keyColumns+` FROM api_keys WHERE partner = $1 AND id = $2`+t.db.forUpdate,
				t.db.key(partner), t.db.key(id)))
		},
		revision: func(key *partners.Key) int64 { return key.State().Revision },
		save:     func(t *tx, key *partners.Key) error { return saveKey(ctx, t, key.State()) },
	}.run(ctx, k.db, 0, func(_ *tx, key *partners.Key) error { return change(key) })
}

func saveKey(ctx context.Context, t *tx, s partners.KeyState) error {
	state, err := encode(s)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE api_keys SET revision = $3, state = $4 WHERE partner = $1 AND id = $2`,
		t.db.key(s.Partner), t.db.key(s.ID), s.Revision, state)
	return err
}
