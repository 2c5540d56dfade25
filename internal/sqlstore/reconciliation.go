package sqlstore

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Reconciliation implements billing.Platforms and billing.Notes.
type Reconciliation struct{ db *DB }

// Reconciliation returns what reconciliations are made from.
func (db *DB) Reconciliation() Reconciliation { return Reconciliation{db} }

// Reported implements billing.Platforms, on one snapshot: a commit adds to the
// days and to the ledger in one transaction, so that the two cannot differ by
// what is under way.
func (s Reconciliation) Reported(ctx context.Context, partner uuid.UUID, from, to localday.Day) (all []billing.Delivery, lastEntry int64, err error) {
	err = s.db.read(ctx, func(snapshot *sql.Tx) error {
		head, err := s.db.Ledger().head(ctx, snapshot, partner)
		if err != nil {
			return err
		}
		lastEntry = head.Seq
		rows, err := snapshot.QueryContext(ctx, `SELECT r.campaign, r.channel, r.start, c.currency, r.spend FROM metric_rollups r
			JOIN campaigns c ON c.partner = r.partner AND c.id = r.campaign
			WHERE r.partner = $1 AND r.width = $2 AND r.start >= $3 AND r.start < $4 AND r.spend <> 0`,
			s.db.key(partner), int64(performance.Day), int64(from), int64(to))
		if err != nil {
			return err
		}
		all, err = collect(rows, func(row scanner) (d billing.Delivery, err error) {
			var day int64
			err = row.Scan(&d.Campaign, &d.Channel, &day, &d.Currency, &d.Amount)
			d.Day = localday.Day(day)
			return d, err
		})
		return err
	})
	return all, lastEntry, err
}

// Explanations implements billing.Notes.
func (s Reconciliation) Explanations(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]billing.Explanation, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT id, difference, note, author, noted_at FROM reconciliation_notes WHERE partner = $1`, s.db.key(partner))
	if err != nil {
		return nil, s.db.translate(err)
	}
	notes := map[uuid.UUID]billing.Explanation{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id uuid.UUID
		var e billing.Explanation
		var at int64
		err := rows.Scan(&id, &e.Difference, &e.Note, &e.By, &at)
		e.At = moment(at)
		notes[id] = e
		return err
	})
	return notes, s.db.translate(err)
}

// Explain implements billing.Notes.
func (s Reconciliation) Explain(ctx context.Context, partner, difference uuid.UUID, e billing.Explanation, told event.Event) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO reconciliation_notes (partner, id, difference, note, author, noted_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (partner, id) DO UPDATE SET difference = excluded.difference, note = excluded.note, author = excluded.author, noted_at = excluded.noted_at`,
			s.db.key(partner), s.db.key(difference), e.Difference, e.Note, e.By, micros(e.At))
		if err != nil {
			return err
		}
		t.append(told)
		return nil
	})
}
