package budgets

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// ExtraState says what has become of a proposal. All but the first are ends.
type ExtraState string

// The states.
const (
	ExtraProposed ExtraState = "proposed"
	ExtraApproved ExtraState = "approved"
	ExtraDenied   ExtraState = "denied"
	ExtraExpired  ExtraState = "expired"
)

// ExtraStates are all of them.
var ExtraStates = []ExtraState{ExtraProposed, ExtraApproved, ExtraDenied, ExtraExpired}

// ExtraTTL is how long a proposal waits for somebody.
const ExtraTTL = 14 * 24 * time.Hour

const maxReason = 500

var (
	ErrExtraNotFound = fault.New(fault.NotFound, "extra_spend_not_found",
		"There is no such proposal of extra spend.", "Check the id; GET /extra-spend lists them.")
	// ErrSamePerson keeps one person from being both.
	ErrSamePerson = fault.New(fault.Forbidden, "same_person",
		"Who proposed it cannot decide about it.", "Ask another person with the role approver.")
	ErrExtraDecided = fault.New(fault.Conflict, "extra_spend_decided",
		"The proposal has been decided already.", "Read it to see how; propose anew if more is needed.")
)

// Extra is more money for a budget: proposed by one person, decided by another.
type Extra struct {
	ID, Partner, Budget, Campaign uuid.UUID

	Currency money.Currency
	Amount   int64 // what the limit is to be raised by
	Reason   string
	State    ExtraState
	// Within says that it lay within what one person may raise, and was applied
	// at once.
	Within bool

	ProposedBy, ProposedName string // the credential's id and name
	DecidedBy, DecidedName   string
	Note                     string // of whoever decided

	CreatedAt, ExpiresAt time.Time
	DecidedAt            *time.Time
}

// NewExtra asks for extra spend.
type NewExtra struct {
	ID        uuid.UUID
	Amount    Amount
	Reason    string
	Confirmed bool // the amount is meant, however unusual
}

// propose asks for a higher limit. What one person may raise is raised at once.
func (b *Budget) propose(by event.Origin, at time.Time, in NewExtra, p *Policy) (*Extra, error) {
	if err := b.checkExtra(in); err != nil {
		return nil, err
	}
	x := &Extra{
		ID: in.ID, Partner: b.state.Partner, Budget: b.state.ID, Campaign: b.state.Campaign, Currency: b.state.Currency,
		Amount: in.Amount.Micros, Reason: strings.TrimSpace(in.Reason), State: ExtraProposed,
		ProposedBy: by.ID, ProposedName: by.Name, CreatedAt: at, ExpiresAt: at.Add(ExtraTTL),
	}
	ask := change{by: by, at: at, limit: b.state.Limit + x.Amount, confirmed: in.Confirmed}
	err := p.allows(b, ask)
	switch refused := fault.As(err); {
	case err == nil:
		x.Within = true
		return x, b.grantExtra(by, at, x, false)
	case refused.Is(ErrApproval) || refused.Is(ErrDay):
		b.record(by, at, x.proposed(b.state.Limit))
		return x, nil
	}
	return nil, err
}

func (b *Budget) checkExtra(in NewExtra) error {
	var wrong fault.Fields
	if n := len(strings.TrimSpace(in.Reason)); n == 0 || n > maxReason {
		wrong.Add("reason", "required", "Whoever decides needs a reason.", "1 to 500 bytes")
	}
	b.checkCurrency(&wrong, "amount.currency", in.Amount.Currency)
	if in.Amount.Micros <= 0 || in.Amount.Micros > MaxLimit-b.state.Limit {
		wrong.Add("amount", "out_of_range", "The limit cannot be raised by this.", "more than 0, at most "+b.money(MaxLimit-b.state.Limit).Amount())
	}
	return wrong.Err()
}

