package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/cluster"
	"github.com/hexabuilders/campaignd/targeting/identity"
	"github.com/hexabuilders/campaignd/targeting/study"
)

// StudyStore is where studies are kept and claimed.
type StudyStore interface {
	study.Store
	study.Queue
}

// Studies holds the store of studies to its ports.
func Studies(t *testing.T, b Backend) {
	cases{
		"a study is read as it was asked for, and as it ended":   studyStored,
		"another partner's study is as a missing one":            studyForeign,
		"a worker that was taken for dead keeps nothing":         studyLost,
		"studies are listed by kind, the newest first":           studyListed,
		"whoever is erased in the midst of a study is not in it": studyErased,
	}.run(t, b)
}

func (w world) study(partner uuid.UUID, kind study.Kind) study.State {
	w.Helper()
	s := study.State{
		ID: newID(), Partner: partner, Kind: kind, Status: study.Queued, By: operator, Name: "Clusters", Audience: newID(),
		Order: study.Order{Attributes: []string{"age", "city"}, Most: 5, Seed: 1 << 63}, Progress: study.Progress{Stage: "waiting"}, CreatedAt: w.now(),
	}
	w.must(w.Studies.Insert(w.Context(), s))
	return s
}

// claimStudy takes this study; others that wait are taken and left.
func (w world) claimStudy(id uuid.UUID, until time.Time) study.State {
	w.Helper()
	for {
		s, ok, err := w.Studies.Claim(w.Context(), w.now(), until)
		w.must(err)
		if !ok {
			w.Fatal("the study is not claimed")
		}
		if s.ID == id {
			return s
		}
	}
}

func studyStored(w world) {
	asked := w.study(newID(), study.Clusters)
	w.must(w.Studies.Insert(w.Context(), study.State{ID: asked.ID, Partner: asked.Partner, Kind: study.Clusters, Status: study.Failed}))
	got, err := w.Studies.Get(w.Context(), asked.Partner, asked.ID)
	w.must(err)
	if diff := cmp.Diff(asked, got); diff != "" {
		w.Error(diff)
	}
	claimed := w.claimStudy(asked.ID, w.now().Add(time.Minute))
	if claimed.Status != study.Running || claimed.Attempt != 1 {
		w.Errorf("claimed: %+v", claimed)
	}
	claimed.Progress = study.Progress{Stage: "learning", Done: 2, Total: 7}
	w.must(w.Studies.Renew(w.Context(), claimed, w.now().Add(time.Minute)))
	if got, err = w.Studies.Get(w.Context(), uuid.Nil, asked.ID); err != nil || got.Progress.Done != 2 {
		w.Errorf("%+v %v", got.Progress, err)
	}
	at := w.now()
	claimed.Status, claimed.FinishedAt = study.Ready, &at
	claimed.Division = &study.Division{People: 9, Clusters: []cluster.Cluster{}, Candidates: []cluster.Candidate{}, Columns: []string{"age"}, Model: cluster.Model{Centres: [][]float64{{1, 2}}}}
	w.must(w.Studies.Finish(w.Context(), claimed))
	if got, err = w.Studies.Get(w.Context(), asked.Partner, asked.ID); err != nil {
		w.Fatal(err)
	}
	if diff := cmp.Diff(claimed, got); diff != "" {
		w.Error(diff)
	}
	if err := w.Studies.Renew(w.Context(), claimed, w.now()); !errors.Is(err, study.ErrLost) {
		w.Errorf("renewed after its end: %v", err)
	}
}

func studyForeign(w world) {
	theirs := w.study(newID(), study.Clusters)
	thief := newID()
	if _, err := w.Studies.Get(w.Context(), thief, theirs.ID); !errors.Is(err, study.ErrNotFound) {
		w.Errorf("read: %v", err)
	}
	if err := w.Studies.Delete(w.Context(), thief, theirs.ID); !errors.Is(err, study.ErrNotFound) {
		w.Errorf("deleted: %v", err)
	}
	w.must(w.Studies.Delete(w.Context(), theirs.Partner, theirs.ID))
	if _, err := w.Studies.Get(w.Context(), theirs.Partner, theirs.ID); !errors.Is(err, study.ErrNotFound) {
		w.Errorf("read after its end: %v", err)
	}
}

func studyLost(w world) {
	s := w.study(newID(), study.Lookalike)
	first := w.claimStudy(s.ID, w.now().Add(-time.Second)) // its claim is over at once
	second := w.claimStudy(s.ID, w.now().Add(time.Minute))
	if second.Attempt != first.Attempt+1 {
		w.Errorf("attempts %d and %d", first.Attempt, second.Attempt)
	}
	for name, err := range map[string]error{
		"renew":  w.Studies.Renew(w.Context(), first, w.now().Add(time.Minute)),
		"finish": w.Studies.Finish(w.Context(), first),
	} {
		if !errors.Is(err, study.ErrLost) {
			w.Errorf("%s: %v", name, err)
		}
	}
	second.Status = study.Failed
	w.must(w.Studies.Finish(w.Context(), second))
}

