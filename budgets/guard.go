package budgets

import (
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
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

// Bounds are the lowest and the highest limit that an actor may set now without
// anybody else; the present one is always between them. A program that looks
// for a better limit looks here. A nil policy could not be read: then nothing is
// raised.
func (p *Policy) Bounds(b *Budget, by event.Origin, at time.Time) (low, high money.Money) {
	limit := b.state.Limit
	lowest, highest := int64(1), limit
	if p == nil {
		return b.money(lowest), b.money(highest)
	}
	auto := automatic(by)
	if auto && p.Floor != nil && p.Floor.Currency == b.state.Currency {
		lowest = min(limit, p.Floor.Micros)
	}
	room := min(b.raises().left(at, Window, limit, p.Threshold), b.raises().left(at, day, limit, p.MaxInDay), MaxLimit-limit)
	if auto {
		room = min(room, percentOf(limit, p.MaxStep))
	}
	highest += room
	if p.Ceiling != nil && p.Ceiling.Currency == b.state.Currency {
		highest = max(limit, min(highest, p.Ceiling.Micros))
	}
	if mean := b.usualPeriod(at); mean > 0 && mean < limit && highest > 2*limit && highest/slip >= mean {
		highest = max(2*limit, slip*mean-1)
	}
	if recent := p.recentOf(b); recent > 0 && highest > 2*limit && (highest-b.state.Settled)/slip >= recent {
		highest = max(2*limit, capped(b.state.Settled, slip*recent-1))
	}
	return b.money(lowest), b.money(highest)
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
	if err := p.below(b.money(c.limit)); err != nil {
		return err
	}
	if err := p.usual(b, c.at, c.limit); err != nil && (auto || !c.confirmed) {
		return err
	}
	if auto && step > percentOf(b.state.Limit, p.MaxStep) {
		most := b.money(percentOf(b.state.Limit, p.MaxStep))
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
	if room := b.raises().left(at, Window, b.state.Limit, p.Threshold); step > room {
		return ErrApproval.With("Within 30 days the limit may be raised by %d %% without a second person; %s of that is left.", p.Threshold, b.money(room)).
			WithExtra("available", b.money(room)).WithExtra("propose", "/api/v1/budgets/"+b.state.ID.String()+"/extra-spend")
	}
	if room := b.raises().left(at, day, b.state.Limit, p.MaxInDay); step > room {
		return ErrDay.With("The limit may be raised by %s more within 24 hours, %d %% in all.", b.money(room), p.MaxInDay).WithExtra("available", b.money(room))
	}
	return nil
}

// allowsPart says why a part of a limit may not become more by an automatic
// actor. What a person moves within a limit needs nobody.
func (p *Policy) allowsPart(b *Budget, by event.Origin, at time.Time, part *ChannelShare, limit int64) error {
	step := limit - part.Limit
	switch {
	case step <= 0 || !automatic(by):
		return nil
	case p == nil:
		return ErrUnguarded
	}
	if most := percentOf(part.Limit, p.MaxStep); step > most {
		return ErrStep.With("An automatic change may give %q %s more at most.", part.Channel, b.money(most)).WithExtra("available", b.money(most))
	}
	if room := raises(part.Raises).left(at, day, part.Limit, p.MaxInDay); step > room {
		return ErrDay.With("%q may be given %s more within 24 hours, %d %% in all.", part.Channel, b.money(room), p.MaxInDay).WithExtra("available", b.money(room))
	}
	return nil
}

// opens says why a budget may not begin with a limit.
func (p *Policy) opens(limit money.Money) error {
	if p == nil {
		return ErrUnguarded
	}
	return p.below(limit)
}

func (p *Policy) below(limit money.Money) error {
	if most := p.Ceiling; most != nil && most.Currency == limit.Currency && limit.Micros > most.Micros {
		return ErrCeiling.With("The highest limit allowed is %s.", most).WithExtra("ceiling", most)
	}
	return nil
}

// automatic reports whether no person stands behind a change.
func automatic(by event.Origin) bool {
	return by.Kind != event.ActorKey && by.Kind != event.ActorOperator
}