// decide ends a proposal. The one who proposed it may deny it, which is taking
// it back, and never approve it.
func (b *Budget) decide(by event.Origin, at time.Time, x *Extra, approve bool, note string, p *Policy) error {
	switch {
	case approve && by.ID == x.ProposedBy:
		return ErrSamePerson
	case x.State == ExtraProposed && !at.Before(x.ExpiresAt):
		return ErrExtraDecided.With("The proposal expired on %s.", x.ExpiresAt.Format(time.DateOnly)).WithExtra("state", ExtraExpired)
	case x.State != ExtraProposed:
		return ErrExtraDecided.With("The proposal was %s.", x.State).WithExtra("state", x.State)
	case len(note) > maxReason:
		return fault.ErrInvalid.WithFields(fault.Field{Path: "note", Code: "out_of_range", Detail: "The note is too long.", Allow: "at most 500 bytes"})
	}
	x.Note = strings.TrimSpace(note)
	if !approve {
		x.end(by, at, ExtraDenied)
		b.record(by, at, x.decided(ExtraDenied))
		return nil
	}
	limit, err := money.AddMicros(b.state.Limit, x.Amount)
	if err != nil || limit > MaxLimit {
		return fault.ErrInvalid.WithFields(fault.Field{Path: "amount", Code: "out_of_range", Detail: "The limit has been raised since; this would be more than a limit can be.", Allow: b.money(MaxLimit - b.state.Limit).Amount()})
	}
	if err := p.allows(b, change{by: by, at: at, limit: limit, confirmed: true, authorised: true}); err != nil {
		return err
	}
	return b.grantExtra(by, at, x, true)
}

// grantExtra raises the limit and ends the proposal.
func (b *Budget) grantExtra(by event.Origin, at time.Time, x *Extra, approved bool) error {
	limit := b.money(b.state.Limit + x.Amount)
	if err := b.change(by, at, Patch{Limit: &limit}, approved); err != nil {
		return err
	}
	x.end(by, at, ExtraApproved)
	b.record(by, at, x.decided(ExtraApproved))
	return nil
}

// lapse ends a proposal that nobody decided in time.
func (b *Budget) lapse(by event.Origin, at time.Time, x *Extra) {
	if x.State != ExtraProposed || at.Before(x.ExpiresAt) {
		return
	}
	x.end(by, at, ExtraExpired)
	b.record(by, at, x.decided(ExtraExpired))
}

func (x *Extra) end(by event.Origin, at time.Time, as ExtraState) {
	x.State, x.DecidedAt, x.DecidedBy, x.DecidedName = as, &at, by.ID, by.Name
}

// StateAt is the state at a moment, also before an expiry has been written down.
func (x *Extra) StateAt(now time.Time) ExtraState {
	if x.State == ExtraProposed && !now.Before(x.ExpiresAt) {
		return ExtraExpired
	}
	return x.State
}

// ExtraSpendProposed waits for another person.
type ExtraSpendProposed struct {
	Campaign  uuid.UUID   `json:"campaign_id"`
	Extra     uuid.UUID   `json:"extra_spend_id"`
	Amount    money.Money `json:"amount"`
	Limit     money.Money `json:"limit"` // until it is approved
	Reason    string      `json:"reason"`
	ExpiresAt time.Time   `json:"expires_at"`
}

func (ExtraSpendProposed) EventType() string { return "budget.extra_spend_proposed" }

// ExtraSpendDecided ends a proposal: approved, denied or expired.
type ExtraSpendDecided struct {
	Campaign   uuid.UUID   `json:"campaign_id"`
	Extra      uuid.UUID   `json:"extra_spend_id"`
	Amount     money.Money `json:"amount"`
	State      ExtraState  `json:"state"`
	Within     bool        `json:"within_threshold"` // applied at once
	ProposedBy string      `json:"proposed_by"`
	Note       string      `json:"note,omitempty"`
}

// EventType names each end for itself.
func (d ExtraSpendDecided) EventType() string { return "budget.extra_spend_" + string(d.State) }

func (x *Extra) proposed(limit int64) ExtraSpendProposed {
	return ExtraSpendProposed{x.Campaign, x.ID, money.New(x.Amount, x.Currency), money.New(limit, x.Currency), x.Reason, x.ExpiresAt}
}

func (x *Extra) decided(as ExtraState) ExtraSpendDecided {
	return ExtraSpendDecided{x.Campaign, x.ID, money.New(x.Amount, x.Currency), as, x.Within, x.ProposedName, x.Note}
}
