package analysis

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Insight is one finding that is worth a sentence, with what it rests on.
type Insight struct {
	Kind          string // "change" against the period before, "trend"
	Metric        string
	Up            bool
	Good          bool // better than before: a cost that fell, a result that rose
	Neutral       bool // neither: spend and impressions
	Change        *Change
	Decomposition *Decomposition // of a change, where there is one
	Trend         *Trend
	Period        Period
	Against       Period // of a change
	P, Q          float64
	Confidence    forecast.Confidence
	relative      float64
}

// Code names the finding for programs, such as "cpa_rose" or "ctr_falling".
func (i Insight) Code() string {
	word := map[string][2]string{"change": {"fell", "rose"}, "trend": {"falling", "rising"}}[i.Kind]
	if i.Up {
		return i.Metric + "_" + word[1]
	}
	return i.Metric + "_" + word[0]
}

// Tone says whether it is good news: "good", "bad" or "neutral".
func (i Insight) Tone() string {
	switch {
	case i.Neutral:
		return "neutral"
	case i.Good:
		return "good"
	}
	return "bad"
}

// Unit is that of the figure.
func (i Insight) Unit() performance.Unit {
	f, _ := figureNamed(i.Metric) // it was found under its name
	return f.unit
}

// Insights are ranked, the most important first. None is an answer: Tried says
// what was looked at and Untested what could not be.
type Insights struct {
	Answer
	Items    []Insight
	Tried    int
	Untested []Untested
	Days     int // complete days with delivery among the last 28
}

// Untested is a figure that there is too little of to judge.
type Untested struct {
	Metric, Kind, Reason string
	Sample               [2]int64 // of a change
	SampleOf             string
	Minimum              int64
}

// What is worth telling.
const (
	insightDays  = 7
	trendDays    = 28
	discovery    = 0.1 // share of chance findings among those told
	worthwhile   = 0.1 // relative; less is noise to a marketer however significant (mureo)
	mostInsights = 5
)

// weights say how much a figure matters; those without are not looked at, as
// others say the same.
var weights = map[string]float64{
	"cpa": 3, "roas": 3, "conversions": 2, "revenue": 2, "cvr": 2, "ctr": 1.5, "cpc": 1, "cpm": 1, "clicks": 1, "spend": 1, "impressions": 1,
}

// Insights looks at the last 7 complete local days against the 7 before, and at
// trends over 28. The errors are performance.ErrNotFound and those of queries.
func (s *Service) Insights(ctx context.Context, partner, campaign uuid.UUID, asOf AsOf) (Insights, error) {
	r, err := s.read(ctx, partner, campaign, asOf)
	if err != nil {
		return Insights{}, err
	}
	p, against, err := r.pair("last_7_days", "")
	if err != nil {
		return Insights{}, err
	}
	c, err := r.compare(ctx, p, against, "channel")
	if err != nil {
		return Insights{}, err
	}
	days, err := r.course(ctx, trendDays)
	if err != nil {
		return Insights{}, err
	}
	out := Insights{Answer: r.Answer, Days: len(days.days)}
	found := out.changes(&c)
	found = append(found, out.trends(days, Period{First: r.today - trendDays, Last: r.today - 1})...)
	out.Tried = len(found)
	out.Items = chosen(found)
	return out, nil
}

func (out *Insights) changes(c *Comparison) (found []Insight) {
	for i := range c.Items {
		item := &c.Items[i]
		switch {
		case weights[item.Metric] == 0:
		case item.Verdict == "unknown":
			out.Untested = append(out.Untested, Untested{item.Metric, "change", item.Reason, item.Sample, item.SampleOf, item.Minimum})
		default:
			found = append(found, Insight{
				Kind: "change", Metric: item.Metric, Up: item.Difference.Micros > 0, Change: item, Decomposition: c.Decomposition(item.Metric),
				Period: c.Period, Against: c.Against, P: item.P, relative: item.Relative,
			})
		}
	}
	return found
}

