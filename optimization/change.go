package optimization

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Change is exactly what a suggestion would change; one of its parts is given.
type Change struct {
	Budget    uuid.UUID  `json:"budget_id"` // of the campaign
	Move      *Move      `json:"move,omitempty"`
	Transfer  *Transfer  `json:"transfer,omitempty"` // to another campaign of the partner
	Divide    []Share    `json:"divide,omitempty"`   // of a limit that has no parts yet
	Bid       *Bid       `json:"bid,omitempty"`
	Targeting *Audience  `json:"targeting,omitempty"`
	Creatives []Rotation `json:"creatives,omitempty"`
}

// Move takes a part of the budget from one channel to another.
type Move struct {
	From   string      `json:"from"`
	To     string      `json:"to"`
	Amount money.Money `json:"amount"`
}

// Transfer takes a part of one campaign's budget to another campaign's.
type Transfer struct {
	From   Party       `json:"from"`
	To     Party       `json:"to"`
	Amount money.Money `json:"amount"`
}

// Party is a campaign that gives or gets.
type Party struct {
	Campaign uuid.UUID `json:"campaign_id"`
	Budget   uuid.UUID `json:"budget_id"`
	Name     string    `json:"name"` // as the analysis saw it
}

// Share is what a channel gets of the limit.
type Share struct {
	Category string      `json:"category"`
	Amount   money.Money `json:"amount"`
}

// Bid is another bid.
type Bid struct {
	Strategy targeting.BidType `json:"strategy"`
	Before   money.Money       `json:"before"`
	After    money.Money       `json:"after"`
}

// Audience is another value of one field of the targeting.
type Audience struct {
	Field  string                  `json:"field"`  // of the targeting, such as device_types
	Before []string                `json:"before"` // empty: without a restriction
	After  []string                `json:"after"`
	Whole  targeting.Configuration `json:"configuration"` // as it would be

	Learning bool `json:"learning_reset"` // ad platforms learn anew after the change, and after it is taken back
}

// Rotation is how often a creative is to be shown among those of its channel.
type Rotation struct {
	Name   string `json:"name"`
	Before int    `json:"before_percent"` // 0: as the platform likes
	After  int    `json:"after_percent"`
}

// touch is a field that a change moves, and which way.
type touch struct {
	field     string
	direction Direction
	campaign  uuid.UUID // zero: the suggestion's own
}

// touches are the fields that a change moves. Two changes of one tick must not
// share one.
func (c Change) touches() []touch {
	switch {
	case c.Move != nil:
		return []touch{
			{field: "budget." + c.Move.From, direction: Decrease}, {field: "budget." + c.Move.To, direction: Increase},
		}
	case c.Transfer != nil:
		return []touch{{"budget", Decrease, c.Transfer.From.Campaign}, {"budget", Increase, c.Transfer.To.Campaign}}
	case len(c.Divide) > 0:
		return []touch{{field: "budget", direction: Hold}}
	case c.Bid != nil && c.Bid.After.Micros < c.Bid.Before.Micros:
		return []touch{{field: "bid", direction: Decrease}}
	case c.Bid != nil:
		return []touch{{field: "bid", direction: Increase}}
	case c.Targeting != nil && c.Targeting.narrows():
		return []touch{{field: "targeting." + c.Targeting.Field, direction: Decrease}}
	case c.Targeting != nil:
		return []touch{{field: "targeting." + c.Targeting.Field, direction: Increase}}
	}
	return []touch{{field: "creatives", direction: Hold}}
}

// narrows reports whether fewer people are meant than before. An empty list asks
// for everybody, an empty exclusion leaves nobody out, and ages are a range.
func (a Audience) narrows() bool {
	if a.Field == fieldExclusions {
		return len(a.After) > len(a.Before)
	}
	size := func(words []string) int {
		switch {
		case len(words) == 0:
			return math.MaxInt
		case a.Field == fieldAges && len(words) == 2:
			low, _ := strconv.Atoi(words[0])
			high, _ := strconv.Atoi(words[1])
			return high - low
		}
		return len(words)
	}
	return size(a.After) < size(a.Before)
}

// Field names what a change is about, so that a newer suggestion about the same
// takes the place of an older one.
func (c Change) Field() string {
	if c.Transfer != nil {
		return "transfer"
	}
	if c.Move != nil || len(c.Divide) > 0 {
		return "budget"
	}
	return c.touches()[0].field
}

