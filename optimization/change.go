package optimization

import (
	"bytes"
	"encoding/json"
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
	Divide    []Share    `json:"divide,omitempty"` // of a limit that has no parts yet
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
}

// touches are the fields that a change moves. Two changes of one tick must not
// share one.
func (c Change) touches() []touch {
	switch {
	case c.Move != nil:
		return []touch{
			{"budget." + c.Move.From, Decrease}, {"budget." + c.Move.To, Increase},
		}
	case len(c.Divide) > 0:
		return []touch{{"budget", Hold}}
	case c.Bid != nil && c.Bid.After.Micros < c.Bid.Before.Micros:
		return []touch{{"bid", Decrease}}
	case c.Bid != nil:
		return []touch{{"bid", Increase}}
	case c.Targeting != nil && (len(c.Targeting.After) < len(c.Targeting.Before) || len(c.Targeting.Before) == 0):
		return []touch{{"targeting." + c.Targeting.Field, Decrease}}
	case c.Targeting != nil:
		return []touch{{"targeting." + c.Targeting.Field, Increase}}
	}
	return []touch{{"creatives", Hold}}
}

// Field names what a change is about, so that a newer suggestion about the same
// takes the place of an older one.
func (c Change) Field() string {
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

// Parameters are what whoever applies a suggestion may set otherwise.
type Parameters struct {
	Amount *money.Money `json:"amount,omitempty"` // of a move, at most twice what was suggested
	Bid    *money.Money `json:"bid,omitempty"`    // between half and twice the present bid
}

// with is the change as somebody wants it.
func (c Change) with(p Parameters) (Change, error) {
	var wrong fault.Fields
	if p.Amount != nil {
		switch {
		case c.Move == nil:
			wrong.Add("parameters.amount", "not_allowed", "The suggestion moves no amount.", "leave it out")
		case p.Amount.Currency != c.Move.Amount.Currency:
			wrong.Add("parameters.amount.currency", money.ErrCurrencyMismatch.Code, "The amount must be in the budget's currency.", string(c.Move.Amount.Currency))
		case p.Amount.Micros <= 0 || p.Amount.Micros > 2*c.Move.Amount.Micros:
			wrong.Add("parameters.amount", "out_of_range", "This is not what the evidence is about.", "more than 0, at most twice the suggested amount")
		default:
			moved := *c.Move
			moved.Amount = *p.Amount
			c.Move = &moved
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

// Snapshot is what a change would touch, as it was before.
type Snapshot struct {
	At        time.Time                `json:"at"`
	Revision  int64                    `json:"revision"` // of the budget or the campaign
	Parts     []Share                  `json:"allocations,omitempty"`
	Targeting *targeting.Configuration `json:"targeting,omitempty"`
	Creatives []campaigns.Creative     `json:"creatives,omitempty"`
}
