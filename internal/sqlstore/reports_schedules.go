package sqlstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance/report"
)

const selectSchedules = "SELECT id, state FROM report_schedules"

func scanSchedule(row scanner) (report.Schedule, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return report.Schedule{}, missing(err, report.ErrScheduleNotFound)
	}
	return decode[report.Schedule]("report schedule", id, text)
}

// AddSchedule implements report.Schedules.
func (s Reports) AddSchedule(ctx context.Context, schedule report.Schedule) (added report.Schedule, err error) {
	state, err := encode(schedule)
	if err != nil {
		return schedule, err
	}
	err = s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO report_schedules (partner, id, next_day, due_at, state) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (partner, id) DO NOTHING`, s.db.key(schedule.Partner), s.db.key(schedule.ID), int64(schedule.Next), micros(schedule.NextAt()), state)
		if err != nil {
			return err
		}
		which := s.db.one(schedule.Partner, "id", schedule.ID)
		added, err = scanSchedule(t.QueryRowContext(ctx, selectSchedules+which.where, which.args...))
		return err
	})
	return added, err
}

// GetSchedule implements report.Schedules.
func (s Reports) GetSchedule(ctx context.Context, partner, id uuid.UUID) (report.Schedule, error) {
	which := s.db.one(partner, "id", id)
	found, err := scanSchedule(s.db.reader.QueryRowContext(ctx, selectSchedules+which.where, which.args...))
	return found, s.db.translate(err)
}

// ListSchedules implements report.Schedules.
func (s Reports) ListSchedules(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]report.Schedule, string, error) {
	f := filter{db: s.db}
	f.of(partner)
	if err := f.before(cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	items, err := s.schedules(ctx, f, ` ORDER BY id DESC`+limited(size+1))
	if err != nil {
		return nil, "", err
	}
	items, next := cut(items, size, func(x report.Schedule) uuid.UUID { return x.ID })
	return items, next, nil
}

func (s Reports) schedules(ctx context.Context, f filter, tail string) ([]report.Schedule, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectSchedules+f.where+tail, f.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	items, err := collect(rows, scanSchedule)
	return items, s.db.translate(err)
}

// DeleteSchedule implements report.Schedules.
func (s Reports) DeleteSchedule(ctx context.Context, partner, id uuid.UUID) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM report_schedules WHERE partner = $1 AND id = $2`, s.db.key(partner), s.db.key(id))
		return err
	})
}

// Due implements report.Schedules.
func (s Reports) Due(ctx context.Context, now time.Time, limit int) ([]report.Schedule, error) {
	f := filter{db: s.db}
	f.add("due_at <= ?", micros(now))
	return s.schedules(ctx, f, ` ORDER BY due_at`+limited(limit))
}

// Advance implements report.Schedules.
func (s Reports) Advance(ctx context.Context, schedule report.Schedule, from localday.Day) error {
	state, err := encode(schedule)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE report_schedules SET next_day = $3, due_at = $4, state = $5 WHERE partner = $1 AND id = $2 AND next_day = $6`,
			s.db.key(schedule.Partner), s.db.key(schedule.ID), int64(schedule.Next), micros(schedule.NextAt()), state, int64(from))
		return err
	})
}
