package budgets

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

var (
	ErrNoAllocation = fault.New(fault.Invalid, "allocation_not_found",
		"The budget gives nothing to this category.", "Read the budget for its allocations; PUT /budgets/{id}/allocations sets them.")
	// ErrUsed refuses to move what is spent or held already.
	ErrUsed = fault.New(fault.Conflict, "allocation_used",
		"That much is not free to be moved.", "Move at most what is available there.")
)

// MaxAllocations is into how many parts a limit is divided at most.
const MaxAllocations = 100

// Allocation gives a part of the limit to a category: a channel, or an
// objective. Spend and reservations of that name count against it.
type Allocation struct {
	Category string
	Amount   Amount
}

// ChannelUse is what a channel spent and holds on a local day.
type ChannelUse struct {
	Day                localday.Day
	Channel            string
	Reported, Reserved int64
}

// Allocated is how a category stands in the period.
type Allocated struct {
	Category  string      `json:"category"`
	Amount    money.Money `json:"amount"`
	Used      money.Money `json:"used"`
	Reserved  money.Money `json:"reserved"`
	Available money.Money `json:"available"`
}

// Allocate divides the limit anew, into nothing when want is empty. used is
// what each channel has had until now: a category that is new is held to what
// it spent before it had an allocation.
//
// An automatic actor may not give a category more than the guard lets it, nor
// end its bound.
func (b *Budget) Allocate(by event.Origin, at time.Time, want []Allocation, used []ChannelUse, p *Policy) error {
	if err := b.checkAllocations(want); err != nil {
		return err
	}
	if err := b.allowsDivision(by, at, want, p); err != nil {
		return err
	}
	b.advance(at)
	before := b.amounts()
	shares := make([]ChannelShare, len(want))
	for i, a := range want {
		shares[i] = ChannelShare{Channel: a.Category, Limit: a.Amount.Micros}
		if was := b.shareOf(a.Category); was >= 0 {
			shares[i].Limit, shares[i].Raises = b.state.Channels[was].Limit, b.state.Channels[was].Raises
			shares[i].set(at, a.Amount.Micros)
		}
		if b.state.Kind != KindTotal {
			shares[i].Period = b.state.OpenDay
		}
		for _, u := range used {
			if u.Channel == a.Category && b.period(u.Day) == shares[i].Period {
				shares[i].Reported += u.Reported
				shares[i].Reserved += u.Reserved
			}
		}
	}
	b.state.Channels = shares
	if after := b.amounts(); !slices.Equal(before, after) {
		b.revise(by, at, Changed{b.state.Campaign, []event.Change{{Field: "allocations", Before: before, After: after}}})
	}
	return nil
}

// allowsDivision holds every category that has a part now against the guard. One
// that would have none is bound by the whole limit.
func (b *Budget) allowsDivision(by event.Origin, at time.Time, want []Allocation, p *Policy) error {
	for i := range b.state.Channels {
		part, limit := &b.state.Channels[i], b.state.Limit
		for _, a := range want {
			if a.Category == part.Channel {
				limit = a.Amount.Micros
			}
		}
		if err := p.allowsPart(b, by, at, part, limit); err != nil {
			return err
		}
	}
	return nil
}

func (b *Budget) checkAllocations(want []Allocation) error {
	var wrong fault.Fields
	if len(want) > MaxAllocations {
		wrong.Add("allocations", "too_many", "The limit is divided into too many parts.", "at most 100")
		return wrong.Err()
	}
	seen, sum := map[string]bool{}, int64(0)
	for i, a := range want {
		path := fmt.Sprintf("allocations[%d].", i)
		if a.Category == "" || len(a.Category) > 64 {
			wrong.Add(path+"category", "out_of_range", "A part is for a channel or an objective.", "1 to 64 bytes")
		} else if seen[a.Category] {
			wrong.Add(path+"category", "duplicate", "There is another part for this category.", "each category once")
		}
		seen[a.Category] = true
		b.checkCurrency(&wrong, path+"amount.currency", a.Amount.Currency)
		if a.Amount.Micros <= 0 || a.Amount.Micros > MaxLimit {
			wrong.Add(path+"amount", "out_of_range", "This cannot be a part of the limit.", "more than 0, at most the limit")
			continue
		}
		sum += a.Amount.Micros // of at most 100 amounts of MaxLimit there is no overflow
	}
	if sum > b.state.Limit {
		wrong.Add("allocations", "beyond_limit", "The parts add up to "+b.money(sum).String()+", more than the limit.", "at most "+b.money(b.state.Limit).String()+" in all")
	}
	return wrong.Err()
}

