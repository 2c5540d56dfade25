package budgets

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Divider divides limits and moves parts of them.
type Divider interface {
	// Divide is Store.Update with what each channel has had according to the
	// ledger, up to this transaction.
	Divide(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Budget, []ChannelUse) error) (*Budget, error)
	// Transfer locks two budgets of one partner in the order of their
	// campaigns, and stores both in one transaction.
	Transfer(ctx context.Context, partner, from, to uuid.UUID, change func(from, to *Budget) error) (*Budget, *Budget, error)
}

// Extras keeps proposals of extra spend.
type Extras interface {
	// Extra fails with ErrExtraNotFound, also for another partner's.
	Extra(ctx context.Context, partner, id uuid.UUID) (*Extra, error)
	// Extras are a partner's, the newest first.
	Extras(ctx context.Context, partner uuid.UUID, q ExtraQuery) (items []*Extra, next string, err error)
	// DueExtras are those that have run out, of all partners.
	DueExtras(ctx context.Context, now time.Time, limit int) ([]*Extra, error)
	// ChangeExtra locks the budget and then the proposal (uuid.Nil: none yet)
	// and stores both with their events in one transaction.
	ChangeExtra(ctx context.Context, partner, budget, id uuid.UUID, change func(*Budget, *Extra) (*Extra, error)) (*Extra, error)
}

// ExtraQuery asks for a part of the proposals.
type ExtraQuery struct {
	Budget uuid.UUID  // uuid.Nil: of all
	State  ExtraState // "": all
	Now    time.Time  // what is due by then counts as expired
	Limit  int
	Cursor string
}

// Funding is the use cases that divide limits and raise them by two people.
type Funding struct {
	*Service
	divider Divider
	extras  Extras
}

// NewFunding puts the use cases on their stores.
func NewFunding(s *Service, d Divider, x Extras) *Funding { return &Funding{s, d, x} }

// Option says what a change is besides what it does.
type Option struct {
	Revision     int64 // 0: whichever it is
	Authorised   bool  // an administrator asks, who needs no second person
	ValidateOnly bool
}

// rehearse undoes a transaction whose outcome is only asked for.
func rehearse(only bool) error {
	if only {
		return errRehearsed
	}
	return nil
}

// Allocate divides a budget's limit anew.
func (f *Funding) Allocate(ctx context.Context, by event.Origin, id uuid.UUID, want []Allocation, o Option) (*Budget, error) {
	b, err := f.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	policy, seen := f.PolicyFor(ctx, b), b
	b, err = f.divider.Divide(ctx, by.Partner, id, o.Revision, func(b *Budget, used []ChannelUse) error {
		seen = b
		if err := b.Allocate(by, f.now(), want, used, policy); err != nil {
			return err
		}
		return rehearse(o.ValidateOnly)
	})
	return rehearsed(b, seen, err)
}

// Reallocate moves a part of one category of a budget to another.
func (f *Funding) Reallocate(ctx context.Context, by event.Origin, id uuid.UUID, m Move, o Option) (*Budget, error) {
	b, err := f.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	policy, seen := f.PolicyFor(ctx, b), b
	b, err = f.store.Update(ctx, by.Partner, id, o.Revision, func(b *Budget) error {
		seen = b
		if err := b.Reallocate(by, f.now(), m, policy); err != nil {
			return err
		}
		return rehearse(o.ValidateOnly)
	})
	return rehearsed(b, seen, err)
}

// rehearsed is the outcome, also of what was undone because it was only asked.
func rehearsed[T any](made, seen *T, err error) (*T, error) {
	if err == errRehearsed { //nolint:errorlint // our own, never wrapped by a store
		return seen, nil
	}
	return made, err
}

// Transfer moves a part of one budget's limit to another of the partner. It
// returns the one that gave, whose revision an Option is about.
func (f *Funding) Transfer(ctx context.Context, by event.Origin, from, to uuid.UUID, m Move, o Option) (*Budget, error) {
	source, err := f.Get(ctx, by.Partner, from)
	if err != nil {
		return nil, err
	}
	if from == to {
		return nil, ErrSameBudget
	}
	policy, seen := f.PolicyFor(ctx, source), source
	b, _, err := f.divider.Transfer(ctx, source.state.Partner, from, to, func(a, b *Budget) error {
		seen = a
		if o.Revision != 0 && o.Revision != a.state.Revision {
			return ErrStale
		}
		if err := transfer(by, f.now(), a, b, m, policy, o.Authorised); err != nil {
			return err
		}
		return rehearse(o.ValidateOnly)
	})
	return rehearsed(b, seen, err)
}

// Propose asks for extra spend. The errors are ErrNotFound, fault.ErrInvalid
// and those of the guard that no approval lifts.
func (f *Funding) Propose(ctx context.Context, by event.Origin, budget uuid.UUID, in NewExtra, o Option) (*Extra, error) {
	b, err := f.Get(ctx, by.Partner, budget)
	if err != nil {
		return nil, err
	}
	policy := f.PolicyFor(ctx, b)
	return f.change(ctx, by, budget, uuid.Nil, o, func(b *Budget, _ *Extra) (*Extra, error) {
		return b.propose(by, f.now(), in, policy)
	})
}

// Decide approves or denies a proposal. The errors are ErrExtraNotFound,
// ErrSamePerson, ErrExtraDecided and those of the guard.
func (f *Funding) Decide(ctx context.Context, by event.Origin, id uuid.UUID, approve bool, note string, o Option) (*Extra, error) {
	x, err := f.extras.Extra(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	b, err := f.Get(ctx, x.Partner, x.Budget)
	if err != nil {
		return nil, err
	}
	policy := f.PolicyFor(ctx, b)
	return f.change(ctx, by, x.Budget, id, o, func(b *Budget, x *Extra) (*Extra, error) {
		return x, b.decide(by, f.now(), x, approve, note, policy)
	})
}

func (f *Funding) change(ctx context.Context, by event.Origin, budget, id uuid.UUID, o Option, change func(*Budget, *Extra) (*Extra, error)) (*Extra, error) {
	var seen *Extra
	x, err := f.extras.ChangeExtra(ctx, by.Partner, budget, id, func(b *Budget, x *Extra) (_ *Extra, err error) {
		if seen, err = change(b, x); err != nil {
			return nil, err
		}
		return seen, rehearse(o.ValidateOnly)
	})
	return rehearsed(x, seen, err)
}

// Extra is a partner's proposal, or ErrExtraNotFound.
func (f *Funding) Extra(ctx context.Context, partner, id uuid.UUID) (*Extra, error) {
	return f.extras.Extra(ctx, partner, id)
}

// Extras are a partner's proposals, the newest first.
func (f *Funding) Extras(ctx context.Context, partner uuid.UUID, q ExtraQuery) ([]*Extra, string, error) {
	q.Now = f.now()
	return f.extras.Extras(ctx, partner, q)
}

// Expire writes down which proposals have run out.
func (f *Funding) Expire(ctx context.Context) error {
	due, err := f.extras.DueExtras(ctx, f.now(), 100)
	if err != nil {
		return err
	}
	for _, x := range due {
		by := event.Origin{Partner: x.Partner, Kind: event.ActorScheduler, ID: "extra_spend.expire", From: "scheduler"}
		_, err := f.extras.ChangeExtra(ctx, x.Partner, x.Budget, x.ID, func(b *Budget, x *Extra) (*Extra, error) {
			b.lapse(by, f.now(), x)
			return x, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
