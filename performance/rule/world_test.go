package rule

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// world is the ports of the engine in memory, with one partner and campaign and
// a clock that stands still until it is moved. Stored things go through JSON, as
// in a real store.
type world struct {
	testing.TB
	partner   uuid.UUID
	campaign  Campaign
	now       time.Time
	seq       int64
	rules     map[uuid.UUID]State
	standings map[place][]byte
	alerts    map[uuid.UUID]performance.AlertRecord
	raised    []performance.AlertRecord // in the order in which they fired
	ended     map[uuid.UUID]string
	chunks    []chunk
	log       []event.Event
	decisions int
}

type chunk struct {
	at     int64
	events []performance.Event
}

var bogota = must(time.LoadLocation("America/Bogota"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// newWorld begins on 4 March 2026 at 10:00 in Bogotá.
func newWorld(t testing.TB) *world {
	start := time.Date(2026, 3, 4, 10, 0, 0, 0, bogota).UTC()
	end := start.AddDate(0, 0, 10)
	w := &world{
		TB: t, partner: uuid.Must(uuid.NewV7()), now: start, rules: map[uuid.UUID]State{}, standings: map[place][]byte{},
		alerts: map[uuid.UUID]performance.AlertRecord{}, ended: map[uuid.UUID]string{},
	}
	w.campaign = Campaign{
		Partner: w.partner, ID: uuid.Must(uuid.NewV7()), Name: "Trail shoes", Type: "SEARCH", Currency: "USD", Zone: bogota,
		ActiveSince: &start, Start: &start, End: &end, Limit: 100 * million,
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) service() *Service {
	return NewService(w, w, w, w, w, []string{"SEARCH", "SOCIAL"}, func() time.Time { return w.now })
}

func (w *world) engine() *Engine {
	return NewEngine(w, w, w, builtIn{w}, w, func() time.Time { return w.now })
}

// rule makes a rule with no event.
func (w *world) rule(d Definition) State {
	w.Helper()
	w.must(d.check([]string{"SEARCH", "SOCIAL"}))
	r := create(event.Origin{Partner: w.partner}, w.now, uuid.Must(uuid.NewV7()), d)
	w.rules[r.state.ID] = r.state
	return r.state
}

// record commits facts after a while, and returns the event of the commit.
func (w *world) record(after time.Duration, facts ...performance.Event) event.Event {
	w.now = w.now.Add(after)
	for i := range facts {
		if facts[i].OccurredAt == 0 {
			facts[i].OccurredAt = micros(w.now)
		}
	}
	w.chunks = append(w.chunks, chunk{micros(w.now), facts})
	body := must(json.Marshal(map[string]any{"campaigns": []any{map[string]any{"campaign_id": w.campaign.ID}}}))
	return w.happened(performance.TypeUpdated, uuid.Nil, body)
}

func (w *world) happened(eventType string, aggregate uuid.UUID, data []byte) event.Event {
	w.seq++
	e := event.Event{
		ID: uuid.Must(uuid.NewV7()), Partner: w.partner, Seq: w.seq, Type: eventType, AggregateID: aggregate,
		OccurredAt: w.now, RecordedAt: w.now, Data: data,
	}
	w.log = append(w.log, e)
	return e
}

func delivered(impressions, clicks int64) performance.Event {
	return performance.Event{Metrics: performance.Metrics{Impressions: impressions, Clicks: clicks}}
}

func spent(units int64) performance.Event {
	return performance.Event{Metrics: performance.Metrics{Impressions: 1, Spend: units * million}}
}

// open are the alerts that are not over.
func (w *world) open() int {
	n := 0
	for _, a := range w.alerts {
		if a.State != performance.Resolved {
			n++
		}
	}
	return n
}

// firedAt are the moments of all alerts, in order.
func (w *world) firedAt() []string {
	var all []string
	for _, a := range w.raised {
		all = append(all, a.FiredAt.In(bogota).Format("02 15:04"))
	}
	return all
}

func (w *world) wantFired(times ...string) {
	w.Helper()
	if got := w.firedAt(); !slices.Equal(got, times) {
		w.Errorf("fired at %v, want %v", got, times)
	}
}

// Insert and what follows are the ports.
func (w *world) Insert(_ context.Context, r *Rule) error { w.rules[r.state.ID] = r.state; return nil }

func (w *world) Get(_ context.Context, _, id uuid.UUID) (*Rule, error) {
	s, ok := w.rules[id]
	if !ok {
		return nil, ErrNotFound
	}
	return Restore(s), nil
}

func (w *world) Update(_ context.Context, _, id uuid.UUID, _ int64, change func(*Rule) error) (*Rule, error) {
	r := Restore(w.rules[id])
	err := change(r)
	w.rules[id] = r.state
	for _, e := range r.PullEvents() {
		w.happened(e.Type, id, e.Data)
	}
	return r, err
}

func (w *world) Remove(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Rule) error) (*Rule, error) {
	r, err := w.Update(ctx, partner, id, revision, change)
	delete(w.rules, id)
	return r, err
}

func (w *world) List(_ context.Context, _ uuid.UUID, q Query) (items []*Rule, _ string, _ error) {
	for _, s := range w.rules {
		if q.Enabled == nil || *q.Enabled == s.Enabled {
			items = append(items, Restore(s))
		}
	}
	return items, "", nil
}

func (w *world) Standings(_ context.Context, _, rule uuid.UUID) (all []Standing, _ error) {
	for at := range w.standings {
		if rule == uuid.Nil || rule == at.rule {
			all = append(all, w.standing(at))
		}
	}
	return all, nil
}

func (w *world) standing(at place) Standing {
	s := Standing{}
	if text := w.standings[at]; text != nil {
		w.must(json.Unmarshal(text, &s))
	}
	s.Partner, s.Rule, s.Campaign = w.partner, at.rule, at.campaign
	return s
}

func (w *world) Firing(_ context.Context, after Standing, _ int) (all []Standing, _ error) {
	for at := range w.standings {
		if s := w.standing(at); s.Firing() && after.Partner == uuid.Nil {
			all = append(all, s)
		}
	}
	return all, nil
}

func (w *world) Forget(_ context.Context, _, rule uuid.UUID) error {
	for at := range w.standings {
		if at.rule == rule {
			delete(w.standings, at)
		}
	}
	return nil
}

func (w *world) Watched(context.Context, []Metric) ([]uuid.UUID, error) {
	return []uuid.UUID{w.partner}, nil
}

func (w *world) Decide(_ context.Context, of Standing, decide func(Standing, *performance.Alert) Decision) (Standing, error) {
	w.decisions++
	var open *performance.Alert
	for _, a := range w.alerts {
		if a.State != performance.Resolved && a.Rule != nil && *a.Rule == of.Rule && a.Campaign == of.Campaign {
			open = performance.RestoreAlert(a)
		}
	}
	at := place{of.Rule, of.Campaign}
	d := decide(w.standing(at), open)
	w.standings[at] = must(json.Marshal(d.Standing))
	if d.Ended != nil {
		a := d.Ended.State()
		w.alerts[a.ID] = a
		if a.State == performance.Resolved {
			w.ended[a.ID] = a.Note
		}
	}
	if d.Begun != nil {
		a := d.Begun.State()
		if _, there := w.alerts[a.ID]; !there {
			w.alerts[a.ID], w.raised = a, append(w.raised, a)
		}
	}
	return d.Standing, nil
}

func (w *world) Campaign(context.Context, uuid.UUID, uuid.UUID) (Campaign, error) {
	return w.campaign, nil
}

func (w *world) Latest(_ context.Context, _ uuid.UUID, active bool, _ int) ([]Campaign, error) {
	if active && w.campaign.ActiveSince == nil {
		return nil, nil
	}
	return []Campaign{w.campaign}, nil
}

func (w *world) Replay(_ context.Context, _, _ uuid.UUID, span performance.Span, _ int, f func(int64, []performance.Event) error) error {
	for _, c := range w.chunks {
		if c.at < span.KnownFrom || c.at >= span.KnownTo {
			continue
		}
		if err := f(c.at, c.events); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) History(_ context.Context, _, _ uuid.UUID, after int64, _ int) (all []event.Event, _ error) {
	for _, e := range w.log {
		if e.Seq > after && e.AggregateID == w.campaign.ID {
			all = append(all, e)
		}
	}
	return all, nil
}

// lowCTR is a rule over the day's click rate.
func lowCTR() Definition {
	return New("CTR too low", Condition{Metric: "ctr", Operator: Below, Threshold: &Quantity{Micros: 10_000, Unit: Fraction}})
}

func highSpend(units int64, w Window) Definition {
	d := New("Spend", Condition{Metric: "spend", Operator: AtLeast, Threshold: &Quantity{Micros: units * million, Unit: Amount, Currency: "USD"}})
	d.Window = w
	return d
}

// builtIn are the alerts that no rule asked for.
type builtIn struct{ *world }

func (b builtIn) Notify(_ context.Context, by event.Origin, cause event.Event, n performance.Notice) error {
	if _, there := b.alerts[cause.ID]; !there {
		a := performance.Raise(by, b.now, cause, n).State()
		b.alerts[a.ID], b.raised = a, append(b.raised, a)
	}
	return nil
}

func (b builtIn) List(_ context.Context, _ event.Origin, q performance.AlertQuery) (all []*performance.Alert, _ string, _ error) {
	for _, a := range b.alerts {
		if slices.Contains(q.States, a.State) && slices.Contains(q.Kinds, a.Kind) {
			all = append(all, performance.RestoreAlert(a))
		}
	}
	return all, "", nil
}

func (b builtIn) Resolve(_ context.Context, by event.Origin, id uuid.UUID, note string) (*performance.Alert, error) {
	a := performance.RestoreAlert(b.alerts[id])
	a.Resolve(by, b.now, note)
	b.alerts[id], b.ended[id] = a.State(), note
	return a, nil
}
