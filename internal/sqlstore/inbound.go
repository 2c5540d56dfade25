package sqlstore

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Inbound remembers which events of other services were taken in.
type Inbound struct{ db *DB }

// Inbound returns the store of events that were taken in.
func (db *DB) Inbound() Inbound { return Inbound{db} }

func scanInbound(row scanner) (event.Inbound, error) {
	var text string
	if err := row.Scan(&text); err != nil {
		return event.Inbound{}, err
	}
	return decode[event.Inbound]("inbound event", uuid.Nil, text)
}

// Seen is the event of a source and id; ok is false when there is none.
func (s Inbound) Seen(ctx context.Context, source, id string) (in event.Inbound, ok bool, err error) {
	in, err = scanInbound(s.db.reader.QueryRowContext(ctx, `SELECT state FROM inbound_events WHERE source = $1 AND id = $2`, source, id))
	if errors.Is(err, sql.ErrNoRows) {
		return in, false, nil
	}
	return in, err == nil, s.db.translate(err)
}

// Note keeps an event; one that is there already stays as it is.
func (s Inbound) Note(ctx context.Context, in event.Inbound) error {
	state, err := encode(in)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO inbound_events (source, id, partner, received_at, state) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (source, id) DO NOTHING`, in.Source, in.ID, s.db.key(in.Partner), micros(in.ReceivedAt), state)
		return err
	})
}

// Recent is a page of the events of a partner, of uuid.Nil everybody's, the
// latest first.
func (s Inbound) Recent(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []event.Inbound, next string, err error) {
	f := filter{db: s.db}
	f.of(partner)
	if err := f.receivedBefore(cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	rows, err := s.db.reader.QueryContext(ctx, `SELECT state FROM inbound_events`+f.where+` ORDER BY received_at DESC, source DESC, id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	if items, err = collect(rows, scanInbound); err != nil {
		return nil, "", s.db.translate(err)
	}
	if len(items) > size {
		items = items[:size]
		next = receivedCursor(items[size-1])
	}
	return items, next, nil
}

// receivedCursor names an event by when it came and by source and id, which are
// any text.
func receivedCursor(in event.Inbound) string {
	coded := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf("%d.%s.%s", micros(in.ReceivedAt), coded([]byte(in.Source)), coded([]byte(in.ID)))
}

// receivedBefore keeps what comes after a page in a list by when it came.
func (f *filter) receivedBefore(cursor string) error {
	if cursor == "" {
		return nil
	}
	parts := strings.Split(cursor, ".")
	if len(parts) != 3 {
		return errCursor
	}
	at, bad := strconv.ParseInt(parts[0], 10, 64)
	source, badSource := base64.RawURLEncoding.DecodeString(parts[1])
	id, badID := base64.RawURLEncoding.DecodeString(parts[2])
	if errors.Join(bad, badSource, badID) != nil {
		return errCursor
	}
	f.add("(received_at, source, id) < (?, ?, ?)", at, string(source), string(id))
	return nil
}

// Purge forgets events that were taken in before. What they set keeps its
// stamps, so that one which came again even then would undo nothing newer.
func (s Inbound) Purge(ctx context.Context, before time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM inbound_events WHERE received_at < $1`, micros(before))
		return err
	})
}
