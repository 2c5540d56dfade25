package audience

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Kind is where an audience's members come from.
type Kind string

// The kinds. All but Custom are computed, and replaced as a whole.
const (
	Custom    Kind = "custom" // uploaded lists
	Segment   Kind = "segment"
	Lookalike Kind = "lookalike"
	Cluster   Kind = "cluster"
)

// Kinds are all the kinds.
var Kinds = []Kind{Custom, Segment, Lookalike, Cluster}

// Status is whether an audience can be used.
type Status string

// The states.
const (
	Processing Status = "processing" // an upload is on its way in
	Ready      Status = "ready"
	TooSmall   Status = "too_small" // fewer members than its minimum; the platforms would refuse it
)

// Statuses are all the states.
var Statuses = []Status{Processing, Ready, TooSmall}

// Basis is why the partner may use the members' data (article 6 of the GDPR;
// the laws of Colombia, Brazil and Mexico know the same grounds).
type Basis string

// The grounds.
const (
	NotStated          Basis = "not_stated"
	Consent            Basis = "consent"
	Contract           Basis = "contract"
	LegitimateInterest Basis = "legitimate_interest"
)

// Bases are all the grounds.
var Bases = []Basis{NotStated, Consent, Contract, LegitimateInterest}

// Limits of an audience.
const (
	MaxAudiences   = 1000 // of a partner
	MaxLife        = 540  // days that a membership may last (Google)
	DefaultMinimum = 100  // members below which platforms refuse a list (Meta)
	maxMinimum     = 1_000_000
	maxName        = 120
	maxText        = 1000
)

// State is an audience as it is stored and shown.
type State struct {
	ID          uuid.UUID `json:"id"`
	Partner     uuid.UUID `json:"partner_id"`
	Revision    int64     `json:"revision"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Kind        Kind      `json:"kind"`
	Status      Status    `json:"state"`
	Size        int64     `json:"size"`         // people in it now
	MinimumSize int64     `json:"minimum_size"` // below it the state is too_small
	// MembershipDays is how many days a membership lasts after the day on which
	// it was last uploaded; 0 ends it with that day, in UTC.
	MembershipDays int       `json:"membership_days"`
	Basis          Basis     `json:"consent_basis"`
	BasisNote      string    `json:"consent_note,omitempty"` // where the consent can be looked up
	Source         *Source   `json:"source,omitempty"`       // of a computed one
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`

	Pending []uuid.UUID `json:"pending_uploads,omitempty"`
}

// Source is what a computed audience was made from.
type Source struct {
	ID     uuid.UUID `json:"id"`               // of the segment, seed audience or clustering
	Detail string    `json:"detail,omitempty"` // "3 % of 1 204 332 people", ...
}

// Audience is a named set of people.
type Audience struct {
	state State
	rec   event.Recorder
}

// New asks for an audience.
type New struct {
	ID, Partner                  uuid.UUID
	Name, Description, BasisNote string
	Kind                         Kind
	Basis                        Basis
	MembershipDays               *int   // nil: MaxLife
	MinimumSize                  *int64 // nil: DefaultMinimum
	Source                       *Source
	ValidateOnly                 bool
}

// Patch changes what is not nil.
type Patch struct {
	Name, Description, BasisNote *string
	Basis                        *Basis
	MembershipDays               *int
	MinimumSize                  *int64
	ValidateOnly                 bool
}

// open checks everything at once and begins an audience without members.
func open(by event.Origin, at time.Time, in New) (*Audience, error) {
	a := &Audience{state: State{
		ID: in.ID, Partner: in.Partner, Name: strings.TrimSpace(in.Name), Description: in.Description, Kind: in.Kind,
		MinimumSize: DefaultMinimum, MembershipDays: MaxLife, Basis: in.Basis, BasisNote: in.BasisNote,
		Source: in.Source, CreatedAt: at,
	}}
	if in.MembershipDays != nil {
		a.state.MembershipDays = *in.MembershipDays
	}
	if in.MinimumSize != nil {
		a.state.MinimumSize = *in.MinimumSize
	}
	if in.Basis == "" {
		a.state.Basis = NotStated
	}
	if err := a.state.validate(); err != nil {
		return nil, err
	}
	a.revise(by, at, "audience.created")
	return a, nil
}

