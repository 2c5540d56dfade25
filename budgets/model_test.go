package budgets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// shelf is a vault in memory: one transaction at a time.
type shelf struct {
	Vault
	books Books
	book  *ledger.Book
	lines []ledger.Line
	now   time.Time
}

func (s *shelf) Decide(_ context.Context, _ Needs, decide func(*Books) error) error {
	s.books.Now, s.books.Changed, s.books.Recorded = s.now, map[uuid.UUID]*Reservation{}, nil
	if err := decide(&s.books); err != nil {
		return err
	}
	for _, b := range s.books.Budgets {
		lines := b.PullLines()
		s.lines = append(s.lines, lines...)
		if err := s.book.Add(ledger.Entry{Lines: lines}); err != nil {
			return err
		}
	}
	return nil
}

// ask is a Decider without waiting.
func (s *shelf) ask(ctx context.Context, d *decision) error {
	err := s.Decide(ctx, d.needs, func(b *Books) error {
		if err := b.expire(); err != nil {
			return err
		}
		d.err = d.decide(b)
		return nil
	})
	return errors.Join(err, d.err)
}

func newShelf(t *rapid.T, kind Kind, daily int64) (*shelf, []*Budget) {
	partner := uuid.New()
	s := &shelf{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), book: ledger.NewBook(), books: Books{
		Budgets: map[uuid.UUID]*Budget{}, Reservations: map[uuid.UUID]*Reservation{}, Spends: map[SpendRef]*Spend{},
		Allowances: map[uuid.UUID]*Allowance{},
	}}
	limit := money.New(daily, "USD")
	s.books.Allowances[partner] = &Allowance{Daily: &limit, Days: map[ledger.DayKey]ledger.DaySums{}}
	var all []*Budget
	for range 2 {
		b, err := Open(event.Origin{Partner: partner}, s.now, NewBudget{
			ID: uuid.New(), Partner: partner, Campaign: uuid.New(), Kind: kind, Limit: money.New(100, "USD"), Timezone: "America/Bogota", Levels: []Level{},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.books.Budgets[b.state.ID] = b
		all = append(all, b)
	}
	if err := s.Decide(context.Background(), Needs{}, func(*Books) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return s, all
}

// TestWhatAlwaysHolds plays any commands to two budgets under one partner and
// wants, after each: no scope has more settled and reserved than its limit, the
// ledger adds up to the budgets, what is reserved is what open reservations
// hold, and every reservation has come to at most one end. Clocks may step.
func TestWhatAlwaysHolds(t *testing.T) {
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s, all := newShelf(t, kind, 150)
				m := commands{shelf: s, all: all, ends: map[uuid.UUID]ReservationState{}}
				t.Repeat(map[string]func(*rapid.T){
					"": m.check, "reserve": m.reserve, "commit": m.commit, "release": m.release, "spend": m.spend, "wait": m.wait, "step": m.step,
				})
			})
		})
	}
}

type commands struct {
	*shelf
	all  []*Budget
	ids  []uuid.UUID
	ends map[uuid.UUID]ReservationState
	n    int
}

func (m *commands) decider() Decider { return Decider{m.ask} }

func (m *commands) reserve(t *rapid.T) {
	b, id := rapid.SampledFrom(m.all).Draw(t, "budget"), uuid.New()
	amount := rapid.Int64Range(1, 120).Draw(t, "amount")
	day := b.Today(m.now)
	free := b.free(b.period(day))
	used, err := m.books.Allowances[b.state.Partner].used("USD", day, day+1)
	if err != nil {
		t.Fatal(err)
	}
	due := int64(0)
	for _, r := range m.books.Reservations {
		if r.due(m.now) {
			due += r.Amount
		}
	}
	_, err = m.decider().Reserve(context.Background(), event.Origin{}, NewReservation{ID: id, Budget: b.state.ID, Amount: Amount{Micros: amount}, TTL: 90 * time.Minute})
	granted := err == nil
	if due == 0 && granted != (amount <= free && amount <= max(0, 150-used)) {
		t.Fatalf("%d asked, %d free, %d used of the day: %v", amount, free, used, err)
	}
	if granted {
		m.ids = append(m.ids, id)
	} else if !errors.Is(err, ErrExhausted) {
		t.Fatal(err)
	}
}

