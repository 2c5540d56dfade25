package sqlstore

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Floor is the start of the first bucket of a width whose sums are kept. Those
// before it are summed up from the events when somebody asks.
func (m Metrics) Floor(ctx context.Context, width performance.Bucket) (int64, error) {
	floor, err := m.floor(ctx, m.db.reader, width)
	return floor, m.db.translate(err)
}

// Delivering lists a partner's campaigns that have events, in the order of ids.
func (m Metrics) Delivering(ctx context.Context, partner uuid.UUID) (campaigns []uuid.UUID, err error) {
	rows, err := m.db.reader.QueryContext(ctx, `SELECT campaign FROM metric_totals WHERE partner = $1 ORDER BY campaign`, m.db.key(partner))
	if err != nil {
		return nil, m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var campaign uuid.UUID
		err := rows.Scan(&campaign)
		campaigns = append(campaigns, campaign)
		return err
	})
	return campaigns, m.db.translate(err)
}
