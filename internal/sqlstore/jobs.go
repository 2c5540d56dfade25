package sqlstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Jobs keeps the latest turn of each job.
type Jobs struct{ db *DB }

// Jobs returns the journal of jobs.
func (db *DB) Jobs() Jobs { return Jobs{db} }

// Note replaces what is kept of these jobs. A turn that began earlier than the
// one that is kept changes nothing: a lease may have changed hands since.
func (j Jobs) Note(ctx context.Context, turns []event.JobStatus) error {
	return j.db.write(ctx, func(t *tx) error {
		for _, s := range turns {
			at := time.Time{}
			if begun := s.LastBegun(); begun != nil {
				at = *begun
			}
			state, err := encode(s)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO job_turns (name, begun_at, state) VALUES ($1, $2, $3)
				ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at, state = excluded.state
				WHERE job_turns.begun_at <= excluded.begun_at`, s.Name, micros(at), state); err != nil {
				return err
			}
		}
		return nil
	})
}

// Turns are the latest of all jobs that ever ran.
func (j Jobs) Turns(ctx context.Context) ([]event.JobStatus, error) {
	rows, err := j.db.reader.QueryContext(ctx, `SELECT state FROM job_turns ORDER BY name`)
	if err != nil {
		return nil, j.db.translate(err)
	}
	turns, err := collect(rows, func(row scanner) (event.JobStatus, error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return event.JobStatus{}, err
		}
		return decode[event.JobStatus]("job", uuid.Nil, text)
	})
	return turns, j.db.translate(err)
}
