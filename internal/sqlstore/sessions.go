package sqlstore

import (
	"context"
	"time"

	"github.com/hexabuilders/campaignd/partners"
)

// Sessions implements partners.SessionStore.
type Sessions struct{ db *DB }

// Sessions returns the store of dashboard sessions and sign-in links.
func (db *DB) Sessions() Sessions { return Sessions{db} }

func (s Sessions) exec(ctx context.Context, query string, args ...any) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, query, args...)
		return err
	})
}

// InsertSession implements partners.SessionStore.
func (s Sessions) InsertSession(ctx context.Context, x partners.Session) error {
	return s.exec(ctx, `INSERT INTO sessions (token, partner, key_id, opened_at, seen_at) VALUES ($1, $2, $3, $4, $5)`,
		x.Token[:], s.db.key(x.Partner), s.db.key(x.Key), micros(x.OpenedAt), micros(x.SeenAt))
}

// Session implements partners.SessionStore.
func (s Sessions) Session(ctx context.Context, token partners.Hash) (partners.Session, error) {
	x := partners.Session{Token: token}
	var opened, seen int64
	err := s.db.reader.QueryRowContext(ctx, `SELECT partner, key_id, opened_at, seen_at FROM sessions WHERE token = $1`, token[:]).
		Scan(&x.Partner, &x.Key, &opened, &seen)
	x.OpenedAt, x.SeenAt = moment(opened), moment(seen)
	return x, s.db.translate(missing(err, partners.ErrUnauthorized))
}

// TouchSession implements partners.SessionStore.
func (s Sessions) TouchSession(ctx context.Context, token partners.Hash, seen time.Time) error {
	return s.exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE token = $1 AND seen_at < $2`, token[:], micros(seen))
}

// DeleteSession implements partners.SessionStore.
func (s Sessions) DeleteSession(ctx context.Context, token partners.Hash) error {
	return s.exec(ctx, `DELETE FROM sessions WHERE token = $1`, token[:])
}

// InsertLink implements partners.SessionStore.
func (s Sessions) InsertLink(ctx context.Context, l partners.Link) error {
	reusable := 0
	if l.Reusable {
		reusable = 1
	}
	return s.exec(ctx, `INSERT INTO signin_links (token, partner, key_id, expires_at, reusable) VALUES ($1, $2, $3, $4, $5)`,
		l.Token[:], s.db.key(l.Partner), s.db.key(l.Key), micros(l.ExpiresAt), reusable)
}

// TakeLink implements partners.SessionStore.
func (s Sessions) TakeLink(ctx context.Context, token partners.Hash, now time.Time) (partners.Link, error) {
	l := partners.Link{Token: token}
	err := s.db.write(ctx, func(t *tx) error {
		var expires, reusable int64
		err := t.queryRow(ctx, `SELECT partner, key_id, expires_at, reusable FROM signin_links WHERE token = $1 AND expires_at > $2`+t.db.forUpdate,
			token[:], micros(now)).Scan(&l.Partner, &l.Key, &expires, &reusable)
		if err != nil {
			return missing(err, partners.ErrLink)
		}
		l.ExpiresAt, l.Reusable = moment(expires), reusable == 1
		_, err = t.exec(ctx, `DELETE FROM signin_links WHERE token = $1 AND reusable = 0`, token[:])
		return err
	})
	return l, err
}

// DeleteExpired implements partners.SessionStore.
func (s Sessions) DeleteExpired(ctx context.Context, now, idle, opened time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM sessions WHERE seen_at < $1 OR opened_at < $2`, micros(idle), micros(opened)); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM signin_links WHERE expires_at < $1`, micros(now))
		return err
	})
}
