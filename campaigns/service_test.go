package campaigns_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// everyUse is each use case that changes a campaign, with input that is right.
func everyUse(w *campaigns.Service, by event.Origin, id uuid.UUID, revision int64) map[string]func() (*campaigns.Campaign, error) {
	return map[string]func() (*campaigns.Campaign, error){
		"patch": func() (*campaigns.Campaign, error) {
			return w.Patch(ctx, by, id, revision, campaigns.Patch{Name: ptr("X")})
		},
		"targeting": func() (*campaigns.Campaign, error) { return w.SetTargeting(ctx, by, id, revision, peru()) },
		"refine":    func() (*campaigns.Campaign, error) { return w.RefineTargeting(ctx, by, id, revision, peru(), "") },
		"roll back": func() (*campaigns.Campaign, error) { return w.RollBackTargeting(ctx, by, id, revision, "") },
		"creatives": func() (*campaigns.Campaign, error) { return w.SetCreatives(ctx, by, id, revision, nil) },
		"schedule":  func() (*campaigns.Campaign, error) { return w.Schedule(ctx, by, id, revision, dates) },
		"launch":    func() (*campaigns.Campaign, error) { return w.Launch(ctx, by, id, revision) },
		"pause":     func() (*campaigns.Campaign, error) { return w.Pause(ctx, by, id, revision, "") },
		"resume":    func() (*campaigns.Campaign, error) { return w.Resume(ctx, by, id, revision) },
		"complete":  func() (*campaigns.Campaign, error) { return w.Complete(ctx, by, id, revision, "") },
		"cancel":    func() (*campaigns.Campaign, error) { return w.Cancel(ctx, by, id, revision, "") },
	}
}

func TestAnotherPartnersCampaignIsAMissingOne(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	for name, use := range everyUse(w.Service, other, id, 0) {
		t.Run(name, func(t *testing.T) {
			w.refuses(campaigns.ErrNotFound, func() error { _, err := use(); return err })
		})
	}
	for name, use := range map[string]func() error{
		"get":       func() error { _, err := w.Service.Get(ctx, other, id); return err },
		"readiness": func() error { _, err := w.Readiness(ctx, other, id); return err },
		"history":   func() error { _, err := w.Service.History(ctx, other, id, 0, 10); return err },
		"clone":     func() error { _, err := w.Clone(ctx, other, id, campaigns.CloneTerms{}); return err },
	} {
		if err := use(); !errors.Is(err, campaigns.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := w.Service.Get(ctx, admin, id); err != nil || c.State().Partner != by.Partner {
		t.Errorf("an administrator: %v", err)
	}
}

func TestAnOldRevisionIsRefused(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	for name, use := range everyUse(w.Service, by, id, 1) {
		t.Run(name, func(t *testing.T) {
			w.refuses(campaigns.ErrStale, func() error { _, err := use(); return err })
		})
	}
}

func TestOfTwoEditsOfOneRevisionOneWins(t *testing.T) {
	w := newWorld(t)
	s := w.state(w.draft())
	results := make([]error, 8)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			_, results[i] = w.Patch(ctx, by, s.ID, s.Revision, campaigns.Patch{Name: ptr("edit " + string(rune('a'+i)))})
		})
	}
	all.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, campaigns.ErrStale) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d edits won", won)
	}
}

// TestARehearsalAnswersAsItWouldAndStoresNothing runs every use case in every
// status twice: rehearsed, then for real. Both must agree.
func TestARehearsalAnswersAsItWouldAndStoresNothing(t *testing.T) {
	for _, status := range campaigns.Statuses {
		for name := range everyUse(nil, by, uuid.Nil, 0) {
			rehearsed, done := newWorld(t), newWorld(t)
			a, b := rehearsed.in(status), done.in(status)
			before, events := snapshot(rehearsed), len(rehearsed.log)
			would, wouldErr := everyUse(rehearsed.Rehearsal(), by, a, 0)[name]()
			did, err := everyUse(done.Service, by, b, 0)[name]()
			if snapshot(rehearsed) != before || len(rehearsed.log) != events {
				t.Errorf("%s %s: the rehearsal has stored something", status, name)
			}
			if (wouldErr == nil) != (err == nil) || err != nil && wouldErr.Error() != err.Error() {
				t.Errorf("%s %s: rehearsed %v, then %v", status, name, wouldErr, err)
			}
			if err == nil && (would.State().Status != did.State().Status || would.State().Revision != did.State().Revision) {
				t.Errorf("%s %s: rehearsed %+v, then %+v", status, name, would.State(), did.State())
			}
		}
	}
}

func TestACreateIsRehearsed(t *testing.T) {
	w := newWorld(t)
	c := must(t)(w.Rehearsal().Create(ctx, by, spring(t)))
	if c.State().Status != campaigns.Draft || len(w.states) != 0 {
		t.Errorf("%+v, %d stored", c.State(), len(w.states))
	}
	in := spring(t)
	in.Name = ""
	w.refuses(fault.ErrInvalid, func() error { _, err := w.Rehearsal().Create(ctx, by, in); return err })
}

func TestListsAreOfWhatExists(t *testing.T) {
	w := newWorld(t)
	w.in(campaigns.Active)
	id := w.draft()
	items, _, err := w.Service.List(ctx, by, campaigns.Query{Status: []campaigns.Status{campaigns.Draft}, Type: []campaigns.Type{campaigns.Social}})
	if err != nil || len(items) != 1 || items[0].State().ID != id {
		t.Error(items, err)
	}
	_, _, err = w.Service.List(ctx, by, campaigns.Query{
		Status: []campaigns.Status{"DRAFT", "LIVE"}, Type: []campaigns.Type{"RADIO"}, Objective: []campaigns.Objective{"FAME"},
		Sort: "budget", From: w.now, To: w.now,
	})
	if got := wrong(err); got != "status[1] unknown_value, type[0] unknown_value, objective[0] unknown_value, sort unknown_value, to invalid_range" {
		t.Error(got)
	}
}

func TestHistorySaysWhoChangedWhatFromWhatToWhat(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Paused)
	w.draft() // somebody else's history
	events, err := w.Service.History(ctx, by, id, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for i, e := range events {
		types = append(types, e.Type)
		if e.Revision != int64(i+1) || e.Origin.Name != "Ana" || e.Origin.From != "api" || !strings.Contains(string(e.Data), `"changes":[{"field":`) {
			t.Errorf("%d: %+v %s", i, e, e.Data)
		}
	}
	want := []string{
		"campaign.created", "campaign.targeting_configured", "campaign.creatives_set",
		"campaign.scheduled", "campaign.launched", "campaign.paused",
	}
	if !slices.Equal(types, want) {
		t.Errorf("%v", types)
	}
	if last := string(events[5].Data); !strings.Contains(last, `{"field":"status","before":"ACTIVE","after":"PAUSED"}`) {
		t.Error(last)
	}
	if page, err := w.Service.History(ctx, by, id, events[3].Seq, 1); err != nil || len(page) != 1 || page[0].ID != events[4].ID {
		t.Error(page, err)
	}
}
