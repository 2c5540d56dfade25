package optimization

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Campaigns is what the optimiser does with campaigns: campaigns.Service.
type Campaigns interface {
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (*campaigns.Campaign, error)
	List(ctx context.Context, by event.Origin, q campaigns.Query) ([]*campaigns.Campaign, string, error)
	RefineTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, t targeting.Configuration, reason string) (*campaigns.Campaign, error)
	SetCreatives(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, creatives []campaigns.Creative) (*campaigns.Campaign, error)
}

// Budgets is what the optimiser does with budgets, past their guards:
// budgets.Funding.
type Budgets interface {
	Get(ctx context.Context, partner, id uuid.UUID) (*budgets.Budget, error)
	Allocate(ctx context.Context, by event.Origin, id uuid.UUID, want []budgets.Allocation, o budgets.Option) (*budgets.Budget, error)
	Reallocate(ctx context.Context, by event.Origin, id uuid.UUID, m budgets.Move, o budgets.Option) (*budgets.Budget, error)
	Transfer(ctx context.Context, by event.Origin, from, to uuid.UUID, m budgets.Move, o budgets.Option) (*budgets.Budget, error)
}

// History reads the events of one aggregate, oldest first, those after a
// sequence number.
type History interface {
	History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error)
}

// Hands make changes and take them back. They know the state before only from
// what they captured, and act on its revision alone.
type Hands struct {
	campaigns Campaigns
	rehearsal Campaigns
	budgets   Budgets
	history   History
	rehearses bool
}

// NewHands act through the use cases of campaigns and budgets. The rehearsal
// checks what campaigns would, and stores nothing.
func NewHands(c, rehearsal Campaigns, b Budgets, h History) *Hands {
	return &Hands{campaigns: c, rehearsal: rehearsal, budgets: b, history: h}
}

// only are hands that go past every guard and change nothing.
func (h *Hands) only() *Hands {
	return &Hands{campaigns: h.rehearsal, budgets: h.budgets, history: h.history, rehearses: true}
}

// option is on what a change of a budget is made.
func (h *Hands) option(revision int64) budgets.Option {
	return budgets.Option{Revision: revision, ValidateOnly: h.rehearses}
}

// capture reads what a change would touch.
func (h *Hands) capture(ctx context.Context, at time.Time, s State, c Change) (Snapshot, error) {
	before := Snapshot{At: at}
	if c.ofBudget() {
		err := h.captureBudgets(ctx, s.Partner, c, &before)
		return before, err
	}
	found, err := h.campaigns.Get(ctx, event.Origin{Partner: s.Partner}, s.Campaign)
	if err != nil {
		return before, ErrNotCaptured.Wrap(err)
	}
	state := found.State()
	before.Revision, before.Targeting, before.Creatives = state.Revision, state.Targeting, slices.Clone(state.Creatives)
	return before, c.stillFits(state)
}

func (h *Hands) captureBudgets(ctx context.Context, partner uuid.UUID, c Change, before *Snapshot) error {
	for i, id := range c.budgets() {
		b, err := h.budgets.Get(ctx, partner, id)
		if err != nil {
			return ErrNotCaptured.Wrap(err)
		}
		if i == 0 {
			before.Revision, before.Parts = b.State().Revision, partsOf(b)
		}
		before.Limits = append(before.Limits, LimitBefore{id, money.New(b.State().Limit, b.State().Currency)})
	}
	return nil
}

func (c Change) ofBudget() bool { return c.Move != nil || c.Transfer != nil || len(c.Divide) > 0 }

// budgets are those whose money a change may touch, the one that gives first.
func (c Change) budgets() []uuid.UUID {
	if c.Transfer != nil {
		return []uuid.UUID{c.Transfer.From.Budget, c.Transfer.To.Budget}
	}
	return []uuid.UUID{c.Budget}
}

// campaigns are those that a suggestion is about.
func (s State) campaigns() []uuid.UUID {
	if t := s.Change.Transfer; t != nil {
		return []uuid.UUID{t.From.Campaign, t.To.Campaign}
	}
	return []uuid.UUID{s.Campaign}
}

// aggregate is the id of what the change is about.
func (s State) aggregate() uuid.UUID {
	if c := s.Made; c != nil && c.ofBudget() || c == nil && s.Change.ofBudget() {
		return s.Change.Budget
	}
	return s.Campaign
}

