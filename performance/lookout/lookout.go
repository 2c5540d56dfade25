package lookout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

const (
	// Every is how often Tick wants to be called.
	Every = 2 * time.Second
	// between is the least time between two looks at a campaign.
	between = 5 * time.Second
	// quiet is how long nothing must have been reported before a look, and
	// longest how long that is waited for: what comes in many requests, such as
	// a history, is better judged whole.
	quiet, longest = 3 * time.Second, 15 * time.Second
	// effort bounds the hours that one Tick replays: a tenth of a second of a
	// processor. What is left waits for the next.
	effort = 8_000
	// batch is how many hours are stored in one transaction.
	batch = 500
)

// Service watches the campaigns and lists what it found.
type Service struct {
	store     Store
	numbers   Numbers
	directory performance.Directory
	activity  Activity
	now       func() time.Time

	turn    sync.Mutex // held by Tick: one look at a time
	recent  memories
	mu      sync.Mutex // guards what follows
	watched map[uuid.UUID]*watch
	swept   bool
	counts  Counts
}

// Counts are what was done since the program started, for operators.
type Counts struct {
	Looks, Hours, Found, Replayed int64 // at campaigns; hours judged; anomalies; hours seen again
	Waiting                       int   // campaigns that are due
}

// watch is when a campaign is to be looked at next.
type watch struct {
	Campaign
	marked    bool      // something was reported since the last look
	since, at time.Time // the first and the latest of it
	notBefore time.Time // marked or not
	due       time.Time // though nothing is reported; zero: never
}

// NewService watches over store and numbers.
func NewService(store Store, numbers Numbers, directory performance.Directory, activity Activity, now func() time.Time) *Service {
	return &Service{
		store: store, numbers: numbers, directory: directory, activity: activity, now: now,
		watched: map[uuid.UUID]*watch{}, recent: newMemories(),
	}
}

// Mark notes which campaigns something has happened to. It runs on every node,
// for all events of the log, and only makes a note: what it misses while the
// program does not run is found by the first Tick.
func (s *Service) Mark(_ context.Context, events []event.Event) error {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		switch e := &events[i]; {
		case e.Type == performance.TypeUpdated:
			for id := range performance.UpdatedCampaigns(e.Data) {
				s.watch(Campaign{e.Partner, id}).mark(now)
			}
		case strings.HasPrefix(e.Type, "campaign."):
			if w := s.watched[e.AggregateID]; w != nil {
				w.mark(now)
			}
		}
	}
	return nil
}

func (w *watch) mark(now time.Time) {
	if !w.marked {
		w.since = now
	}
	w.marked, w.at = true, now
}

// ready reports whether it is time to look.
func (w *watch) ready(now time.Time) bool {
	settled := now.Sub(w.at) >= quiet || now.Sub(w.since) >= longest || now.Before(w.since) // the clock went back
	return w.marked && settled && !now.Before(w.notBefore) || !w.due.IsZero() && !now.Before(w.due)
}

// watch is called with the lock.
func (s *Service) watch(c Campaign) *watch {
	w := s.watched[c.ID]
	if w == nil {
		w = &watch{Campaign: c}
		s.watched[c.ID] = w
	}
	return w
}

// Tick looks at the campaigns that are due. One node at a time should call it;
// if two do, each hour is still judged once.
func (s *Service) Tick(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.sweep(ctx); err != nil {
		return err
	}
	replayed := 0
	for _, w := range s.dueNow() {
		if replayed > effort || ctx.Err() != nil {
			break
		}
		n, err := s.look(ctx, w)
		replayed += n
		s.count(func(c *Counts) { c.Looks++; c.Replayed += int64(n); c.Waiting-- })
		if err != nil {
			s.rest(w, true, s.now().Add(between), time.Time{})
			slog.WarnContext(ctx, "campaign not watched for anomalies, trying again", "campaign", w.ID, "error", err)
		}
	}
	return ctx.Err()
}

// sweep marks every campaign once.
func (s *Service) sweep(ctx context.Context) error {
	s.mu.Lock()
	swept := s.swept
	s.mu.Unlock()
	if swept {
		return nil
	}
	all, err := s.store.Campaigns(ctx)
	if err != nil {
		return fmt.Errorf("campaigns to watch: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range all {
		s.watch(c).marked = true
	}
	s.swept = true
	return nil
}

// dueNow takes the marks off the campaigns that are due, the longest due first.
func (s *Service) dueNow() []*watch {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*watch
	for _, w := range s.watched {
		if w.ready(now) {
			due = append(due, w)
		}
	}
	slices.SortFunc(due, func(a, b *watch) int {
		return cmp.Or(a.notBefore.Compare(b.notBefore), strings.Compare(string(a.ID[:]), string(b.ID[:])))
	})
	s.counts.Waiting = len(due)
	return due
}

// rest says when a campaign is looked at again.
func (s *Service) rest(w *watch, marked bool, notBefore, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.marked, w.notBefore, w.due = w.marked || marked, notBefore, due
}

// begin takes the mark off: what is reported during the look marks it again.
func (s *Service) begin(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.marked = false
}

func (s *Service) count(add func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.counts)
}

