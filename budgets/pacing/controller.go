package pacing

import (
	"math"
	"time"
)

// Traffic says how much of the traffic of a period falls before a moment of it,
// as shares that rise from 0 to 1.
type Traffic func(share float64) float64

// Uniform is traffic that is always the same.
func Uniform(share float64) float64 { return clamp(share, 0, 1) }

// Controller holds a delivery to its plan by passing through a share of the
// traffic: every minute 10 % more of it while less was spent than planned, 10 %
// less while more was (Agarwal, Ghosh, Wei, You, "Budget pacing for targeted
// online advertisements at LinkedIn", KDD 2014). Its zero value is not ready;
// use NewController.
type Controller struct {
	plan    Plan
	traffic Traffic
	rate    float64
}

const (
	step      = 1.1
	leastRate = 1e-4 // from which it can still recover
	// headroom is what is left unplanned for what is on its way when the end
	// comes: reports are minutes late, and what was won cannot be given back.
	headroom = 0.003
)

// NewController begins at the rate that would spend the plan evenly, given what
// full traffic spends in the plan's whole time: beginning at one half burns
// small budgets in the first minutes. full may be 0 when it is not known.
func NewController(plan Plan, traffic Traffic, full int64) *Controller {
	if traffic == nil {
		traffic = Uniform
	}
	rate := 0.1
	if full > 0 {
		rate = clamp(float64(plan.Limit)/float64(full), leastRate, 1)
	}
	return &Controller{plan, traffic, rate}
}

// Rate is the share of the traffic to pass through in the next minute, given
// what has been spent by now: 0 before the plan, after it, and once its money
// is spent.
func (c *Controller) Rate(now time.Time, spent int64) float64 {
	share := float64(now.Sub(c.plan.From)) / float64(c.plan.To.Sub(c.plan.From))
	if share < 0 || share >= 1 || spent >= c.plan.Limit {
		return 0
	}
	planned := (1 - headroom) * float64(c.plan.Limit) * c.plan.Curve.At(c.traffic(share))
	if float64(spent) <= planned {
		c.rate *= step
	} else {
		c.rate /= step
	}
	c.rate = clamp(c.rate, leastRate, 1)
	return c.rate
}

// Authorise is how much may be spent until the next report: the rate's share of
// what full traffic would spend, and never more than is left.
func (c *Controller) Authorise(now time.Time, spent, fullMinute int64) int64 {
	wanted := int64(math.Floor(c.Rate(now, spent) * float64(fullMinute)))
	return max(0, min(wanted, c.plan.Limit-spent))
}
