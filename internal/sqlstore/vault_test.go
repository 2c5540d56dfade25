package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// counter is a clock that tests move.
type counter struct{ at atomic.Int64 }

func (c *counter) now() time.Time { return noon.Add(time.Duration(c.at.Load())) }

// running is an authorizer at work.
func running(t testing.TB, db *DB) *budgets.Authorizer {
	t.Helper()
	a := budgets.NewAuthorizer(db.Vault())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = a.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return a
}

// proven wants the ledger to add up.
func proven(t testing.TB, db *DB, partner uuid.UUID) LedgerProof {
	t.Helper()
	p, err := db.Ledger().Prove(context.Background(), partner)
	if err != nil || p.Broken != nil || len(p.Differences) > 0 {
		t.Errorf("ledger of %s: %v %v %s", partner, err, p.Broken, strings.Join(p.Differences, "; "))
	}
	return p
}

// withinLimits replays a partner's ledger and wants what is settled and
// reserved to be within each campaign's limit, and what all campaigns spend and
// hold within the partner's, after every entry.
func withinLimits(t testing.TB, db *DB, partner uuid.UUID, daily int64) {
	t.Helper()
	book, after := ledger.NewBook(), int64(0)
	for {
		stored, err := db.Ledger().Entries(context.Background(), partner, Span{After: after}, false, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stored {
			entry, err := s.Entry()
			if err == nil {
				err = book.Add(entry)
			}
			if err != nil {
				t.Fatal(err)
			}
			for id, f := range book.Campaigns {
				if f.Settled+f.Reserved > f.Limit {
					t.Fatalf("entry %d: campaign %s has %+v", s.Seq, id, f)
				}
			}
			for key, d := range book.Days {
				if d.Spent+d.Reserved > daily {
					t.Fatalf("entry %d: %s has %+v", s.Seq, key.Day, d)
				}
			}
			after = s.Seq
		}
		if len(stored) < 500 {
			return
		}
	}
}

// nested is a partner with a daily limit over campaigns with their own.
func nested(t *testing.T, db *DB, daily int64, limits ...int64) (uuid.UUID, []campaigns.State) {
	t.Helper()
	id := newID()
	limit, contract := money.New(daily, "USD"), money.New(daily+1, "USD")
	p, err := partners.New(operator, noon, id, partners.NewPartner{
		Name: "Andes", Timezone: "America/Bogota", Currency: "USD", Limits: partners.Limits{DailyBudget: &limit},
		Contract: &partners.Contract{Active: true, Limit: &contract},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Partners().Insert(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	var all []campaigns.State
	for _, units := range limits {
		all = append(all, openCampaign(t, db, id, campaigns.BudgetTotal, units))
	}
	return id, all
}

// history is what clients did and saw, for the checker: reserving and giving
// back single units of two budgets under one partner.
type asked struct {
	campaign int
	release  bool
}

type held [3]int64 // of each campaign, and the free units of the partner

func model(limits [2]int64, partner int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return held{limits[0], limits[1], partner} },
		Step: func(state, input, output any) (bool, any) {
			s, in, granted := state.(held), input.(asked), output.(bool)
			unit := int64(1)
			if in.release {
				unit = -1
			}
			fits := s[in.campaign] >= unit && s[2] >= unit
			if in.release {
				fits = true
			}
			if granted != fits {
				return false, state
			}
			if granted {
				s[in.campaign] -= unit
				s[2] -= unit
			}
			return true, s
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// TestDecisionsAreLinearizable records what 64 to 256 clients that race for the
// last units see, and wants an order in which one after the other would have
// seen the same. Three nested limits bind: budget, partner's day and contract.
func TestDecisionsAreLinearizable(t *testing.T) {
	histories := testenv.Runs(t, 10_000)
	eachEngine(t, func(t *testing.T, db *DB) {
		share := histories * 4 / 5
		if db.name == postgresDialect.name {
			share = histories / 5
		}
		a, begun, seed := running(t, db), atomic.Int64{}, rand.Uint64()
		var refused atomic.Int64
		var group sync.WaitGroup
		for range 16 { // at once, so that batches hold decisions about many partners
			group.Go(func() {
				for h := begun.Add(1); h <= int64(share) && !t.Failed(); h = begun.Add(1) {
					refused.Add(checkHistory(t, db, a, seed+uint64(h)))
				}
			})
		}
		group.Wait()
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
		if refused.Load() == 0 {
			t.Error("the fault did not happen: nothing was refused")
		}
	})
}

// recorder keeps what clients asked and saw.
type recorder struct {
	start time.Time
	mu    sync.Mutex
	ops   []porcupine.Operation
}

func (r *recorder) record(client int, in asked, do func() bool) (granted bool) {
	called := time.Since(r.start).Nanoseconds()
	granted = do()
	returned := time.Since(r.start).Nanoseconds()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: granted, Return: returned})
	return granted
}

func checkHistory(t *testing.T, db *DB, a *budgets.Authorizer, seed uint64) (refused int64) {
	limits, daily, clients := [2]int64{20, 30}, int64(40), 64<<(seed%3)
	partner, all := nested(t, db, daily*money.Unit, limits[0], limits[1])
	r := recorder{start: time.Now()}
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(client)))
			by := event.Origin{Partner: partner, Kind: event.ActorKey, ID: fmt.Sprint(client)}
			c, id := random.IntN(2), newID()
			got := r.record(client, asked{campaign: c}, func() bool {
				_, err := a.Reserve(context.Background(), by, budgets.NewReservation{ID: id, Budget: all[c].BudgetID, Amount: budgets.Amount{Micros: money.Unit}})
				if err != nil && !errors.Is(err, budgets.ErrExhausted) {
					t.Error(err)
				}
				return err == nil
			})
			if got && random.IntN(2) == 0 {
				r.record(client, asked{c, true}, func() bool {
					_, err := a.Release(context.Background(), by, id)
					if err != nil {
						t.Error(err)
					}
					return err == nil
				})
			}
		})
	}
	group.Wait()
	if !porcupine.CheckOperations(model(limits, daily), r.ops) {
		t.Errorf("seed %d: not linearizable: %+v", seed, r.ops)
	}
	withinLimits(t, db, partner, daily*money.Unit)
	for _, op := range r.ops {
		if !op.Output.(bool) {
			refused++
		}
	}
	return refused
}

