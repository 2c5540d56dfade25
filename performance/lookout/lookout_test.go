package lookout

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
)

func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// threefold costs three times as much in one hour.
func threefold(hour int) func(int, *performance.Metrics) {
	return func(i int, m *performance.Metrics) {
		if i == hour {
			m.Spend *= 3
		}
	}
}

func TestSpikeIsFoundAndSaysWhatWasExpected(t *testing.T) {
	for seed := range uint64(5) {
		w := newWorld(t, "America/Bogota")
		at := monday.Add((20*24 + 14) * time.Hour)
		w.run(chance(seed), 21*24, threefold(20*24+14))
		w.drain()
		for _, kpi := range []string{"spend", "cpc", "cpm"} {
			found := w.of(kpi, at)
			if len(found) == 0 || !found[0].From.Equal(at) || found[0].Kind != anomaly.Spike || found[0].Confidence != anomaly.High || found[0].Currency != "USD" {
				t.Fatalf("seed %d: %s: %+v", seed, kpi, found)
			}
			if s := found[0].Severity; s != performance.SeverityHigh && s != performance.SeverityCritical {
				t.Errorf("seed %d: three times the %s is %s", seed, kpi, s)
			}
		}
	}
}

// People stop reading what cries wolf: on a campaign without any incident, over
// ten figures, there is about one alarm a week and hardly a grave one.
func TestQuietCampaignIsQuiet(t *testing.T) {
	all, grave := 0, 0
	const campaigns, weeks = 10, 4
	for seed := range uint64(campaigns) {
		w := newWorld(t, "America/Bogota")
		w.run(chance(100+seed), weeks*7*24, nil)
		all += len(w.found)
		for _, a := range w.found {
			if a.Severity == performance.SeverityHigh || a.Severity == performance.SeverityCritical {
				grave++
			}
		}
	}
	t.Logf("%.2f alarms a campaign and week, %.2f of them grave", float64(all)/campaigns/weeks, float64(grave)/campaigns/weeks)
	if all > 2*campaigns*weeks || grave > campaigns*weeks/10 {
		t.Errorf("%d alarms, %d grave", all, grave)
	}
}

func TestLateDataDoesNotFire(t *testing.T) {
	w := newWorld(t, "America/Bogota")
	random := chance(7)
	w.run(random, 15*24, nil)
	before := len(w.found)
	judged := monday.Add(14 * 24 * time.Hour)
	w.report(judged, performance.Metrics{Spend: 9e9, Clicks: 5000}) // ten times the hour, a day later
	w.tick()
	w.drain()
	if late := w.found[before:]; len(late) > 0 {
		t.Errorf("late data fired %+v", late)
	}
}

// A source that is an hour behind is waited for.
func TestOutOfOrderHoursAreJudgedWhole(t *testing.T) {
	straight, behind := newWorld(t, "America/Bogota"), newWorld(t, "America/Bogota")
	straight.run(chance(3), 16*24, threefold(15*24))
	random := chance(3)
	for i := range 16 * 24 {
		start := behind.now
		m := usual(random, start.In(behind.subject.Zone))
		threefold(15*24)(i, &m)
		half := performance.Metrics{Impressions: m.Impressions / 2, Clicks: m.Clicks / 2, Spend: m.Spend / 2}
		rest := performance.Metrics{
			Impressions: m.Impressions - half.Impressions, Clicks: m.Clicks - half.Clicks, Spend: m.Spend - half.Spend,
			Conversions: m.Conversions, Revenue: m.Revenue,
		}
		behind.now = start.Add(59 * time.Minute)
		behind.report(start, half)
		behind.now = start.Add(80 * time.Minute) // in the next hour
		behind.report(start, rest)
		behind.tick()
		behind.now = start.Add(time.Hour)
	}
	straight.drain()
	behind.drain()
	if diff := cmp.Diff(facts(straight.found), facts(behind.found)); diff != "" || len(straight.found) == 0 {
		t.Errorf("%d found; %s", len(straight.found), diff)
	}
}

// facts are what was found, without when it was.
func facts(found []Anomaly) []Anomaly {
	out := make([]Anomaly, len(found))
	for i, a := range found {
		a.DetectedAt, a.KnownAt = time.Time{}, time.Time{}
		out[i] = a
	}
	return out
}

