package rule

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// handle gives events to an engine, one page each.
func (w *world) handle(e *Engine, pages ...[]event.Event) {
	w.Helper()
	for _, page := range pages {
		w.must(e.Handle(w.Context(), page))
	}
}

func TestARuleFiresOnceRecoversAndCoolsDown(t *testing.T) {
	w := newWorld(t)
	w.rule(lowCTR())
	e := w.engine()
	minute := time.Minute
	w.record(0, delivered(999, 0))
	w.record(minute, delivered(1, 0))       // 10:01, the sample is there: 0 %
	w.record(minute, delivered(1000, 5))    // 0.25 %, still
	w.record(minute, delivered(0, 20))      // 1.25 %, back
	w.record(minute, delivered(10_000, 0))  // 0.2 % at 10:04, within the cooldown
	w.record(6*time.Hour, delivered(10, 0)) // 16:04, still so
	w.handle(e, w.log)
	w.wantFired("04 10:01", "04 16:04")
	if got := slices.Sorted(maps.Values(w.ended)); !slices.Equal(got, []string{NoteRecovered}) || w.open() != 1 {
		t.Errorf("ended %v, %d open", got, w.open())
	}
	w.log = nil
	w.record(8*time.Hour, delivered(5, 0)) // the next day, too few facts
	w.record(minute, delivered(2000, 0))   // 00:05, within the cooldown of 16:04? no: 8 h ago
	w.handle(e, w.log)
	w.wantFired("04 10:01", "04 16:04", "05 00:05")
	if w.open() != 1 {
		t.Errorf("%d open", w.open())
	}
}

func TestLateFactsOfADayThatIsOver(t *testing.T) {
	w := newWorld(t)
	today := w.rule(highSpend(100, Window{Kind: Day}))
	week := w.rule(highSpend(100, Window{Days, 7}))
	w.rule(highSpend(100, Window{Days, 2}))
	hour := w.rule(highSpend(100, Window{Kind: Hour}))
	late := spent(500)
	late.OccurredAt = micros(w.now.AddDate(0, 0, -3))
	w.record(0, spent(1))
	w.record(time.Minute, late)
	w.handle(w.engine(), w.log)
	if len(w.raised) != 1 || *w.raised[0].Rule != week.ID {
		t.Errorf("three days late: %v", w.raised)
	}
	for _, r := range []State{today, hour} {
		if s := w.standing(place{r.ID, w.campaign.ID}); s.Side != OK {
			t.Errorf("the window %s stands at %q", r.Window.Kind, s.Side)
		}
	}
}

func TestDaysAreTheCampaignsOwn(t *testing.T) {
	w := newWorld(t)
	w.rule(highSpend(100, Window{Kind: Day}))
	w.record(0, spent(60))
	w.record(13*time.Hour+59*time.Minute, spent(60)) // 23:59 in Bogotá, 04:59 UTC of the next day
	w.record(2*time.Minute, spent(60))               // 00:01
	w.record(7*time.Hour, spent(60))
	w.handle(w.engine(), w.log)
	w.wantFired("04 23:59", "05 07:01")
	if notes := slices.Collect(maps.Values(w.ended)); !slices.Equal(notes, []string{NotePeriodOver}) {
		t.Errorf("ended: %v", notes)
	}
}

