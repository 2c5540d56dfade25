package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"time"

	"github.com/hexabuilders/campaignd/performance/report"
)

// Claim implements report.Queue. Two workers that look at once meet at the
// row's lock, and the second finds it claimed.
func (s Reports) Claim(ctx context.Context, now, until time.Time) (claimed report.Report, ok bool, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		ok = false
		r, err := scanReport(t.queryRow(ctx, selectReports+` WHERE status IN ('queued', 'running') AND claimed_until < $1
			ORDER BY id LIMIT 1`+s.db.forUpdate, micros(now)))
		if errors.Is(err, report.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		r.State, r.Attempt, r.Progress, r.Size, r.Totals = report.Running, r.Attempt+1, report.Progress{}, 0, []report.Total{}
		claimed, ok = r, true
		if err := s.forgetPieces(ctx, t, r, r.Attempt); err != nil {
			return err
		}
		return s.save(ctx, t, r, micros(until))
	})
	return claimed, ok && err == nil, err
}

// mine fails with ErrLost unless the report is still at this attempt.
func (s Reports) mine(ctx context.Context, t *tx, r report.Report) error {
	var attempt int64
	err := t.queryRow(ctx, `SELECT attempt FROM reports WHERE partner = $1 AND id = $2 AND status = 'running'`+s.db.forUpdate,
		s.db.key(r.Partner), s.db.key(r.ID)).Scan(&attempt)
	if errors.Is(err, sql.ErrNoRows) || err == nil && attempt != r.Attempt {
		return report.ErrLost
	}
	return err
}

// Renew implements report.Queue.
func (s Reports) Renew(ctx context.Context, r report.Report, until time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := s.mine(ctx, t, r); err != nil {
			return err
		}
		return s.save(ctx, t, r, micros(until))
	})
}

// AddPiece implements report.Queue.
func (s Reports) AddPiece(ctx context.Context, r report.Report, number int, body []byte) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := s.mine(ctx, t, r); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO report_pieces (partner, report, attempt, number, body) VALUES ($1, $2, $3, $4, $5)`,
			s.db.key(r.Partner), s.db.key(r.ID), r.Attempt, number, body)
		return err
	})
}

// Finish implements report.Queue.
func (s Reports) Finish(ctx context.Context, r report.Report) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := s.mine(ctx, t, r); err != nil {
			return err
		}
		kept := r.Attempt
		if r.State != report.Ready {
			kept = -1
		}
		if err := s.forgetPieces(ctx, t, r, kept); err != nil {
			return err
		}
		return s.save(ctx, t, r, 0)
	})
}

// Expire implements report.Queue.
func (s Reports) Expire(ctx context.Context, now time.Time) error {
	rows, err := s.db.reader.QueryContext(ctx, selectReports+` WHERE expires_at <= $1`+limited(maxPage), micros(now))
	if err != nil {
		return s.db.translate(err)
	}
	due, err := collect(rows, scanReport)
	if err != nil {
		return s.db.translate(err)
	}
	for _, r := range due {
		r.State = report.Expired
		err := s.db.write(ctx, func(t *tx) error {
			if err := s.forgetPieces(ctx, t, r, -1); err != nil {
				return err
			}
			return s.save(ctx, t, r, 0)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Open implements report.Files.
func (s Reports) Open(ctx context.Context, r report.Report) io.Reader {
	return &pieces{ctx: ctx, store: s, report: r}
}

// pieces reads a file one piece at a time.
type pieces struct {
	ctx    context.Context
	store  Reports
	report report.Report
	next   int
	left   []byte
}

// Read implements io.Reader. A file that ends before its size is an error, so
// that half of a report is never taken for the whole.
func (p *pieces) Read(to []byte) (int, error) {
	if len(p.left) == 0 {
		db := p.store.db
		err := db.reader.QueryRowContext(p.ctx, `SELECT body FROM report_pieces WHERE partner = $1 AND report = $2 AND attempt = $3 AND number = $4`,
			db.key(p.report.Partner), db.key(p.report.ID), p.report.Attempt, p.next).Scan(&p.left)
		switch {
		case errors.Is(err, sql.ErrNoRows) && p.report.Size > 0:
			return 0, io.ErrUnexpectedEOF
		case errors.Is(err, sql.ErrNoRows):
			return 0, io.EOF
		case err != nil:
			return 0, db.translate(err)
		}
		p.next++
		p.report.Size -= int64(len(p.left))
	}
	n := copy(to, p.left)
	p.left = p.left[n:]
	return n, nil
}
