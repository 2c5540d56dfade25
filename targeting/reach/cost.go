package reach

import (
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

var (
	// ErrNoCurve is a campaign that has not delivered what a cost is learned from.
	ErrNoCurve = fault.New(fault.Conflict, "no_cost_curve", "The campaign has no cost curve yet: nothing is known of what it pays for people.",
		"Ask again when spend, impressions and reach have been reported.")
	// ErrUnreachable is a target beyond the people there are.
	ErrUnreachable = fault.New(fault.Invalid, "reach_unreachable", "No budget reaches as many people with this targeting.",
		"Ask for fewer people, or widen the targeting.")
)

// Cost is what budget a reach takes.
type Cost struct {
	Campaign uuid.UUID
	Target   int64
	// Reached and Spent are where the campaign stands.
	Reached int64
	Spent   money.Money
	// Low, Mid and High are budgets in all, what is spent included. High is nil when
	// the target is beyond the least number of people there may be.
	Low, Mid  money.Money
	High      *money.Money
	CPM       money.Money // of the campaign so far
	NextCost  money.Money // of one more person at the target
	Audience  Estimate    // whom the targeting can reach
	Observed  bool        // the audience's size is read from the campaign's own delivery
	People    int64       // the size that Mid rests on
	Method    string
	PointsFit int // days that the curve was fitted to
}

// Budget answers what a campaign has to spend in all to reach some people, from
// its own cost curve: impressions bought at its own CPM that fall on its
// audience at random,
//
//	R(S) = N (1 - exp(-k S / N)), so S(R) = -N/k · ln(1 - R/N)
//
// with k impressions a unit of money. N is read from the campaign's own days
// where it has shown itself often enough to the same people, else it is the
// estimate of its targeting. The errors are ErrNoCurve, ErrUnreachable
// and fault.ErrInvalid.
func (s *Service) Budget(ctx context.Context, partner, campaign uuid.UUID, target int64) (Cost, error) {
	subject, err := s.Delivery.Campaign(ctx, partner, campaign)
	if err != nil {
		return Cost{}, err
	}
	if target < 1 {
		return Cost{}, fault.ErrInvalid.WithFields(fault.Field{Path: "target_reach", Code: "required", Detail: "Say how many people are to be reached.", Allow: "1 or more"})
	}
	days, err := s.Delivery.Days(ctx, partner, campaign)
	if err != nil {
		return Cost{}, err
	}
	if subject.Targeting == nil || len(days) == 0 {
		return Cost{}, ErrNoCurve
	}
	last := days[len(days)-1]
	if last.Impressions <= 0 || last.Spend.Micros <= 0 {
		return Cost{}, ErrNoCurve
	}
	audience, err := s.Estimate(ctx, subject.Partner, Request{Configuration: *subject.Targeting})
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Campaign: campaign, Target: target, Spent: last.Spend, Audience: audience, CPM: thousandth(last)}
	low, mid, high := float64(audience.Low), float64(audience.Mid), float64(audience.High)
	c.Method = "The size of the audience is the estimate of its targeting; the campaign has not shown itself often enough to the same people to tell."
	if n, points := fit(days); n > 0 {
		c.Observed, c.PointsFit = true, points
		c.Method = fmt.Sprintf("The size of the audience is read from %d days of the campaign's own reach; the range is a fifth more and less.", points)
		low, mid, high = n*0.8, n, n*1.2
	}
	c.People = int64(math.Round(mid))
	for _, d := range days {
		c.Reached = max(c.Reached, d.Reach)
	}
	if target <= c.Reached {
		c.Method += " As many are reached already; the amounts are what that took by the curve."
	}
	perUnit := float64(last.Impressions) / float64(last.Spend.Micros) // impressions a micro
	return c.price(perUnit, low, mid, high)
}

// price puts the target on the curve for three sizes of the audience: the more
// people there are, the cheaper it is to find so many.
func (c Cost) price(perUnit, low, mid, high float64) (Cost, error) {
	spend := func(people float64) (money.Money, bool) {
		if float64(c.Target) >= people {
			return money.Money{}, false
		}
		micros := -people / perUnit * math.Log1p(-float64(c.Target)/people)
		return payable(micros, c.Spent.Currency), micros < math.MaxInt64/2
	}
	var ok bool
	if c.Mid, ok = spend(mid); !ok {
		return Cost{}, ErrUnreachable.With("With this targeting there are about %.0f people; %d are asked for.", mid, c.Target).WithExtra("people", c.People)
	}
	c.Low, _ = spend(max(high, mid))
	if m, ok := spend(low); ok {
		c.High = &m
	}
	c.NextCost = money.New(int64(math.Round(1/(perUnit*(1-float64(c.Target)/mid)))), c.Spent.Currency)
	return c, nil
}

// payable is an amount as it can be paid, rounded up.
func payable(micros float64, c money.Currency) money.Money {
	step := math.Pow10(6 - c.Exponent())
	return money.New(int64(math.Ceil(micros/step)*step), c)
}

// thousandth is the cost of a thousand impressions.
func thousandth(d Day) money.Money {
	return money.New(int64(math.Round(float64(d.Spend.Micros)/float64(d.Impressions)*1000)), d.Spend.Currency)
}

// fit is the size of the audience that the campaign's days say: the N whose
// curve is nearest to the reported reach by day, in squares of the relative
// difference; 0 when the days do not tell.
func fit(days []Day) (people float64, points int) {
	var seen []Day
	for _, d := range days {
		if d.Reach > 0 && d.Impressions > 0 {
			seen = append(seen, d)
		}
	}
	if len(seen) == 0 {
		return 0, 0
	}
	last := seen[len(seen)-1]
	start := impliedBy(last)
	if start == 0 {
		return 0, 0
	}
	distance := func(n float64) float64 {
		sum := 0.0
		for _, d := range seen {
			apart := n*-math.Expm1(-float64(d.Impressions)/n)/float64(d.Reach) - 1
			sum += apart * apart
		}
		return sum
	}
	low, high := float64(last.Reach), 10*float64(start)
	for range 100 { // golden section, on the logarithm
		a, b := low*math.Pow(high/low, 0.382), low*math.Pow(high/low, 0.618)
		if distance(a) < distance(b) {
			high = b
		} else {
			low = a
		}
	}
	return math.Sqrt(low * high), len(seen)
}
