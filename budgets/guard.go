package budgets

import (
	"slices"
	"strconv"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

var (
	// ErrApproval refuses a raise that takes two people.
	ErrApproval = fault.New(fault.Conflict, "approval_required",
		"This raises the limit by more than one person may.", "Propose it with POST /budgets/{id}/extra-spend; another person with the role approver decides.")

	ErrStep = fault.New(fault.Invalid, "step_too_large",
		"This is more in one step than an automatic change may raise.", "Raise by at most what is named, and by more only once that has proved itself.")
	ErrDay = fault.New(fault.Invalid, "daily_change_too_large",
		"This is more within 24 hours than the limit may be raised.", "Raise by at most what is left, wait, or propose extra spend.")
	ErrCeiling = fault.New(fault.Invalid, "above_ceiling",
		"This is above the highest limit that the partner allows.", "Stay below the ceiling, or have an approver move it.")
	ErrFloor = fault.New(fault.Invalid, "below_floor",
		"This is lower than an automatic change may go.", "Pause the campaign instead; a person may lower the limit further.")

	// ErrUnusual stops what is more likely a slip of units than a decision.
	ErrUnusual = fault.New(fault.Invalid, "unusual_amount",
		"The amount is far from what this budget is used to.", "Send units, not cents or micros; a person who means it sends confirm_unusual: true.")

	// ErrUnguarded refuses raises while nobody can say what is allowed.
	ErrUnguarded = fault.New(fault.Unavailable, "guard_unavailable",
		"What the partner allows cannot be read, so nothing is raised. Reductions and pauses work.", "Send the same request again after the time in Retry-After.").After(5 * time.Second)
)

// Window is how far back raises count towards a second person's approval.
const Window = 30 * 24 * time.Hour

const day = 24 * time.Hour

// Raise is a higher limit that was set.
type Raise struct {
	At       time.Time `json:"at"`
	Before   int64     `json:"before"` // the limit until then
	Amount   int64     `json:"amount"`
	Approved bool      `json:"approved,omitempty"` // by another person
}

// raised notes a raise and forgets those that no longer count.
func (b *Budget) raised(at time.Time, before int64, approved bool) {
	kept := slices.DeleteFunc(slices.Clone(b.state.Raises), func(r Raise) bool { return at.Sub(r.At) >= Window })
	kept = append(kept, Raise{at, before, b.state.Limit - before, approved})
	b.state.Raises = kept
}

// Raised is what was added to the limit within a time without a second person,
// and the limit before the first of it: the present one when there is none.
// Reductions take nothing back, or raising and lowering in turn would evade
// whoever has to approve.
func (b *Budget) Raised(at time.Time, within time.Duration) (sum, base int64) {
	base = b.state.Limit
	for i := len(b.state.Raises) - 1; i >= 0; i-- {
		if r := b.state.Raises[i]; !r.Approved && at.Sub(r.At) < within {
			sum, base = sum+r.Amount, min(base, r.Before)
		}
	}
	return sum, base
}

// Room is how much one person may still add to the limit now.
func (p Policy) Room(b *Budget, at time.Time) int64 {
	return min(left(b, at, Window, p.Threshold), left(b, at, day, p.MaxInDay))
}

// left is what a share of the base leaves to raise.
func left(b *Budget, at time.Time, within time.Duration, percent int) int64 {
	sum, base := b.Raised(at, within)
	return max(0, share(base, percent)-sum)
}

func share(base int64, percent int) int64 {
	part, err := money.MulDiv(base, int64(percent), 100, money.Down)
	if err != nil {
		return 0 // of limits at most MaxLimit there is no overflow
	}
	return part
}

// change is a new limit on its way past the guard.
type change struct {
	by         event.Origin
	at         time.Time
	limit      int64
	confirmed  bool // a person has said that the amount is meant
	authorised bool // by an administrator, or by the second person
}

// allows says why the limit may not become c.limit, or nil. A nil policy could
// not be read. What does not raise always passes, but for automatic actors at
// the floor.
func (p *Policy) allows(b *Budget, c change) error {
	step := c.limit - b.state.Limit
	auto := automatic(c.by)
	switch {
	case step == 0:
		return nil
	case step < 0:
		return p.allowsCut(b, c.limit, auto)
	case p == nil:
		return ErrUnguarded
	}
	if most := p.Ceiling; most != nil && most.Currency == b.state.Currency && c.limit > most.Micros {
		return ErrCeiling.With("The highest limit allowed is %s.", most).WithExtra("ceiling", most)
	}
	if err := b.usual(c.at, c.limit); err != nil && (auto || !c.confirmed) {
		return err
	}
	if auto && step > share(b.state.Limit, p.MaxStep) {
		most := b.money(share(b.state.Limit, p.MaxStep))
		return ErrStep.With("An automatic change may raise by %s at most, %d %% of the limit.", most, p.MaxStep).WithExtra("available", most)
	}
	if c.authorised {
		return nil
	}
	return p.allowsRaise(b, c.at, step)
}

// allowsCut lets everything down pass but what an automatic actor does below
// the floor.
func (p *Policy) allowsCut(b *Budget, limit int64, auto bool) error {
	if p == nil || p.Floor == nil || !auto || p.Floor.Currency != b.state.Currency || limit >= p.Floor.Micros {
		return nil
	}
	return ErrFloor.With("The lowest limit for automatic changes is %s.", p.Floor).WithExtra("floor", p.Floor)
}

func (p *Policy) allowsRaise(b *Budget, at time.Time, step int64) error {
	if room := left(b, at, Window, p.Threshold); step > room {
		return ErrApproval.With("Within 30 days the limit may be raised by %d %% without a second person; %s of that is left.", p.Threshold, b.money(room)).
			WithExtra("available", b.money(room)).WithExtra("propose", "/api/v1/budgets/"+b.state.ID.String()+"/extra-spend")
	}
	if room := left(b, at, day, p.MaxInDay); step > room {
		return ErrDay.With("The limit may be raised by %s more within 24 hours, %d %% in all.", b.money(room), p.MaxInDay).WithExtra("available", b.money(room))
	}
	return nil
}

// automatic reports whether no person stands behind a change.
func automatic(by event.Origin) bool {
	return by.Kind != event.ActorKey && by.Kind != event.ActorOperator
}

const (
	// slip is how many times the usual an amount in minor units looks like.
	slip = 100
	// slipMicros is the same for micros.
	slipMicros = 1_000_000
	// usualDays is how many days with spend tell what is usual.
	usualDays = 7
	lookDays  = 28
)

// usual says whether a limit looks like cents or micros of what was meant: at
// least 100 times the present limit, or, for a daily budget that more than
// doubles, of the mean day among the last 28.
func (b *Budget) usual(at time.Time, limit int64) error {
	against, what := b.state.Limit, "the present limit"
	if mean := b.usualDay(at); mean > 0 && limit > 2*b.state.Limit && mean < against {
		against, what = mean, "the mean day of the last 28"
	}
	if limit/slip < against {
		return nil
	}
	unit := "minor units"
	if limit/slipMicros >= against {
		unit = "micros"
	}
	return ErrUnusual.With("This is %d times %s (%s): it looks like %s.", limit/against, what, b.money(against), unit)
}

// usualDay is the mean of the days with spend among the last 28 of a daily
// budget, 0 when they are fewer than seven. The days of other kinds are not
// kept.
func (b *Budget) usualDay(at time.Time) int64 {
	if b.state.Kind != KindDaily {
		return 0
	}
	sum, count, first := int64(0), int64(0), b.Today(at)-localday.Day(lookDays)
	for _, d := range b.state.Closed {
		if d.Day < first || d.Settled <= 0 {
			continue
		}
		next, err := money.AddMicros(sum, d.Settled)
		if err != nil {
			return 0
		}
		sum, count = next, count+1
	}
	if count < usualDays {
		return 0
	}
	return sum / count
}

func itoa(n int) string { return strconv.Itoa(n) }
