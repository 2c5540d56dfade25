package payment

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Level is how far a prepaid partner's money goes.
type Level string

// The levels. A partner that spends on account has always enough.
const (
	FundsEnough Level = "enough"
	FundsLow    Level = "low" // for less than a day of delivery
	FundsOut    Level = "out" // nothing is left
)

// Purse is a partner's money in one currency beside what its delivery takes.
type Purse struct {
	Balance
	// Daily is what a local day of delivery took, in micros: the mean of the days
	// with spend among the last PurseDays complete ones; 0 when there is none.
	Daily      int64
	Delivering int64 // campaigns that are ACTIVE
	Level      Level // what was told last
	Revision   int64 // of the level; 0 until it is first told
}

// PurseDays is how many complete local days tell what delivery takes.
const PurseDays = 7

// DaysLeft is for how many days like the last the money is enough; not ok when
// nothing was spent on those.
func (p *Purse) DaysLeft() (days float64, ok bool) {
	if p.Daily <= 0 {
		return 0, false
	}
	return max(0, float64(p.Available())/float64(p.Daily)), true
}

// now is where the money stands. While nothing is delivered it neither gets
// worse nor, before a day is paid for, better: a campaign that was paused for
// want of money is no sign that there is some.
func (p *Purse) now(prepaid bool) Level {
	switch left := p.Available(); {
	case !prepaid || left > 0 && left >= p.Daily:
		return FundsEnough
	case p.Delivering == 0:
		return p.Level
	case left <= 0:
		return FundsOut
	}
	return FundsLow
}

// FundsChanged is the body of funds.low, funds.exhausted and funds.restored: the
// money of a prepaid partner has crossed a level.
type FundsChanged struct {
	kind      string
	Before    Level       `json:"before"`
	Level     Level       `json:"level"`
	Available money.Money `json:"available"`
	Daily     money.Money `json:"daily_spend"` // of a complete local day, the mean of the last ones
}

// EventType is the event's public name.
func (c FundsChanged) EventType() string { return c.kind }

var fundsEvents = map[Level]string{FundsEnough: "funds.restored", FundsLow: "funds.low", FundsOut: "funds.exhausted"}

// tell moves the level to where the money now stands; nil when it stands there
// already, so that each crossing is told once.
func (p *Purse) tell(by event.Origin, s *Service, prepaid bool) []event.Event {
	next := p.now(prepaid)
	if next == p.Level {
		return nil
	}
	var rec event.Recorder
	in := func(micros int64) money.Money { return money.New(micros, p.Currency) }
	p.Revision++
	rec.Record("funds", by.Partner, p.Revision, s.Now(), by, FundsChanged{
		kind: fundsEvents[next], Before: p.Level, Level: next, Available: in(p.Available()), Daily: in(p.Daily),
	})
	p.Level = next
	return rec.Pull()
}

// Purses keeps how far partners' money goes.
type Purses interface {
	// Watched are the partners with ACTIVE campaigns or a level below enough, and
	// whether they have such a level.
	Watched(ctx context.Context) (below map[uuid.UUID]bool, err error)
	// Purses are a partner's, by currency, as of a local day.
	Purses(ctx context.Context, partner uuid.UUID, today localday.Day) ([]Purse, error)
	// Tell gives change each purse under the lock of the partner's money, and
	// stores the levels it has moved with their events in one transaction.
	Tell(ctx context.Context, partner uuid.UUID, today localday.Day, change func(*Purse) []event.Event) error
}

// Funds is the partner's money by currency, at least in its own.
func (s *Service) Funds(ctx context.Context, partner uuid.UUID) ([]Purse, error) {
	terms, err := s.Partners.Terms(ctx, partner)
	if err != nil {
		return nil, err
	}
	all, err := s.Purses.Purses(ctx, partner, localday.Of(s.Now(), terms.Zone))
	if !slices.ContainsFunc(all, func(p Purse) bool { return p.Currency == terms.Currency }) {
		all = append([]Purse{{Balance: Balance{Currency: terms.Currency}, Level: FundsEnough}}, all...)
	}
	return all, err
}

// WatchFunds tells what prepaid partners' money has come to. A partner whose
// money cannot be read now comes again at the next turn.
func (s *Service) WatchFunds(ctx context.Context) error {
	watched, err := s.Purses.Watched(ctx)
	if err != nil {
		return err
	}
	for partner, below := range watched {
		if err := s.watch(ctx, partner, below); err != nil {
			if ctx.Err() != nil {
				return errors.Join(ctx.Err(), err)
			}
			slog.WarnContext(ctx, "funds not judged, trying again", "partner", partner, "error", err)
		}
	}
	return nil
}

// watch looks without a lock first: there is hardly ever anything to be told.
func (s *Service) watch(ctx context.Context, partner uuid.UUID, below bool) error {
	terms, err := s.Partners.Terms(ctx, partner)
	if err != nil || !terms.Prepaid && !below {
		return err
	}
	today := localday.Of(s.Now(), terms.Zone)
	seen, err := s.Purses.Purses(ctx, partner, today)
	if err != nil || !slices.ContainsFunc(seen, func(p Purse) bool { return p.now(terms.Prepaid) != p.Level }) {
		return err
	}
	by := event.Origin{Partner: partner, Kind: event.ActorScheduler, ID: "funds.watch", From: "scheduler"}
	return s.Purses.Tell(ctx, partner, today, func(p *Purse) []event.Event { return p.tell(by, s, terms.Prepaid) })
}
