package sqlstore

import (
	"context"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// ReportDays keeps for each campaign the local day whose performance report is
// next.
type ReportDays struct{ db *DB }

// ReportDays returns the store of days to be reported on.
func (db *DB) ReportDays() ReportDays { return ReportDays{db} }

// Track begins with a day; a campaign that is tracked stays as it is.
func (s ReportDays) Track(ctx context.Context, d performance.DueDay, due time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO report_days (partner, campaign, next_day, due_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (partner, campaign) DO NOTHING`, s.db.key(d.Partner), s.db.key(d.Campaign), int64(d.Day), micros(due))
		return err
	})
}

// DueDays are the campaigns whose day is over, the longest due first.
func (s ReportDays) DueDays(ctx context.Context, now time.Time, limit int) ([]performance.DueDay, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner, campaign, next_day FROM report_days
		WHERE due_at <= $1 ORDER BY due_at, campaign`+limited(limit), micros(now))
	if err != nil {
		return nil, s.db.translate(err)
	}
	due, err := collect(rows, func(row scanner) (d performance.DueDay, err error) {
		var day int64
		err = row.Scan(&d.Partner, &d.Campaign, &day)
		d.Day = localday.Day(day)
		return d, err
	})
	return due, s.db.translate(err)
}

// Report appends the events of a campaign's day and goes on to the next day, or
// to none when next is 0, in one transaction. Of several nodes that do so at
// once one finds the day as it was; the others append nothing, and done is false.
func (s ReportDays) Report(ctx context.Context, d performance.DueDay, events []event.Event, next localday.Day, due time.Time) (done bool, err error) {
	var day, at any
	if next != 0 {
		day, at = int64(next), micros(due)
	}
	err = s.db.write(ctx, func(t *tx) error {
		result, err := t.exec(ctx, `UPDATE report_days SET next_day = $4, due_at = $5
			WHERE partner = $1 AND campaign = $2 AND next_day = $3`, s.db.key(d.Partner), s.db.key(d.Campaign), int64(d.Day), day, at)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if done = n == 1; err != nil || !done {
			return err
		}
		t.append(events...)
		return nil
	})
	return done, err
}