func (s State) validate() error {
	var wrong fault.Fields
	text := func(path, value string, least, most int) {
		n := utf8.RuneCountInString(value)
		switch {
		case n < least:
			wrong.Add(path, "required", "It must not be empty.", "1 to 120 characters")
		case n > most:
			wrong.Add(path, "too_long", "It is too long.", "")
		case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\n' }):
			wrong.Add(path, "not_text", "It contains characters that cannot be shown.", "text")
		}
	}
	text("name", s.Name, 1, maxName)
	text("description", s.Description, 0, maxText)
	text("consent_note", s.BasisNote, 0, maxText)
	if !slices.Contains(Bases, s.Basis) {
		wrong.Add("consent_basis", "unknown_value", "This is no ground for using somebody's data.", "not_stated, consent, contract or legitimate_interest")
	}
	if s.MembershipDays < 0 || s.MembershipDays > MaxLife {
		wrong.Add("membership_days", "out_of_range", "A membership cannot last this long.", "0 to 540 days")
	}
	if s.MinimumSize < 1 || s.MinimumSize > maxMinimum {
		wrong.Add("minimum_size", "out_of_range", "This cannot be a minimum.", "1 to 1000000 members")
	}
	return wrong.Err()
}

// Restore is a stored audience.
func Restore(s State) *Audience { return &Audience{state: s} }

// State is a copy of what the store keeps.
func (a *Audience) State() State {
	s := a.state
	s.Pending = slices.Clone(s.Pending)
	if s.Source != nil {
		source := *s.Source
		s.Source = &source
	}
	return s
}

// PullEvents hands the pending events to the store.
func (a *Audience) PullEvents() []event.Event { return a.rec.Pull() }

// Change applies a patch.
func (a *Audience) Change(by event.Origin, at time.Time, p Patch) error {
	s := a.state
	for _, field := range []struct{ to, from *string }{{&s.Name, p.Name}, {&s.Description, p.Description}, {&s.BasisNote, p.BasisNote}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	s.Name = strings.TrimSpace(s.Name)
	if p.Basis != nil {
		s.Basis = *p.Basis
	}
	if p.MembershipDays != nil {
		s.MembershipDays = *p.MembershipDays
	}
	if p.MinimumSize != nil {
		s.MinimumSize = *p.MinimumSize
	}
	if err := s.validate(); err != nil {
		return err
	}
	a.state = s
	a.revise(by, at, "audience.changed")
	return nil
}

// Begin notes an upload on its way in. It fails with ErrDerived.
func (a *Audience) Begin(by event.Origin, at time.Time, upload uuid.UUID) error {
	if a.state.Kind != Custom {
		return ErrDerived
	}
	a.state.Pending = append(a.state.Pending, upload)
	a.revise(by, at, "audience.upload_begun")
	return nil
}

// End notes that an upload is in, or was dropped, and how many people the
// audience now has.
func (a *Audience) End(by event.Origin, at time.Time, upload uuid.UUID, size int64, taken bool) {
	a.state.Pending = slices.DeleteFunc(a.state.Pending, func(id uuid.UUID) bool { return id == upload })
	a.state.Size = size
	kind := "audience.members_added"
	if !taken {
		kind = "audience.upload_dropped"
	}
	a.revise(by, at, kind)
}

// Resize notes how many people the audience now has, after some have left it
// or it was computed anew. It does nothing when nothing changes.
func (a *Audience) Resize(by event.Origin, at time.Time, size int64) {
	if a.state.Size == size {
		return
	}
	a.state.Size = size
	a.revise(by, at, "audience.resized")
}

// Delete ends the audience.
func (a *Audience) Delete(by event.Origin, at time.Time) { a.revise(by, at, "audience.deleted") }

// Usable reports whether a campaign can be shown to the audience.
func (s State) Usable() bool { return s.Status == Ready }

// Deletable is nil when the audience can be deleted by itself, and ErrOfSegment
// otherwise.
func (s State) Deletable() error {
	if s.Kind == Segment {
		return ErrOfSegment
	}
	return nil
}

// Changed is the body of the events of an audience: what it then is. It holds
// counts and never a member.
type Changed struct {
	kind string
	State
}

// EventType is the event's public name.
func (c Changed) EventType() string { return c.kind }

func (a *Audience) revise(by event.Origin, at time.Time, kind string) {
	s := &a.state
	by.Partner = s.Partner
	s.Revision++
	s.UpdatedAt = at
	switch {
	case len(s.Pending) > 0:
		s.Status = Processing
	case s.Size < s.MinimumSize:
		s.Status = TooSmall
	default:
		s.Status = Ready
	}
	a.rec.Record("audience", s.ID, s.Revision, at, by, Changed{kind, a.State()})
}
