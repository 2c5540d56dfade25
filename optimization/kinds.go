package optimization

import (
	"slices"
	"time"
)

// Type is what a suggestion is about.
type Type string

// The types.
const (
	BudgetReallocation  Type = "BUDGET_REALLOCATION"
	BidAdjustment       Type = "BID_ADJUSTMENT"
	TargetingRefinement Type = "TARGETING_REFINEMENT"
	AudienceExpansion   Type = "AUDIENCE_EXPANSION"
	CreativeRotation    Type = "CREATIVE_ROTATION"
)

// Types are all of them, in the order in which they are shown.
var Types = []Type{BudgetReallocation, BidAdjustment, TargetingRefinement, AudienceExpansion, CreativeRotation}

// Valid reports whether t is one of Types.
func (t Type) Valid() bool { return slices.Contains(Types, t) }

const day = 24 * time.Hour

// Window is how long after a change what came of it is judged.
func (t Type) Window() time.Duration {
	switch t {
	case BudgetReallocation:
		return 7 * day
	case BidAdjustment:
		return 21 * day
	default:
		return 14 * day
	}
}

// settle is how long after a change nothing new is suggested about the same: the
// curves of budgets learn from every day, the others need half of their window.
func (t Type) settle(cooldown time.Duration) time.Duration {
	if t == BudgetReallocation {
		return max(cooldown, 2*day)
	}
	return max(cooldown, t.Window()/2)
}

// Life is how long a suggestion stands before its evidence is too old.
const Life = 7 * day

// Status is where a suggestion is in its life.
type Status string

// The statuses. Applying and reverting last as long as a change takes.
const (
	Open       Status = "open"
	Applying   Status = "applying"
	Applied    Status = "applied"
	Reverting  Status = "reverting"
	RolledBack Status = "rolled_back"
	Dismissed  Status = "dismissed"
	Expired    Status = "expired"
	Superseded Status = "superseded" // by a newer one about the same, or by an opposing one
)

// Statuses are all of them.
var Statuses = []Status{Open, Applying, Applied, Reverting, RolledBack, Dismissed, Expired, Superseded}

// Direction is which way a change goes, in the order in which opposing ones
// give way: the first wins.
type Direction string

// The directions.
const (
	Pause    Direction = "pause"
	Decrease Direction = "decrease"
	Hold     Direction = "hold"
	Increase Direction = "increase"
)

var precedence = []Direction{Pause, Decrease, Hold, Increase}

// Beats reports whether d goes before o where they oppose each other.
func (d Direction) Beats(o Direction) bool {
	return slices.Index(precedence, d) < slices.Index(precedence, o)
}

// Risk is how much harm a wrong change can do.
type Risk string

// The risks.
const (
	RiskLow    Risk = "low"
	RiskMedium Risk = "medium"
	RiskHigh   Risk = "high"
)

// Grade is what came of a change.
type Grade string

// The grades.
const (
	Improved     Grade = "improved"
	Worse        Grade = "worse"
	Inconclusive Grade = "inconclusive" // too little data, or a difference that may be noise
	Confounded   Grade = "confounded"   // another change touched the same campaign meanwhile
)

// Grades are all of them.
var Grades = []Grade{Improved, Worse, Inconclusive, Confounded}
