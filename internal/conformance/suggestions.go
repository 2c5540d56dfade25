package conformance

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
)

// SuggestionStore keeps suggestions and what partners let happen by itself.
type SuggestionStore interface {
	optimization.Store
	optimization.SettingsStore
}

// Suggestions is the suite of the optimiser's stores.
func Suggestions(t *testing.T, b Backend) {
	cases{
		"a crash at any step of applying leaves all or nothing":    crashedApplying,
		"a crash at any step of taking back leaves all or nothing": crashedTakingBack,
		"a crash at any step of a transfer moves all or nothing":   crashedTransfer,
		"a transfer is shown with both campaigns, and taken back":  transferTakenBack,
		"a rehearsal answers what the decision would":              rehearsedDecisions,
		"limits of a partner refuse what is outside":               limitedSuggestions,
		"what turns out worse is taken back within 30 seconds":     worseTakenBack,
		"two nodes that tick at once change a field once":          twoPilots,
		"lists have the greatest effect first, page by page":       rankedSuggestions,
		"settings of a partner":                                    optimizerSettings,
		"one open suggestion about a thing":                        oneOpenSuggestion,
		"grades add up to a record":                                gradedSuggestions,
		"what is changed before it is applied is said as it is":    editedSuggestion,
		"a change is graded when its window is over":               gradedInTime,
	}.run(t, b)
}

// death ends a context at the n-th of the boundaries between steps, as the death
// of the program would.
type death struct {
	cancel context.CancelFunc
	at, n  int
}

func (d *death) step() {
	if d.n++; d.n == d.at {
		d.cancel()
	}
}

// mortalStore and mortalBudgets die before or after what they do.
type mortalStore struct {
	optimization.Store
	*death
}

func (m mortalStore) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*optimization.Suggestion) error) (*optimization.Suggestion, error) {
	m.step()
	x, err := m.Store.Update(ctx, partner, id, revision, change)
	m.step()
	return x, err
}

type mortalBudgets struct {
	*budgets.Funding
	*death
}

func (m mortalBudgets) Transfer(ctx context.Context, by event.Origin, from, to uuid.UUID, move budgets.Move, o budgets.Option) (*budgets.Budget, error) {
	m.step()
	b, err := m.Funding.Transfer(ctx, by, from, to, move, o)
	m.step()
	return b, err
}

func (m mortalBudgets) Reallocate(ctx context.Context, by event.Origin, id uuid.UUID, move budgets.Move, o budgets.Option) (*budgets.Budget, error) {
	m.step()
	b, err := m.Funding.Reallocate(ctx, by, id, move, o)
	m.step()
	return b, err
}

// prophet finds what it was told.
type prophet []optimization.Finding

func (p prophet) Findings(context.Context, uuid.UUID, uuid.UUID, optimization.Limits) ([]optimization.Finding, error) {
	return p, nil
}

// Portfolio implements optimization.Analyst.
func (p prophet) Portfolio(context.Context, uuid.UUID, optimization.Limits) ([]optimization.Finding, error) {
	return p, nil
}

// silence is what campaigns bring that have delivered nothing.
type silence struct{}

func (silence) Outcome(context.Context, uuid.UUID, uuid.UUID, time.Time, time.Time) (optimization.Outcome, float64, time.Time, error) {
	return optimization.Outcome{}, 1, time.Time{}, nil
}

// optimizer is one that may die, some time after now.
func (w world) optimizer(d *death, later time.Duration, found ...optimization.Finding) *optimization.Service {
	c := campaigns.NewService(w.Campaigns, w.Log, w.Now, newID)
	return optimization.NewService(optimization.Config{
		Store: mortalStore{w.Suggestions, d}, Settings: w.Suggestions, Analyst: prophet(found), Outcomes: silence{},
		Hands: optimization.NewHands(c, c.Rehearsal(), mortalBudgets{w.funding(), d}, w.Log),
		Now:   func() time.Time { return w.Now().Add(later) }, NewID: newID,
	})
}

