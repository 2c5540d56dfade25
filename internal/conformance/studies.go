package conformance

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/cluster"
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
		"a study is read as it was asked for, and as it ended": studyStored,
		"another partner's study is as a missing one":          studyForeign,
		"a worker that was taken for dead keeps nothing":       studyLost,
		"studies are listed by kind, the newest first":         studyListed,
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