func partsOf(b *budgets.Budget) []Share {
	var parts []Share
	for _, a := range b.Allocations(b.State().OpenDay) {
		parts = append(parts, Share{a.Category, a.Amount})
	}
	return parts
}

// stillFits refuses a change of what is no longer as the suggestion saw it.
func (c Change) stillFits(s campaigns.State) error {
	switch {
	case c.Bid != nil && (s.Targeting == nil || s.Targeting.BidStrategy == nil || s.Targeting.BidStrategy.Amount == nil || *s.Targeting.BidStrategy.Amount != c.Bid.Before):
		return ErrMovedOn
	case c.Targeting != nil && (s.Targeting == nil || !slices.Equal(fieldOf(*s.Targeting, c.Targeting.Field), c.Targeting.Before)):
		return ErrMovedOn
	}
	for _, r := range c.Creatives {
		if i := slices.IndexFunc(s.Creatives, func(x campaigns.Creative) bool { return x.Name == r.Name }); i < 0 || s.Creatives[i].Share != r.Before {
			return ErrMovedOn
		}
	}
	return nil
}

// do makes a change on what was captured. The revision is the one after it.
func (h *Hands) do(ctx context.Context, by event.Origin, s State, c Change, before Snapshot, why string) (int64, error) {
	option := h.option(before.Revision)
	switch {
	case c.Move != nil:
		move := budgets.Move{From: c.Move.From, To: c.Move.To, Amount: budgets.Amount(c.Move.Amount), Reason: why}
		return revisionOf(h.budgets.Reallocate(ctx, by, c.Budget, move, option))
	case c.Transfer != nil:
		move := budgets.Move{Amount: budgets.Amount(c.Transfer.Amount), Reason: why}
		return revisionOf(h.budgets.Transfer(ctx, by, c.Transfer.From.Budget, c.Transfer.To.Budget, move, option))
	case len(c.Divide) > 0:
		return revisionOf(h.budgets.Allocate(ctx, by, c.Budget, allocations(c.Divide), option))
	case c.Bid != nil:
		next := *before.Targeting
		strategy := *next.BidStrategy
		strategy.Amount = &c.Bid.After
		next.BidStrategy = &strategy
		return campaignRevision(h.campaigns.RefineTargeting(ctx, by, s.Campaign, before.Revision, next, why))
	case c.Targeting != nil:
		next := withField(*before.Targeting, c.Targeting.Field, c.Targeting.After)
		return campaignRevision(h.campaigns.RefineTargeting(ctx, by, s.Campaign, before.Revision, next, why))
	}
	next := slices.Clone(before.Creatives)
	for i := range next {
		for _, r := range c.Creatives {
			if next[i].Name == r.Name {
				next[i].Share = r.After
			}
		}
	}
	return campaignRevision(h.campaigns.SetCreatives(ctx, by, s.Campaign, before.Revision, next))
}

// undo puts back what a change touched, and nothing else. What somebody has
// changed since is theirs: ErrMovedOn.
func (h *Hands) undo(ctx context.Context, by event.Origin, s State, why string) error {
	c := *s.Made
	if c.ofBudget() {
		return h.undoBudget(ctx, by, s, why)
	}
	found, err := h.campaigns.Get(ctx, event.Origin{Partner: s.Partner}, s.Campaign)
	if err != nil {
		return err
	}
	now := found.State()
	switch {
	case c.Bid != nil:
		if t := now.Targeting; t == nil || t.BidStrategy == nil || t.BidStrategy.Amount == nil || *t.BidStrategy.Amount != c.Bid.After {
			return ErrMovedOn
		}
		next := *now.Targeting
		next.BidStrategy = s.Before.Targeting.BidStrategy
		_, err = h.campaigns.RefineTargeting(ctx, by, s.Campaign, now.Revision, next, why)
	case c.Targeting != nil:
		if now.Targeting == nil || !slices.Equal(fieldOf(*now.Targeting, c.Targeting.Field), c.Targeting.After) {
			return ErrMovedOn
		}
		next := withField(*now.Targeting, c.Targeting.Field, c.Targeting.Before)
		_, err = h.campaigns.RefineTargeting(ctx, by, s.Campaign, now.Revision, next, why)
	default:
		next := slices.Clone(now.Creatives)
		for _, r := range c.Creatives {
			i := slices.IndexFunc(next, func(x campaigns.Creative) bool { return x.Name == r.Name })
			if i < 0 || next[i].Share != r.After {
				return ErrMovedOn
			}
			next[i].Share = r.Before
		}
		_, err = h.campaigns.SetCreatives(ctx, by, s.Campaign, now.Revision, next)
	}
	return err
}

