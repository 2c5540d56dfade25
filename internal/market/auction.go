package market

import (
	"math"
	"math/rand/v2"
	"time"
)

// Auction delivers one campaign. It is not safe for concurrent use.
type Auction struct {
	// Speed is how many hours of the market pass in an hour: it multiplies
	// money and inventory alike. Conversions take their own time.
	Speed float64

	model   Model
	random  *rand.Rand
	price   drift
	clicked drift // of the CTR
	bought  drift // of the CVR
	later   *late
	// historic is how many conversions the history has decided, those included
	// that are still to come.
	historic int64
	clicks   int64 // delivered so far, less what was taken back
}

// NewAuction begins the delivery of m. The same model, seed and calls of Deliver
// give the same deliveries.
func NewAuction(m Model, seed uint64) *Auction {
	return &Auction{
		Speed: 1, model: m, random: newRand(seed, m.Name), later: &late{},
		price: drift{sigma: 0.08}, clicked: drift{sigma: 0.12}, bought: drift{sigma: 0.15},
	}
}

// Deliver is what happens in [from, to), with intensity times the money that
// the model would spend. With an intensity of 0 only conversions of earlier
// clicks happen.
func (a *Auction) Deliver(from, to time.Time, intensity float64) []Delivery {
	var out []Delivery
	if intensity > 0 && to.After(from) {
		hours := to.Sub(from).Hours() * a.Speed
		for _, d := range []*drift{&a.price, &a.clicked, &a.bought} {
			d.move(a.random, hours)
		}
		for i := range a.model.Slices {
			if d := a.deliver(&a.model.Slices[i], from, to, intensity); d.Impressions > 0 {
				out = append(out, d)
			}
		}
		out = a.correct(out, to, hours)
	}
	for _, d := range a.later.until(to) {
		if _, untracked := a.model.during(d.At); !untracked {
			out = append(out, d)
		}
	}
	return out
}

// deliver is one slice's part.
func (a *Auction) deliver(s *Slice, from, to time.Time, intensity float64) Delivery {
	m, hours := &a.model, to.Sub(from).Hours()*a.Speed
	demand := m.Demand.At(from.Add(to.Sub(from) / 2).In(m.Zone))
	purse := m.Daily / 24 * hours * demand * intensity * s.Share
	supply := m.Inventory * hours * demand * s.Share

	incident, _ := m.during(from)
	price := m.perImpression(s) * a.price.factor() * (0.9 + 0.1*demand) * incident
	wanted := purse / price
	got, scarcity := a.compete(wanted, supply)
	d := Delivery{At: a.moment(from, to), Slice: s, Impressions: poisson(a.random, got)}
	ctr := math.Min(m.CTR*s.CTR*a.clicked.factor(), 1)
	d.Clicks = min(d.Impressions, poisson(a.random, float64(d.Impressions)*ctr))
	a.clicks += d.Clicks
	d.Spend = a.charge(s, &d, price*scarcity)
	a.convert(s, &d, from, to)
	return d
}

// compete is how many impressions are won of those wanted, and by how much the
// competition raises their price: nearly all at the usual price while supply is
// plenty, never more than there are.
func (a *Auction) compete(wanted, supply float64) (won, scarcity float64) {
	if supply <= 0 {
		return wanted, 1
	}
	pressure := wanted / supply
	return supply * (1 - math.Exp(-pressure)), 1 + 0.25*pressure/(1+pressure)
}

// charge is the cost in micros, to a hundredth of a cent.
func (a *Auction) charge(s *Slice, d *Delivery, perImpression float64) int64 {
	cost := float64(d.Impressions) * perImpression
	if m := &a.model; m.CPC > 0 {
		cost = float64(d.Clicks) * perImpression / (m.CTR * s.CTR)
	}
	return micros(cost, 100)
}

// convert decides which clicks will buy, and when.
func (a *Auction) convert(s *Slice, d *Delivery, from, to time.Time) {
	rate := math.Min(a.model.CVR*s.CVR*a.bought.factor(), 1)
	for range min(d.Clicks, poisson(a.random, float64(d.Clicks)*rate)) {
		clicked := a.moment(from, to)
		bought := Delivery{At: clicked.Add(a.delay()), Clicked: clicked, Slice: s, Conversions: 1}
		if a.model.Order > 0 {
			bought.Revenue = micros(a.model.Order*lognormal(a.random, 0.4), 10_000)
		}
		a.later.add(bought)
	}
}

// delay from a click to its conversion: most buy in the same session, some
// after a night's sleep, a few next week.
func (a *Auction) delay() time.Duration {
	mean := 8 * time.Minute
	switch p := a.random.Float64(); {
	case p > 0.93:
		mean = 60 * time.Hour
	case p > 0.65:
		mean = 5 * time.Hour
	}
	return time.Duration(float64(mean) * a.random.ExpFloat64())
}

// Corrections: how often, how much, and from how many clicks on.
const (
	correctPerHour = 20.0 // chances in an hour of small steps ...
	correctAtMost  = 0.15 // ... and in a step, however long
	correctFrom    = 200
)

// correct sometimes takes back clicks that the platform found to be invalid,
// with their money, of the slice that delivered most.
func (a *Auction) correct(out []Delivery, at time.Time, hours float64) []Delivery {
	if a.random.Float64() > math.Min(correctAtMost, hours*correctPerHour) || a.clicks < correctFrom || len(out) == 0 {
		return out
	}
	most := &out[0]
	for i := range out {
		if out[i].Clicks > most.Clicks {
			most = &out[i]
		}
	}
	if most.Clicks == 0 {
		return out
	}
	back := 1 + most.Clicks/100
	a.clicks -= back
	spend := most.Spend / most.Clicks * back
	return append(out, Delivery{At: at.Add(-time.Microsecond), Slice: most.Slice, Clicks: -back, Spend: -spend, Corrects: "invalid_clicks"})
}

// moment is some time within [from, to).
func (a *Auction) moment(from, to time.Time) time.Time {
	return from.Add(time.Duration(a.random.Int64N(int64(to.Sub(from))))).Truncate(time.Microsecond)
}

// micros rounds units of money to a multiple of step micros.
func micros(units float64, step int64) int64 {
	return int64(math.Round(units*1e6/float64(step))) * step
}