// amounts are the parts as the history shows them.
func (b *Budget) amounts() []allocated {
	parts := make([]allocated, len(b.state.Channels))
	for i, c := range b.state.Channels {
		parts[i] = allocated{c.Channel, b.money(c.Limit)}
	}
	return parts
}

type allocated struct {
	Category string      `json:"category"`
	Amount   money.Money `json:"amount"`
}

// Allocations are how the parts stand on a local day, in the order they were
// given. A period that has not begun to be reported has used nothing.
func (b *Budget) Allocations(day localday.Day) []Allocated {
	all := make([]Allocated, len(b.state.Channels))
	for i, c := range b.state.Channels {
		if period := b.period(day); c.Period != period {
			c.begin(period)
		}
		all[i] = Allocated{c.Channel, b.money(c.Limit), b.money(max(0, c.Reported)), b.money(c.Reserved), b.money(c.free())}
	}
	return all
}

// Move takes an amount from one category, or one budget, to another.
type Move struct {
	From, To string
	Amount   Amount
	Reason   string
}

func (m Move) check(b *Budget) error {
	var wrong fault.Fields
	if m.From != "" && m.From == m.To {
		wrong.Add("to", "duplicate", "It would come back to where it is from.", "another category")
	}
	if len(m.Reason) > maxReason {
		wrong.Add("reason", "out_of_range", "The reason is too long.", "at most 500 bytes")
	}
	if err := fault.As(b.in(m.Amount, 1)); err != nil {
		wrong = append(wrong, err.Fields...)
	}
	return wrong.Err()
}

// Reallocate moves a part of one category to another; together they stay what
// they were, to the micro. What is spent or held stays where it is.
func (b *Budget) Reallocate(by event.Origin, at time.Time, m Move, p *Policy) error {
	if err := m.check(b); err != nil {
		return err
	}
	b.advance(at)
	from, to := b.shareOf(m.From), b.shareOf(m.To)
	if from < 0 || to < 0 {
		missing := m.From
		if from >= 0 {
			missing = m.To
		}
		return ErrNoAllocation.With("The budget gives nothing to %q.", missing)
	}
	source, target := &b.state.Channels[from], &b.state.Channels[to]
	switch free := source.free(); {
	case m.Amount.Micros >= source.Limit:
		return ErrUsed.With("%q would be left with nothing; set the allocations anew to end it.", m.From).WithExtra("available", b.money(min(free, source.Limit-1)))
	case m.Amount.Micros > free:
		return ErrUsed.With("%q has %s that is neither spent nor reserved.", m.From, b.money(free)).WithExtra("available", b.money(free))
	}
	if err := p.allowsPart(b, by, at, target, target.Limit+m.Amount.Micros); err != nil {
		return err
	}
	source.set(at, source.Limit-m.Amount.Micros)
	target.set(at, target.Limit+m.Amount.Micros)
	b.revise(by, at, Reallocated{b.state.Campaign, m.From, m.To, b.money(m.Amount.Micros), m.Reason})
	return nil
}

// undivided is what of the limit no category has.
func (b *Budget) undivided() int64 {
	rest := b.state.Limit
	for _, c := range b.state.Channels {
		rest -= c.Limit
	}
	return max(0, rest)
}

// Reallocated says what went from one category to another.
type Reallocated struct {
	Campaign uuid.UUID   `json:"campaign_id"`
	From     string      `json:"from"`
	To       string      `json:"to"`
	Amount   money.Money `json:"amount"`
	Reason   string      `json:"reason,omitempty"`
}

func (Reallocated) EventType() string { return "budget.reallocated" }
