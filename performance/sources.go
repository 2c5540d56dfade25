package performance

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// MaxSources is how many sources a partner may declare.
const MaxSources = 500

// SourceStore keeps what partners declare of their sources.
type SourceStore interface {
	// Sources are all of a partner's that were ever declared, in the order of
	// their names.
	Sources(ctx context.Context, partner uuid.UUID) ([]*Source, error)
	// UpdateSource changes a source, which is new when there is none, and stores
	// it with its events. A revision other than 0 that is not the stored one is
	// ErrSourceStale; an error of change is returned and nothing is stored.
	UpdateSource(ctx context.Context, partner uuid.UUID, name string, revision int64, change func(*Source) error) (*Source, error)
}

// Sources is the use cases of sources.
type Sources struct {
	store SourceStore
	now   func() time.Time

	mu    sync.Mutex
	known map[uuid.UUID]declared
}

// declared are a partner's windows, remembered for a few seconds.
type declared struct {
	windows map[string]AttributionWindow
	until   time.Time
}

// NewSources puts the use cases on a store.
func NewSources(store SourceStore, clock func() time.Time) *Sources {
	return &Sources{store: store, now: clock, known: map[uuid.UUID]declared{}}
}

// List are the sources that have a declaration.
func (s *Sources) List(ctx context.Context, partner uuid.UUID) ([]SourceState, error) {
	all, err := s.store.Sources(ctx, partner)
	out := make([]SourceState, 0, len(all))
	for _, source := range all {
		if source.state.Window != nil {
			out = append(out, source.state)
		}
	}
	return out, err
}

// Get is one of them, or ErrSourceNotFound.
func (s *Sources) Get(ctx context.Context, partner uuid.UUID, name string) (SourceState, error) {
	all, err := s.List(ctx, partner)
	for _, source := range all {
		if source.Name == name {
			return source, nil
		}
	}
	if err == nil {
		err = ErrSourceNotFound
	}
	return SourceState{}, err
}

// Declaration is what a partner says of one source; a nil Window withdraws.
type Declaration struct {
	Partner      uuid.UUID
	Source       string
	Revision     int64 // 0: whichever it is
	Window       *AttributionWindow
	ValidateOnly bool // check everything, change nothing
}

// Declare stores a declaration. Its errors are ErrSourceNotFound for one to be
// withdrawn that is not there, ErrSourceStale, ErrTooManySources and
// fault.ErrInvalid.
func (s *Sources) Declare(ctx context.Context, by event.Origin, d Declaration) (SourceState, error) {
	all, err := s.store.Sources(ctx, d.Partner)
	if err != nil {
		return SourceState{}, err
	}
	source := NewSource(d.Partner, d.Source)
	for _, known := range all {
		if known.state.Name == d.Source {
			source = known
		}
	}
	if len(all) >= MaxSources && source.state.Revision == 0 {
		return SourceState{}, ErrTooManySources
	}
	change := func(source *Source) error {
		if d.Window == nil {
			return source.Withdraw(by, s.now())
		}
		return source.Declare(by, s.now(), *d.Window)
	}
	if d.ValidateOnly {
		if d.Revision != 0 && d.Revision != source.state.Revision {
			return SourceState{}, ErrSourceStale
		}
		err = change(source)
	} else {
		source, err = s.store.UpdateSource(ctx, d.Partner, d.Source, d.Revision, change)
		s.forget(d.Partner)
	}
	if err != nil {
		return SourceState{}, err
	}
	return source.state, nil
}

// windows are the declared ones by source.
func (s *Sources) windows(ctx context.Context, partner uuid.UUID) (map[string]AttributionWindow, error) {
	s.mu.Lock()
	d, ok := s.known[partner]
	s.mu.Unlock()
	if left := d.until.Sub(s.now()); ok && left > 0 && left <= rememberFor {
		return d.windows, nil
	}
	list, err := s.List(ctx, partner)
	if err != nil {
		return nil, err
	}
	windows := make(map[string]AttributionWindow, len(list))
	for _, source := range list {
		windows[source.Name] = *source.Window
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxSubjects {
		clear(s.known)
	}
	s.known[partner] = declared{windows, s.now().Add(rememberFor)}
	return windows, nil
}

func (s *Sources) forget(partner uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, partner)
}
