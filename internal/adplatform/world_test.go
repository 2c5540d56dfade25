package adplatform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

var (
	partner   = uuid.MustParse("0193c8a0-0000-7000-8000-0000000000aa")
	by        = event.Origin{Partner: partner, Kind: event.ActorKey}
	errNoSuch = fault.New(fault.NotFound, "campaign_not_found", "There is no such campaign.", "")
)

// world is the rest of the program, in memory.
type world struct {
	*Importer
	mu        sync.Mutex
	now       time.Time
	ids       int
	saved     map[uuid.UUID]Import
	links     map[string]uuid.UUID
	campaigns map[uuid.UUID]Campaign
	drafts    []Draft
	events    map[string]performance.Event
	record    func() error // what the next Record answers
	waited    []time.Duration
}

func newWorld(t *testing.T) *world {
	w := &world{
		now:   time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		saved: map[uuid.UUID]Import{}, links: map[string]uuid.UUID{}, campaigns: map[uuid.UUID]Campaign{}, events: map[string]performance.Event{},
	}
	w.Importer = NewImporter(Ports{Store: w, Links: w, Campaigns: w, Metrics: w, Pulls: pulls{}}, w.clock, w.id, slog.New(slog.DiscardHandler))
	w.Dir = t.TempDir()
	w.wait = func(_ context.Context, d time.Duration) error {
		w.waited = append(w.waited, d)
		w.advance(d)
		return nil
	}
	return w
}

func (w *world) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *world) advance(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

func (w *world) id() uuid.UUID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return uuid.MustParse(fmt.Sprintf("0193c8a0-0000-7000-8000-%012d", w.ids))
}

func (w *world) campaign(currency money.Currency) uuid.UUID {
	id := w.id()
	w.campaigns[id] = Campaign{ID: id, Name: "Ours", Currency: currency, Zone: time.UTC}
	return id
}

func (w *world) Save(_ context.Context, i Import) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.saved[i.ID] = i
	return nil
}

// Get shadows the importer's, which is w.Importer.Get.
func (w *world) Get(_ context.Context, partner, id uuid.UUID) (Import, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, ok := w.saved[id]
	if !ok || i.Partner != partner {
		return Import{}, ErrNotFound
	}
	return i, nil
}

func (w *world) Link(_ context.Context, partner uuid.UUID, platform, external string, campaign uuid.UUID) (uuid.UUID, error) {
	key := fmt.Sprint(partner, platform, external)
	if _, ok := w.links[key]; !ok {
		w.links[key] = campaign
	}
	return w.links[key], nil
}

func (w *world) Linked(_ context.Context, partner uuid.UUID, platform, external string) (uuid.UUID, error) {
	return w.links[fmt.Sprint(partner, platform, external)], nil
}

func (w *world) Campaign(_ context.Context, _, id uuid.UUID) (Campaign, error) {
	c, ok := w.campaigns[id]
	if !ok {
		return c, errNoSuch
	}
	return c, nil
}

func (w *world) CreateDraft(_ context.Context, _ event.Origin, d Draft) (Campaign, error) {
	w.drafts = append(w.drafts, d)
	c := Campaign{ID: d.ID, Name: d.Name, Currency: money.Currency(d.Currency), Zone: time.UTC}
	if d.Currency == "" {
		c.Currency = "USD"
	}
	w.campaigns[d.ID] = c
	return c, nil
}

// Record counts an event once, and refuses the same id with other content.
func (w *world) Record(_ context.Context, _ event.Origin, events []performance.Event) (performance.Receipt, error) {
	if w.record != nil {
		if err := w.record(); err != nil {
			return performance.Receipt{}, err
		}
	}
	var receipt performance.Receipt
	for i := range events {
		e := events[i]
		before, ok := w.events[e.ID]
		then, _ := performance.Fingerprint(&before, nil)
		now, _ := performance.Fingerprint(&e, nil)
		switch {
		case !ok:
			w.events[e.ID] = e
			receipt.Accepted++
		case then == now:
			receipt.Duplicates++
		default:
			receipt.Reject(performance.Rejection{Index: i, Code: performance.CodeIDReused, Detail: "other content"})
		}
	}
	return receipt, nil
}

// imported starts an import and works on it to its end.
func (w *world) imported(t *testing.T, r Request, table string) Import {
	t.Helper()
	started, err := w.Start(t.Context(), by, r, strings.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	if started.State != Running {
		t.Errorf("started as %s", started.State)
	}
	w.finish(t.Context(), <-w.jobs)
	i, err := w.Importer.Get(t.Context(), partner, started.ID)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func codes(err error) string {
	var all []string
	var f *fault.Error
	if errors.As(err, &f) {
		for _, field := range f.Fields {
			all = append(all, field.Path+" "+field.Code)
		}
	}
	return strings.Join(all, ", ")
}
