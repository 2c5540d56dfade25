package partners

import (
	"maps"
	"reflect"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// State is a partner as it is stored and shown.
type State struct {
	ID        uuid.UUID       `json:"id"`
	Revision  int64           `json:"revision"`
	Name      string          `json:"name"`
	Timezone  string          `json:"timezone"` // IANA name; what campaigns get when they name none
	Currency  money.Currency  `json:"currency"`
	Limits    Limits          `json:"limits"`
	Flags     map[string]bool `json:"flags"` // a missing flag is off
	Contract  Contract        `json:"contract"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
	// Stamps say what set each term that was set after the partner was made.
	Stamps map[string]Stamp `json:"term_sources,omitempty"`
}

// NewPartner asks for a partner.
type NewPartner struct {
	ID           uuid.UUID       `json:"-"` // reserved by the caller for a safe repetition; zero: a new one
	Name         string          `json:"name"`
	Timezone     string          `json:"timezone"`
	Currency     string          `json:"currency"`
	Limits       Limits          `json:"limits"`   // none unless given
	Flags        map[string]bool `json:"flags"`    // all off unless given
	Contract     *Contract       `json:"contract"` // active unless given
	ValidateOnly bool            `json:"-"`        // check everything, create nothing
}

// Partner is one of HexaBuilders' partners.
type Partner struct {
	state State
	rec   event.Recorder
}

// New checks everything at once and begins a partner.
func New(by event.Origin, at time.Time, id uuid.UUID, in NewPartner) (*Partner, error) {
	p := &Partner{state: State{
		ID: id, Name: in.Name, Timezone: in.Timezone, Currency: money.Currency(in.Currency),
		Limits: in.Limits, Flags: maps.Clone(in.Flags), Contract: Contract{Active: true},
		CreatedAt: at, UpdatedAt: at,
	}}
	if in.Contract != nil {
		p.state.Contract = *in.Contract
	}
	if p.state.Flags == nil {
		p.state.Flags = map[string]bool{}
	}
	if err := p.state.validate(); err != nil {
		return nil, err
	}
	p.record(by, at, Created{
		Name: p.state.Name, Timezone: p.state.Timezone, Currency: p.state.Currency,
		Limits: p.state.Limits, Flags: p.state.Flags, Contract: p.state.Contract,
	})
	return p, nil
}

// Restore is a stored partner.
func Restore(s State) *Partner { return &Partner{state: s} }

// State is a copy of what the store keeps.
func (p *Partner) State() State {
	s := p.state
	s.Flags, s.Stamps = maps.Clone(s.Flags), maps.Clone(s.Stamps)
	return s
}

// PullEvents hands the pending events to the store.
func (p *Partner) PullEvents() []event.Event { return p.rec.Pull() }

// Change applies a patch whole or not at all. One that changes nothing leaves
// the revision as it is and has no event.
func (p *Partner) Change(by event.Origin, at time.Time, patch Patch) error {
	next := p.State()
	patch.apply(&next)
	if err := next.validate(); err != nil {
		return err
	}
	changes := changed(p.state, next)
	if len(changes) == 0 {
		return nil
	}
	next.stampPatch(patch, at)
	next.UpdatedAt = at
	p.state = next
	p.record(by, at, Updated{Changes: changes})
	return nil
}

func (p Patch) apply(s *State) {
	if p.Name != nil {
		s.Name = *p.Name
	}
	if p.Timezone != nil {
		s.Timezone = *p.Timezone
	}
	if p.Limits != nil {
		s.Limits = p.Limits.apply(s.Limits)
	}
	if p.Contract != nil {
		s.Contract = p.Contract.apply(s.Contract)
	}
	if s.Flags == nil {
		s.Flags = map[string]bool{}
	}
	for name, on := range p.Flags {
		if on == nil {
			delete(s.Flags, name)
		} else {
			s.Flags[name] = *on
		}
	}
}

func changed(before, after State) []event.Change {
	var changes []event.Change
	for _, c := range []event.Change{
		{Field: "name", Before: before.Name, After: after.Name},
		{Field: "timezone", Before: before.Timezone, After: after.Timezone},
		{Field: "limits", Before: before.Limits, After: after.Limits},
		{Field: "flags", Before: before.Flags, After: after.Flags},
		{Field: "contract", Before: before.Contract, After: after.Contract},
	} {
		if !reflect.DeepEqual(c.Before, c.After) {
			changes = append(changes, c)
		}
	}
	return changes
}

const maxFlags = 100

var flagName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)

func (s State) validate() error {
	var wrong fault.Fields
	checkText(&wrong, "name", s.Name, 1)
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" || s.Timezone == "Local" {
		wrong.Add("timezone", "unknown_timezone", "This is not the name of a time zone.", `an IANA name such as "America/Bogota"`)
	}
	if !s.Currency.Valid() {
		wrong.Add("currency", money.ErrUnknownCurrency.Code, "This is not the code of a currency in use.", "an ISO 4217 code such as USD")
	}
	s.Limits.check(&wrong, s.Currency)
	s.Contract.check(&wrong, s.Currency)
	if len(s.Flags) > maxFlags {
		wrong.Add("flags", "too_many", "There are too many flags.", "at most 100")
	}
	for name := range s.Flags {
		if !flagName.MatchString(name) {
			wrong.Add("flags."+name, "invalid_name", "This cannot be the name of a flag.", "1 to 64 of a-z, 0-9, _ . - beginning with a letter")
		}
	}
	return wrong.Err()
}

func (p *Partner) record(by event.Origin, at time.Time, data event.Data) {
	by.Partner = p.state.ID
	p.state.Revision++
	p.rec.Record("partner", p.state.ID, p.state.Revision, at, by, data)
}