func TestARuleIsHeldAgainstWhatIsKnownWhenItIsMade(t *testing.T) {
	w := newWorld(t)
	e := w.engine()
	w.record(0, delivered(5000, 1))
	w.handle(e, w.log)
	w.log = nil
	r := w.rule(lowCTR())
	w.now = w.now.Add(time.Minute)
	made := w.happened(TypeCreated, r.ID, must(json.Marshal(r)))
	w.handle(e, w.log, w.log) // at least once
	w.wantFired("04 10:01")

	// Changed, it is judged anew; disabled and deleted, its alert ends.
	svc := w.service()
	for _, c := range []struct {
		do    func() error
		fired int
		note  string
	}{
		{func() error {
			cooldown := 5
			_, err := svc.Patch(t.Context(), made.Origin, r.ID, 0, Patch{Cooldown: &cooldown}, false)
			return err
		}, 2, NoteRuleChanged},
		{func() error {
			off := false
			_, err := svc.Patch(t.Context(), made.Origin, r.ID, 0, Patch{Enabled: &off}, false)
			return err
		}, 2, NoteRuleDisabled},
		{func() error {
			on := true
			_, err := svc.Patch(t.Context(), made.Origin, r.ID, 0, Patch{Enabled: &on}, false)
			return err
		}, 3, NoteRuleDisabled},
		{func() error { return svc.Delete(t.Context(), made.Origin, r.ID, 0, false) }, 3, NoteRuleDeleted},
	} {
		w.now = w.now.Add(time.Minute)
		w.log = nil
		w.must(c.do())
		w.handle(e, w.log, w.log)
		if len(w.raised) != c.fired || !slices.Contains(slices.Collect(maps.Values(w.ended)), c.note) {
			t.Errorf("%d fired, ended %v; want %d and %s", len(w.raised), w.ended, c.fired, c.note)
		}
	}
	if w.open() != 0 || len(w.standings) != 0 {
		t.Errorf("%d open, standings %v", w.open(), w.standings)
	}
}

// A consumer that is behind, as after an upgrade, does not hold a rule against
// what was recorded before it was made.
func TestARuleSaysNothingAboutTheTimeBeforeIt(t *testing.T) {
	w := newWorld(t)
	w.record(0, spent(150))
	w.record(24*time.Hour, spent(1))
	behind := w.log
	w.now = w.now.Add(time.Hour)
	w.rule(highSpend(100, Window{Kind: Day}))
	w.handle(w.engine(), behind)
	w.wantFired()
}

func TestARaisedBudgetArmsARule(t *testing.T) {
	w := newWorld(t)
	w.rule(New("Budget", Condition{Metric: BudgetUsed, Operator: AtLeast, Threshold: &Quantity{Micros: 800_000, Unit: Fraction}}))
	e := w.engine()
	w.record(0, spent(85))
	w.handle(e, w.log)
	w.log = nil
	w.campaign.Limit = 108 * million // 78.7 %: below the threshold, within the hysteresis
	w.now = w.now.Add(time.Minute)
	w.happened("budget.changed", uuid.Must(uuid.NewV7()), []byte(fmt.Sprintf(`{"campaign_id":%q}`, w.campaign.ID)))
	w.handle(e, w.log)
	if w.open() != 0 {
		t.Fatal("the raised limit leaves the alert open")
	}
	w.log = nil
	w.record(time.Minute, spent(2))
	w.handle(e, w.log)
	w.wantFired("04 10:00", "04 10:02")
}

func TestAnomaliesBecomeAlerts(t *testing.T) {
	w := newWorld(t)
	d := New("Bad ones", Condition{Metric: Anomaly, Operator: AtLeast, Threshold: &Quantity{Micros: 800_000, Unit: Fraction}, Kinds: []string{"drop"}, MinimumSeverity: "HIGH"})
	w.rule(d)
	e := w.engine()
	anomaly := func(after time.Duration, kind, severity string, score float64) {
		w.now = w.now.Add(after)
		w.happened(TypeAnomaly, w.campaign.ID, []byte(fmt.Sprintf(
			`{"kpi":"ctr","kind":%q,"severity":%q,"score":%v,"observed":"0.001","sample":5000,"confidence":"high","expected":{"low":"0.01"}}`, kind, severity, score)))
	}
	anomaly(0, "spike", "HIGH", 0.99)
	anomaly(time.Minute, "drop", "MEDIUM", 0.99)
	anomaly(time.Minute, "drop", "HIGH", 0.79)
	anomaly(time.Minute, "drop", "HIGH", 0.8) // 10:03
	anomaly(0, "drop", "CRITICAL", 0.95)      // of the same commit: joins it
	w.handle(e, w.log, w.log)
	w.wantFired("04 10:03")
	if a := w.alerts[w.raised[0].ID]; a.Count != 2 || a.Kind != performance.AlertAnomaly || w.open() != 1 {
		t.Errorf("alert: %+v", a)
	}
	preview, err := w.service().Preview(t.Context(), event.Origin{Partner: w.partner}, d)
	if err != nil || preview.Fired != 1 || preview.Firings[0].Observed.Micros != 800_000 {
		t.Errorf("preview: %+v %v", preview, err)
	}
}

