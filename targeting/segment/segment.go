package segment

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

var (
	// ErrNotFound is a missing segment, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "segment_not_found", "There is no such segment.",
		"Check the id; GET /api/v1/segments lists those of the partner.")
	ErrStale = fault.New(fault.Stale, "stale_revision", "Somebody changed the segment since it was read.",
		"Read it again, look at what changed, and send the change with the new ETag.")
)

// State is a segment as it is stored and shown.
type State struct {
	ID          uuid.UUID  `json:"id"` // also of the audience that holds its members
	Partner     uuid.UUID  `json:"partner_id"`
	Revision    int64      `json:"revision"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Base        uuid.UUID  `json:"audience_id,omitzero"` // whom it picks from; zero: everybody in uploaded audiences
	Rule        Rule       `json:"rule"`
	Size        int64      `json:"size"`
	Evaluations int64      `json:"evaluations,omitempty"` // how many there were
	EvaluatedAt *time.Time `json:"evaluated_at,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
}

// Segment is a rule with a name.
type Segment struct {
	state State
	rec   event.Recorder
}

// New asks for a segment.
type New struct {
	ID                uuid.UUID
	Name, Description string
	Base              uuid.UUID
	Rule              Rule
	MinimumSize       *int64
	ValidateOnly      bool
}

// Patch changes what is not nil.
type Patch struct {
	Name, Description *string
	Rule              *Rule
	ValidateOnly      bool
}

func open(by event.Origin, at time.Time, in New) (*Segment, error) {
	s := &Segment{state: State{
		ID: in.ID, Partner: by.Partner, Name: strings.TrimSpace(in.Name), Description: in.Description, Base: in.Base, Rule: in.Rule, CreatedAt: at,
	}}
	if err := s.state.validate(); err != nil {
		return nil, err
	}
	s.revise(by, at, "segment.created")
	return s, nil
}

func (s *State) validate() error {
	var wrong fault.Fields
	if n := utf8.RuneCountInString(s.Name); n < 1 || n > 120 {
		wrong.Add("name", "required", "A segment has a name.", "1 to 120 characters")
	}
	if utf8.RuneCountInString(s.Description) > 1000 {
		wrong.Add("description", "too_long", "It is too long.", "at most 1000 characters")
	}
	checkRule(&wrong, &s.Rule)
	return wrong.Err()
}

func checkRule(wrong *fault.Fields, r *Rule) {
	left := maxConditions
	r.check(wrong, "rule", 1, &left)
}

// Restore is a stored segment.
func Restore(s State) *Segment { return &Segment{state: s} }

// State is what the store keeps. Rules are replaced and never changed in place.
func (s *Segment) State() State { return s.state }

// PullEvents hands the pending events to the store.
func (s *Segment) PullEvents() []event.Event { return s.rec.Pull() }

// Change applies a patch.
func (s *Segment) Change(by event.Origin, at time.Time, p Patch) error {
	next := s.state
	if p.Name != nil {
		next.Name = strings.TrimSpace(*p.Name)
	}
	if p.Description != nil {
		next.Description = *p.Description
	}
	if p.Rule != nil {
		next.Rule = *p.Rule
	}
	if err := next.validate(); err != nil {
		return err
	}
	s.state = next
	s.revise(by, at, "segment.changed")
	return nil
}

// Evaluated notes how many it picked. It is no change of the segment.
func (s *Segment) Evaluated(at time.Time, size int64) {
	s.state.Evaluations++
	s.state.EvaluatedAt, s.state.Size = &at, size
}

// Delete ends the segment.
func (s *Segment) Delete(by event.Origin, at time.Time) { s.revise(by, at, "segment.deleted") }

// Changed is the body of segment.created, segment.changed and segment.deleted.
type Changed struct {
	kind string
	State
}

// EventType is the event's public name.
func (c Changed) EventType() string { return c.kind }

func (s *Segment) revise(by event.Origin, at time.Time, kind string) {
	by.Partner = s.state.Partner
	s.state.Revision++
	s.state.UpdatedAt = at
	s.rec.Record("segment", s.state.ID, s.state.Revision, at, by, Changed{kind, s.State()})
}
