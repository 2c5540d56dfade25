package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
)

// running is divided whose campaign is active, as far as pilots look.
type running struct{ optimization.Campaigns }

func (r running) Get(ctx context.Context, by event.Origin, id uuid.UUID) (*campaigns.Campaign, error) {
	c, err := r.Campaigns.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	state := c.State()
	state.Status = campaigns.Active
	return campaigns.Restore(state), nil
}

// decline is what campaigns bring that do worse since a moment.
type decline struct{ since time.Time }

func (d decline) Outcome(_ context.Context, _, _ uuid.UUID, from, to time.Time) (optimization.Outcome, float64, time.Time, error) {
	o := optimization.Outcome{Metric: "conversions", Results: 400, Spend: 2000, Days: 7}
	if !from.Before(d.since) {
		hours := to.Sub(from).Hours()
		o = optimization.Outcome{Metric: "conversions", Results: float64(int(2 * hours)), Spend: 50 * hours, Days: hours / 24}
	}
	return o, 1, to, nil
}

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// pilot is an optimiser that may act by itself.
func (w world) pilot(c *clock, outcomes optimization.Outcomes, found ...optimization.Finding) *optimization.Service {
	s := campaigns.NewService(w.Campaigns, w.Log, c.read, newID)
	return optimization.NewService(optimization.Config{
		Store: w.Suggestions, Settings: w.Suggestions, Analyst: prophet(found), Outcomes: outcomes,
		Hands: optimization.NewHands(running{s}, s.Rehearsal(), w.funding(), w.Log),
		Now:   c.read, NewID: newID,
	})
}

// allowed lets the optimiser do everything by itself for a campaign's partner.
func (w world) allowed(c campaigns.State) {
	w.Helper()
	by := ana
	by.Partner = c.Partner
	want := optimization.DefaultSettings()
	want.Automatic, want.MaxStep = optimization.Types, 50
	_, err := w.optimizer(&death{}, 0).SetAutonomy(w.Context(), by, want, optimization.Options{})
	w.must(err)
}

// worseTakenBack tends every ten seconds, as the program does.
func worseTakenBack(w world) {
	const tick, soon, hours = 10 * time.Second, 30 * time.Second, 48
	c, f := w.divided()
	w.allowed(c)
	at := &clock{now: w.now()}
	pilot := w.pilot(at, decline{at.now}, f)
	before := w.parts(c)
	w.must(pilot.Analyse(w.Context(), c.Partner, c.ID))
	w.must(pilot.Pilot(w.Context()))
	found := func() optimization.State {
		items, _, err := w.Suggestions.List(w.Context(), c.Partner, optimization.Query{Campaign: c.ID, Now: at.read()})
		w.must(err)
		if len(items) != 1 {
			w.Fatalf("%d suggestions", len(items))
		}
		return items[0].State()
	}
	if s := found(); s.Status != optimization.Applied || !s.Automatic || w.parts(c) == before {
		w.Fatalf("%s: %s", s.Status, s.Blocked)
	}
	for range hours {
		at.pass(time.Hour)
		w.must(pilot.Look(w.Context()))
		if s := found(); s.Watch == nil || s.Watch.VerdictAt == nil {
			continue
		}
		for waited := time.Duration(0); found().Status != optimization.RolledBack; waited += tick {
			if waited > soon {
				w.Fatalf("%s after the verdict it is %s", waited, found().Status)
			}
			at.pass(tick)
			w.must(pilot.Tend(w.Context()))
		}
		w.must(pilot.Tend(w.Context()))
		s := found()
		w.equal("the parts", w.parts(c), before)
		if s.EndedAt.Sub(*s.Watch.VerdictAt) > soon || s.Graded == nil || s.Graded.Grade != optimization.Worse || !s.Graded.KnownAt.Equal(s.Watch.KnownAt) || s.Watch.KnownAt.IsZero() {
			w.Errorf("taken back %s after the verdict, graded %+v", s.EndedAt.Sub(*s.Watch.VerdictAt), s.Graded)
		}
		return
	}
	w.Error("no verdict in two days of half the results")
}

// twoPilots lets two nodes tick at once over two moves of one campaign that
// oppose each other: one is made, once, and the other says what it gave way to.
func twoPilots(w world) {
	c, f := w.divided()
	w.allowed(c)
	at := &clock{now: w.now()}
	opposed := f
	opposed.Type = optimization.TargetingRefinement // so that both may be open
	opposed.Impact.Relative = 0.01
	opposed.Change.Move = &optimization.Move{From: "search", To: "display", Amount: money.New(f.Change.Move.Amount.Micros/2, c.Currency)}
	nodes := []*optimization.Service{w.pilot(at, silence{}, f, opposed), w.pilot(at, silence{}, f, opposed)}
	w.must(nodes[0].Analyse(w.Context(), c.Partner, c.ID))
	var group sync.WaitGroup
	for _, node := range nodes {
		group.Go(func() {
			if err := node.Pilot(w.Context()); err != nil {
				w.Error(err)
			}
		})
	}
	group.Wait()
	w.must(nodes[1].Pilot(w.Context())) // the next tick is within the cooldown

	items, _, err := w.Suggestions.List(w.Context(), c.Partner, optimization.Query{Campaign: c.ID, Now: at.read()})
	w.must(err)
	var applied, lost []optimization.State
	for _, x := range items {
		switch s := x.State(); s.Status {
		case optimization.Applied:
			applied = append(applied, s)
		case optimization.Superseded:
			lost = append(lost, s)
		}
	}
	if len(applied) != 1 || len(lost) != 1 || !strings.Contains(lost[0].Reason, applied[0].ID.String()) {
		w.Fatalf("applied %d, lost %+v", len(applied), lost)
	}
	events, err := w.Log.History(w.Context(), c.Partner, c.BudgetID, 0, 100)
	w.must(err)
	moves := slices.DeleteFunc(events, func(e event.Event) bool { return e.Type != "budget.reallocated" })
	w.equal("moves", len(moves), 1)
	w.equal("its mark", moves[0].Origin.CorrelationID, fmt.Sprintf("suggestion:%s:apply", applied[0].ID))
}
