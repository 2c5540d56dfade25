package lookout

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// world is one campaign with a market that delivers, the store in memory, and a
// clock that the test moves.
type world struct {
	*testing.T
	service *Service
	subject performance.Subject
	now     time.Time
	cells   map[int64]performance.Cell // by hour
	recent  int64                      // recorded_at of the last report
	active  []Period

	journal []Hour
	found   []Anomaly
	fail    error
}

var monday = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC) // midnight in Bogota

func newWorld(t *testing.T, zone string) *world {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		T: t, now: monday, cells: map[int64]performance.Cell{},
		subject: performance.Subject{Partner: uuid.Max, Campaign: uuid.MustParse("019ca000-0000-7000-8000-000000000001"), Currency: "USD", Zone: location},
		active:  []Period{{From: monday}},
	}
	w.restart()
	return w
}

// restart is the program anew on the same store.
func (w *world) restart() {
	w.service = NewService(w, w, w, w, func() time.Time { return w.now })
}

// report adds to an hour.
func (w *world) report(at time.Time, m performance.Metrics) {
	start := at.Truncate(time.Hour).UnixMicro()
	c := w.cells[start]
	c.Add(&performance.Event{Metrics: m})
	w.cells[start] = c
	w.recent = max(w.recent+1, w.now.UnixMicro())
	w.service.watch(Campaign{w.subject.Partner, w.subject.Campaign}).marked = true
}

// tick looks now, whenever the last look was.
func (w *world) tick() {
	w.Helper()
	for _, x := range w.service.watched {
		x.notBefore = time.Time{}
	}
	if err := w.service.Tick(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// usual is what a campaign delivers in an hour of average demand: a day's wave,
// quieter weekends, and chance.
func usual(random *rand.Rand, at time.Time) performance.Metrics {
	wave := 1 + 0.6*math.Sin(2*math.Pi*(float64(at.Hour())-8)/24)
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		wave *= 0.7
	}
	impressions := 20_000 * wave * math.Exp(0.08*random.NormFloat64())
	clicks := math.Round(impressions * 0.02 * math.Exp(0.08*random.NormFloat64()))
	conversions := math.Round(max(0, clicks*0.12+math.Sqrt(clicks*0.12)*random.NormFloat64()))
	return performance.Metrics{
		Impressions: int64(impressions), Clicks: int64(clicks), Conversions: int64(conversions),
		Spend: int64(clicks * 0.5e6 * math.Exp(0.05*random.NormFloat64())), Revenue: int64(conversions * 40e6),
	}
}

// run lets hours pass: each is reported in its last minute, and change may make
// something else of it.
func (w *world) run(random *rand.Rand, hours int, change func(i int, m *performance.Metrics)) {
	w.Helper()
	for i := range hours {
		m := usual(random, w.now.In(w.subject.Zone))
		if change != nil {
			change(i, &m)
		}
		start := w.now
		w.now = start.Add(59 * time.Minute)
		if m != (performance.Metrics{}) {
			w.report(start, m)
		}
		w.now = start.Add(time.Hour)
		w.tick()
	}
}

// drain lets the clock settle what is left, and not the hours after.
func (w *world) drain() {
	w.Helper()
	w.now = w.now.Add(Patience + time.Minute)
	w.tick()
}

// of are the anomalies found in hours from at on.
func (w *world) of(kpi string, from time.Time) []Anomaly {
	var some []Anomaly
	for _, a := range w.found {
		if (kpi == "" || a.KPI == kpi) && !a.From.Before(from) {
			some = append(some, a)
		}
	}
	return some
}

func (w *world) Subjects(_ context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	if partner != w.subject.Partner && partner != uuid.Nil || !slices.Contains(ids, w.subject.Campaign) {
		return nil, nil
	}
	return map[uuid.UUID]performance.Subject{w.subject.Campaign: w.subject}, nil
}

func (w *world) Active(context.Context, uuid.UUID, uuid.UUID) ([]Period, error) { return w.active, nil }

func (w *world) Settled(context.Context, uuid.UUID) (int64, error) { return w.recent, nil }

func (w *world) Rollups(_ context.Context, _, _ uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	var out []performance.Rollup
	for start, cell := range w.cells {
		if width == performance.Day {
			start = int64(localday.Of(time.UnixMicro(start), w.subject.Zone))
		}
		if from <= start && start < to {
			out = append(out, performance.Rollup{Bucket: width, Start: start, Cell: cell})
		}
	}
	slices.SortFunc(out, func(a, b performance.Rollup) int { return cmp.Compare(a.Start, b.Start) })
	return out, nil
}

func (w *world) Save(_ context.Context, j Judgement) error {
	if w.fail != nil {
		return w.fail
	}
	for _, h := range j.Hours {
		if slices.ContainsFunc(w.journal, func(o Hour) bool { return o.Start == h.Start }) {
			return ErrMoved
		}
	}
	for _, a := range j.Found {
		if slices.ContainsFunc(w.found, func(o Anomaly) bool { return o.ID == a.ID }) {
			w.Errorf("anomaly %s was found twice", a.ID)
		}
	}
	w.journal = append(slices.DeleteFunc(w.journal, func(h Hour) bool { return h.Start < j.Forget }), j.Hours...)
	w.found = append(w.found, j.Found...)
	return nil
}

func (w *world) Hours(_ context.Context, _, _ uuid.UUID, from, to int64) ([]Hour, error) {
	var out []Hour
	for _, h := range w.journal {
		if from <= h.Start && h.Start < to {
			out = append(out, h)
		}
	}
	return out, nil
}

func (w *world) LastHour(context.Context, uuid.UUID, uuid.UUID) (int64, bool, error) {
	if len(w.journal) == 0 {
		return 0, false, nil
	}
	return w.journal[len(w.journal)-1].Start, true, nil
}

func (w *world) Campaigns(context.Context) ([]Campaign, error) {
	if len(w.cells) == 0 {
		return nil, nil
	}
	return []Campaign{{w.subject.Partner, w.subject.Campaign}}, nil
}

func (w *world) List(context.Context, uuid.UUID, Query) ([]Anomaly, string, error) {
	return w.found, "", nil
}