// Whatever is restarted when, on whichever of two nodes: the same anomalies,
// each once. Save fails a test that is told of one twice.
func TestRestartsChangeNothing(t *testing.T) {
	straight := newWorld(t, "America/Bogota")
	const hours = 40 * 24 // over the end of a term
	change := func(i int, m *performance.Metrics) {
		threefold(12*24)(i, m)
		threefold(33*24+5)(i, m)
		if i == 36*24 {
			*m = performance.Metrics{}
		}
	}
	straight.run(chance(11), hours, change)
	straight.drain()
	if len(straight.found) < 4 {
		t.Fatalf("only %d found", len(straight.found))
	}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, "America/Bogota")
		random, other := chance(11), w.service
		for range rapid.IntRange(1, 6).Draw(r, "stretches") {
			w.stretch(r, random, hours, change, &other)
		}
		w.run(random, hours-w.passed(), shifted(change, w.passed()))
		w.drain()
		if diff := cmp.Diff(facts(straight.found), facts(w.found)); diff != "" {
			r.Fatal(diff)
		}
	})
}

// stretch lets some hours pass and then restarts, goes on with the other node,
// or has the store fail once.
func (w *world) stretch(r *rapid.T, random *rand.Rand, hours int, change func(int, *performance.Metrics), other **Service) {
	n := min(rapid.IntRange(1, 200).Draw(r, "hours"), hours-w.passed())
	w.run(random, n, shifted(change, w.passed()))
	switch rapid.IntRange(0, 2).Draw(r, "then") {
	case 0:
		w.restart()
	case 1:
		w.service, *other = *other, w.service
		w.service.watch(Campaign{w.subject.Partner, w.subject.Campaign}).marked = true
	case 2:
		w.fail = errors.New("disk on fire")
		w.run(random, min(1, hours-w.passed()), shifted(change, w.passed()))
		w.fail = nil
	}
}

func (w *world) passed() int { return int(w.now.Sub(monday) / time.Hour) }

func shifted(change func(int, *performance.Metrics), by int) func(int, *performance.Metrics) {
	return func(i int, m *performance.Metrics) { change(i+by, m) }
}

// The history of a campaign that is sent at once is judged as if it had come
// hour by hour.
func TestBackfillFindsTheSame(t *testing.T) {
	straight, at := newWorld(t, "America/Bogota"), newWorld(t, "America/Bogota")
	straight.run(chance(5), 30*24, threefold(20*24))
	straight.drain()
	at.cells, at.now, at.recent = straight.cells, straight.now, straight.recent
	at.active = []Period{{From: at.now}} // launched today
	at.service.watch(Campaign{at.subject.Partner, at.subject.Campaign}).marked = true
	at.tick()
	last := at.now.Add(-8 * time.Hour) // what the clock had to settle waits for data
	var want []Anomaly
	for _, a := range straight.found {
		if a.From.Before(last) {
			want = append(want, a)
		}
	}
	if diff := cmp.Diff(facts(want), facts(at.found)); diff != "" || len(want) == 0 {
		t.Errorf("%d wanted; %s", len(want), diff)
	}
}

func TestNoDelivery(t *testing.T) {
	const outage = 16*24 + 12
	gone := func(i int, m *performance.Metrics) {
		if i >= outage && i < outage+6 {
			*m = performance.Metrics{}
		}
	}
	at := monday.Add(outage * time.Hour)
	for name, c := range map[string]struct {
		before func(*world)
		change func(int, *performance.Metrics)
		want   int
	}{
		"while ACTIVE it is told once":      {nil, gone, 1},
		"a paused campaign need not":        {func(w *world) { w.active = []Period{{monday, at}, {From: at.Add(6 * time.Hour)}} }, gone, 0},
		"paused within the first hour":      {func(w *world) { w.active = []Period{{monday, at.Add(time.Minute)}, {From: at.Add(6 * time.Hour)}} }, gone, 0},
		"nor one that has ended":            {func(w *world) { w.active = []Period{{monday, at}} }, gone, 0},
		"nor one that was never launched":   {func(w *world) { w.active = nil }, gone, 0},
		"nor at night, when it never does":  {nil, func(i int, m *performance.Metrics) { night(i, m) }, 0},
		"conversions alone are no delivery": {nil, func(i int, m *performance.Metrics) { onlyConversions(i, m, outage) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "America/Bogota")
			if c.before != nil {
				c.before(w)
			}
			w.run(chance(2), outage+8, c.change)
			n := 0
			for _, a := range w.found {
				if a.Kind == anomaly.NoDelivery {
					n++
					if !a.From.Equal(at) || a.KPI != "impressions" || a.Observed != "0" || a.Evidence[0].Test != "delivery" || a.Severity != performance.SeverityHigh {
						t.Errorf("%+v", a)
					}
				}
			}
			if n != c.want {
				t.Errorf("told %d times, want %d", n, c.want)
			}
		})
	}
}

