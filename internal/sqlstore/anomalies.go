package sqlstore

import (
	"context"
	"database/sql"
	"math"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

// Anomalies implements lookout.Store.
type Anomalies struct{ db *DB }

// Anomalies returns the store of anomalies and of the hours that they are
// judged by.
func (db *DB) Anomalies() Anomalies { return Anomalies{db} }

// hourColumns are in the order of performance.Sums.
const hourColumns = "start, known_at, impressions, clicks, conversions, leads, spend, revenue"

// Save implements lookout.Store. The hours come first: of two nodes that judge
// the same one, the second finds it there and stores nothing.
func (s Anomalies) Save(ctx context.Context, j lookout.Judgement) error {
	err := s.db.write(ctx, func(t *tx) error {
		b := bulk{
			into:  "anomaly_hours (partner, campaign, " + hourColumns + ")",
			types: []string{"uuid", "uuid", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint"},
		}
		for i := range j.Hours {
			h := &j.Hours[i]
			b.add([16]byte(j.Partner), [16]byte(j.Campaign), h.Start, h.KnownAt)
			for _, sum := range h.Sums {
				b.args = append(b.args, sum)
			}
		}
		if _, err := b.exec(ctx, t); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM anomaly_hours WHERE partner = $1 AND campaign = $2 AND start < $3`,
			s.db.key(j.Partner), s.db.key(j.Campaign), j.Forget)
		if err != nil {
			return err
		}
		for i := range j.Found {
			if err := s.insert(ctx, t, &j.Found[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if isUnique(err) {
		return lookout.ErrMoved
	}
	return err
}

func (s Anomalies) insert(ctx context.Context, t *tx, a *lookout.Anomaly) error {
	text, err := encode(a)
	if err != nil {
		return err
	}
	res, err := t.exec(ctx, `INSERT INTO anomalies (partner, id, campaign, kpi, kind, start, score, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (partner, id) DO NOTHING`,
		s.db.key(a.Partner), s.db.key(a.ID), s.db.key(a.Campaign), a.KPI, string(a.Kind), micros(a.From), scoreMicros(a.Score), text)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	t.append(a.Event())
	return nil
}

// scoreMicros keeps scores exact enough to be compared.
func scoreMicros(score float64) int64 { return int64(math.Round(score * money.Unit)) }

// Hours implements lookout.Store.
func (s Anomalies) Hours(ctx context.Context, partner, campaign uuid.UUID, from, to int64) ([]lookout.Hour, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT `+hourColumns+` FROM anomaly_hours
		WHERE partner = $1 AND campaign = $2 AND start >= $3 AND start < $4 ORDER BY start`,
		s.db.key(partner), s.db.key(campaign), from, to)
	if err != nil {
		return nil, s.db.translate(err)
	}
	hours, err := collect(rows, func(row scanner) (h lookout.Hour, err error) {
		fields := []any{&h.Start, &h.KnownAt}
		for m := range h.Sums {
			fields = append(fields, &h.Sums[m])
		}
		return h, row.Scan(fields...)
	})
	return hours, s.db.translate(err)
}

// LastHour implements lookout.Store.
func (s Anomalies) LastHour(ctx context.Context, partner, campaign uuid.UUID) (start int64, ok bool, err error) {
	var last sql.NullInt64
	err = s.db.reader.QueryRowContext(ctx, `SELECT MAX(start) FROM anomaly_hours WHERE partner = $1 AND campaign = $2`,
		s.db.key(partner), s.db.key(campaign)).Scan(&last)
	return last.Int64, last.Valid, s.db.translate(err)
}

// Campaigns implements lookout.Store.
func (s Anomalies) Campaigns(ctx context.Context) ([]lookout.Campaign, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner, campaign FROM metric_totals`)
	if err != nil {
		return nil, s.db.translate(err)
	}
	all, err := collect(rows, func(row scanner) (c lookout.Campaign, err error) { return c, row.Scan(&c.Partner, &c.ID) })
	return all, s.db.translate(err)
}

// List implements lookout.Store.
func (s Anomalies) List(ctx context.Context, partner uuid.UUID, q lookout.Query) (items []lookout.Anomaly, next string, err error) {
	which, err := s.matching(partner, q)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, `SELECT id, state FROM anomalies`+which.where+` ORDER BY id DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, err = collect(rows, func(row scanner) (lookout.Anomaly, error) {
		var id uuid.UUID
		var text string
		if err := row.Scan(&id, &text); err != nil {
			return lookout.Anomaly{}, err
		}
		return decode[lookout.Anomaly]("anomaly", id, text)
	})
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next = cut(items, size, func(a lookout.Anomaly) uuid.UUID { return a.ID })
	return items, next, nil
}

func (s Anomalies) matching(partner uuid.UUID, q lookout.Query) (filter, error) {
	f := filter{db: s.db}
	f.of(partner)
	if q.Campaign != uuid.Nil {
		f.add("campaign = ?", s.db.key(q.Campaign))
	}
	if !q.From.IsZero() {
		f.add("start >= ?", micros(q.From))
	}
	if !q.To.IsZero() {
		f.add("start < ?", micros(q.To))
	}
	if q.MinScore > 0 {
		f.add("score >= ?", scoreMicros(q.MinScore))
	}
	in(&f, "kpi", q.KPIs)
	in(&f, "kind", q.Kinds)
	err := f.before(q.Cursor)
	return f, err
}
