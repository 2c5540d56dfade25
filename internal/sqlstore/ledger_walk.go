package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// walkPage is how many entries Walk reads at a time: an entry of an ingest may
// have a line for each of hundreds of campaigns.
const walkPage = 500

// Walk implements billing.Ledger. An entry whose bytes cannot be read is an
// error: campaignd verify says which.
func (l Ledger) Walk(ctx context.Context, partner uuid.UUID, after int64, q ledger.Query, each func(ledger.Entry) error) error {
	span := Span{After: after, From: startOf(q.From), To: startOf(q.To)}
	for {
		stored, err := l.Entries(ctx, partner, span, false, walkPage)
		if err != nil {
			return err
		}
		for _, s := range stored {
			e, err := s.Entry()
			if err != nil {
				return fmt.Errorf("ledger entry %d of %s: %w", s.Seq, partner, err)
			}
			span.After = s.Seq
			if !q.Narrow(&e) {
				continue
			}
			if err := each(e); err != nil {
				return err
			}
		}
		if len(stored) < walkPage {
			return nil
		}
	}
}

// Names implements billing.Names.
func (s Campaigns) Names(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT id, state FROM campaigns WHERE partner = $1`, s.db.key(partner))
	if err != nil {
		return nil, s.db.translate(err)
	}
	names := map[uuid.UUID]string{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id uuid.UUID
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		named, err := decode[struct {
			Name string `json:"name"`
		}]("campaign", id, text)
		names[id] = named.Name
		return err
	})
	return names, s.db.translate(err)
}