func (out *Insights) trends(days course, p Period) (found []Insight) {
	for i := range figures {
		f := &figures[i]
		if weights[f.name] == 0 {
			continue
		}
		t := TrendOf(days.series(f))
		if t.Direction == "unknown" {
			out.Untested = append(out.Untested, Untested{Metric: f.name, Kind: "trend", Reason: t.Reason, Sample: [2]int64{0, int64(t.Days)}, SampleOf: "days", Minimum: minTrendDays})
			continue
		}
		whole := Period{First: max(p.First, p.Last+1-localday.Day(len(days.days))), Last: p.Last}
		found = append(found, Insight{Kind: "trend", Metric: f.name, Up: t.Slope > 0, Trend: &t, Period: whole, P: t.P, relative: t.Weekly * float64(t.Days-1) / 7})
	}
	return found
}

// chosen keeps what is no chance and no trifle, without saying a thing twice: a
// trend is not told beside the change that it is part of, nor a factor beside
// the KPI that it explains.
func chosen(found []Insight) []Insight {
	p := make([]float64, len(found))
	for i := range found {
		p[i] = found[i].P
	}
	var kept []Insight
	for i, q := range adjusted(p) {
		if q <= discovery && math.Abs(found[i].relative) >= worthwhile {
			found[i].Q, found[i].Confidence = q, sureness(q)
			found[i].value()
			kept = append(kept, found[i])
		}
	}
	slices.SortStableFunc(kept, func(a, b Insight) int { return cmp.Compare(b.rank(), a.rank()) })
	told, changed := map[string]bool{}, map[string]bool{}
	for _, i := range kept {
		changed[i.Metric] = changed[i.Metric] || i.Kind == "change"
	}
	kept = slices.DeleteFunc(kept, func(i Insight) bool {
		if told[i.Metric] || i.Kind == "trend" && changed[i.Metric] {
			return true
		}
		told[i.Metric] = true
		for _, f := range i.causes() {
			told[f.Name] = true
		}
		return false
	})
	return kept[:min(len(kept), mostInsights)]
}

func sureness(q float64) forecast.Confidence {
	switch {
	case q <= 0.01:
		return forecast.High
	case q <= 0.05:
		return forecast.Medium
	}
	return forecast.Low
}

// value says whether it is good news.
func (i *Insight) value() {
	f, _ := figureNamed(i.Metric) // it was found under its name
	i.Neutral = i.Metric == "spend" || i.Metric == "impressions" || i.Metric == "cpm"
	i.Good = !i.Neutral && i.Up != f.lowerBetter
}

// rank is importance x size x certainty.
func (i *Insight) rank() float64 {
	sure := map[forecast.Confidence]float64{forecast.High: 3, forecast.Medium: 2, forecast.Low: 1}[i.Confidence]
	return weights[i.Metric] * math.Min(1, math.Abs(i.relative)) * sure
}

// causes are the factors of a change that matter, the largest first: at least a
// tenth of the change.
func (i *Insight) causes() []Factor {
	if i.Kind != "change" || i.Decomposition == nil {
		return nil
	}
	var kept []Factor
	for _, f := range i.Decomposition.Factors {
		if 10*math.Abs(float64(f.Contribution)) >= math.Abs(float64(i.Decomposition.Change)) {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b Factor) int {
		return cmp.Compare(math.Abs(float64(b.Contribution)), math.Abs(float64(a.Contribution)))
	})
	return kept
}

// culprit is the group that did at least half of a change, where there are
// others; empty without one.
func (i *Insight) culprit() string {
	if i.Kind != "change" || i.Decomposition == nil || len(i.Decomposition.Groups) < 2 {
		return ""
	}
	g := i.Decomposition.Groups[0]
	if 2*float64(g.Total())/float64(i.Decomposition.Change) < 1 {
		return ""
	}
	return g.Group
}
