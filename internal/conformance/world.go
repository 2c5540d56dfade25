package conformance

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/targeting/segment"
)

// Log is the event log as consumers read it.
type Log interface {
	campaigns.History
	Heads(ctx context.Context) (map[uuid.UUID]int64, error)
	Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error)
	Changed() <-chan struct{}
	Cursors(ctx context.Context, consumer string) (map[uuid.UUID]int64, error)
	Advance(ctx context.Context, consumer string, seen map[uuid.UUID]int64, fence int64) (held bool, err error)
}

// Leases lets one node at a time hold a name.
type Leases interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, ok bool, err error)
	Release(ctx context.Context, name, holder string) error
}

// Funding is where limits are divided, moved and raised by two.
type Funding interface {
	budgets.Divider
	budgets.Extras
}

// Backend is a store under test. All its ports share one database.
type Backend struct {
	Campaigns campaigns.Store
	Budgets   budgets.Store
	Funding   Funding
	Guards    budgets.Guards
	Partners  partners.Store
	Keys      partners.KeyStore
	Sessions  partners.SessionStore
	Alerts    performance.AlertStore
	Webhooks  WebhookStore
	Platforms PlatformStore
	Panels    PanelStore
	Reach     ReachStore
	Audiences AudienceStore
	People    PeopleStore
	Segments  segment.Store
	Reports   ReportStore
	Studies   StudyStore
	Anomalies lookout.Store
	Rules     RuleStore
	Sources   performance.SourceStore
	Billing   BillingStore
	Payments  PaymentStore
	Books     LedgerReader
	Log       Log
	Leases    Leases
	Letters   LetterStore
	Inbound   InboundStore
	Days      ReportDays

	Suggestions SuggestionStore
	Now         func() time.Time // the backend's clock
}

// Run runs every suite.
func Run(t *testing.T, b Backend) {
	for name, suite := range map[string]func(*testing.T, Backend){
		"campaigns": Campaigns,
		"lists":     Lists,
		"budgets":   Budgets,
		"partners":  Partners,
		"alerts":    Alerts,
		"rules":     Rules,
		"reports":   Reports,
		"studies":   Studies,
		"webhooks":  Webhooks,
		"platforms": Platforms,
		"panels":    Panels,
		"audiences": Audiences,
		"segments":  Segments,
		"anomalies": Anomalies,
		"billing":   Billing,
		"payments":  Payments,
		"sources":   Sources,
		"log":       EventLog,

		"integration": Integration,
		"suggestions": Suggestions,
	} {
		t.Run(name, func(t *testing.T) { suite(t, b) })
	}
}

// cases are the named subtests of a suite.
type cases map[string]func(world)

func (c cases) run(t *testing.T, b Backend) {
	for name, test := range c {
		t.Run(name, func(t *testing.T) { test(world{t, b}) })
	}
}

// world is a backend with what tests say often.
type world struct {
	*testing.T
	Backend
}

var (
	operator = event.Origin{Kind: event.ActorOperator, ID: "suite"}
	errMine  = errors.New("an error of the change")
)

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// now is the backend's clock in what it can keep.
func (w world) now() time.Time { return w.Now().UTC().Truncate(time.Microsecond) }

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// is wants a sentinel.
func (w world) is(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("got %v, want %v", err, want)
	}
}

func (w world) equal(what string, got, want any) {
	w.Helper()
	if got != want {
		w.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// together calls f n times at once and returns what each gave.
func together[T any](n int, f func(i int) T) []T {
	results := make([]T, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			results[i] = f(i)
		})
	}
	done.Wait()
	return results
}

// tally counts the outcomes that are want; all the others must be other.
func (w world) tally(results []error, want, other error) int {
	w.Helper()
	n := 0
	for _, err := range results {
		switch {
		case errors.Is(err, want):
			n++
		case !errors.Is(err, other):
			w.Errorf("unexpected outcome: %v", err)
		}
	}
	return n
}

// happened are the types of a partner's events, from the first.
func (w world) happened(partner uuid.UUID) []string {
	w.Helper()
	types := []string{}
	for i, e := range w.events(partner) {
		types = append(types, e.Type)
		w.equal("seq", e.Seq, int64(i+1))
	}
	return types
}

func (w world) events(partner uuid.UUID) []event.Event {
	w.Helper()
	events, err := w.Log.Read(w.Context(), partner, 0, 10_000)
	w.must(err)
	return events
}

// sawOnly wants exactly these events in a partner's log, in this order.
func (w world) sawOnly(partner uuid.UUID, types ...string) {
	w.Helper()
	if got := w.happened(partner); !slices.Equal(got, types) {
		w.Errorf("events %v, want %v", got, types)
	}
}

// pages reads a list to its end, calling between before each next page.
func pages[T any](w world, page func(cursor string) ([]T, string, error), between func()) []T {
	w.Helper()
	var all []T
	for cursor := ""; ; between() {
		items, next, err := page(cursor)
		w.must(err)
		all = append(all, items...)
		if next == "" {
			return all
		}
		cursor = next
	}
}
