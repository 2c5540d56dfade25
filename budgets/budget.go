package budgets

import (
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Kind says what the limit counts.
type Kind string

const (
	KindTotal   Kind = "total"   // everything
	KindDaily   Kind = "daily"   // each local day by itself
	KindMonthly Kind = "monthly" // each calendar month of local days by itself
)

// Kinds are all of them.
var Kinds = []Kind{KindTotal, KindDaily, KindMonthly}

// MaxLimit is the highest limit, 1 000 000 000 000 units. It leaves room below
// the largest amount for overdelivery, so that what a platform reports beyond a
// limit can always be held.
const MaxLimit = 1_000_000_000_000 * money.Unit

// State is a budget as it is stored. The store keeps Settled, Overdelivery,
// Credit, OpenDay, Open and Budget.NextMark where its hot path can reach them.
type State struct {
	ID        uuid.UUID      `json:"id"`
	Partner   uuid.UUID      `json:"partner_id"`
	Campaign  uuid.UUID      `json:"campaign_id"`
	Revision  int64          `json:"revision"` // of the settings
	Kind      Kind           `json:"kind"`
	Currency  money.Currency `json:"currency"`
	Timezone  string         `json:"timezone"` // of the local days
	Limit     int64          `json:"limit"`
	Reserved  int64          `json:"reserved"` // held for what is under way, of all periods
	AutoPause bool           `json:"auto_pause"`

	Thresholds []Threshold `json:"thresholds"` // the lowest first
	Exhausted  bool        `json:"exhausted"`  // announced and still so, of OpenDay for a daily budget

	Tally // over the budget's life
	// Of a daily budget each day is a period, of a monthly one each month, named
	// by its first day. OpenDay is the newest period with anything in it.
	OpenDay localday.Day `json:"open_day"`
	Open    Tally        `json:"open"`             // of OpenDay
	Closed  []DayTally   `json:"closed,omitempty"` // the periods before, oldest first
	Held    []DayHold    `json:"held,omitempty"`   // Reserved by period, those that hold something

	Channels []ChannelShare `json:"channels,omitempty"` // what the limit is divided into; none: it is not
	Raises   []Raise        `json:"raises,omitempty"`   // of the last 30 days
	Curve    pacing.Curve   `json:"pacing_curve"`       // how the limit is to be spread over its time

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewBudget asks for a budget.
type NewBudget struct {
	ID, Partner, Campaign uuid.UUID
	Kind                  Kind // "" is KindTotal
	Limit                 money.Money
	Timezone              string // the campaign's
	AutoPause             bool
	Levels                []Level // nil is DefaultLevels
	Curve                 pacing.Curve
}

// Budget is what one campaign may spend.
type Budget struct {
	state State
	rec   event.Recorder
	lines []ledger.Line
}

// Open begins a budget that a policy allows, as it allows its later limits: one
// that is nil could not be read, and then nothing is opened. The errors are
// fault.ErrInvalid with every wrong field, ErrCeiling and ErrUnguarded.
func (p *Policy) Open(by event.Origin, at time.Time, in NewBudget) (*Budget, error) {
	if err := p.opens(in.Limit); err != nil {
		return nil, err
	}
	return open(by, at, in)
}

// open begins a budget with nothing settled. The error is fault.ErrInvalid with
// every wrong field.
func open(by event.Origin, at time.Time, in NewBudget) (*Budget, error) {
	if in.Kind == "" {
		in.Kind = KindTotal
	}
	if in.Levels == nil {
		in.Levels = DefaultLevels
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	b := &Budget{state: State{
		ID: in.ID, Partner: in.Partner, Campaign: in.Campaign, Kind: in.Kind,
		Currency: in.Limit.Currency, Timezone: in.Timezone, Limit: in.Limit.Micros,
		AutoPause: in.AutoPause, Thresholds: arrange(in.Levels, nil), Curve: in.Curve, CreatedAt: at,
	}}
	if in.Kind == KindTotal {
		b.post(ledger.Line{Kind: ledger.Opened, Day: b.Today(at), Figures: ledger.Figures{Limit: b.state.Limit}})
	}
	b.revise(by, at, Opened{
		Campaign: in.Campaign, Kind: in.Kind, Limit: in.Limit, Timezone: in.Timezone,
		AutoPause: in.AutoPause, Thresholds: b.state.Thresholds,
	})
	return b, nil
}

func (n NewBudget) validate() error {
	var wrong fault.Fields
	if !slices.Contains(Kinds, n.Kind) {
		wrong.Add("kind", "unknown_kind", "There is no such kind of budget.", "total, daily or monthly")
	}
	if _, err := time.LoadLocation(n.Timezone); err != nil || n.Timezone == "" || n.Timezone == "Local" {
		wrong.Add("timezone", "unknown_timezone", "This is not the name of a time zone.", `an IANA name such as "America/Bogota"`)
	}
	if !n.Limit.Currency.Valid() {
		wrong.Add("limit.currency", money.ErrUnknownCurrency.Code, "This is not the code of a currency in use.", "an ISO 4217 code such as USD")
	}
	checkLimit(&wrong, n.Limit)
	checkLevels(&wrong, n.Levels)
	wrong = append(wrong, n.Curve.Check("pacing_curve")...)
	return wrong.Err()
}

func checkLimit(wrong *fault.Fields, limit money.Money) {
	if limit.Micros <= 0 || limit.Micros > MaxLimit {
		wrong.Add("limit.amount", "out_of_range", "This cannot be a budget's limit.",
			"more than 0, at most "+money.New(MaxLimit, limit.Currency).Amount())
	}
}

// Restore is a stored budget.
func Restore(s State) *Budget { return &Budget{state: s} }

// State is a copy of what the store keeps.
func (b *Budget) State() State {
	s := b.state
	s.Thresholds = slices.Clone(s.Thresholds)
	s.Closed = slices.Clone(s.Closed)
	s.Held = slices.Clone(s.Held)
	s.Channels = slices.Clone(s.Channels)
	s.Raises = slices.Clone(s.Raises)
	return s
}

// PullEvents hands the pending events to the store.
func (b *Budget) PullEvents() []event.Event { return b.rec.Pull() }

// PullLines hands the pending lines of the ledger to the store, which writes
// them in the transaction of the state.
func (b *Budget) PullLines() []ledger.Line {
	lines := b.lines
	b.lines = nil
	return lines
}

func (b *Budget) raises() raises { return b.state.Raises }

// Moved reports whether there is anything to store.
func (b *Budget) Moved() bool { return len(b.lines) > 0 }

// post notes a line for the ledger.
func (b *Budget) post(l ledger.Line) {
	l.Campaign, l.Currency = b.state.Campaign, b.state.Currency
	b.lines = append(b.lines, l)
}

// Position is how a budget stands against its limit: over its life, or in one
// period for a daily or monthly budget.
//
// What the platforms reported is split by what it was authorised by: Settled
// lies within the limit of its time and what others have reserved of it,
// Overdelivery beyond.
type Position struct {
	Limit, Reported, Settled, Overdelivery, Reserved, Available money.Money
	Exhausted                                                   bool
	Thresholds                                                  []Threshold
}

// Position is how the budget stands on a local day of its zone. The day does
// not matter to a total budget.
func (b *Budget) Position(day localday.Day) Position {
	t, s := b.tallyOf(b.period(day)), b.state
	return Position{
		Limit: b.money(s.Limit), Reserved: b.money(b.heldIn(b.period(day))),
		Reported: b.money(t.Settled), Settled: b.money(t.Settled - t.Overdelivery), Overdelivery: b.money(t.Overdelivery),
		Available:  b.money(b.free(b.period(day))),
		Exhausted:  t.Settled >= s.Limit,
		Thresholds: b.thresholds(day),
	}
}

// thresholds are armed on a day that has not begun to be reported.
func (b *Budget) thresholds(day localday.Day) []Threshold {
	thresholds := slices.Clone(b.state.Thresholds)
	if b.state.Kind != KindTotal && b.period(day) > b.state.OpenDay {
		arm(thresholds)
	}
	return thresholds
}

// Today is the local day of the budget's zone at a moment.
func (b *Budget) Today(now time.Time) localday.Day { return localday.Of(now, b.location()) }

// zones keeps what time.LoadLocation reads from disk at every call: a decision
// about money must not wait for that.
var zones sync.Map // name → *time.Location

// location is the zone, which Open has checked. Should a later tz database no
// longer have it, UTC keeps the budget working.
func (b *Budget) location() *time.Location {
	if loc, ok := zones.Load(b.state.Timezone); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(b.state.Timezone)
	if err != nil {
		return time.UTC
	}
	zones.Store(b.state.Timezone, loc)
	return loc
}

func (b *Budget) money(micros int64) money.Money { return money.New(micros, b.state.Currency) }

// record adds an event that leaves the settings as they are.
func (b *Budget) record(by event.Origin, at time.Time, data event.Data) {
	by.Partner = b.state.Partner
	b.rec.Record("budget", b.state.ID, b.state.Revision, at, by, data)
}

// revise adds an event that changes the settings.
func (b *Budget) revise(by event.Origin, at time.Time, data event.Data) {
	b.state.Revision++
	b.state.UpdatedAt = at
	b.record(by, at, data)
}
