package performance

import (
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// watcher compares a campaign's numbers with its targets and with the hour
// before. It is keyed to the data and not to the clock, so a replay of the same
// commits finds the same.
type watcher struct {
	part    *Part
	after   *After
	at      time.Time
	rec     event.Recorder
	changed bool
}

func (w *watcher) record(data event.Data) {
	w.rec.Record("campaign", w.part.Campaign, 0, w.at, event.Origin{
		Partner: w.part.Partner, Kind: event.ActorReaction, ID: "performance", From: "metrics",
	}, data)
}

// hysteresis keeps a KPI that hovers around its target from crossing at every
// commit: it has met the target at the target, and misses it again only 5 %
// beyond.
const hysteresis = 50_000 // micros of the target

// targets judges every KPI that has a target, once per crossing.
func (w *watcher) targets() {
	if len(w.part.Targets) == 0 {
		return
	}
	totals := Sum(w.part.Subject, &w.after.Total)
	for _, name := range sortedNames(w.part.Targets) {
		target := w.part.Targets[name]
		g, ok := gradeOf(name, &totals)
		if !ok || g.sample < g.minSample {
			continue
		}
		before := w.after.Standing.Targets[name]
		side := g.side(target, before)
		if side == before || side == "" {
			continue
		}
		w.cross(name, side)
		w.record(TargetCrossed{
			KPI: name, Target: Decimal(target), Actual: Decimal(g.actual), Direction: direction(before, side),
			Severity: g.severity(target, side), Sample: g.sample,
		})
	}
}

func sortedNames(targets Targets) []string {
	names := make([]string, 0, len(targets))
	for name := range targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (w *watcher) cross(name string, side Side) {
	if w.after.Standing.Targets == nil {
		w.after.Standing.Targets = map[string]Side{}
	}
	w.after.Standing.Targets[name] = side
	w.changed = true
}

func direction(before, side Side) string {
	switch {
	case side == Missed:
		return "missed"
	case before == Missed:
		return "recovered"
	}
	return "reached"
}

// grade is a KPI or a sum, ready to be held against a target.
type grade struct {
	actual            int64 // micros
	sample, minSample int64
	lowerBetter       bool
	sum               bool // a sum can only be met: it is not missed before the end
}

// gradeOf finds the figure that a target is about. ok is false when it has no
// value.
func gradeOf(name string, t *Totals) (g grade, ok bool) {
	for i := range formulas {
		if f := &formulas[i]; f.name == name {
			kpi := f.of(&t.Metrics, t.Currency)
			return grade{kpi.Value, *t.At(f.sampleOf), f.minSample, f.lowerBetter, false}, kpi.Defined()
		}
	}
	m, ok := MetricNamed(name)
	if !ok {
		return grade{}, false
	}
	if m.IsGauge() {
		return grade{actual: asMicros(m, *t.At(m))}, t.Present.Has(m)
	}
	return grade{actual: asMicros(m, *t.At(m)), sum: true}, true
}

// asMicros brings counts to the unit of targets.
func asMicros(m Metric, value int64) int64 {
	if m.IsDecimal() {
		return value
	}
	scaled, err := money.MulDiv(value, million, 1, money.Down)
	if err != nil {
		return maxTotal
	}
	return scaled
}

func (g *grade) side(target int64, before Side) Side {
	slack, err := money.MulDiv(target, hysteresis, million, money.HalfUp)
	if err != nil {
		slack = 0
	}
	actual, goal := g.actual, target
	if g.lowerBetter {
		actual, goal = -actual, -goal
	}
	switch {
	case actual >= goal:
		return Met
	case g.sum && before == "", actual >= goal-slack && before != "":
		return before
	case g.sum:
		return "" // taken back by a restatement: nothing to announce
	}
	return Missed
}

func (g *grade) severity(target int64, side Side) string {
	switch {
	case side == Met:
		return "LOW"
	case g.lowerBetter && g.actual/2 >= target, !g.lowerBetter && g.actual <= target/2:
		return "HIGH"
	}
	return "MEDIUM"
}

// significant is the share by which a KPI must move from one hour to the next.
const significant = 300_000 // micros: 30 %

// hours compares the two latest complete hours, once, when the first event of a
// later hour has come in. Late events do not call it up again.
func (w *watcher) hours() error {
	latest := floor(w.part.Events[len(w.part.Events)-1].OccurredAt, hourMicros)
	known := w.after.Standing.Hour
	if latest <= known && known != 0 {
		return nil
	}
	w.after.Standing.Hour, w.changed = latest, true
	if known == 0 {
		return nil
	}
	now, err := w.after.HourCell(known)
	if err != nil {
		return err
	}
	before, err := w.after.HourCell(known - hourMicros)
	if err != nil {
		return err
	}
	w.compare(known, Sum(w.part.Subject, &before), Sum(w.part.Subject, &now))
	return nil
}

func (w *watcher) compare(hour int64, before, now Totals) {
	for i := range formulas {
		f := &formulas[i]
		a, b := f.of(&before.Metrics, before.Currency), f.of(&now.Metrics, now.Currency)
		sample := min(*before.At(f.sampleOf), *now.At(f.sampleOf))
		if !a.Defined() || !b.Defined() || a.Value <= 0 || sample < f.minSample {
			continue
		}
		share, err := money.MulDiv(b.Value-a.Value, million, a.Value, money.HalfEven)
		if err != nil || share < significant && share > -significant {
			continue
		}
		w.record(SignificantChange{
			KPI: f.name, Hour: time.UnixMicro(hour).UTC(), Before: Decimal(a.Value), After: Decimal(b.Value),
			Change: Decimal(share), Better: share > 0 != f.lowerBetter, Sample: sample,
		})
	}
}
