package performance

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Totals are a campaign's values over some range.
type Totals struct {
	Campaign uuid.UUID
	Currency string
	Events   int64
	Metrics           // Present says which gauges are known
	Custom   []Custom // in the order of their names
	// ReachMixed says that several channels reported a reach. People are not
	// added up, so Reach is then not given.
	ReachMixed bool
}

// Gauge is the latest of the values reported: the one with the greatest
// OccurredAt, and of several at one moment the greatest, so that the order of
// arrival does not matter.
type Gauge struct {
	At, Value int64
	Set       bool
}

func (g *Gauge) take(o Gauge) {
	if o.Set && (!g.Set || o.At > g.At || o.At == g.At && o.Value > g.Value) {
		*g = o
	}
}

// NumGauges is how many metrics are gauges.
const NumGauges = int(NumMetrics) - NumSums

// Cell sums events up. Adding and merging give the same in any order. One cell
// is of one channel: across channels Sum joins cells to Totals.
type Cell struct {
	Events int64
	Sums   [NumSums]int64 // by Metric
	Gauges [NumGauges]Gauge
	Custom []Custom // in the order of their names
}

// Add counts one event.
func (c *Cell) Add(e *Event) {
	c.Events++
	c.Sums[Impressions] += e.Impressions
	c.Sums[Clicks] += e.Clicks
	c.Sums[Conversions] += e.Conversions
	c.Sums[Leads] += e.Leads
	c.Sums[Spend] += e.Spend
	c.Sums[Revenue] += e.Revenue
	if e.Given()>>Reach != 0 {
		c.addGauges(e)
	}
	if len(e.Custom) > 0 {
		c.Custom = addCustom(c.Custom, e.Custom)
	}
}

func (c *Cell) addGauges(e *Event) {
	given := e.Given()
	for m := Reach; m < NumMetrics; m++ {
		if given.Has(m) {
			c.Gauges[m-Reach].take(Gauge{At: e.OccurredAt, Value: *e.At(m), Set: true})
		}
	}
}

// AddCustom counts one custom value.
func (c *Cell) AddCustom(v Custom) { c.Custom = addCustom(c.Custom, []Custom{v}) }

// SetGauge takes a gauge's value in, if it is the latest.
func (c *Cell) SetGauge(m Metric, at, value int64) {
	c.Gauges[m-Reach].take(Gauge{At: at, Value: value, Set: true})
}

// Merge counts what another cell has counted.
func (c *Cell) Merge(o *Cell) {
	c.Events += o.Events
	for m := range c.Sums {
		c.Sums[m] += o.Sums[m]
	}
	for g := range c.Gauges {
		c.Gauges[g].take(o.Gauges[g])
	}
	if len(o.Custom) > 0 {
		c.Custom = addCustom(c.Custom, o.Custom)
	}
}

// addCustom adds values by name into a list of its own.
func addCustom(to, values []Custom) []Custom {
	out := slices.Clone(to)
	for _, v := range values {
		i, found := slices.BinarySearchFunc(out, v.Name, func(c Custom, name string) int { return strings.Compare(c.Name, name) })
		if found {
			out[i].Value += v.Value
		} else {
			out = slices.Insert(out, i, v)
		}
	}
	return out
}

// Sum joins the cells of different channels.
func Sum(s Subject, cells ...*Cell) Totals {
	var all Cell
	reached := 0
	for _, c := range cells {
		all.Merge(c)
		if c.Gauges[0].Set {
			reached++
		}
	}
	t := Totals{Campaign: s.Campaign, Currency: s.Currency, Events: all.Events, Custom: all.Custom}
	for m := range Reach {
		*t.At(m) = all.Sums[m]
	}
	for m := Reach; m < NumMetrics; m++ {
		if g := all.Gauges[m-Reach]; g.Set {
			t.Set(m, g.Value)
		}
	}
	if reached > 1 {
		t.ReachMixed, t.Reach, t.Present = true, 0, t.Present&^(1<<Reach)
	}
	return t
}
