package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/money"
)

// The kill test of decisions starts this test binary again, has it decide one
// thing, and lets it kill itself at a point of the transaction.
const (
	deciderURL  = "SQLSTORE_TEST_DECIDER_URL" // set in the decider
	deciderDoes = "SQLSTORE_TEST_DECIDER_DOES"
)

var points = []string{begun, changed, flushed, committed}

// decisionStep is something that moves money, and where it leaves the budget.
type decisionStep struct {
	name              string
	reserved          bool // a reservation of 100 is there before
	after             time.Duration
	do                func(ctx context.Context, a *budgets.Authorizer, of killCase) error
	holds, hasSettled int64 // in units
}

// killCase is the same in both processes.
type killCase struct {
	Step, Point                  string
	Partner, Budget, Reservation uuid.UUID
}

func (k killCase) by() event.Origin {
	return event.Origin{Partner: k.Partner, Kind: event.ActorKey, ID: "kill"}
}

func (k killCase) reserve(ctx context.Context, a *budgets.Authorizer) error {
	_, err := a.Reserve(ctx, k.by(), budgets.NewReservation{ID: k.Reservation, Budget: k.Budget, Amount: budgets.Amount{Micros: 100 * money.Unit}, TTL: time.Minute})
	return err
}

var decisionSteps = []decisionStep{
	{name: "reserve", holds: 100, do: func(ctx context.Context, a *budgets.Authorizer, k killCase) error { return k.reserve(ctx, a) }},
	{name: "commit", reserved: true, hasSettled: 60, do: func(ctx context.Context, a *budgets.Authorizer, k killCase) error {
		_, err := a.Commit(ctx, k.by(), k.Reservation, budgets.Amount{Micros: 60 * money.Unit})
		return err
	}},
	{name: "release", reserved: true, do: func(ctx context.Context, a *budgets.Authorizer, k killCase) error {
		_, err := a.Release(ctx, k.by(), k.Reservation)
		return err
	}},
	{name: "expire", reserved: true, after: time.Hour, do: func(ctx context.Context, a *budgets.Authorizer, _ killCase) error {
		return a.Expire(ctx, noon.Add(time.Hour))
	}},
	{name: "commit too late", reserved: true, after: time.Hour, hasSettled: 60, do: func(ctx context.Context, a *budgets.Authorizer, k killCase) error {
		_, err := a.Commit(ctx, k.by(), k.Reservation, budgets.Amount{Micros: 60 * money.Unit})
		return err
	}},
	{name: "spend", hasSettled: 60, do: func(ctx context.Context, a *budgets.Authorizer, k killCase) error {
		_, err := a.Spend(ctx, k.by(), budgets.NewSpend{Budget: k.Budget, ID: "invoice-7", Amount: budgets.Amount{Micros: 60 * money.Unit}, OccurredAt: noon})
		return err
	}},
}

// runDecider is the decider's main. It ends by being killed.
func runDecider() error {
	var k killCase
	if err := json.Unmarshal([]byte(os.Getenv(deciderDoes)), &k); err != nil {
		return err
	}
	for _, s := range decisionSteps {
		if s.name != k.Step {
			continue
		}
		db, err := Open(context.Background(), Config{URL: os.Getenv(deciderURL), Now: func() time.Time { return noon.Add(s.after) }})
		if err != nil {
			return err
		}
		db.reached = func(at string) {
			if at == k.Point {
				self, _ := os.FindProcess(os.Getpid())
				_ = self.Kill()
				select {}
			}
		}
		a := budgets.NewAuthorizer(db.Vault())
		go func() { _ = a.Run(context.Background()) }()
		if err := s.do(context.Background(), a, k); err != nil {
			return err
		}
	}
	return errors.New("nobody was killed")
}

// TestKilledAtEveryPointOfADecision ends the process at each point between a
// request and its answer. Asked again, everything has happened exactly once, and
// the ledger adds up.
func TestKilledAtEveryPointOfADecision(t *testing.T) {
	steps := decisionSteps
	if testing.Short() {
		steps = steps[1:2]
	}
	for engine, url := range map[string]func(testing.TB) string{"sqlite": func(t testing.TB) string { return t.TempDir() }, "postgres": testenv.Postgres} {
		t.Run(engine, func(t *testing.T) {
			store := url(t)
			for _, s := range steps {
				for _, point := range points {
					t.Run(s.name+" "+point, func(t *testing.T) { killAt(t, store, s, point) })
				}
			}
		})
	}
}

func killAt(t *testing.T, url string, s decisionStep, point string) {
	k := killCase{Step: s.name, Point: point, Reservation: newID()}
	var entries int64
	onStore(t, url, 0, func(db *DB, a *budgets.Authorizer) {
		partner, all := nested(t, db, 1000*money.Unit, 500)
		k.Partner, k.Budget = partner, all[0].BudgetID
		if s.reserved {
			if err := k.reserve(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		entries = proven(t, db, partner).Head.Seq
	})
	task, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), deciderURL+"="+url, deciderDoes+"="+string(task))
	if out, err := child.CombinedOutput(); err == nil || len(out) > 0 {
		t.Fatalf("the decider was not killed: %v\n%s", err, out)
	}
	onStore(t, url, s.after, func(db *DB, a *budgets.Authorizer) {
		want := int64(0)
		if point == committed {
			want = 1
		}
		if happened := proven(t, db, k.Partner).Head.Seq - entries; happened != want {
			t.Errorf("%d entries, want %d", happened, want)
		}
		if err := s.do(t.Context(), a, k); err != nil {
			t.Error(err)
		}
		b, err := db.Budgets().Get(t.Context(), k.Partner, k.Budget)
		if err != nil {
			t.Fatal(err)
		}
		if st := b.State(); st.Reserved != s.holds*money.Unit || st.Settled != s.hasSettled*money.Unit {
			t.Errorf("holds %d, settled %d", st.Reserved, st.Settled)
		}
		if again := proven(t, db, k.Partner).Head.Seq - entries; again != 1 {
			t.Errorf("%d entries for one decision", again)
		}
	})
}

// onStore has the store to itself while it does something.
func onStore(t *testing.T, url string, after time.Duration, do func(*DB, *budgets.Authorizer)) {
	t.Helper()
	db, err := Open(t.Context(), Config{URL: url, Now: func() time.Time { return noon.Add(after) }})
	if err != nil {
		t.Fatal(err)
	}
	a := budgets.NewAuthorizer(db.Vault())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = a.Run(ctx) }()
	do(db, a)
	stop()
	<-done
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