func night(i int, m *performance.Metrics) {
	if h := i % 24; h < 7 {
		*m = performance.Metrics{}
	}
}

func onlyConversions(i int, m *performance.Metrics, from int) {
	if i >= from {
		*m = performance.Metrics{Conversions: m.Conversions, Revenue: m.Revenue}
	}
}

// Silence is settled by the clock while it lasts, before any later data.
func TestSilenceIsToldWhileItLasts(t *testing.T) {
	w := newWorld(t, "America/Bogota")
	w.run(chance(4), 16*24, nil)
	stop := w.now
	w.now = stop.Add(time.Hour + Patience - time.Minute)
	w.tick()
	if found := w.of("impressions", stop); len(found) > 0 {
		t.Fatalf("told before its time: %+v", found)
	}
	w.now = stop.Add(time.Hour + Patience)
	w.tick()
	if found := w.of("impressions", stop); len(found) != 1 || found[0].Kind != anomaly.NoDelivery {
		t.Fatalf("%+v", found)
	}
	w.now = w.now.Add(12 * time.Hour)
	w.tick()
	if found := w.of("", stop); len(found) != 1 {
		t.Errorf("an outage was told %d times", len(found))
	}
}

// Whoever imports yesterday every morning has not stopped delivering at noon.
func TestDailyImportIsNotSilence(t *testing.T) {
	w := newWorld(t, "America/Bogota")
	random := chance(6)
	for range 20 {
		day := w.now
		w.now = day.Add(30 * time.Hour)
		for h := range 24 {
			at := day.Add(time.Duration(h) * time.Hour)
			w.report(at, usual(random, at.In(w.subject.Zone)))
		}
		for h := range 24 {
			w.now = day.Add(time.Duration(30+h) * time.Hour)
			w.tick()
		}
		w.now = day.Add(24 * time.Hour)
	}
	for _, a := range w.found {
		if a.Kind == anomaly.NoDelivery {
			t.Errorf("%+v", a)
		}
	}
	if len(w.journal) < 18*24 {
		t.Errorf("only %d hours judged", len(w.journal))
	}
}

// The clock of the machine is an hour off and comes back.
func TestSteppedClockFindsTheSame(t *testing.T) {
	straight := newWorld(t, "America/Bogota")
	straight.run(chance(8), 18*24, threefold(16*24))
	straight.drain()
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		w := newWorld(t, "America/Bogota")
		random, off := chance(8), time.Duration(0)
		w.service = NewService(w, w, w, w, func() time.Time { return w.now.Add(off) })
		w.run(random, 10*24, nil)
		off = step
		w.run(random, 5*24, nil)
		off = 0
		w.run(random, 3*24, threefold(24))
		w.drain()
		if diff := cmp.Diff(facts(straight.found), facts(w.found)); diff != "" {
			t.Errorf("stepped by %v: %s", step, diff)
		}
	}
}

// Of a local day with 23 and one with 25 hours every hour is judged, once.
func TestDaysOfOtherLengths(t *testing.T) {
	w := newWorld(t, "Europe/Madrid") // clocks change on 29 March 2026
	w.run(chance(9), 35*24, nil)
	w.drain()
	seen := map[int64]bool{}
	for _, h := range w.journal {
		seen[h.Start] = true
	}
	for at := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC); at.Before(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)); at = at.Add(time.Hour) {
		if !seen[at.UnixMicro()] {
			t.Errorf("%v was not judged", at)
		}
	}
	for _, a := range w.of("", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)) {
		if a.Severity == performance.SeverityHigh || a.Severity == performance.SeverityCritical {
			t.Errorf("after the change: %+v", a)
		}
	}
}

