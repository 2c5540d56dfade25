package performance

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// subjects remembers campaigns for a few seconds, so that the hot path does not
// ask the store about every batch. What it may say late is targets only.
type subjects struct {
	directory Directory
	now       func() time.Time

	mu    sync.RWMutex
	known map[uuid.UUID]remembered
}

type remembered struct {
	*Subject
	until time.Time
}

const (
	rememberFor = 5 * time.Second
	maxSubjects = 50_000
)

func newSubjects(d Directory, now func() time.Time) *subjects {
	return &subjects{directory: d, now: now, known: map[uuid.UUID]remembered{}}
}

// of returns the partner's campaigns among ids; uuid.Nil is an administrator's
// and finds every partner's. Those that are missing are asked for every time:
// they may have been created just now.
func (s *subjects) of(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]*Subject, error) {
	found := make(map[uuid.UUID]*Subject, len(ids))
	missing := s.recall(partner, ids, found)
	if len(missing) == 0 {
		return found, nil
	}
	fresh, err := s.directory.Subjects(ctx, partner, missing)
	if err != nil {
		return nil, err
	}
	s.remember(fresh, found)
	return found, nil
}

func (s *subjects) recall(partner uuid.UUID, ids []uuid.UUID, found map[uuid.UUID]*Subject) (missing []uuid.UUID) {
	now := s.now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, id := range ids {
		r, ok := s.known[id]
		if left := r.until.Sub(now); ok && left > 0 && left <= rememberFor && (r.Partner == partner || partner == uuid.Nil) {
			found[id] = r.Subject
		} else {
			missing = append(missing, id)
		}
	}
	return missing
}

func (s *subjects) remember(fresh map[uuid.UUID]Subject, found map[uuid.UUID]*Subject) {
	until := s.now().Add(rememberFor)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known)+len(fresh) > maxSubjects {
		clear(s.known)
	}
	for id, subject := range fresh {
		found[id] = &subject
		s.known[id] = remembered{&subject, until}
	}
}
