package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Log reads the event log: one sequence a partner, without gaps.
type Log struct{ db *DB }

// Log returns the reading side of the event log.
func (db *DB) Log() Log { return Log{db} }

// Changed returns a channel that is closed at this node's next commit.
func (l Log) Changed() <-chan struct{} { return l.db.Changed() }

// Heads returns the last sequence number of every partner's log.
func (l Log) Heads(ctx context.Context) (map[uuid.UUID]int64, error) {
	return l.positions(ctx, `SELECT partner, seq FROM log_heads WHERE seq > 0`)
}

// Head returns the last sequence number of one partner's log, 0 before the first.
func (l Log) Head(ctx context.Context, partner uuid.UUID) (seq int64, err error) {
	err = l.db.reader.QueryRowContext(ctx, `SELECT seq FROM log_heads WHERE partner = $1`, l.db.key(partner)).Scan(&seq)
	return seq, l.db.translate(missing(err, nil))
}

func (l Log) positions(ctx context.Context, query string, args ...any) (map[uuid.UUID]int64, error) {
	rows, err := l.db.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, l.db.translate(err)
	}
	defer func() { _ = rows.Close() }()
	heads := map[uuid.UUID]int64{}
	for rows.Next() {
		var partner uuid.UUID
		var seq int64
		if err := rows.Scan(&partner, &seq); err != nil {
			return nil, err
		}
		heads[partner] = seq
	}
	return heads, l.db.translate(rows.Err())
}

const eventColumns = `partner, seq, id, type, aggregate, aggregate_id, revision, occurred_at, recorded_at, origin, data`

// Read returns a partner's events after a sequence number, in order.
func (l Log) Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error) {
	return l.events(ctx, `SELECT `+eventColumns+` FROM events WHERE partner = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
		l.db.key(partner), after, limit)
}

// History returns the events of one aggregate after a sequence number.
func (l Log) History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error) {
	return l.events(ctx, `SELECT `+eventColumns+` FROM events
		WHERE partner = $1 AND aggregate_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
		l.db.key(partner), l.db.key(aggregate), after, limit)
}

func (l Log) events(ctx context.Context, query string, args ...any) ([]event.Event, error) {
	rows, err := l.db.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, l.db.translate(err)
	}
	defer func() { _ = rows.Close() }()
	var events []event.Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, l.db.translate(rows.Err())
}

func scanEvent(rows *sql.Rows) (event.Event, error) {
	var e event.Event
	var occurred, recorded int64
	var origin, data string
	err := rows.Scan(&e.Partner, &e.Seq, &e.ID, &e.Type, &e.Aggregate, &e.AggregateID, &e.Revision,
		&occurred, &recorded, &origin, &data)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(origin), &e.Origin); err != nil {
		return e, fmt.Errorf("event %s: origin: %w", e.ID, err)
	}
	e.Origin.Partner = e.Partner
	e.OccurredAt, e.RecordedAt = moment(occurred), moment(recorded)
	e.Data = json.RawMessage(data)
	return e, nil
}

// OfTypes returns all of an aggregate's events that are of the types, in order.
func (l Log) OfTypes(ctx context.Context, partner, aggregate uuid.UUID, types ...string) ([]event.Event, error) {
	f := filter{db: l.db}
	f.add("partner = ?", l.db.key(partner))
	f.add("aggregate_id = ?", l.db.key(aggregate))
	in(&f, "type", types)
	return l.events(ctx, `SELECT `+eventColumns+` FROM events`+f.where+` ORDER BY seq`, f.args...)
}
