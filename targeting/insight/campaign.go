package insight

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Delivery is what a campaign brought in a window of time.
type Delivery struct {
	From, To, KnownAt time.Time
	Currency          money.Currency
	Parts             []Part
	Targeting         *targeting.Configuration
}

// People estimates how many people a targeting reaches, low, mid and high; ok
// is false when that cannot be said.
type People func(targeting.Configuration) (r Reach, ok bool)

// Reach is a range of people.
type Reach struct {
	Low  int64 `json:"low"`
	Mid  int64 `json:"mid"`
	High int64 `json:"high"`
}

// Campaign is who responds to a campaign, what wastes its money, and what to do
// about its targeting.
type Campaign struct {
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	KnownAt     time.Time    `json:"known_at"`
	Responses   []Response   `json:"responses" doc:"By dimension, the most spend first."`
	Compared    int          `json:"compared" doc:"Comparisons for which the p-values are adjusted."`
	Suggestions []Suggestion `json:"suggestions"`
	Notes       []string     `json:"notes"`
}

// Judge compares each part of a campaign with the rest of it.
func Judge(d Delivery, people People) Campaign {
	c := Campaign{From: d.From, To: d.To, KnownAt: d.KnownAt, Responses: []Response{}, Suggestions: []Suggestion{}, Notes: []string{}}
	for _, dimension := range Dimensions {
		parts := slices.DeleteFunc(slices.Clone(d.Parts), func(p Part) bool { return p.Dimension != dimension })
		slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Or(cmp.Compare(b.Spend, a.Spend), cmp.Compare(a.Value, b.Value)) })
		whole := total(parts)
		for _, p := range parts {
			if p.Value == "" {
				continue // delivered, but it is not said to whom
			}
			c.Responses = append(c.Responses, Response{Part: p, Cost: money.New(p.Spend, d.Currency), Measures: measures(p, whole.minus(p))})
		}
	}
	c.decide(d)
	if len(c.Responses) == 0 {
		c.Notes = append(c.Notes, "Nothing that was delivered says to which audience, device or country: send these with the metric events.")
	}
	if d.Targeting != nil {
		c.Suggestions = append(c.Suggestions, c.narrow(d, people)...)
		c.Suggestions = append(c.Suggestions, widen(d, people)...)
	}
	return c
}

func total(parts []Part) Part {
	var sum Part
	for _, p := range parts {
		sum = sum.minus(Part{Impressions: -p.Impressions, Clicks: -p.Clicks, Conversions: -p.Conversions, Spend: -p.Spend})
	}
	return sum
}

// decide adjusts the p-values for how many there are, and gives verdicts.
func (c *Campaign) decide(d Delivery) {
	var p []float64
	var tested []*Measure
	for i := range c.Responses {
		for j := range c.Responses[i].Measures {
			if m := &c.Responses[i].Measures[j]; !math.IsNaN(m.p) {
				tested, p = append(tested, m), append(p, m.p)
			}
		}
	}
	c.Compared = len(tested)
	for i, q := range adjust(p) {
		tested[i].decide(q)
	}
	for i := range c.Responses {
		r := &c.Responses[i]
		r.Verdict = r.measure(CostPerConversion).Verdict
		if r.Verdict == TooFew {
			r.Verdict = r.measure(CTR).Verdict
		}
		if m := r.measure(CostPerConversion); m.Verdict == Worse {
			fair := float64(r.Conversions) * *m.Rest * money.Unit
			wasted := money.New(r.Spend-int64(math.Round(fair)), d.Currency)
			r.Wasted = &wasted
		}
	}
}

func (m *Measure) decide(q float64) {
	m.Q, m.Verdict = &q, Alike
	if q >= Significant || math.Abs(m.Ratio.Value-1) < Noise {
		return
	}
	higher := m.Ratio.Value > 1
	if higher == (m.Name == CostPerConversion) {
		m.Verdict = Worse
	} else {
		m.Verdict = Better
	}
}

func lacking(n int64, of string) string { return fmt.Sprintf("at least %d %s on both sides", n, of) }
