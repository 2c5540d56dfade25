package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
)

// KeyState says what Begin found under an idempotency key.
type KeyState int

const (
	KeyNew    KeyState = iota // claimed by this call: go on
	KeyBusy                   // another request with it is under way
	KeyReused                 // it was used with another body
	KeyDone                   // its answer is stored
)

// KeyRecord is what is kept under an idempotency key.
type KeyRecord struct {
	State    KeyState
	Reserved uuid.UUID // the id of what is created under the key
	Status   int       // the stored answer, with KeyDone
	Header   string
	Body     []byte
}

const (
	keyLife  = 24 * time.Hour
	keyClaim = time.Minute // a request under way for longer is taken to have died
)

// Idempotency keeps the answers of requests that may be sent again.
type Idempotency struct{ db *DB }

// Idempotency returns the store of idempotency keys.
func (db *DB) Idempotency() Idempotency { return Idempotency{db} }

// Begin claims a key, or says why it cannot be claimed. reserve becomes the
// reserved id when the key is new or has expired.
func (i Idempotency) Begin(ctx context.Context, partner uuid.UUID, route, key string, hash [32]byte, reserve uuid.UUID) (KeyRecord, error) {
	var rec KeyRecord
	err := i.db.write(ctx, func(t *tx) error {
		now := i.db.now()
		rec = KeyRecord{State: KeyNew, Reserved: reserve}
		var stored []byte
		var claimed, expires int64
		var status sql.NullInt64
		var header sql.NullString
		var reserved uuid.UUID
		err := t.queryRow(ctx, `SELECT body_hash, reserved, claimed_at, status, header, body, expires_at FROM idempotency_keys
			WHERE partner = $1 AND route = $2 AND key = $3`+t.db.forUpdate, t.db.key(partner), route, key).
			Scan(&stored, &reserved, &claimed, &status, &header, &rec.Body, &expires)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return i.claim(ctx, t, &rec, partner, route, key, hash, now)
		case err != nil:
			return err
		case expires <= micros(now):
			return i.claim(ctx, t, &rec, partner, route, key, hash, now)
		case !bytes.Equal(stored, hash[:]):
			rec.State = KeyReused
		case status.Valid:
			rec.State, rec.Status, rec.Header = KeyDone, int(status.Int64), header.String
		case claimed > micros(now.Add(-keyClaim)):
			rec.State = KeyBusy
		default:
			rec.Reserved = reserved
			return i.claim(ctx, t, &rec, partner, route, key, hash, now)
		}
		return nil
	})
	return rec, err
}

// claim writes the key as under way. On PostgreSQL two first requests can both
// find no row; the one that inserts second finds the other's.
func (i Idempotency) claim(ctx context.Context, t *tx, rec *KeyRecord, partner uuid.UUID, route, key string, hash [32]byte, now time.Time) error {
	stale := micros(now.Add(-keyClaim))
	res, err := t.exec(ctx, `INSERT INTO idempotency_keys (partner, route, key, body_hash, reserved, claimed_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (partner, route, key) DO UPDATE SET body_hash = excluded.body_hash, reserved = excluded.reserved,
			claimed_at = excluded.claimed_at, status = NULL, header = NULL, body = NULL, expires_at = excluded.expires_at
		WHERE idempotency_keys.expires_at <= $6 OR (idempotency_keys.status IS NULL AND idempotency_keys.claimed_at <= $8)`,
		t.db.key(partner), route, key, hash[:], t.db.key(rec.Reserved), micros(now), micros(now.Add(keyLife)), stale)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		rec.State = KeyBusy
		return err
	}
	return nil
}

// Finish stores the answer of a claimed key.
func (i Idempotency) Finish(ctx context.Context, partner uuid.UUID, route, key string, status int, header string, body []byte) error {
	return i.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE idempotency_keys SET status = $4, header = $5, body = $6
			WHERE partner = $1 AND route = $2 AND key = $3`, t.db.key(partner), route, key, status, header, body)
		return err
	})
}

// Abandon makes a claimed key free for another try, which gets the same
// reserved id.
func (i Idempotency) Abandon(ctx context.Context, partner uuid.UUID, route, key string) error {
	return i.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE idempotency_keys SET claimed_at = 0
			WHERE partner = $1 AND route = $2 AND key = $3 AND status IS NULL`, t.db.key(partner), route, key)
		return err
	})
}

// Purge removes expired keys.
func (i Idempotency) Purge(ctx context.Context) error {
	return i.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM idempotency_keys WHERE expires_at <= $1`, micros(i.db.now()))
		return err
	})
}
