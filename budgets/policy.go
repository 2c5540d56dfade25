package budgets

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Policy is what a partner lets happen to its budgets without a second person.
// Percentages are whole: 50 is half as much again.
type Policy struct {
	Revision  int64 `json:"revision"` // 1 until it is first changed
	MaxStep   int   `json:"max_step_percent"`
	MaxInDay  int   `json:"max_day_percent"`
	Threshold int   `json:"approval_percent"`

	Floor   *money.Money `json:"floor"`   // what automatic actors never go below; nil is none
	Ceiling *money.Money `json:"ceiling"` // what nobody goes above; nil is none

	UpdatedAt *time.Time `json:"updated_at"` // nil until it is first changed

	recent recent // of the budget that it was read for
}

// DefaultPolicy is the policy of a partner that has set none: one step of an
// automatic actor raises by at most 50 %, everybody together by at most 100 % in
// 24 hours, and beyond 20 % of the limit in 30 days another person approves.
func DefaultPolicy() Policy { return Policy{Revision: 1, MaxStep: 50, MaxInDay: 100, Threshold: 20} }

// Terms are the settings of a policy.
type Terms struct {
	MaxStep   int          `json:"max_step_percent"`
	MaxInDay  int          `json:"max_day_percent"`
	Threshold int          `json:"approval_percent"`
	Floor     *money.Money `json:"floor"`
	Ceiling   *money.Money `json:"ceiling"`
}

// maxPercent is the loosest that a share may be set: it still means something.
const maxPercent = 1000

// Check reports every term that cannot be.
func (t Terms) Check() error {
	var wrong fault.Fields
	for _, c := range []struct {
		path  string
		value int
		least int
	}{{"max_step_percent", t.MaxStep, 1}, {"max_day_percent", t.MaxInDay, 1}, {"approval_percent", t.Threshold, 0}} {
		if c.value < c.least || c.value > maxPercent {
			wrong.Add(c.path, "out_of_range", "This cannot be a share of the limit.", "whole percent up to 1000, at least "+strconv.Itoa(c.least))
		}
	}
	for path, bound := range map[string]*money.Money{"floor": t.Floor, "ceiling": t.Ceiling} {
		if bound != nil && (!bound.Currency.Valid() || bound.Micros <= 0 || bound.Micros > MaxLimit) {
			wrong.Add(path, "out_of_range", "This cannot be a bound of a limit.", "more than 0 in a currency in use, or null")
		}
	}
	if t.Floor != nil && t.Ceiling != nil && t.Floor.Currency == t.Ceiling.Currency && t.Floor.Micros > t.Ceiling.Micros {
		wrong.Add("floor", "out_of_range", "The floor is above the ceiling.", "at most the ceiling")
	}
	return wrong.Err()
}

func (t Terms) policy(revision int64, at time.Time) Policy {
	return Policy{Revision: revision, MaxStep: t.MaxStep, MaxInDay: t.MaxInDay, Threshold: t.Threshold, Floor: t.Floor, Ceiling: t.Ceiling, UpdatedAt: &at}
}

// PolicyChanged says what a partner lets happen from now on.
type PolicyChanged struct {
	Partner uuid.UUID `json:"partner_id"`
	Before  Terms     `json:"before"`
	After   Terms     `json:"after"`
}

func (PolicyChanged) EventType() string { return "budget.guard_changed" }

// Terms are the settings of the policy.
func (p Policy) Terms() Terms {
	return Terms{p.MaxStep, p.MaxInDay, p.Threshold, p.Floor, p.Ceiling}
}

func (t Terms) equal(o Terms) bool {
	return t.MaxStep == o.MaxStep && t.MaxInDay == o.MaxInDay && t.Threshold == o.Threshold && same(t.Floor, o.Floor) && same(t.Ceiling, o.Ceiling)
}

func same(a, b *money.Money) bool { return a == b || a != nil && b != nil && *a == *b }
