package campaigns_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// world is a store in memory with the facts that tests set, and a clock.
type world struct {
	*campaigns.Service
	t        testing.TB
	mu       sync.Mutex
	now      time.Time
	states   map[uuid.UUID][]byte // JSON, so that nothing is shared and everything round-trips
	budgets  map[uuid.UUID]campaigns.NewBudget
	log      []event.Event
	figures  campaigns.Figures
	settled  money.Money
	standing campaigns.Standing
	broken   error // what the facts fail with
}

var (
	start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	by    = event.Origin{Partner: uuid.MustParse("01890000-0000-7000-8000-000000000001"), Kind: event.ActorKey, ID: "key-1", Name: "Ana", From: "api"}
	other = event.Origin{Partner: uuid.MustParse("01890000-0000-7000-8000-000000000002"), Kind: event.ActorKey, ID: "key-2"}
	admin = event.Origin{Kind: event.ActorKey, ID: "admin"}
	ctx   = context.Background()
)

func usd(units int64) money.Money { return money.New(units*money.Unit, "USD") }

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, now: start, states: map[uuid.UUID][]byte{}, budgets: map[uuid.UUID]campaigns.NewBudget{},
		settled: usd(0), figures: campaigns.Figures{Spend: usd(0), Revenue: usd(0)},
		standing: campaigns.Standing{ContractActive: true},
	}
	ids := func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	w.Service = campaigns.NewService(w, w, func() time.Time { return w.now }, ids)
	return w
}

func (w *world) Insert(_ context.Context, c *campaigns.Campaign, b campaigns.NewBudget) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, taken := w.states[c.State().ID]; taken {
		return campaigns.ErrExists
	}
	w.budgets[c.State().ID] = b
	w.keep(c)
	return nil
}

func (w *world) keep(c *campaigns.Campaign) {
	body, err := json.Marshal(c.State())
	if err != nil {
		panic(err)
	}
	w.states[c.State().ID] = body
	for _, e := range c.PullEvents() {
		e.Seq = int64(len(w.log) + 1)
		w.log = append(w.log, e)
	}
}

func (w *world) read(partner, id uuid.UUID) (*campaigns.Campaign, error) {
	body, ok := w.states[id]
	if !ok {
		return nil, campaigns.ErrNotFound
	}
	var s campaigns.State
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, err
	}
	if partner != uuid.Nil && partner != s.Partner {
		return nil, campaigns.ErrNotFound
	}
	return campaigns.Restore(s), nil
}

func (w *world) Get(_ context.Context, partner, id uuid.UUID) (*campaigns.Campaign, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.read(partner, id)
}

func (w *world) List(_ context.Context, partner uuid.UUID, q campaigns.Query) ([]*campaigns.Campaign, string, error) {
	var found []*campaigns.Campaign
	for id := range w.states {
		c, err := w.Get(ctx, partner, id)
		if err == nil && (len(q.Status) == 0 || slices.Contains(q.Status, c.State().Status)) && strings.Contains(c.State().Name, q.Text) {
			found = append(found, c)
		}
	}
	return found, "", nil
}

func (w *world) Update(_ context.Context, partner, id uuid.UUID, revision int64, change func(*campaigns.Campaign, campaigns.Facts) error) (*campaigns.Campaign, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.read(partner, id)
	if err != nil {
		return nil, err
	}
	before := c.State().Revision
	if revision != 0 && revision != before {
		return nil, campaigns.ErrStale
	}
	if err := change(c, facts{w, id}); err != nil {
		return nil, err
	}
	if c.State().Revision != before {
		w.keep(c)
	}
	return c, nil
}

func (w *world) Facts(_ context.Context, _, id uuid.UUID) (campaigns.Figures, campaigns.Funding, campaigns.Standing, error) {
	f, err := facts{w, id}.Funding()
	return w.figures, f, w.standing, err
}

func (w *world) Due(_ context.Context, now time.Time, after uuid.UUID, limit int) ([]campaigns.Ref, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var refs []campaigns.Ref
	for id := range w.states {
		c, err := w.read(uuid.Nil, id)
		if err != nil {
			return nil, err
		}
		if due := c.State().DueAt(); due != nil && !due.After(now) && bytes.Compare(id[:], after[:]) > 0 {
			refs = append(refs, campaigns.Ref{Partner: c.State().Partner, ID: id})
		}
	}
	slices.SortFunc(refs, func(a, b campaigns.Ref) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return refs[:min(len(refs), limit)], nil
}

func (w *world) History(_ context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error) {
	var found []event.Event
	for _, e := range w.log {
		if e.Partner == partner && e.AggregateID == aggregate && e.Seq > after && len(found) < limit {
			found = append(found, e)
		}
	}
	return found, nil
}

// facts are the world's, with what the campaign's budget was opened with.
type facts struct {
	w  *world
	id uuid.UUID
}

func (f facts) Figures() (campaigns.Figures, error)   { return f.w.figures, f.w.broken }
func (f facts) Standing() (campaigns.Standing, error) { return f.w.standing, f.w.broken }
func (f facts) Funding() (campaigns.Funding, error) {
	b := f.w.budgets[f.id]
	left, err := b.Limit.Sub(f.w.settled)
	if err != nil {
		return campaigns.Funding{}, err
	}
	left.Micros = max(0, left.Micros)
	return campaigns.Funding{
		BudgetID: b.ID, Kind: b.Kind, Limit: b.Limit, Settled: f.w.settled, Available: left,
		Exhausted: left.IsZero(), AutoPause: b.AutoPause, Thresholds: b.Thresholds,
	}, f.w.broken
}
