package optimization

import (
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Limit is what a partner wants held of the money of a campaign, or of one of
// its channels, whoever applies a suggestion. What lies outside already is moved
// toward the limit at most, never further away.
type Limit struct {
	Campaign *uuid.UUID `json:"campaign_id,omitempty"` // nil: of every campaign
	Channel  string     `json:"channel,omitempty"`     // "": the campaign's budget as a whole

	Floor   *money.Money `json:"floor,omitempty"`   // holds for budgets of its currency
	Ceiling *money.Money `json:"ceiling,omitempty"` // as the floor

	LeastShare int `json:"least_share_percent,omitempty"` // of the campaign's budget, for a channel
	MostShare  int `json:"most_share_percent,omitempty"`
	MaxStep    int `json:"max_step_percent,omitempty"` // of what it has, in one change; of a bid too where no channel is named
}

// checkCurrency refuses amounts that would never hold, because the campaign's
// budget is of another currency.
func (l Limit) checkCurrency(of money.Currency, at string, wrong *fault.Fields) {
	for _, bound := range []struct {
		name   string
		amount *money.Money
	}{{"floor", l.Floor}, {"ceiling", l.Ceiling}} {
		if bound.amount != nil && bound.amount.Currency != of {
			wrong.Add(at+"."+bound.name+".currency", money.ErrCurrencyMismatch.Code, "The amount must be in the campaign's currency; nothing is converted.", string(of))
		}
	}
}

// Limits are all of a partner's.
type Limits []Limit

const maxLimits = 200

// check adds what cannot be meant to wrong.
func (all Limits) check(wrong *fault.Fields) {
	if len(all) > maxLimits {
		wrong.Add("limits", "out_of_range", "There are too many limits.", fmt.Sprintf("at most %d", maxLimits))
		return
	}
	for i := range all {
		all[i].check(fmt.Sprintf("limits[%d]", i), wrong)
	}
}

func (l Limit) check(path string, wrong *fault.Fields) {
	for _, m := range []struct {
		field  string
		amount *money.Money
	}{{"floor", l.Floor}, {"ceiling", l.Ceiling}} {
		if m.amount != nil && m.amount.Micros <= 0 {
			wrong.Add(path+"."+m.field, "out_of_range", "This cannot be a limit.", "an amount above 0")
		}
	}
	if l.Floor != nil && l.Ceiling != nil && (l.Floor.Currency != l.Ceiling.Currency || l.Floor.Micros > l.Ceiling.Micros) {
		wrong.Add(path+".floor", "out_of_range", "The floor does not lie below the ceiling.", "at most the ceiling, in its currency")
	}
	if l.Channel == "" && (l.LeastShare != 0 || l.MostShare != 0) {
		wrong.Add(path+".channel", "required", "A share is a channel's, of its campaign's budget.", "the name of a channel")
	}
	for _, p := range []struct {
		field string
		value int
	}{{"least_share_percent", l.LeastShare}, {"most_share_percent", l.MostShare}, {"max_step_percent", l.MaxStep}} {
		if p.value < 0 || p.value > 100 {
			wrong.Add(path+"."+p.field, "out_of_range", "This is no part of something.", "whole percent from 1 to 100, or left out")
		}
	}
	if l.MostShare != 0 && l.LeastShare > l.MostShare {
		wrong.Add(path+".least_share_percent", "out_of_range", "The least share is above the most.", "at most most_share_percent")
	}
	if l.Floor == nil && l.Ceiling == nil && l.LeastShare == 0 && l.MostShare == 0 && l.MaxStep == 0 {
		wrong.Add(path, "required", "The limit limits nothing.", "floor, ceiling, least_share_percent, most_share_percent or max_step_percent")
	}
}

// of reports whether the limit is about a channel ("": the whole) of a campaign.
func (l Limit) of(campaign uuid.UUID, channel string) bool {
	return l.Channel == channel && (l.Campaign == nil || *l.Campaign == campaign)
}

// held is an amount that limits are about.
type held struct {
	campaign uuid.UUID
	channel  string
	now      money.Money
	whole    int64 // the campaign's budget
	first    bool  // it has no amount yet, so there is no step
}

// bound is one side of what limits allow, and the limit that says so.
type bound struct {
	micros int64
	field  string
	limit  *Limit
}

// span is how low and how high an amount may become. What it is now always lies
// within.
func (all Limits) span(h held) (low, high bound) {
	low, high = bound{}, bound{micros: math.MaxInt64}
	raise := func(l *Limit, field string, micros int64) {
		if micros > low.micros {
			low = bound{micros, field, l}
		}
	}
	lower := func(l *Limit, field string, micros int64) {
		if micros < high.micros {
			high = bound{micros, field, l}
		}
	}
	for i := range all {
		l := &all[i]
		if !l.of(h.campaign, h.channel) {
			continue
		}
		if l.Floor != nil && l.Floor.Currency == h.now.Currency {
			raise(l, "floor", l.Floor.Micros)
		}
		if l.Ceiling != nil && l.Ceiling.Currency == h.now.Currency {
			lower(l, "ceiling", l.Ceiling.Micros)
		}
		if l.LeastShare > 0 {
			raise(l, "least_share_percent", part(h.whole, l.LeastShare))
		}
		if l.MostShare > 0 {
			lower(l, "most_share_percent", part(h.whole, l.MostShare))
		}
		if step := part(h.now.Micros, l.MaxStep); l.MaxStep > 0 && !h.first {
			raise(l, "max_step_percent", h.now.Micros-step)
			lower(l, "max_step_percent", h.now.Micros+step)
		}
	}
	if !h.first {
		low.micros, high.micros = min(low.micros, h.now.Micros), max(high.micros, h.now.Micros)
	}
	return low, high
}

// part is percent of an amount, rounded down, without overflow.
func part(micros int64, percent int) int64 {
	return micros/100*int64(percent) + micros%100*int64(percent)/100
}

// allow refuses an amount outside the limits: ErrLimit.
func (all Limits) allow(h held, after int64) error {
	low, high := all.span(h)
	broken := low
	switch {
	case after < low.micros:
	case after > high.micros:
		broken = high
	default:
		return nil
	}
	return broken.refusal(h, after)
}

func (b bound) refusal(h held, after int64) error {
	what := "The campaign's budget"
	if h.channel != "" {
		what = fmt.Sprintf("The part of %q", h.channel)
	}
	currency := h.now.Currency
	return ErrLimit.With("%s would become %s; %s allows %s.", what, money.New(after, currency), b.field, money.New(b.micros, currency)).
		WithExtra("limit", *b.limit).WithExtra("limit_field", b.field).WithExtra("limit_allows", money.New(b.micros, currency)).
		WithExtra("limit_campaign", h.campaign)
}

// permit holds a change against the limits, on what was captured before it.
func (all Limits) permit(s State, c Change, before Snapshot) error {
	switch {
	case len(all) == 0:
		return nil
	case c.Move != nil:
		return all.permitMove(s.Campaign, *c.Move, before)
	case c.Transfer != nil:
		t := c.Transfer
		from := held{campaign: t.From.Campaign, now: before.limit(t.From.Budget)}
		to := held{campaign: t.To.Campaign, now: before.limit(t.To.Budget)}
		if err := all.allow(from, from.now.Micros-t.Amount.Micros); err != nil {
			return err
		}
		return all.allow(to, to.now.Micros+t.Amount.Micros)
	case len(c.Divide) > 0:
		return all.permitDivision(s.Campaign, c, before)
	case c.Bid != nil:
		return all.permitBid(s.Campaign, *c.Bid)
	}
	return nil
}

func (all Limits) permitMove(campaign uuid.UUID, m Move, before Snapshot) error {
	for _, side := range []struct {
		channel string
		sign    int64
	}{{m.From, -1}, {m.To, 1}} {
		now := shareOf(before.Parts, side.channel)
		if now == nil { // budgets refuses it
			continue
		}
		h := held{campaign: campaign, channel: side.channel, now: now.Amount, whole: before.whole()}
		if err := all.allow(h, now.Amount.Micros+side.sign*m.Amount.Micros); err != nil {
			return err
		}
	}
	return nil
}

func (all Limits) permitDivision(campaign uuid.UUID, c Change, before Snapshot) error {
	whole := before.limit(c.Budget)
	for _, p := range c.Divide {
		h := held{campaign: campaign, channel: p.Category, now: money.New(0, whole.Currency), whole: whole.Micros, first: true}
		if err := all.allow(h, p.Amount.Micros); err != nil {
			return err
		}
	}
	return nil
}

// steps are the limits without floors and ceilings.
func (all Limits) steps() Limits {
	steps := slices.Clone(all)
	for i := range steps {
		steps[i].Floor, steps[i].Ceiling = nil, nil
	}
	return steps
}

// permitBid knows steps only: floors and ceilings are of budgets.
func (all Limits) permitBid(campaign uuid.UUID, b Bid) error {
	h := held{campaign: campaign, now: b.Before}
	low, high := all.steps().span(h)
	switch {
	case b.After.Micros < low.micros:
		return low.refusal(h, b.After.Micros)
	case b.After.Micros > high.micros:
		return high.refusal(h, b.After.Micros)
	}
	return nil
}
