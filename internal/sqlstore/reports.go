package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance/report"
)

// Reports implements report.Store and, in reports_queue.go and
// reports_schedules.go, report.Queue, report.Files and report.Schedules.
type Reports struct{ db *DB }

// Reports returns the store of reports.
func (db *DB) Reports() Reports { return Reports{db} }

const selectReports = "SELECT id, state FROM reports"

func scanReport(row scanner) (report.Report, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return report.Report{}, missing(err, report.ErrNotFound)
	}
	return decode[report.Report]("report", id, text)
}

// Add implements report.Store.
func (s Reports) Add(ctx context.Context, r report.Report, facts report.Facts) (added report.Report, err error) {
	state, err := encode(r)
	if err != nil {
		return r, err
	}
	kept, err := encode(facts)
	if err != nil {
		return r, err
	}
	var schedule any
	if r.Schedule != nil {
		schedule = s.db.key(*r.Schedule)
	}
	err = s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO report_facts (partner, key, facts) VALUES ($1, $2, $3) ON CONFLICT (partner, key) DO NOTHING`,
			s.db.key(r.Partner), r.Definition.FactsKey(), kept)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO reports (partner, id, status, schedule, attempt, claimed_until, state) VALUES ($1, $2, $3, $4, 0, 0, $5)
			ON CONFLICT (partner, id) DO NOTHING`, s.db.key(r.Partner), s.db.key(r.ID), string(r.State), schedule, state)
		if err != nil {
			return err
		}
		added, err = s.find(ctx, t, r.Partner, r.ID, "")
		return err
	})
	return added, err
}

func (s Reports) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (report.Report, error) {
	which := s.db.one(partner, "id", id)
	return scanReport(q.QueryRowContext(ctx, selectReports+which.where+lock, which.args...))
}

// Get implements report.Store.
func (s Reports) Get(ctx context.Context, partner, id uuid.UUID) (report.Report, error) {
	r, err := s.find(ctx, s.db.reader, partner, id, "")
	return r, s.db.translate(err)
}

// List implements report.Store.
func (s Reports) List(ctx context.Context, partner uuid.UUID, q report.Query) ([]report.Report, string, error) {
	f := filter{db: s.db}
	f.of(partner)
	in(&f, "status", q.States)
	if q.Schedule != uuid.Nil {
		f.add("schedule = ?", s.db.key(q.Schedule))
	}
	if err := f.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, selectReports+f.where+` ORDER BY id DESC`+limited(size+1), f.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, err := collect(rows, scanReport)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next := cut(items, size, func(r report.Report) uuid.UUID { return r.ID })
	return items, next, nil
}

// Facts implements report.Store.
func (s Reports) Facts(ctx context.Context, partner uuid.UUID, key string) (facts report.Facts, ok bool, err error) {
	var text string
	err = s.db.reader.QueryRowContext(ctx, `SELECT facts FROM report_facts WHERE partner = $1 AND key = $2`, s.db.key(partner), key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return facts, false, nil
	}
	if err != nil {
		return facts, false, s.db.translate(err)
	}
	facts, err = decode[report.Facts]("facts of a report of", partner, text)
	return facts, err == nil, err
}

// Cancel implements report.Store.
func (s Reports) Cancel(ctx context.Context, partner, id uuid.UUID, at time.Time) (cancelled report.Report, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		r, err := s.find(ctx, t, partner, id, s.db.forUpdate)
		if err != nil {
			return err
		}
		if r.Over() {
			return report.ErrOver.With("The report is %s.", r.State)
		}
		r.State, r.FinishedAt = report.Cancelled, &at
		cancelled = r
		if err := s.forgetPieces(ctx, t, r, -1); err != nil {
			return err
		}
		return s.save(ctx, t, r, 0)
	})
	return cancelled, err
}

// save stores a report whole; its worker has until claimedUntil.
func (s Reports) save(ctx context.Context, t *tx, r report.Report, claimedUntil int64) error {
	state, err := encode(r)
	if err != nil {
		return err
	}
	var expires any
	if r.ExpiresAt != nil && r.State == report.Ready {
		expires = micros(*r.ExpiresAt)
	}
	_, err = t.exec(ctx, `UPDATE reports SET status = $3, attempt = $4, claimed_until = $5, expires_at = $6, state = $7 WHERE partner = $1 AND id = $2`,
		s.db.key(r.Partner), s.db.key(r.ID), string(r.State), r.Attempt, claimedUntil, expires, state)
	return err
}

// Delete implements report.Store.
func (s Reports) Delete(ctx context.Context, partner, id uuid.UUID) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM report_pieces WHERE partner = $1 AND report = $2`, s.db.key(partner), s.db.key(id)); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM reports WHERE partner = $1 AND id = $2`, s.db.key(partner), s.db.key(id))
		return err
	})
}

// forgetPieces deletes the pieces of all attempts but one.
func (s Reports) forgetPieces(ctx context.Context, t *tx, r report.Report, except int64) error {
	_, err := t.exec(ctx, `DELETE FROM report_pieces WHERE partner = $1 AND report = $2 AND attempt <> $3`, s.db.key(r.Partner), s.db.key(r.ID), except)
	return err
}