func (h *Hands) undoBudget(ctx context.Context, by event.Origin, s State, why string) error {
	c := *s.Made
	if c.Transfer != nil {
		return h.undoTransfer(ctx, by, s, why)
	}
	b, err := h.budgets.Get(ctx, s.Partner, c.Budget)
	if err != nil {
		return err
	}
	if b.State().Revision != s.After && !sameParts(partsOf(b), expected(s)) {
		return ErrMovedOn
	}
	option := h.option(b.State().Revision)
	if c.Move != nil {
		move := budgets.Move{From: c.Move.To, To: c.Move.From, Amount: budgets.Amount(c.Move.Amount), Reason: why}
		_, err = h.budgets.Reallocate(ctx, by, c.Budget, move, option)
		return err
	}
	_, err = h.budgets.Allocate(ctx, by, c.Budget, allocations(s.Before.Parts), option)
	return err
}

// undoTransfer moves the amount back, unless somebody has set one of the limits
// since.
func (h *Hands) undoTransfer(ctx context.Context, by event.Origin, s State, why string) error {
	t, option := s.Made.Transfer, h.option(0)
	for _, side := range []struct {
		budget uuid.UUID
		change int64
	}{{t.From.Budget, -t.Amount.Micros}, {t.To.Budget, t.Amount.Micros}} {
		b, err := h.budgets.Get(ctx, s.Partner, side.budget)
		if err != nil {
			return err
		}
		if b.State().Limit != s.Before.limit(side.budget).Micros+side.change {
			return ErrMovedOn
		}
		option.Revision = b.State().Revision // of the one that gives back, the second
	}
	_, err := h.budgets.Transfer(ctx, by, t.To.Budget, t.From.Budget, budgets.Move{Amount: budgets.Amount(t.Amount), Reason: why}, option)
	return err
}

// expected are the budget's parts as the change has left them.
func expected(s State) []Share {
	if len(s.Made.Divide) > 0 {
		return s.Made.Divide
	}
	parts := slices.Clone(s.Before.Parts)
	for i := range parts {
		switch parts[i].Category {
		case s.Made.Move.From:
			parts[i].Amount.Micros -= s.Made.Move.Amount.Micros
		case s.Made.Move.To:
			parts[i].Amount.Micros += s.Made.Move.Amount.Micros
		}
	}
	return parts
}

func sameParts(a, b []Share) bool { return slices.Equal(a, b) }

// mark is what an event of a change carries, so that it can be told after a
// crash whether the change was made.
func mark(id uuid.UUID, step string) string { return "suggestion:" + id.String() + ":" + step }

// made looks for the mark of a step in the history of what a suggestion is
// about.
func (h *Hands) made(ctx context.Context, s State, step string) (revision int64, ok bool, err error) {
	err = h.events(ctx, s.Partner, s.aggregate(), func(e *event.Event) {
		if e.Origin.CorrelationID == mark(s.ID, step) {
			revision, ok = e.Revision, true
		}
	})
	return revision, ok, err
}

// events calls f with all events of an aggregate, the oldest first.
func (h *Hands) events(ctx context.Context, partner, aggregate uuid.UUID, f func(*event.Event)) error {
	const many = 500
	after := int64(0)
	for {
		events, err := h.history.History(ctx, partner, aggregate, after, many)
		if err != nil {
			return err
		}
		for i := range events {
			f(&events[i])
			after = events[i].Seq
		}
		if len(events) < many {
			return nil
		}
	}
}

func allocations(parts []Share) []budgets.Allocation {
	want := make([]budgets.Allocation, len(parts))
	for i, p := range parts {
		want[i] = budgets.Allocation{Category: p.Category, Amount: budgets.Amount(p.Amount)}
	}
	return want
}

func revisionOf(b *budgets.Budget, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return b.State().Revision, nil
}

func campaignRevision(c *campaigns.Campaign, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return c.State().Revision, nil
}