// one is any reservation made before, nil while there is none.
func (m *commands) one(t *rapid.T) *Reservation {
	if len(m.ids) == 0 {
		return nil
	}
	return m.books.Reservations[rapid.SampledFrom(m.ids).Draw(t, "reservation")]
}

func (m *commands) commit(t *rapid.T) {
	r := m.one(t)
	if r == nil {
		return
	}
	_, err := m.decider().Commit(context.Background(), event.Origin{}, r.ID, Amount{Micros: rapid.Int64Range(0, r.Amount).Draw(t, "amount")})
	if err != nil && !errors.Is(err, ErrResolved) {
		t.Fatal(err)
	}
}

func (m *commands) release(t *rapid.T) {
	r := m.one(t)
	if r == nil {
		return
	}
	_, err := m.decider().Release(context.Background(), event.Origin{}, r.ID)
	if err != nil && !errors.Is(err, ErrResolved) {
		t.Fatal(err)
	}
}

func (m *commands) spend(t *rapid.T) {
	b := rapid.SampledFrom(m.all).Draw(t, "budget")
	amount := rapid.Int64Range(-80, 80).Filter(func(n int64) bool { return n != 0 }).Draw(t, "amount")
	at := m.now.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "hours ago")) * time.Hour)
	m.n++
	_, err := m.decider().Spend(context.Background(), event.Origin{}, NewSpend{Budget: b.state.ID, ID: fmt.Sprint(m.n), Amount: Amount{Micros: amount}, OccurredAt: at})
	if err != nil {
		t.Fatal(err)
	}
}

func (m *commands) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 40*60).Draw(t, "minutes")) * time.Minute)
}

// step sets the clock, or has the next decision made by a node whose clock is
// another: back across expiries and midnights, and forth.
func (m *commands) step(t *rapid.T) {
	m.now = m.now.Add(rapid.SampledFrom([]time.Duration{-24 * time.Hour, -time.Hour, -10 * time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "by"))
}

func (m *commands) check(t *rapid.T) {
	open := map[uuid.UUID]int64{}
	for id, r := range m.books.Reservations {
		if r.State == StateReserved {
			open[r.Budget] += r.Amount
		}
		if before, ended := m.ends[id]; ended && before != r.State {
			t.Fatalf("reservation went from %s to %s", before, r.State)
		}
		if r.State != StateReserved {
			m.ends[id] = r.State
		}
	}
	for _, b := range m.all {
		s := b.state
		want := ledger.Figures{Limit: m.book.Campaigns[s.Campaign].Limit, Reserved: s.Reserved, Settled: s.Settled - s.Overdelivery, Overdelivery: s.Overdelivery, Credit: s.Credit}
		if got := m.book.Campaigns[s.Campaign]; got != want {
			t.Fatalf("the ledger has %+v, the budget %+v", got, want)
		}
		if s.Reserved != open[s.ID] {
			t.Fatalf("%d reserved, %d open", s.Reserved, open[s.ID])
		}
		m.checkPeriods(t, b)
	}
	kept := maps.Clone(m.books.Allowances[m.all[0].state.Partner].Days)
	for key, sums := range m.book.Days {
		if kept[key] != sums {
			t.Fatalf("%s: kept %+v, the ledger has %+v", key.Day, kept[key], sums)
		}
	}
}

// checkPeriods holds each period of a budget against its own limit.
func (m *commands) checkPeriods(t *rapid.T, b *Budget) {
	sums := map[localday.Day]ledger.Figures{}
	for _, l := range m.lines {
		if l.Campaign == b.state.Campaign {
			period := b.period(l.Day)
			sums[period], _ = sums[period].Add(l.Figures)
		}
	}
	for period, f := range sums {
		if f.Settled+f.Reserved > f.Limit || f.Limit != 100 || f.Reserved < 0 || f.Settled < 0 {
			t.Fatalf("period %s has %+v", period, f)
		}
	}
}
