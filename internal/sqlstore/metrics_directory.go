package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/performance"
)

// Subjects implements performance.Directory.
func (m Metrics) Subjects(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	found := make(map[uuid.UUID]performance.Subject, len(ids))
	const most = 500 // ids of one statement
	for len(ids) > 0 {
		n := min(most, len(ids))
		if err := m.addSubjects(ctx, partner, ids[:n], found); err != nil {
			return nil, m.db.translate(err)
		}
		ids = ids[n:]
	}
	return found, nil
}

func (m Metrics) addSubjects(ctx context.Context, partner uuid.UUID, ids []uuid.UUID, found map[uuid.UUID]performance.Subject) error {
	f := filter{db: m.db}
	keys := make([]any, len(ids))
	for i, id := range ids {
		keys[i] = m.db.key(id)
	}
	f.add("id IN (?"+strings.Repeat(", ?", len(ids)-1)+")", keys...)
	f.of(partner)
	rows, err := m.db.reader.QueryContext(ctx, `SELECT id, partner, currency, timezone, state FROM campaigns`+f.where, f.args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var s performance.Subject
		var zone, text string
		if err := rows.Scan(&s.Campaign, &s.Partner, &s.Currency, &zone, &text); err != nil {
			return err
		}
		state, err := decode[struct {
			Goals campaigns.Goals
			Type  string
		}]("campaign", s.Campaign, text)
		s.Zone, s.Targets, s.Type = zoneNamed(zone), targetsOf(state.Goals), state.Type
		found[s.Campaign] = s
		return err
	})
}

func targetsOf(goals campaigns.Goals) performance.Targets {
	targets := make(performance.Targets, len(goals.Targets))
	for _, t := range goals.Targets {
		targets[string(t.Metric)] = t.Micros
	}
	return targets
}

// zones are the time zones read so far, each from a file.
var zones sync.Map

// zoneNamed is the campaign's zone, which was checked when it was created. One
// that a later tz database no longer has is read as UTC, so that events are
// still taken.
func zoneNamed(name string) *time.Location {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC
	}
	zones.Store(name, zone)
	return zone
}