func studyListed(w world) {
	partner := newID()
	first, _, second := w.study(partner, study.Clusters), w.study(partner, study.Lookalike), w.study(partner, study.Clusters)
	page, next, err := w.Studies.List(w.Context(), partner, study.Clusters, 1, "")
	w.must(err)
	if len(page) != 1 || page[0].ID != second.ID || next == "" {
		w.Fatalf("%+v %q", page, next)
	}
	if page, next, err = w.Studies.List(w.Context(), partner, study.Clusters, 1, next); err != nil || len(page) != 1 || page[0].ID != first.ID || next != "" {
		w.Errorf("%+v %q %v", page, next, err)
	}
}

// mine is a queue in which one study waits, and no other test's.
type mine struct {
	study.Queue
	world
	id    uuid.UUID
	taken bool
}

func (m *mine) Claim(_ context.Context, _, until time.Time) (study.State, bool, error) {
	if m.taken {
		return study.State{}, false, nil
	}
	m.taken = true
	return m.claimStudy(m.id, until), true, nil
}

// losing erases somebody before people are read, and before they are kept.
type losing struct {
	study.People
	n      int
	erase  func(n int)
	handed *roaring.Bitmap // for an audience
}

func (l *losing) next() {
	l.erase(l.n)
	l.n++
}

func (l *losing) Each(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want audience.Want, visit func(audience.Person) error) error {
	l.next()
	return l.People.Each(ctx, partner, people, want, visit)
}

func (l *losing) Refill(ctx context.Context, by event.Origin, id uuid.UUID, kind audience.Kind, people *roaring.Bitmap) (audience.State, error) {
	l.next()
	l.handed = people
	return l.People.Refill(ctx, by, id, kind, people)
}

func studyErased(w world) {
	c := w.crowd()
	seed, rest := c.audience("Buyers", 30), c.audience("Newsletter", 30)
	people := func(prefix string, n, age int, city string) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("%s%d@example.com,%s,%d", prefix, i, city, age+i%10))
		}
		return lines
	}
	c.upload(seed, append([]string{"email,city,age"}, people("buyer", 120, 40, "Lima")...)...)
	c.upload(rest, slices.Concat([]string{"email,city,age"}, people("twin", 60, 40, "Lima"), people("other", 240, 20, "Cusco"))...)
	queue, lost := &mine{Queue: w.Studies, world: w}, &losing{People: c.Service}
	lost.erase = func(n int) { // a fifth of the twins, and of the seed as many
		var gone []identity.Person
		for i := 12 * n; i < 12*n+12; i++ {
			gone = append(gone, identity.Person{Email: fmt.Sprintf("twin%d@example.com", i)}, identity.Person{Email: fmt.Sprintf("buyer%d@example.com", i)})
		}
		_, err := c.Erase(c.Context(), c.by, gone, false)
		c.must(err)
	}
	s := study.NewService(study.Config{Store: w.Studies, Queue: queue, People: lost, Now: c.Config.Now, NewID: newID})
	asked, made, err := s.LookLike(c.Context(), c.by, study.NewLookalike{Seed: seed, Percent: 20})
	c.must(err)
	queue.id = asked.ID
	c.work(s, asked.ID)
	after, err := s.Get(c.Context(), c.id, asked.ID, study.Lookalike)
	c.must(err)
	if after.Status != study.Ready {
		c.Fatalf("%s %+v", after.Status, after.Problem)
	}
	left, err := c.Everyone(c.Context(), c.id)
	c.must(err)
	c.equal("people left", left.GetCardinality(), uint64(420-4*24))
	kept := int64(lost.handed.AndCardinality(left))
	if gone := int64(lost.handed.GetCardinality()) - kept; gone < 1 {
		c.Error("nobody who was chosen had been erased: it shows nothing")
	}
	c.equal("members", c.size(made.ID), kept)
	c.equal("selected", after.Alike.Selected, kept)
	c.nowhere("twin0@example.com", "twin47@example.com", "buyer0@example.com")
}

// work has a worker compute a study to its end.
func (c *crowd) work(s *study.Service, id uuid.UUID) {
	c.Helper()
	ctx, stop := context.WithCancel(c.Context())
	done := make(chan error, 1)
	go func() { done <- study.NewWorker(s).Run(ctx) }()
	_, err := s.Await(c.Context(), c.id, id, study.Lookalike, time.Minute)
	stop()
	c.must(errors.Join(err, <-done))
}