// divided is a campaign whose budget has two parts, and a suggestion to move some
// of one to the other.
func (w world) divided() (campaigns.State, optimization.Finding) {
	w.Helper()
	c := w.draft(w.partner(), "Spring")
	by := ana
	by.Partner = c.Partner
	limit := w.limitOf(c.BudgetID)
	_, err := w.funding().Allocate(w.Context(), by, c.BudgetID, []budgets.Allocation{
		{Category: "display", Amount: budgets.Amount{Micros: limit / 2}}, {Category: "search", Amount: budgets.Amount{Micros: limit / 4}},
	}, budgets.Option{})
	w.must(err)
	return c, optimization.Finding{
		Type: optimization.BudgetReallocation, Confidence: 0.9, Risk: optimization.RiskLow, Evidence: []optimization.Evidence{},
		Change: optimization.Change{Budget: c.BudgetID, Move: &optimization.Move{From: "display", To: "search", Amount: money.New(limit/50, c.Currency)}},
		Impact: optimization.Impact{Metric: "conversions", Mean: 1, Low: 0.5, High: 2, Relative: 0.1},
	}
}

func (w world) suggested(c campaigns.State, f optimization.Finding) uuid.UUID {
	w.Helper()
	w.must(w.optimizer(&death{}, 0, f).Analyse(w.Context(), c.Partner, c.ID))
	items, _, err := w.Suggestions.List(w.Context(), c.Partner, optimization.Query{Campaign: c.ID, Status: optimization.Open, Type: f.Type, Now: w.now()})
	w.must(err)
	if len(items) != 1 {
		w.Fatalf("%d suggestions", len(items))
	}
	return items[0].State().ID
}

// parts are the amounts of display and search.
func (w world) parts(c campaigns.State) string {
	w.Helper()
	b, err := w.Budgets.Get(w.Context(), c.Partner, c.BudgetID)
	w.must(err)
	s := b.State()
	return fmt.Sprint(s.Channels[0].Limit, " ", s.Channels[1].Limit)
}

func crashedApplying(w world) {
	seen := map[optimization.Status]int{}
	for at := 1; at <= 6; at++ {
		c, f := w.divided()
		id, before := w.suggested(c, f), w.parts(c)
		ctx, cancel := context.WithCancel(w.Context())
		by := ana
		by.Partner = c.Partner
		_, err := w.optimizer(&death{cancel: cancel, at: at}, 0, f).Apply(ctx, by, id, optimization.Parameters{}, optimization.Options{})
		cancel()
		if err == nil && at < 6 {
			w.Errorf("step %d: it died and says nothing", at)
		}
		seen[w.afterCrash(c, id, before, at)]++
	}
	if seen[optimization.Open] == 0 || seen[optimization.Applied] == 0 {
		w.Errorf("after the crashes there were %v", seen)
	}
}

func crashedTakingBack(w world) {
	for at := 1; at <= 6; at++ {
		c, f := w.divided()
		id, before := w.suggested(c, f), w.parts(c)
		by := ana
		by.Partner = c.Partner
		_, err := w.optimizer(&death{}, 0, f).Apply(w.Context(), by, id, optimization.Parameters{}, optimization.Options{})
		w.must(err)
		ctx, cancel := context.WithCancel(w.Context())
		_, _ = w.optimizer(&death{cancel: cancel, at: at}, 0, f).RollBack(ctx, by, id, "worse", optimization.Options{})
		cancel()
		status := w.afterCrash(c, id, before, at)
		if want := map[bool]optimization.Status{true: optimization.Applied, false: optimization.RolledBack}[at == 1]; status != want {
			w.Errorf("step %d: %s, want %s", at, status, want)
		}
	}
}

// afterCrash starts anew some seconds later and holds the suggestion against the
// budget: it is as it was, or as it was to become.
func (w world) afterCrash(c campaigns.State, id uuid.UUID, before string, at int) optimization.Status {
	w.Helper()
	again := w.optimizer(&death{}, 11*time.Second)
	w.must(again.Recover(w.Context()))
	w.must(again.Recover(w.Context()))
	x, err := w.Suggestions.Get(w.Context(), c.Partner, id)
	w.must(err)
	switch status, after := x.State().Status, w.parts(c); status {
	case optimization.Open, optimization.RolledBack:
		w.equal(fmt.Sprintf("step %d, %s", at, status), after, before)
	case optimization.Applied:
		if after == before {
			w.Errorf("step %d: applied, and nothing has changed", at)
		}
	default:
		w.Errorf("step %d: left %s", at, status)
	}
	return x.State().Status
}

