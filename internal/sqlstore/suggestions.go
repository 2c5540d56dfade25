package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/optimization"
)

// Suggestions implements optimization.Store and optimization.SettingsStore.
type Suggestions struct{ db *DB }

// Suggestions returns the store of suggestions.
func (db *DB) Suggestions() Suggestions { return Suggestions{db} }

const selectSuggestions = "SELECT id, state FROM suggestions"

func scanSuggestion(row scanner) (*optimization.Suggestion, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, err
	}
	state, err := decode[optimization.State]("suggestion", id, text)
	return optimization.Restore(state), err
}

func (s Suggestions) find(ctx context.Context, q querier, which filter, lock string) (*optimization.Suggestion, error) {
	found, err := scanSuggestion(q.QueryRowContext(ctx, selectSuggestions+which.where+lock, which.args...))
	return found, missing(err, optimization.ErrNotFound)
}

// Insert implements optimization.Store.
func (s Suggestions) Insert(ctx context.Context, made *optimization.Suggestion) error {
	events := made.PullEvents()
	err := s.db.write(ctx, func(t *tx) error {
		t.append(events...)
		return s.save(ctx, t, made)
	})
	if isUnique(err) {
		return optimization.ErrExists
	}
	return err
}

// Get implements optimization.Store.
func (s Suggestions) Get(ctx context.Context, partner, id uuid.UUID) (*optimization.Suggestion, error) {
	found, err := s.find(ctx, s.db.reader, s.db.one(partner, "id", id), "")
	return found, s.db.translate(err)
}

// Update implements optimization.Store.
func (s Suggestions) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*optimization.Suggestion) error) (*optimization.Suggestion, error) {
	return edit[*optimization.Suggestion]{
		load: func(t *tx) (*optimization.Suggestion, error) {
			return s.find(ctx, t, s.db.one(partner, "id", id), s.db.forUpdate)
		},
		revision: func(x *optimization.Suggestion) int64 { return x.State().Revision },
		stale:    optimization.ErrStale,
		save:     func(t *tx, x *optimization.Suggestion) error { return s.save(ctx, t, x) },
	}.run(ctx, s.db, revision, func(_ *tx, x *optimization.Suggestion) error { return change(x) })
}

func (s Suggestions) save(ctx context.Context, t *tx, x *optimization.Suggestion) error {
	state := x.State()
	text, err := encode(state)
	if err != nil {
		return err
	}
	grade := ""
	if state.Graded != nil {
		grade = string(state.Graded.Grade)
	}
	var other any
	if state.Change.Transfer != nil {
		other = s.db.key(state.Change.Transfer.To.Campaign)
	}
	_, err = t.exec(ctx, `INSERT INTO suggestions (partner, id, campaign, revision, status, type, field, grade, place, expires_at, state, other) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (partner, id) DO UPDATE SET revision = excluded.revision, status = excluded.status, grade = excluded.grade, place = excluded.place, expires_at = excluded.expires_at, state = excluded.state`,
		s.db.key(state.Partner), s.db.key(state.ID), s.db.key(state.Campaign), state.Revision, string(state.Status), string(state.Type), state.Change.Field(), grade,
		impactPlace(state), micros(state.ExpiresAt), text, other)
	return err
}

// impactPlace orders suggestions by what to expect of them. The domain has checked
// that the figure is finite and not absurd.
func impactPlace(s optimization.State) int64 { return int64(s.Impact.Relative * 1e6) }

