package market

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/budgets/pacing"
)

// PacingTrial is how campaigns of the simulated market ended under the pacing
// controller, beside the same campaigns with a bid that is set once, by what an
// average day spends.
type PacingTrial struct {
	Campaigns  int            `json:"campaigns"`
	Seed       uint64         `json:"seed"`
	Controlled PacingOutcome  `json:"controlled"`
	SetOnce    PacingOutcome  `json:"set_once"`
	ByCurve    map[string]int `json:"within_by_curve"` // of the controlled ones
}

// PacingOutcome is how near to their budgets campaigns ended.
type PacingOutcome struct {
	Within float64 `json:"within_5_percent"` // share that ended within 5 % of its budget
	Beyond int     `json:"beyond"`           // campaigns that spent more than was authorised
	Median float64 `json:"median_error"`     // of |spent - budget| / budget
	Worst  float64 `json:"worst_error"`
}

// TryPacing runs campaigns of one to seven days through the market minute by
// minute. What was spent is known ten minutes late, as from a platform; what is
// under way is kept back until then. The market has 1.5 to 6 times the traffic
// that the budget can buy, and its prices drift.
func TryPacing(ctx context.Context, campaigns int, seed uint64) (PacingTrial, error) {
	trial := PacingTrial{Campaigns: campaigns, Seed: seed, ByCurve: map[string]int{}}
	var controlled, once []float64
	for i := range campaigns {
		if ctx.Err() != nil {
			return trial, ctx.Err()
		}
		c := newPacedCampaign(seed, i)
		a, b := c.controlled(), c.setOnce()
		if math.Abs(a) <= 0.05 {
			trial.ByCurve[string(c.plan.Curve.Shape)]++
		}
		controlled, once = append(controlled, a), append(once, b)
	}
	trial.Controlled, trial.SetOnce = outcomeOf(controlled), outcomeOf(once)
	return trial, nil
}

func outcomeOf(errors []float64) PacingOutcome {
	var o PacingOutcome
	within := 0
	sizes := make([]float64, len(errors))
	for i, e := range errors {
		sizes[i] = math.Abs(e)
		if sizes[i] <= 0.05 {
			within++
		}
		if e > 0 {
			o.Beyond++
		}
	}
	slices.Sort(sizes)
	if n := len(sizes); n > 0 {
		o.Within = float64(within) / float64(n)
		o.Median, o.Worst = sizes[n/2], sizes[n-1]
	}
	return o
}

// pacedCampaign is one campaign of a trial.
type pacedCampaign struct {
	plan  pacing.Plan
	model Model
	seed  uint64
	full  float64 // intensity at a pass-through rate of 1
}

// reportDelay is how late spend is known.
const reportDelay = 10

func newPacedCampaign(seed uint64, n int) pacedCampaign {
	name := fmt.Sprintf("paced %d", n)
	r := newRand(seed, name)
	length := time.Duration(1+r.IntN(7)) * day
	daily := math.Exp(math.Log(60) + r.Float64()*math.Log(100)) // 60 to 6 000 a day
	curves := []pacing.Curve{
		{Shape: pacing.Even},
		{Shape: pacing.FrontLoaded},
		{Shape: pacing.Custom, Points: []pacing.Waypoint{{Time: 0.5, Spent: 0.3}}},
	}
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	c := pacedCampaign{seed: seed, full: 1.5 + 4.5*r.Float64()}
	c.plan = pacing.Plan{
		Limit: micros(daily*length.Hours()/24, 10_000), From: from, To: from.Add(length), Zone: time.UTC, Curve: curves[n%len(curves)],
	}
	c.model = Model{
		Name: name, Zone: time.UTC, Demand: []*Curve{evening, office}[r.IntN(2)], Daily: daily,
		CPM: 2 + 8*r.Float64(), CTR: 0.02, CVR: 0.03, Slices: []Slice{{Channel: "display", Share: 1, Price: 1, CTR: 1, CVR: 1}},
	}
	return c
}

// controlled follows the plan with a controller that knows the shape of demand,
// not this campaign's prices. The result is (spent - budget) / budget.
func (c *pacedCampaign) controlled() float64 {
	market := NewAuction(c.model, c.seed)
	controller := pacing.NewController(c.plan, c.traffic(), int64(float64(c.plan.Limit)*c.full))
	var minutes []int64 // spent in each
	spent, known := int64(0), int64(0)
	for now := c.plan.From; now.Before(c.plan.To); now = now.Add(time.Minute) {
		if n := len(minutes); n > reportDelay {
			known += minutes[n-1-reportDelay]
		}
		// What is not reported yet is taken as its recent mean: it has been won,
		// and cannot be given back.
		estimate := known + c.underWay(minutes)
		rate := controller.Rate(now, min(estimate, c.plan.Limit))
		amount := spendOf(market.Deliver(now, now.Add(time.Minute), rate*c.full))
		amount = min(amount, c.plan.Limit-spent) // authorised money ends the bidding
		minutes, spent = append(minutes, amount), spent+amount
	}
	return float64(spent-c.plan.Limit) / float64(c.plan.Limit)
}

// underWay estimates the minutes that nobody has reported.
func (c *pacedCampaign) underWay(minutes []int64) int64 {
	unknown := min(len(minutes), reportDelay)
	seen := minutes[:len(minutes)-unknown]
	if len(seen) > 30 {
		seen = seen[len(seen)-30:]
	}
	if len(seen) == 0 {
		return 0
	}
	sum := int64(0)
	for _, m := range seen {
		sum += m
	}
	return sum * int64(unknown) / int64(len(seen))
}

// setOnce delivers with an intensity that would spend the budget if every day
// and every price were average.
func (c *pacedCampaign) setOnce() float64 {
	market := NewAuction(c.model, c.seed)
	spent := int64(0)
	for now := c.plan.From; now.Before(c.plan.To); now = now.Add(time.Minute) {
		spent += min(spendOf(market.Deliver(now, now.Add(time.Minute), 1)), c.plan.Limit-spent)
	}
	return float64(spent-c.plan.Limit) / float64(c.plan.Limit)
}

// traffic is the share of the plan's demand that falls before a moment.
func (c *pacedCampaign) traffic() pacing.Traffic {
	hours := int(c.plan.To.Sub(c.plan.From) / time.Hour)
	before := make([]float64, hours+1)
	for h := range hours {
		before[h+1] = before[h] + c.model.Demand.At(c.plan.From.Add(time.Duration(h)*time.Hour))
	}
	return func(share float64) float64 {
		at := share * float64(hours)
		h := min(int(at), hours-1)
		return (before[h] + (at-float64(h))*(before[h+1]-before[h])) / before[hours]
	}
}

func spendOf(deliveries []Delivery) (spend int64) {
	for _, d := range deliveries {
		spend += max(0, d.Spend)
	}
	return spend
}

// Text prints the trial for a person.
func (t PacingTrial) Text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d campaigns of the simulated market, seed %d\n\n%-12s %14s %8s %13s %12s\n", t.Campaigns, t.Seed,
		"", "within 5 %", "beyond", "median error", "worst error")
	for _, row := range []struct {
		name string
		o    PacingOutcome
	}{{"controlled", t.Controlled}, {"set once", t.SetOnce}} {
		if err == nil {
			_, err = fmt.Fprintf(w, "%-12s %12.1f %% %8d %11.2f %% %10.2f %%\n", row.name, 100*row.o.Within, row.o.Beyond, 100*row.o.Median, 100*row.o.Worst)
		}
	}
	return err
}
