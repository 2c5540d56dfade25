package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Letters keeps messages that could not be taken in.
type Letters struct{ db *DB }

// Letters returns the store of dead letters.
func (db *DB) Letters() Letters { return Letters{db} }

const selectLetters = "SELECT id, body, state FROM dead_letters"

func scanLetter(row scanner) (event.Letter, error) {
	var id uuid.UUID
	var body []byte
	var text string
	if err := row.Scan(&id, &body, &text); err != nil {
		return event.Letter{}, err
	}
	l, err := decode[event.Letter]("dead letter", id, text)
	l.Message.Body = body
	return l, err
}

// letterSpace makes digests of messages.
var letterSpace = uuid.MustParse("5f0c2a2e-7a3b-5d7e-8c11-0f6f3b7a9b10")

func digest(m event.Message) uuid.UUID {
	return uuid.NewSHA1(letterSpace, append([]byte(m.Key+"\x00"+m.ID+"\x00"), m.Body...))
}

// Park stores a letter. The same message, delivered again while its letter is
// open, changes nothing.
func (s Letters) Park(ctx context.Context, l event.Letter) error {
	state, err := letterState(l)
	if err != nil {
		return err
	}
	body := l.Message.Body
	if body == nil {
		body = []byte{}
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO dead_letters (partner, id, topic, key, digest, status, open, next_at, changed_at, body, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (topic, digest) WHERE open = 1 DO NOTHING`,
			s.db.key(l.Partner), s.db.key(l.ID), l.Message.Topic, l.Message.Key, s.db.key(digest(l.Message)), string(l.State),
			isOpen(l), optional(l.NextAt), micros(l.ChangedAt), body, state)
		return err
	})
}

// letterState is a letter as it is stored beside its body.
func letterState(l event.Letter) (string, error) {
	l.Message.Body = nil
	return encode(l)
}

func isOpen(l event.Letter) int {
	if l.State.Open() {
		return 1
	}
	return 0
}

// optional is a moment, or null.
func optional(at *time.Time) any {
	if at == nil {
		return nil
	}
	return micros(*at)
}

// OpenKeys are the keys of a topic that have open letters.
func (s Letters) OpenKeys(ctx context.Context, topic string) (map[string]bool, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT DISTINCT key FROM dead_letters WHERE topic = $1 AND open = 1 AND key <> ''`, topic)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (key string, err error) {
		err = row.Scan(&key)
		return key, err
	})
	keys := make(map[string]bool, len(found))
	for _, key := range found {
		keys[key] = true
	}
	return keys, s.db.translate(err)
}

// Due are letters whose next try has come, the oldest first.
func (s Letters) Due(ctx context.Context, now time.Time, limit int) ([]event.Letter, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectLetters+` WHERE next_at <= $1 ORDER BY id`+limited(limit), micros(now))
	if err != nil {
		return nil, s.db.translate(err)
	}
	due, err := collect(rows, scanLetter)
	return due, s.db.translate(err)
}

// First is a key's first open letter, uuid.Nil without one.
func (s Letters) First(ctx context.Context, topic, key string) (id uuid.UUID, err error) {
	err = s.db.reader.QueryRowContext(ctx, `SELECT id FROM dead_letters WHERE topic = $1 AND key = $2 AND open = 1 ORDER BY id LIMIT 1`, topic, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, nil
	}
	return id, s.db.translate(err)
}

// Get is one letter of a partner, of uuid.Nil anybody's; ok is false when there
// is none.
func (s Letters) Get(ctx context.Context, partner, id uuid.UUID) (l event.Letter, ok bool, err error) {
	which := s.db.one(partner, "id", id)
	l, err = scanLetter(s.db.reader.QueryRowContext(ctx, selectLetters+which.where, which.args...))
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	return l, err == nil, s.db.translate(err)
}

// Move stores what became of a letter, unless it has left the state from.
func (s Letters) Move(ctx context.Context, l event.Letter, from event.LetterState) (moved bool, err error) {
	state, err := letterState(l)
	if err != nil {
		return false, err
	}
	err = s.db.write(ctx, func(t *tx) error {
		result, err := t.exec(ctx, `UPDATE dead_letters SET status = $3, open = $4, next_at = $5, changed_at = $6, state = $7
			WHERE partner = $1 AND id = $2 AND status = $8`,
			s.db.key(l.Partner), s.db.key(l.ID), string(l.State), isOpen(l), optional(l.NextAt), micros(l.ChangedAt), state, string(from))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		moved = n == 1
		return err
	})
	return moved, err
}

// List has the newest first; without states, all of them.
func (s Letters) List(ctx context.Context, partner uuid.UUID, states []event.LetterState, limit int, cursor string) ([]event.Letter, string, error) {
	f := filter{db: s.db}
	f.of(partner)
	in(&f, "status", states)
	if err := f.before(cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	rows, err := s.db.reader.QueryContext(ctx, selectLetters+f.where+` ORDER BY id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, err := collect(rows, scanLetter)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next := cut(items, size, func(l event.Letter) uuid.UUID { return l.ID })
	return items, next, nil
}

// Count is how many letters there are in each state.
func (s Letters) Count(ctx context.Context, partner uuid.UUID) (map[event.LetterState]int, error) {
	f := filter{db: s.db}
	f.of(partner)
	rows, err := s.db.reader.QueryContext(ctx, `SELECT status, count(*) FROM dead_letters`+f.where+` GROUP BY status`, f.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	counts := map[event.LetterState]int{}
	err = eachRow(rows, func(r *sql.Rows) error {
		var state string
		var n int
		if err := r.Scan(&state, &n); err != nil {
			return err
		}
		counts[event.LetterState(state)] = n
		return nil
	})
	return counts, s.db.translate(err)
}

// Purge forgets closed letters that changed before.
func (s Letters) Purge(ctx context.Context, before time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM dead_letters WHERE open = 0 AND changed_at < $1`, micros(before))
		return err
	})
}
