package campaigns

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Metric is what a goal can be set on.
type Metric string

const (
	MetricImpressions Metric = "impressions"
	MetricClicks      Metric = "clicks"
	MetricConversions Metric = "conversions"
	MetricLeads       Metric = "leads"
	MetricCTR         Metric = "ctr" // clicks / impressions, a fraction
	MetricCPC         Metric = "cpc" // spend / clicks
	MetricCPM         Metric = "cpm" // spend / 1000 impressions
	MetricCPA         Metric = "cpa" // spend / conversions
	MetricROAS        Metric = "roas"
	MetricRevenue     Metric = "revenue"
	MetricBrandLift   Metric = "brand_lift" // the last value reported
)

// Metrics are all of them, in the order in which they are shown.
var Metrics = []Metric{
	MetricImpressions, MetricClicks, MetricConversions, MetricLeads, MetricCTR,
	MetricCPC, MetricCPM, MetricCPA, MetricROAS, MetricRevenue, MetricBrandLift,
}

// Cost reports whether less is better.
func (m Metric) Cost() bool { return m == MetricCPC || m == MetricCPM || m == MetricCPA }

// Money reports whether the metric is an amount of the campaign's currency.
func (m Metric) Money() bool { return m.Cost() || m == MetricRevenue }

func (m Metric) count() bool { return slices.Index(Metrics, m) < slices.Index(Metrics, MetricCTR) }

// Target is the value of a metric that the campaign is to reach, or for costs
// to stay at or below.
type Target struct {
	Metric Metric
	Quantity
	flaw error // why it could not be read
}

// Goals are a campaign's targets, at most one of each metric, in the order of
// Metrics. In JSON: {"target_metrics":{"clicks":1000,"cpa":"5.00"}}.
type Goals struct{ Targets []Target }

// Target is the target of a metric, if there is one.
func (g Goals) Target(m Metric) (Target, bool) {
	i := slices.IndexFunc(g.Targets, func(t Target) bool { return t.Metric == m })
	if i < 0 {
		return Target{}, false
	}
	return g.Targets[i], true
}

func (g Goals) has(wanted ...Metric) bool {
	return slices.ContainsFunc(g.Targets, func(t Target) bool { return slices.Contains(wanted, t.Metric) })
}

// MarshalJSON writes the targets in their order.
func (g Goals) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"target_metrics":{`)
	for i, t := range g.Targets {
		value, err := t.Quantity.MarshalJSON()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", string(t.Metric), value)
	}
	b.WriteString("}}")
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes. A metric or a value that cannot
// be understood is kept as such and reported by the campaign with its path,
// together with everything else that is wrong.
func (g *Goals) UnmarshalJSON(b []byte) error {
	var body struct {
		TargetMetrics map[Metric]json.RawMessage `json:"target_metrics"`
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil {
		return err
	}
	g.Targets = nil
	for metric, value := range body.TargetMetrics {
		t := Target{Metric: metric}
		t.flaw = t.Quantity.UnmarshalJSON(value)
		g.Targets = append(g.Targets, t)
	}
	g.sort()
	return nil
}

func (g Goals) sort() {
	slices.SortFunc(g.Targets, func(a, b Target) int {
		return cmp.Or(cmp.Compare(slices.Index(Metrics, a.Metric), slices.Index(Metrics, b.Metric)), cmp.Compare(a.Metric, b.Metric))
	})
}

// in puts the goals in order and gives money without a currency the campaign's.
func (g Goals) in(c money.Currency) Goals {
	g.Targets = slices.Clone(g.Targets)
	for i := range g.Targets {
		if t := &g.Targets[i]; t.Metric.Money() && t.Currency == "" {
			t.Currency = c
		}
	}
	g.sort()
	return g
}

// check notes every target that cannot be one, and what the objective misses.
func (g Goals) check(wrong *fault.Fields, objective Objective, currency money.Currency) {
	const path = "goals.target_metrics"
	if len(g.Targets) == 0 {
		wrong.Add(path, "required", "A campaign needs something to be measured by.", "at least one of "+oneOf(Metrics))
	}
	for i, t := range g.Targets {
		t.check(wrong, path+"."+string(t.Metric), currency)
		if i > 0 && g.Targets[i-1].Metric == t.Metric {
			wrong.Add(path+"."+string(t.Metric), "duplicate", "There are two targets for it.", "each metric once")
		}
	}
	switch {
	case objective == Conversions && !g.has(MetricConversions, MetricCPA):
		wrong.Add(path, "objective_target_missing", "The objective CONVERSIONS cannot be judged by these targets.", "a target for conversions or cpa")
	case objective == Traffic && !g.has(MetricClicks, MetricCTR):
		wrong.Add(path, "objective_target_missing", "The objective TRAFFIC cannot be judged by these targets.", "a target for clicks or ctr")
	}
}

func (t Target) check(wrong *fault.Fields, path string, currency money.Currency) {
	switch {
	case !known(t.Metric, Metrics):
		wrong.Add("goals.target_metrics", "unknown_metric", quote(string(t.Metric))+" cannot be a goal.", oneOf(Metrics))
	case t.flaw != nil:
		e := fault.As(t.flaw)
		wrong.Add(path, e.Code, e.Detail, e.Fix)
	case t.Micros <= 0:
		wrong.Add(path, "out_of_range", "A target must be more than nothing.", "more than 0")
	case t.Metric.count() && t.Micros%money.Unit != 0:
		wrong.Add(path, "out_of_range", "It counts whole things.", "a whole number above 0")
	case t.Metric == MetricCTR && t.Micros > money.Unit:
		wrong.Add(path, "out_of_range", "More clicks than impressions cannot be a target; a rate is a fraction, so 2 % is 0.02.", "more than 0, at most 1")
	case t.Metric.Money() && t.Currency != currency:
		wrong.Add(path, money.ErrCurrencyMismatch.Code, "The target must be in the campaign's currency; nothing is converted.", string(currency))
	case !t.Metric.Money() && t.Currency != "":
		wrong.Add(path, "not_money", "It is not an amount of money.", "a number above 0")
	}
}