// Counts returns a copy of the counts so far.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// look judges what can be judged of a campaign and says how many hours it had
// to replay for that.
func (s *Service) look(ctx context.Context, w *watch) (replayed int, err error) {
	s.begin(w)
	found, err := s.directory.Subjects(ctx, w.Partner, []uuid.UUID{w.ID})
	if err != nil {
		return 0, err
	}
	subject, ok := found[w.ID]
	if !ok {
		s.forget(w)
		return 0, nil
	}
	first, view, err := s.view(ctx, subject)
	if err != nil || first == 0 {
		return 0, err
	}
	if first+Settling.Microseconds() > view.latest && first+hour+Patience.Microseconds() > view.now {
		s.sleep(w, first, false)
		return 0, nil
	}
	if view.active, err = s.activity.Active(ctx, subject.Partner, subject.Campaign); err != nil {
		return 0, err
	}
	m, replayed, err := s.memory(ctx, subject, Origin(first), first)
	if err != nil {
		return replayed, err
	}
	view.prompt = m.reportsPromptly()
	hours, waiting, silent := view.settled(first)
	n, err := s.judge(ctx, m, hours)
	if errors.Is(err, ErrMoved) { // by another node; what it left is for the next look
		s.rest(w, true, s.now().Add(between), time.Time{})
		return replayed + n, nil
	}
	if err == nil {
		s.sleep(w, waiting, silent)
	}
	return replayed + n, err
}

// sleep waits until the hour can be settled: by data, which cannot come before
// its time, or by the clock.
func (s *Service) sleep(w *watch, waiting int64, silent bool) {
	now := s.now()
	start := time.UnixMicro(waiting)
	notBefore := start.Add(Settling - performance.FutureTolerance)
	if notBefore.Before(now.Add(between)) {
		notBefore = now.Add(between)
	}
	due := start.Add(time.Hour + Patience)
	if silent {
		due = time.Time{}
	}
	s.rest(w, false, notBefore, due)
}

func (s *Service) forget(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watched, w.ID)
}

// judge judges hours in order and stores what it comes to.
func (s *Service) judge(ctx context.Context, m *memory, hours []Hour) (replayed int, err error) {
	for len(hours) > 0 {
		part := together(hours)
		hours = hours[len(part):]
		m, n, err := s.memory(ctx, m.subject, Origin(part[0].Start), m.next)
		replayed += n + len(part)
		if err != nil {
			return replayed, err
		}
		j := Judgement{Partner: m.subject.Partner, Campaign: m.subject.Campaign, Hours: part, Forget: m.origin}
		at := s.now().UTC().Truncate(time.Microsecond)
		for i := range part {
			for _, a := range m.see(&part[i]) {
				a.DetectedAt = at
				j.Found = append(j.Found, a)
			}
		}
		if err := s.store.Save(ctx, j); err != nil {
			s.recent.drop(m.subject.Campaign)
			return replayed, err
		}
		s.count(func(c *Counts) { c.Hours += int64(len(part)); c.Found += int64(len(j.Found)) })
	}
	return replayed, nil
}

// together are the first hours that one memory judges, at most a batch.
func together(hours []Hour) []Hour {
	n := 1
	for n < min(len(hours), batch) && Origin(hours[n].Start) == Origin(hours[0].Start) {
		n++
	}
	return hours[:n]
}

// memory is what the journal from origin up to end says of a campaign: the one
// at hand when it has seen just that, or a replay.
func (s *Service) memory(ctx context.Context, subject performance.Subject, origin, end int64) (m *memory, replayed int, err error) {
	if m = s.recent.get(subject.Campaign); m != nil && m.origin == origin && m.next == end {
		return m, 0, nil
	}
	hours, err := s.store.Hours(ctx, subject.Partner, subject.Campaign, origin, end)
	if err != nil {
		return nil, 0, err
	}
	m = newMemory(subject, origin)
	for i := range hours {
		m.see(&hours[i])
	}
	m.next = end
	s.recent.put(m)
	return m, len(hours), nil
}
