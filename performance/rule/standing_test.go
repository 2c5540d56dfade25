package rule

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// TestTheStateMachine is the table of the engine's states: what a reading makes
// of a standing.
func TestTheStateMachine(t *testing.T) {
	d := lowCTR() // below 1 %, back at 1.05 %
	rule := &State{ID: uuid.UUID{1}, Revision: 3, Definition: d}
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	alert := uuid.UUID{9}
	armed := Standing{Rule: rule.ID, Revision: 3, Period: "2026-03-04"}
	ok, firing, held := armed, armed, armed
	ok.Side, firing.Side, held.Side = OK, Crossed, Crossed
	firing.Alert, firing.FiredAt = alert, now.Add(-time.Hour)
	held.FiredAt = now.Add(-time.Hour)
	cooled := held
	cooled.FiredAt = now.Add(-6 * time.Hour)
	recovered := ok
	recovered.FiredAt = now.Add(-time.Hour)
	read := func(micros int64) Reading { return Reading{Value: micros, Period: "2026-03-04"} }
	tomorrow := func(micros int64) Reading { return Reading{Value: micros, Period: "2026-03-05"} }
	small := Reading{Missing: "small_sample", Period: "2026-03-04"}
	for name, c := range map[string]struct {
		from    Standing
		reading Reading
		side    Side
		step    Step
	}{
		"armed, too few facts":             {armed, small, Armed, Step{}},
		"armed, on the right side":         {armed, read(10_000), OK, Step{}},
		"armed, in one jump":               {armed, read(9_999), Crossed, Step{Fire: true}},
		"ok, stays":                        {ok, read(10_000), OK, Step{}},
		"ok, crosses":                      {ok, read(0), Crossed, Step{Fire: true}},
		"ok, within the cooldown":          {recovered, read(0), Crossed, Step{}},
		"firing, stays":                    {firing, read(0), Crossed, Step{}},
		"firing, too few facts":            {firing, small, Crossed, Step{}},
		"firing, within the hysteresis":    {firing, read(10_499), Crossed, Step{}},
		"firing, recovers":                 {firing, read(10_500), OK, Step{Close: NoteRecovered}},
		"firing, a new day":                {firing, Reading{Missing: "small_sample", Period: "2026-03-05"}, Armed, Step{Close: NotePeriodOver}},
		"firing, a new day as bad":         {firing, tomorrow(0), Crossed, Step{Close: NotePeriodOver}},
		"held back, cooldown runs":         {held, read(0), Crossed, Step{}},
		"held back, cooldown over":         {cooled, read(0), Crossed, Step{Fire: true}},
		"held back, within the hysteresis": {cooled, read(10_200), Crossed, Step{}},
		"held back, recovers":              {held, read(20_000), OK, Step{}},
		"held back, a new day, still bad":  {cooled, tomorrow(0), Crossed, Step{Fire: true}},
		"held back, a new day, cools down": {held, tomorrow(0), Crossed, Step{}},
	} {
		next, step := c.from.Judge(rule, c.reading, now)
		if next.Side != c.side || step != c.step {
			t.Errorf("%s: %q %+v, want %q %+v", name, next.Side, step, c.side, c.step)
		}
		if (next != c.from) != next.Moment.Equal(now) {
			t.Errorf("%s: the moment does not say that it changed: %+v", name, next)
		}
		if step.Fire != (next.FiredAt.Equal(now) && next.Firing()) {
			t.Errorf("%s: fires %v, standing %+v", name, step.Fire, next)
		}
		again, nothing := next.Judge(rule, c.reading, now)
		if next.Moment.Equal(now) && (again != next || nothing != Step{}) {
			t.Errorf("%s: judged twice: %+v", name, nothing)
		}
	}
	changed := *rule
	changed.Revision++
	if next, step := firing.Judge(&changed, read(0), now); step.Close != NoteRuleChanged || !step.Fire || next.Alert == alert {
		t.Errorf("a changed rule: %+v %+v", next, step)
	}
}

func TestARaisedLimitArmsAnew(t *testing.T) {
	rule := &State{ID: uuid.UUID{1}, Revision: 1, Definition: New("Budget", Condition{
		Metric: BudgetUsed, Operator: AtLeast, Threshold: &Quantity{Micros: 800_000, Unit: Fraction},
	})}
	at := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	s := Standing{Rule: rule.ID, Revision: 1}
	tick := func(used int64, limit string) Step {
		var step Step
		at = at.Add(time.Minute)
		s, step = s.Judge(rule, Reading{Value: used, Basis: limit}, at)
		return step
	}
	for i, c := range []struct {
		used  int64
		limit string
		want  Step
	}{
		{799_999, "100.00 USD", Step{}},
		{1_500_000, "100.00 USD", Step{Fire: true}}, // in one jump
		{1_500_000, "100.00 USD", Step{}},
		{900_000, "166.00 USD", Step{}},                         // still beyond: the same crossing
		{790_000, "190.00 USD", Step{Close: NoteBudgetChanged}}, // though within the hysteresis
		{800_000, "190.00 USD", Step{Fire: true}},               // and not held back by the cooldown
	} {
		if got := tick(c.used, c.limit); got != c.want {
			t.Errorf("step %d: %+v, want %+v", i, got, c.want)
		}
	}
}

// TestFiresExactlyAtCrossings runs random figures through the machine, beside a
// model that is told in words: an alert begins when the figure is beyond the
// threshold, none is open, the last crossing has recovered, the day is new, or
// the cooldown that held it back is over.
func TestFiresExactlyAtCrossings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := highSpend(100, Window{Kind: Day})
		d.Condition.Operator = rapid.SampledFrom([]Operator{Above, AtLeast}).Draw(t, "operator")
		d.Cooldown = rapid.IntRange(0, 120).Draw(t, "cooldown")
		d.Hysteresis.Micros = rapid.Int64Range(0, million/2).Draw(t, "hysteresis")
		rule := &State{ID: uuid.UUID{1}, Revision: 1, Definition: d}
		s := Standing{Rule: rule.ID, Revision: 1}
		at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
		open, beyond, lastFire, day := false, false, time.Time{}, ""
		for range rapid.IntRange(1, 60).Draw(t, "length") {
			at = at.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute)
			r := Reading{Value: rapid.Int64Range(40, 160).Draw(t, "value") * million, Period: at.Format(time.DateOnly)}
			if rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
				r.Missing = "small_sample"
			}
			next, step := s.Judge(rule, r, at)
			if r.Period != day {
				if (step.Close != "") != open {
					t.Fatalf("a new day closes %q while open is %v", step.Close, open)
				}
				open, beyond, day = false, false, r.Period
			}
			fire := false
			if r.Missing == "" {
				if beyond && d.Recovered(r.Value) {
					if step.Close == "" && open {
						t.Fatal("a recovered figure keeps its alert open")
					}
					open, beyond = false, false
				} else if d.Crossed(r.Value) || beyond {
					beyond = true
					fire = d.Crossed(r.Value) && !open && (lastFire.IsZero() || at.Sub(lastFire) >= time.Duration(d.Cooldown)*time.Minute)
				}
			}
			if step.Fire != fire {
				t.Fatalf("fires %v, want %v: %+v at %v", step.Fire, fire, next, at)
			}
			if fire {
				open, lastFire = true, at
			}
			if next.Firing() != open {
				t.Fatalf("firing %v, want %v", next.Firing(), open)
			}
			s = next
		}
	})
}