// On its first day a campaign is watched, and what is said is not sure.
func TestCampaignOfToday(t *testing.T) {
	w := newWorld(t, "America/Bogota")
	w.run(chance(10), 22, func(i int, m *performance.Metrics) {
		if i == 20 {
			m.Spend *= 12
		}
	})
	w.drain()
	found := w.of("cpc", monday.Add(20*time.Hour))
	if len(found) == 0 {
		t.Fatal("twelve times the cost was not noticed")
	}
	if found[0].Confidence != anomaly.Low || found[0].Severity == performance.SeverityCritical {
		t.Errorf("too sure: %+v", found[0])
	}
}

func TestNewLevelIsLearned(t *testing.T) {
	w := newWorld(t, "America/Bogota")
	w.run(chance(12), 24*24, func(i int, m *performance.Metrics) {
		if i >= 16*24 {
			m.Spend *= 2
		}
	})
	begin := monday.Add(16 * 24 * time.Hour)
	if found := w.of("cpc", begin); len(found) == 0 || found[0].From.After(begin.Add(6*time.Hour)) {
		t.Fatalf("not noticed: %+v", found)
	}
	if late := w.of("cpc", begin.Add(4*24*time.Hour)); len(late) > 0 {
		t.Errorf("still told after four days: %+v", late)
	}
}

func TestSmallSamplesAreNotJudged(t *testing.T) {
	w := newWorld(t, "America/Bogota")
	w.run(chance(13), 15*24, func(i int, m *performance.Metrics) {
		*m = performance.Metrics{Impressions: 500, Clicks: int64(5 + i%4), Spend: 2e6, Conversions: 1}
		if i == 14*24 {
			m.Clicks = 90
		}
	})
	for _, kpi := range []string{"ctr", "cpc", "cpm", "cpa", "cvr", "roas"} {
		if found := w.of(kpi, monday); len(found) > 0 {
			t.Errorf("%s: %+v", kpi, found)
		}
	}
}

// What is kept of a campaign in memory is bounded, and so are the campaigns.
func TestMemoryIsBounded(t *testing.T) {
	before := heap()
	many := newMemories()
	random := chance(14)
	for range MostMemories + 10 {
		s := performance.Subject{Campaign: uuid.New(), Zone: time.UTC}
		m := newMemory(s, 0)
		for h := range int64(kept) {
			at := time.UnixMicro(term + h*hour)
			m.see(&Hour{Start: at.UnixMicro(), Sums: performance.SumsOf(usual(random, at.UTC()))})
		}
		many.put(m)
	}
	if many.order.Len() != MostMemories || len(many.of) != MostMemories {
		t.Errorf("%d campaigns in memory", many.order.Len())
	}
	each := (heap() - before) / MostMemories
	t.Logf("%d KB for a campaign with %d hours", each>>10, kept)
	if each > 1100<<10 {
		t.Errorf("a campaign takes %d KB", each>>10)
	}
	runtime.KeepAlive(many)
}

func heap() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func TestIDsAreInTheOrderOfHours(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := uuid.New(), uuid.New()
		one, other := rapid.Int64Range(0, 1<<50).Draw(r, "one")/hour*hour, rapid.Int64Range(0, 1<<50).Draw(r, "other")/hour*hour
		x, y := IDOf(a, "cpc", one), IDOf(b, "ctr", other)
		if one != other && (one < other) != (x.String() < y.String()) {
			r.Errorf("%s is not in order with %s", x, y)
		}
		if x != IDOf(a, "cpc", one) || x == IDOf(a, "cpm", one) || x.Version() != 7 || x.Variant() != uuid.RFC4122 {
			r.Errorf("%s", x)
		}
	})
}

func TestSeverity(t *testing.T) {
	for _, c := range []struct {
		kind  anomaly.Kind
		score float64
		worse bool
		sure  anomaly.Confidence
		want  performance.Severity
	}{
		{anomaly.Spike, 0.5, false, anomaly.High, performance.SeverityLow},
		{anomaly.Spike, 0.5, true, anomaly.High, performance.SeverityMedium},
		{anomaly.Spike, 0.6, false, anomaly.Medium, performance.SeverityMedium},
		{anomaly.Drop, 0.75, true, anomaly.High, performance.SeverityCritical},
		{anomaly.Drop, 0.75, true, anomaly.Low, performance.SeverityHigh},
		{anomaly.Drop, 0.5, false, anomaly.Low, performance.SeverityLow},
		{anomaly.NoDelivery, 0.5, true, anomaly.Low, performance.SeverityHigh},
	} {
		if got := severity(c.kind, c.score, c.worse, c.sure); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