func rankedSuggestions(w world) {
	partner := w.partner()
	var want []float64
	for i := range 5 {
		c := w.draft(partner, "Spring")
		f := optimization.Finding{Type: optimization.CreativeRotation, Confidence: 0.5, Impact: optimization.Impact{Relative: float64(i%3) / 10}, Change: optimization.Change{Budget: c.BudgetID}}
		f.Impact.Mean, f.Impact.High = f.Impact.Relative, f.Impact.Relative
		w.suggested(c, f)
	}
	cursor := ""
	for {
		items, next, err := w.Suggestions.List(w.Context(), partner, optimization.Query{Limit: 2, Cursor: cursor, Now: w.now()})
		w.must(err)
		for _, x := range items {
			want = append(want, x.State().Impact.Relative)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	w.equal("effects", fmt.Sprint(want), "[0.2 0.1 0.1 0 0]")
	_, _, err := w.Suggestions.List(w.Context(), partner, optimization.Query{Cursor: "nonsense"})
	if err == nil {
		w.Error("a cursor that nobody gave is taken")
	}
	items, _, err := w.Suggestions.List(w.Context(), w.partner(), optimization.Query{Now: w.now()})
	w.must(err)
	w.equal("another partner's", len(items), 0)
	late, _, err := w.Suggestions.List(w.Context(), partner, optimization.Query{Status: optimization.Open, Now: w.now().Add(optimization.Life)})
	w.must(err)
	w.equal("open after their life", len(late), 0)
}

func optimizerSettings(w world) {
	partner := w.partner()
	by := ana
	by.Partner = partner
	s := w.optimizer(&death{}, 0)
	a, err := s.Autonomy(w.Context(), partner)
	w.must(err)
	w.equal("at first", len(a.Automatic), 0)
	want := optimization.Settings{Automatic: []optimization.Type{optimization.BidAdjustment}, MaxStep: 10, Cooldown: 48}
	_, err = s.SetAutonomy(w.Context(), by, want, optimization.Options{Revision: 7})
	w.is(err, optimization.ErrStaleSettings)
	a, err = s.SetAutonomy(w.Context(), by, want, optimization.Options{Revision: 1})
	w.must(err)
	w.equal("step", a.MaxStep, 10)
	enabled, err := w.Suggestions.Enabled(w.Context())
	w.must(err)
	found := 0
	for _, id := range enabled {
		if id == partner {
			found++
		}
	}
	w.equal("enabled", found, 1)
}

func oneOpenSuggestion(w world) {
	c, f := w.divided()
	id := w.suggested(c, f)
	w.equal("found again", w.suggested(c, f), id)
	f.Change.Move = &optimization.Move{From: "display", To: "search", Amount: money.New(money.Unit, c.Currency)}
	newer := w.suggested(c, f)
	if newer == id {
		w.Error("a newer finding changed nothing")
	}
	old, err := w.Suggestions.Get(w.Context(), c.Partner, id)
	w.must(err)
	w.equal("the older one", old.State().Status, optimization.Superseded)
	_, err = w.Suggestions.Get(w.Context(), w.partner(), id)
	w.is(err, optimization.ErrNotFound)
	state := old.State()
	state.ID, state.Status = newID(), optimization.Open
	if err := w.Suggestions.Insert(w.Context(), optimization.Restore(state)); !errors.Is(err, optimization.ErrExists) {
		w.Errorf("a second one: %v", err)
	}
}

func gradedSuggestions(w world) {
	c, f := w.divided()
	id := w.suggested(c, f)
	by := ana
	by.Partner = c.Partner
	s := w.optimizer(&death{}, 0, f)
	_, err := s.Apply(w.Context(), by, id, optimization.Parameters{}, optimization.Options{})
	w.must(err)
	_, err = s.RollBack(w.Context(), by, id, "", optimization.Options{})
	w.must(err)
	w.must(s.Look(w.Context()))
	records, err := w.Suggestions.Records(w.Context(), c.Partner)
	w.must(err)
	r := records[optimization.BudgetReallocation]
	w.equal("rolled back", r.RolledBack, 1)
	w.equal("inconclusive", r.Inconclusive, 1)
}

func (prophet) Review(context.Context, uuid.UUID, uuid.UUID, optimization.Limits) (optimization.Review, error) {
	return optimization.Review{}, nil
}