// same compares changes as they are stored.
func (c Change) same(o Change) bool {
	a, err := json.Marshal(c)
	b, other := json.Marshal(o)
	return err == nil && other == nil && bytes.Equal(a, b)
}

// again reports whether a change is what somebody has dismissed: of money that
// goes the same way no amount makes another question.
func (c Change) again(dismissed Change) bool {
	switch {
	case c.Move != nil && dismissed.Move != nil:
		return c.Move.From == dismissed.Move.From && c.Move.To == dismissed.Move.To
	case c.Transfer != nil && dismissed.Transfer != nil:
		return c.Transfer.From.Budget == dismissed.Transfer.From.Budget && c.Transfer.To.Budget == dismissed.Transfer.To.Budget
	}
	return c.same(dismissed)
}

// Parameters are what whoever applies a suggestion may set otherwise.
type Parameters struct {
	Amount *money.Money `json:"amount,omitempty"` // of a move, at most twice what was suggested
	Bid    *money.Money `json:"bid,omitempty"`    // between half and twice the present bid
}

// with is the change as somebody wants it.
func (c Change) with(p Parameters) (Change, error) {
	var wrong fault.Fields
	if p.Amount != nil {
		amount := c.Amount()
		switch {
		case amount == nil:
			wrong.Add("parameters.amount", "not_allowed", "The suggestion moves no amount.", "leave it out")
		case p.Amount.Currency != amount.Currency:
			wrong.Add("parameters.amount.currency", money.ErrCurrencyMismatch.Code, "The amount must be in the budget's currency.", string(amount.Currency))
		case p.Amount.Micros <= 0 || p.Amount.Micros > 2*amount.Micros:
			wrong.Add("parameters.amount", "out_of_range", "This is not what the evidence is about.", "more than 0, at most twice the suggested amount")
		default:
			c = c.moving(*p.Amount)
		}
	}
	if p.Bid != nil {
		switch {
		case c.Bid == nil:
			wrong.Add("parameters.bid", "not_allowed", "The suggestion changes no bid.", "leave it out")
		case p.Bid.Currency != c.Bid.Before.Currency:
			wrong.Add("parameters.bid.currency", money.ErrCurrencyMismatch.Code, "The bid must be in the campaign's currency.", string(c.Bid.Before.Currency))
		case p.Bid.Micros < c.Bid.Before.Micros/2 || p.Bid.Micros > 2*c.Bid.Before.Micros || p.Bid.Micros == c.Bid.Before.Micros:
			wrong.Add("parameters.bid", "out_of_range", "This is too far from the present bid.", "between half and twice the present bid")
		default:
			bid := *c.Bid
			bid.After = *p.Bid
			c.Bid = &bid
		}
	}
	return c, wrong.Err()
}

// Amount is what a change moves, nil when it moves no amount.
func (c Change) Amount() *money.Money {
	switch {
	case c.Move != nil:
		return &c.Move.Amount
	case c.Transfer != nil:
		return &c.Transfer.Amount
	}
	return nil
}

// moving is the change with another amount.
func (c Change) moving(amount money.Money) Change {
	if c.Move != nil {
		moved := *c.Move
		moved.Amount, c.Move = amount, &moved
	}
	if c.Transfer != nil {
		moved := *c.Transfer
		moved.Amount, c.Transfer = amount, &moved
	}
	return c
}

// Snapshot is what a change would touch, as it was before.
type Snapshot struct {
	At        time.Time                `json:"at"`
	Revision  int64                    `json:"revision"`         // of the budget or the campaign
	Limits    []LimitBefore            `json:"limits,omitempty"` // of the budgets
	Parts     []Share                  `json:"allocations,omitempty"`
	Targeting *targeting.Configuration `json:"targeting,omitempty"`
	Creatives []campaigns.Creative     `json:"creatives,omitempty"`
}

// LimitBefore is what a budget had.
type LimitBefore struct {
	Budget uuid.UUID   `json:"budget_id"`
	Amount money.Money `json:"amount"`
}

// limit is what a budget had, the zero amount for one that was not captured.
func (s Snapshot) limit(budget uuid.UUID) money.Money {
	for _, l := range s.Limits {
		if l.Budget == budget {
			return l.Amount
		}
	}
	return money.Money{}
}

// whole is the limit of the first budget, in micros.
func (s Snapshot) whole() int64 {
	if len(s.Limits) == 0 {
		return 0
	}
	return s.Limits[0].Amount.Micros
}