// TestTheLastCentGoesToOne has many clients ask for all that is left.
func TestTheLastCentGoesToOne(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		a := running(t, db)
		partner, all := nested(t, db, 1000*money.Unit, 1)
		var granted atomic.Int64
		var group sync.WaitGroup
		for range 256 {
			group.Go(func() {
				_, err := a.Reserve(t.Context(), event.Origin{Partner: partner}, budgets.NewReservation{ID: newID(), Budget: all[0].BudgetID, Amount: budgets.Amount{Micros: money.Unit}})
				if err == nil {
					granted.Add(1)
				} else if !errors.Is(err, budgets.ErrExhausted) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if granted.Load() != 1 {
			t.Errorf("it went to %d", granted.Load())
		}
		proven(t, db, partner)
	})
}

// A spend is read by its sender's id, as it was answered.
func TestASpendIsFoundByItsID(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		a := running(t, db)
		partner, all := nested(t, db, 1000*money.Unit, 5)
		made, err := a.Spend(t.Context(), event.Origin{Partner: partner}, budgets.NewSpend{Budget: all[0].BudgetID, ID: "invoice/7", Amount: budgets.Amount{Micros: 7 * money.Unit}})
		if err != nil {
			t.Fatal(err)
		}
		for _, asks := range []uuid.UUID{partner, uuid.Nil} { // the partner, and an administrator
			got, err := db.Vault().Spend(t.Context(), asks, all[0].BudgetID, "invoice/7")
			if err != nil || got.Amount != made.Amount || got.Overdelivery != made.Overdelivery || !got.RecordedAt.Equal(made.RecordedAt.Truncate(time.Microsecond)) {
				t.Errorf("as %s: %+v, %v; it was %+v", asks, got, err, made.Spend)
			}
		}
		for _, none := range []string{"invoice/8", ""} {
			if _, err := db.Vault().Spend(t.Context(), partner, all[0].BudgetID, none); !errors.Is(err, budgets.ErrSpendNotFound) {
				t.Errorf("%q: %v", none, err)
			}
		}
		if _, err := db.Vault().Spend(t.Context(), newID(), all[0].BudgetID, "invoice/7"); !errors.Is(err, budgets.ErrSpendNotFound) {
			t.Errorf("another partner's: %v", err)
		}
	})
}

