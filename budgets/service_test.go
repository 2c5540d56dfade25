package budgets_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
)

// memory is a Store of one budget.
type memory struct {
	mu     sync.Mutex
	state  budgets.State
	events []event.Event

	delivered []budgets.PlatformDay
	silent    error // of delivered
}

func (m *memory) Get(_ context.Context, partner, id uuid.UUID) (*budgets.Budget, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(partner, id == m.state.ID)
}

func (m *memory) ByCampaign(_ context.Context, partner, id uuid.UUID) (*budgets.Budget, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(partner, id == m.state.Campaign)
}

func (m *memory) get(partner uuid.UUID, found bool) (*budgets.Budget, error) {
	if !found || partner != uuid.Nil && partner != m.state.Partner {
		return nil, budgets.ErrNotFound
	}
	return budgets.Restore(m.state), nil
}

func (m *memory) Update(_ context.Context, partner, id uuid.UUID, revision int64, change func(*budgets.Budget) error) (*budgets.Budget, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.get(partner, id == m.state.ID)
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != m.state.Revision {
		return nil, budgets.ErrStale
	}
	if err := change(b); err != nil {
		return nil, err
	}
	m.state = b.State()
	m.events = append(m.events, b.PullEvents()...)
	return b, nil
}

// PlatformDays implements budgets.Deliveries.
func (m *memory) PlatformDays(_ context.Context, _ *budgets.Budget, from, to localday.Day) (all []budgets.PlatformDay, err error) {
	for _, d := range m.delivered {
		if d.Day >= from && d.Day < to {
			all = append(all, d)
		}
	}
	return all, m.silent
}

func service(t testing.TB) (*budgets.Service, *memory) {
	store := &memory{state: open(t, request(budgets.KindTotal)).State()}
	return budgets.NewService(store, lax{}, store, func() time.Time { return noon.Add(time.Nanosecond) }), store
}

func TestABudgetIsFoundByItsPartnerAlone(t *testing.T) {
	s, _ := service(t)
	for _, c := range []struct {
		who   string
		as    uuid.UUID
		found bool
	}{{"its partner", partner, true}, {"an administrator", uuid.Nil, true}, {"another partner", campaign, false}} {
		_, byID := s.Get(t.Context(), c.as, budgetID)
		_, byCampaign := s.ForCampaign(t.Context(), c.as, campaign)
		_, patch := s.Patch(t.Context(), event.Origin{Partner: c.as, Kind: event.ActorKey}, budgetID, 0, limit(200))
		for _, err := range []error{byID, byCampaign, patch} {
			if (err == nil) != c.found || err != nil && !errors.Is(err, budgets.ErrNotFound) {
				t.Errorf("%s: %v", c.who, err)
			}
		}
	}
}

func TestAnAdministratorsPatchIsOfTheBudgetsPartner(t *testing.T) {
	s, store := service(t)
	if _, err := s.Patch(t.Context(), event.Origin{Kind: event.ActorKey, ID: "admin"}, budgetID, 1, limit(200)); err != nil {
		t.Fatal(err)
	}
	e := store.events[0]
	if e.Partner != partner || e.Origin.ID != "admin" || !e.OccurredAt.Equal(noon) {
		t.Errorf("got %+v", e)
	}
}

func TestPatchValidateOnlyStoresNothing(t *testing.T) {
	s, store := service(t)
	check := limit(200)
	check.ValidateOnly = true
	b, err := s.Patch(t.Context(), manager, budgetID, 1, check)
	if err != nil || b.State().Limit != usd(200).Micros {
		t.Fatalf("it would become %v, %v", b, err)
	}
	if store.state.Limit != usd(100).Micros || len(store.events) != 0 {
		t.Error("it was stored")
	}
	if _, err := s.Patch(t.Context(), manager, budgetID, 7, check); !errors.Is(err, budgets.ErrStale) {
		t.Errorf("a wrong revision: %v", err)
	}
	check.Limit = new(usd(0))
	if _, err := s.Patch(t.Context(), manager, budgetID, 1, check); err == nil {
		t.Error("a limit of nothing passed the check")
	}
}

func TestATotalBudgetIsHeldAgainstTheLastFourWeeks(t *testing.T) {
	sure := func(units int64) budgets.Patch { p := limit(units); p.Confirmed = true; return p }
	for _, c := range []struct {
		why    string
		days   int
		ago    localday.Day // the last of the days
		silent error
		patch  budgets.Patch
		want   error
	}{
		{why: "cents of what ten days have taken", days: 10, ago: 1, patch: limit(300), want: budgets.ErrUnusual},
		{why: "a person means it", days: 10, ago: 1, patch: sure(300)},
		{why: "no more than twice the limit", days: 10, ago: 1, patch: limit(200)},
		{why: "six days say little", days: 6, ago: 1, patch: limit(300)},
		{why: "what was five weeks ago says nothing", days: 10, ago: 35, patch: limit(300)},
		{why: "nobody can say what it is used to", silent: errors.ErrUnsupported, patch: limit(300), want: budgets.ErrUnguarded},
		{why: "which no reduction needs", silent: errors.ErrUnsupported, patch: limit(50)},
	} {
		s, store := service(t)
		store.state.Settled = usd(2).Micros
		today := budgets.Restore(store.state).Today(noon)
		for i := range localday.Day(c.days) {
			store.delivered = append(store.delivered, budgets.PlatformDay{Day: today - c.ago - i, Platform: "meta", Spend: usd(2).Micros / 10})
		}
		store.silent = c.silent
		if _, err := s.Patch(t.Context(), manager, budgetID, 0, c.patch); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.why, err, c.want)
		}
	}
}

// TestTwoEditsOfOneRevision is F33: one wins, the other is told.
func TestTwoEditsOfOneRevision(t *testing.T) {
	s, store := service(t)
	results := make(chan error)
	for units := range int64(8) {
		go func() {
			_, err := s.Patch(context.Background(), manager, budgetID, 1, limit(200+units))
			results <- err
		}()
	}
	won := 0
	for range 8 {
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, budgets.ErrStale):
			t.Error(err)
		}
	}
	if won != 1 || store.state.Revision != 2 || len(store.events) != 1 {
		t.Errorf("%d edits won, revision %d, %d events", won, store.state.Revision, len(store.events))
	}
}

// lax is Guards of partners that allow whatever the default does not.
type lax struct{}

func (lax) Policy(context.Context, uuid.UUID) (budgets.Policy, error) {
	p := budgets.DefaultPolicy()
	p.MaxInDay, p.Threshold = 1000, 1000
	return p, nil
}

func (lax) SetPolicy(context.Context, event.Origin, time.Time, int64, func(budgets.Policy) (budgets.Policy, error)) (budgets.Policy, error) {
	return budgets.Policy{}, errors.ErrUnsupported
}
