package sqlstore

import (
	"context"
	"database/sql"
	"errors"
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

// Recent are the latest events of a partner, of uuid.Nil everybody's.
func (s Inbound) Recent(ctx context.Context, partner uuid.UUID, limit int) ([]event.Inbound, error) {
	f := filter{db: s.db}
	f.of(partner)
	rows, err := s.db.reader.QueryContext(ctx, `SELECT state FROM inbound_events`+f.where+` ORDER BY received_at DESC`+limited(limit), f.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	items, err := collect(rows, scanInbound)
	return items, s.db.translate(err)
}

// Purge forgets events that were taken in before. What they set keeps its
// stamps, so that one which came again even then would undo nothing newer.
func (s Inbound) Purge(ctx context.Context, before time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM inbound_events WHERE received_at < $1`, micros(before))
		return err
	})
}