// Without a rule about anomalies each becomes an alert, which ends by itself
// when nothing has been added to it for a day.
func TestAnomaliesWithoutARule(t *testing.T) {
	w := newWorld(t)
	e := w.engine()
	w.happened(TypeAnomaly, w.campaign.ID, []byte(`{"kpi":"cpc","kind":"spike","severity":"HIGH","score":0.7,"observed":"3.2","sample":500}`))
	w.handle(e, w.log, w.log)
	if len(w.raised) != 1 || w.raised[0].Kind != performance.AlertAnomaly || w.raised[0].Severity != "HIGH" || w.raised[0].Rule != nil {
		t.Fatalf("raised %+v", w.raised)
	}
	for _, c := range []struct {
		after time.Duration
		open  int
	}{{23 * time.Hour, 1}, {time.Hour, 0}} {
		w.now = w.now.Add(c.after)
		w.must(w.engine().Tick(t.Context()))
		if w.open() != c.open {
			t.Errorf("%d open after %v", w.open(), c.after)
		}
	}
}

func TestTimeTellsMissingDeliveryAndPacing(t *testing.T) {
	w := newWorld(t)
	w.rule(New("Quiet", Condition{Metric: NoImpressions, Operator: AtLeast, Threshold: &Quantity{Micros: 6 * million, Unit: Hours}}))
	w.rule(New("Pacing", Condition{Metric: Pacing, Operator: Outside, Low: &Quantity{Micros: 800_000, Unit: Ratio}, High: &Quantity{Micros: 2 * million, Unit: Ratio}}))
	e := w.engine()
	tick := func(after time.Duration) {
		t.Helper()
		w.now = w.now.Add(after)
		w.must(e.Tick(t.Context()))
		w.must(e.Tick(t.Context()))
	}
	w.record(59*time.Minute, spent(10))
	tick(time.Minute) // 10 % of the budget after 0.4 % of the time, but too early to say
	w.record(time.Minute, spent(1))
	w.wantFired()
	tick(5*time.Hour + 58*time.Minute) // 2.9 % of the time
	w.wantFired("04 16:59")
	if got := w.raised[0].Facts["confidence"]; got != "low" {
		t.Errorf("an index from the first tenth has confidence %v", got)
	}
	tick(2 * time.Minute) // six hours after the last impression
	w.wantFired("04 16:59", "04 17:01")
	w.record(time.Minute, spent(1))
	tick(time.Minute)
	if w.open() != 1 { // delivered again, and still ahead
		t.Errorf("open: %v", w.alerts)
	}
	w.campaign.ActiveSince = nil
	tick(time.Minute)
	if w.open() != 0 {
		t.Errorf("open of a paused campaign: %v", w.alerts)
	}
}

func TestADayThatIsOverEndsItsAlertWithoutAFact(t *testing.T) {
	w := newWorld(t)
	w.rule(highSpend(1, Window{Kind: Day}))
	w.record(0, spent(2))
	w.handle(w.engine(), w.log)
	e := w.engine()
	for _, c := range []struct {
		after time.Duration
		open  int
	}{{13*time.Hour + 59*time.Minute, 1}, {time.Minute, 0}} {
		w.now = w.now.Add(c.after)
		w.must(e.Tick(t.Context()))
		if w.open() != c.open {
			t.Errorf("%d open at %v", w.open(), w.now.In(bogota))
		}
	}
}