// TestExpiryRacesCommit lets reservations run out while they are committed.
// Each must come to one end: committed within its time, or expired and then a
// late fact.
func TestExpiryRacesCommit(t *testing.T) {
	const width = 250
	rounds := 100_000 / width
	if testing.Short() {
		rounds = 4
	}
	var clock counter
	db, err := Open(t.Context(), Config{URL: t.TempDir(), Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a := running(t, db)
	partner, all := nested(t, db, 1_000_000_000*money.Unit, 1_000_000)
	committed, late := 0, 0
	for range rounds {
		ids := raceExpiry(t, a, &clock, event.Origin{Partner: partner}, all[0].BudgetID, width)
		for _, r := range reservationsOf(t, db, ids) {
			switch {
			case r.State == budgets.StateCommitted && !r.Late && r.Committed == 100:
				committed++
			case r.State == budgets.StateExpired && r.Late && r.Committed == 100:
				late++
			default:
				t.Fatalf("%+v is both or neither", r)
			}
		}
	}
	if committed+late != rounds*width || committed < rounds || late < rounds {
		t.Errorf("%d committed, %d late in %d rounds", committed, late, rounds)
	}
	b, err := db.Budgets().Get(t.Context(), partner, all[0].BudgetID)
	if err != nil {
		t.Fatal(err)
	}
	if s := b.State(); s.Reserved != 0 || s.Settled != int64(100*rounds*width) {
		t.Errorf("reserved %d, settled %d of %d", s.Reserved, s.Settled, 100*rounds*width)
	}
	proven(t, db, partner)
}

// raceExpiry reserves, and then commits while the time runs out. The first is
// committed in time and the last too late, however the machine orders the rest.
func raceExpiry(t *testing.T, a *budgets.Authorizer, clock *counter, by event.Origin, budget uuid.UUID, width int) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, width)
	var group sync.WaitGroup
	for i := range ids {
		ids[i] = newID()
		group.Go(func() {
			_, err := a.Reserve(t.Context(), by, budgets.NewReservation{ID: ids[i], Budget: budget, Amount: budgets.Amount{Micros: money.Unit}, TTL: time.Second})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	first, over := make(chan struct{}), make(chan struct{})
	group.Go(func() {
		<-first
		clock.at.Add(int64(2 * time.Second))
		close(over)
		if err := a.Expire(t.Context(), clock.now()); err != nil {
			t.Error(err)
		}
	})
	for i, id := range ids {
		group.Go(func() {
			switch i {
			case 0:
				defer close(first)
			case width - 1:
				<-over
			}
			if _, err := a.Commit(t.Context(), by, id, budgets.Amount{Micros: 100}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	return ids
}

func reservationsOf(t *testing.T, db *DB, ids []uuid.UUID) []*budgets.Reservation {
	t.Helper()
	among, args := db.among(ids)
	rows, err := db.reader.QueryContext(t.Context(), `SELECT `+reservationColumns+` FROM budget_reservations WHERE id`+among, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := collect(rows, scanReservation)
	if err != nil || len(found) != len(ids) {
		t.Fatalf("%d of %d, %v", len(found), len(ids), err)
	}
	return found
}

// TestAHarmedLedgerIsFound edits, removes and cuts off what is stored.
func TestAHarmedLedgerIsFound(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		for _, c := range []struct {
			harm string
			want int64
		}{
			{`UPDATE ledger_entries SET recorded_at = recorded_at + 1 WHERE partner = $1 AND seq = 4`, 4},
			{`UPDATE ledger_entries SET body = (SELECT o.body FROM ledger_entries o WHERE o.partner = $1 AND o.seq = 5) WHERE partner = $1 AND seq = 3`, 3},
			{`DELETE FROM ledger_entries WHERE partner = $1 AND seq = 3`, 3},
			{`DELETE FROM ledger_entries WHERE partner = $1 AND seq > 4`, 5},
			{`UPDATE budgets SET settled = settled + 1 WHERE partner = $1`, 0},
			{`UPDATE ledger_days SET spent = spent - 1 WHERE partner = $1`, 0},
			{`UPDATE budget_reservations SET amount = amount + 1 WHERE partner = $1 AND state = 'reserved'`, 0},
		} {
			a := running(t, db)
			partner, all := nested(t, db, 1000*money.Unit, 100)
			by := event.Origin{Partner: partner}
			for i := range 6 {
				if _, err := a.Spend(t.Context(), by, budgets.NewSpend{Budget: all[0].BudgetID, ID: fmt.Sprint(i), Amount: budgets.Amount{Micros: int64(i + 1)}}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := a.Reserve(t.Context(), by, budgets.NewReservation{ID: newID(), Budget: all[0].BudgetID, Amount: budgets.Amount{Micros: 5}, TTL: time.Hour}); err != nil {
				t.Fatal(err)
			}
			proven(t, db, partner)
			if _, err := db.writer.ExecContext(t.Context(), c.harm, db.key(partner)); err != nil {
				t.Fatal(err)
			}
			p, err := db.Ledger().Prove(t.Context(), partner)
			var broken *ledger.Break
			switch {
			case err != nil:
				t.Error(err)
			case c.want == 0 && (p.Broken != nil || len(p.Differences) == 0):
				t.Errorf("%s: %+v", c.harm, p)
			case c.want != 0 && (!errors.As(p.Broken, &broken) || broken.Seq != c.want):
				t.Errorf("%s: %v, want entry %d", c.harm, p.Broken, c.want)
			}
		}
	})
}
