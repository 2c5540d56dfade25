package influx

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Behind says how far the mirror is behind the event log.
type Behind struct {
	Entries int64     // of the log that it has not seen: events of any kind, so one commit may be several
	Since   time.Time // when the first of them was recorded; zero when there is none
	Err     error     // why it cannot be asked, or nil
	// Answered counts the questions answered from here, and Elsewhere those
	// that the store had to answer, or answers better.
	Answered, Elsewhere int64
}

// String is the line for a person.
func (b Behind) String() string {
	switch {
	case b.Entries > 0:
		return fmt.Sprintf("influx: behind since %s, %d entries of the event log", b.Since.UTC().Format(time.RFC3339), b.Entries)
	case b.Err != nil:
		return "influx: cannot be asked; nothing has happened since"
	}
	return "influx: caught up"
}

// Check is nil when the mirror has seen everything. It must not make the
// service unready: without the mirror the store answers.
func (m *Mirror) Check(ctx context.Context) error {
	b := m.Behind(ctx)
	if b.Entries == 0 && b.Err == nil {
		return nil
	}
	return errors.New(b.String())
}

// Behind compares the markers with the log. While InfluxDB cannot be asked, the
// markers last read on this node count.
func (m *Mirror) Behind(ctx context.Context) Behind {
	m.mu.Lock()
	b := Behind{Answered: m.asked, Elsewhere: m.elsewhere}
	seen := m.seen
	m.mu.Unlock()
	ask, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if there, err := m.series.positions(ask); err != nil {
		b.Err = err
	} else {
		seen = there
	}
	heads, err := m.Log.Heads(ctx)
	if err != nil {
		b.Err = errors.Join(b.Err, err)
		return b
	}
	for partner, head := range heads {
		m.mu.Lock()
		at := seen[partner]
		m.mu.Unlock()
		if at >= head {
			continue
		}
		b.Entries += head - at
		next, err := m.Read(ctx, partner, at, 1)
		if err == nil && len(next) > 0 && (b.Since.IsZero() || next[0].RecordedAt.Before(b.Since)) {
			b.Since = next[0].RecordedAt
		}
	}
	return b
}