// TestReplaysRestartsAndTwoNodesFindTheSame cuts one history into pages in many
// ways, with pages that come again, engines that forget everything, and a second
// node that takes over: what fires is always the same, and a matter never has
// two open alerts. The preview says it too.
func TestReplaysRestartsAndTwoNodesFindTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		all := []Definition{lowCTR(), highSpend(40, Window{Kind: Day}), highSpend(60, Window{Days, 2}), highSpend(20, Window{Kind: Hour}),
			New("Budget", Condition{Metric: BudgetUsed, Operator: AtLeast, Threshold: &Quantity{Micros: 500_000, Unit: Fraction}})}
		d := rapid.SampledFrom(all).Draw(rt, "rule")
		d.Cooldown = rapid.SampledFrom([]int{0, 60, 360}).Draw(rt, "cooldown")
		w.rule(d)
		for range rapid.IntRange(1, 40).Draw(rt, "commits") {
			facts := make([]performance.Event, rapid.IntRange(1, 3).Draw(rt, "facts"))
			for i := range facts {
				facts[i] = delivered(rapid.Int64Range(0, 2000).Draw(rt, "impressions"), rapid.Int64Range(0, 40).Draw(rt, "clicks"))
				facts[i].Spend = rapid.Int64Range(-10, 30).Draw(rt, "spend") * million
				facts[i].OccurredAt = micros(w.now) - rapid.SampledFrom([]int64{0, 0, 0, 1, 30}).Draw(rt, "late")*hourMicros
			}
			w.record(time.Duration(rapid.IntRange(1, 300).Draw(rt, "minutes"))*time.Minute, facts...)
		}
		w.handle(w.engine(), w.log)
		want := w.firedAt()
		preview, err := w.service().Preview(t.Context(), event.Origin{Partner: w.partner}, d)
		if err != nil || preview.Fired != len(want) {
			rt.Fatalf("the preview has %+v %v, live fired %v", preview, err, want)
		}
		ids := slices.Collect(maps.Keys(w.alerts))
		w.standings, w.alerts, w.raised = map[place][]byte{}, map[uuid.UUID]performance.AlertRecord{}, nil
		nodes := []*Engine{w.engine(), w.engine()}
		for at := 0; at < len(w.log); {
			n := rapid.IntRange(0, 1).Draw(rt, "node")
			if rapid.IntRange(0, 4).Draw(rt, "restart") == 0 {
				nodes[n] = w.engine()
			}
			from := max(0, at-rapid.IntRange(0, 3).Draw(rt, "again"))
			to := min(len(w.log), at+rapid.IntRange(1, 8).Draw(rt, "page"))
			w.handle(nodes[n], w.log[from:to])
			at = to
			if w.open() > 1 {
				rt.Fatalf("%d open", w.open())
			}
		}
		if got := w.firedAt(); !slices.Equal(got, want) {
			rt.Fatalf("fired at %v, in one go at %v", got, want)
		}
		for _, id := range ids {
			if _, ok := w.alerts[id]; !ok {
				rt.Fatalf("the alert %s has another id the second time", id)
			}
		}
	})
}

func TestAPreviewDoesNotUseWhatCameLater(t *testing.T) {
	w := newWorld(t)
	late := spent(500)
	late.OccurredAt = micros(w.now)
	w.record(0, spent(1))
	w.record(48*time.Hour, late) // of the 4th, recorded on the 6th
	w.now = w.now.Add(time.Hour)
	p, err := w.service().Preview(t.Context(), event.Origin{Partner: w.partner}, highSpend(100, Window{Kind: Day}))
	if err != nil || p.Fired != 0 || p.Facts != 2 || p.Late != 1 {
		t.Errorf("over the day: %+v %v", p, err)
	}
	p, err = w.service().Preview(t.Context(), event.Origin{Partner: w.partner}, highSpend(100, Window{Days, 7}))
	if err != nil || p.Fired != 1 || !p.Firings[0].FiredAt.Equal(w.now.Add(-time.Hour)) {
		t.Errorf("over a week: %+v %v", p, err)
	}
}

// BenchmarkCommits is what a commit of one campaign costs the engine: its facts
// folded, and ten rules held against the figures.
func BenchmarkCommits(b *testing.B) {
	w := newWorld(b)
	for i := range 10 {
		d := lowCTR()
		d.Window = []Window{{Kind: Day}, {Days, 7}, {Kind: Life}, {Kind: Hour}}[i%4]
		w.rule(d)
	}
	e := w.engine()
	facts := make([]performance.Event, 50)
	for b.Loop() {
		for i := range facts {
			facts[i] = delivered(1000, 20)
			facts[i].Channel = []string{"search", "social"}[i%2]
		}
		w.chunks, w.log = w.chunks[:0], w.log[:0]
		w.record(time.Second, facts...)
		w.handle(e, w.log)
	}
}
