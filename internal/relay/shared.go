package relay

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

const (
	// fresh is for how long heads are taken for the present ones, while this
	// node commits nothing: so much later another node's commit may be found.
	fresh = poll / 2
	// mostKept bounds the bodies that are kept of all partners' latest pages.
	mostKept = 4 << 20
)

// Shared reads a log once for all consumers of a node that are up to date. Each
// commit wakes them all, to ask for the same heads and the same page, and the
// body of a commit names every campaign in it. Consumers that are behind read
// for themselves. What Read returns is shared, and must not be changed.
func Shared(log Log) Log { return &shared{Log: log, latest: map[uuid.UUID][]event.Event{}} }

type shared struct {
	Log

	asking sync.Mutex // held while the heads are read
	heads  map[uuid.UUID]int64
	since  <-chan struct{} // Changed before the heads were read
	at     time.Time

	reading sync.Mutex // held while a page at the end of a log is read
	latest  map[uuid.UUID][]event.Event
	kept    int // bytes of bodies in latest
}

// Heads implements Log. The heads are read again after every commit of this
// node, so that whoever was woken by one finds it.
func (s *shared) Heads(ctx context.Context) (map[uuid.UUID]int64, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	now, at := s.Changed(), time.Now()
	if s.heads != nil && now != nil && now == s.since && at.Sub(s.at) < fresh {
		return s.heads, nil
	}
	heads, err := s.Log.Heads(ctx)
	if err != nil {
		return nil, err
	}
	s.heads, s.since, s.at = heads, now, at
	return heads, nil
}

// Read implements Log. What is kept may end before the log does, as any page.
func (s *shared) Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error) {
	s.reading.Lock()
	page := s.latest[partner]
	if n := len(page); n > 0 && after < page[n-1].Seq {
		s.reading.Unlock()
		if skip := after + 1 - page[0].Seq; skip >= 0 {
			page = page[skip:]
			return page[:min(limit, len(page)):min(limit, len(page))], nil
		}
		return s.Log.Read(ctx, partner, after, limit)
	}
	defer s.reading.Unlock()
	events, err := s.Log.Read(ctx, partner, after, limit)
	if err == nil && len(events) > 0 {
		s.keep(partner, events)
	}
	return events, err
}

// keep puts a page in place of the partner's one before. When they are too many
// all go: they are read again by whoever needs one.
func (s *shared) keep(partner uuid.UUID, events []event.Event) {
	s.kept += size(events) - size(s.latest[partner])
	if s.kept > mostKept {
		clear(s.latest)
		if s.kept = size(events); s.kept > mostKept {
			s.kept = 0
			return
		}
	}
	s.latest[partner] = events[:len(events):len(events)]
}

func size(events []event.Event) int {
	n := 0
	for i := range events {
		n += len(events[i].Data)
	}
	return n
}