// List implements optimization.Store. A cursor is the place and the id of a
// page's last item.
func (s Suggestions) List(ctx context.Context, partner uuid.UUID, q optimization.Query) ([]*optimization.Suggestion, string, error) {
	which := filter{db: s.db}
	which.of(partner)
	if q.Campaign != uuid.Nil {
		which.add("(campaign = ? OR other = ?)", s.db.key(q.Campaign), s.db.key(q.Campaign))
	}
	if q.Type != "" {
		which.add("type = ?", string(q.Type))
	}
	which.inState("status", string(q.Status), string(optimization.Open), q.Now)
	if err := which.afterPlace(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, selectSuggestions+which.where+` ORDER BY place DESC, id DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, err := collect(rows, scanSuggestion)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next := cut(items, size, func(x *optimization.Suggestion) uuid.UUID { return x.State().ID })
	if next != "" {
		next = fmt.Sprintf("%d.%s", impactPlace(items[size-1].State()), next)
	}
	return items, next, nil
}

// afterPlace keeps what comes after a page in a list by place.
func (f *filter) afterPlace(cursor string) error {
	if cursor == "" {
		return nil
	}
	number, text, ok := strings.Cut(cursor, ".")
	at, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return errCursor
	}
	id, err := parseCursor(text)
	if err != nil || id == uuid.Nil {
		return errCursor
	}
	f.add("(place < ? OR place = ? AND id < ?)", at, at, f.db.key(id))
	return nil
}

// InStatus implements optimization.Store.
func (s Suggestions) InStatus(ctx context.Context, status []optimization.Status, after uuid.UUID, limit int) ([]*optimization.Suggestion, error) {
	which := filter{db: s.db}
	in(&which, "status", status)
	which.add("id > ?", s.db.key(after))
	rows, err := s.db.reader.QueryContext(ctx, selectSuggestions+which.where+` ORDER BY id`+limited(limit), which.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	items, err := collect(rows, scanSuggestion)
	return items, s.db.translate(err)
}

// Records implements optimization.Store.
func (s Suggestions) Records(ctx context.Context, partner uuid.UUID) (map[optimization.Type]optimization.Record, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT type, grade, status, COUNT(*) FROM suggestions WHERE partner = $1 AND (grade <> '' OR status = 'rolled_back') GROUP BY type, grade, status`, s.db.key(partner))
	if err != nil {
		return nil, s.db.translate(err)
	}
	records := map[optimization.Type]optimization.Record{}
	_, err = collect(rows, func(row scanner) (struct{}, error) {
		var of, grade, status string
		var n int
		if err := row.Scan(&of, &grade, &status, &n); err != nil {
			return struct{}{}, err
		}
		r := records[optimization.Type(of)]
		r.Count(optimization.Grade(grade), optimization.Status(status), n)
		records[optimization.Type(of)] = r
		return struct{}{}, nil
	})
	return records, s.db.translate(err)
}

// Settings implements optimization.SettingsStore.
func (s Suggestions) Settings(ctx context.Context, partner uuid.UUID) (optimization.Settings, error) {
	set, err := s.readSettings(ctx, s.db.reader, partner, "")
	return set, s.db.translate(err)
}

func (s Suggestions) readSettings(ctx context.Context, q querier, partner uuid.UUID, lock string) (optimization.Settings, error) {
	var text string
	err := q.QueryRowContext(ctx, `SELECT state FROM optimizer_settings WHERE partner = $1`+lock, s.db.key(partner)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return optimization.DefaultSettings(), nil
	}
	if err != nil {
		return optimization.Settings{}, err
	}
	return decode[optimization.Settings]("optimizer settings", partner, text)
}

// SetSettings implements optimization.SettingsStore.
func (s Suggestions) SetSettings(ctx context.Context, by event.Origin, at time.Time, revision int64, change func(optimization.Settings) (optimization.Settings, error)) (set optimization.Settings, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		if _, err := s.db.Partners().find(ctx, t, by.Partner, s.db.forUpdate); err != nil {
			return err
		}
		before, err := s.readSettings(ctx, t, by.Partner, "")
		if err != nil {
			return err
		}
		if revision != 0 && revision != before.Revision {
			return optimization.ErrStaleSettings
		}
		if set, err = change(before); err != nil {
			return err
		}
		var rec event.Recorder
		rec.Record("partner", by.Partner, set.Revision, at, by, optimization.SettingsChanged{Partner: by.Partner, Before: before, After: set})
		t.append(rec.Pull()...)
		text, err := encode(set)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO optimizer_settings (partner, revision, enabled, state) VALUES ($1, $2, $3, $4)
			ON CONFLICT (partner) DO UPDATE SET revision = excluded.revision, enabled = excluded.enabled, state = excluded.state`,
			s.db.key(by.Partner), set.Revision, truth(len(set.Automatic) > 0), text)
		return err
	})
	return set, err
}

// Enabled implements optimization.SettingsStore.
func (s Suggestions) Enabled(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner FROM optimizer_settings WHERE enabled = 1 ORDER BY partner`)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (id uuid.UUID, err error) { err = row.Scan(&id); return id, err })
	return found, s.db.translate(err)
}

var (
	_ optimization.Store         = Suggestions{}
	_ optimization.SettingsStore = Suggestions{}
)
