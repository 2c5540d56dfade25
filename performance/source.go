package performance

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// AttributionWindow is how long after a click or a view a source still counts a
// conversion for it, in days; 0 is not at all. Conversions that were counted
// under different windows are different things and have no sum.
type AttributionWindow struct {
	ClickDays int `json:"click_days"`
	ViewDays  int `json:"view_days"`
}

// MaxWindowDays is the longest window that can be declared.
const MaxWindowDays = 90

func (w AttributionWindow) String() string {
	return fmt.Sprintf("%d-day click, %d-day view", w.ClickDays, w.ViewDays)
}

// SourceState is a source as it is stored and shown.
type SourceState struct {
	Partner   uuid.UUID          `json:"partner_id"`
	Name      string             `json:"source"`             // as events name it
	Window    *AttributionWindow `json:"attribution_window"` // nil: withdrawn
	Revision  int64              `json:"revision"`
	UpdatedAt time.Time          `json:"updated_at"`
}

// Source is where events come from, as a partner declares it.
type Source struct {
	state SourceState
	rec   event.Recorder
}

// NewSource is a source that nothing is declared of.
func NewSource(partner uuid.UUID, name string) *Source {
	return &Source{state: SourceState{Partner: partner, Name: name}}
}

// RestoreSource is a stored source.
func RestoreSource(s SourceState) *Source { return &Source{state: s} }

// State is what the store keeps.
func (s *Source) State() SourceState { return s.state }

// PullEvents hands the pending events to the store.
func (s *Source) PullEvents() []event.Event { return s.rec.Pull() }

// SourceDeclared says that the attribution window of a source was declared,
// changed or, when it is null, withdrawn.
type SourceDeclared struct {
	Source string             `json:"source"`
	Before *AttributionWindow `json:"before"`
	Window *AttributionWindow `json:"attribution_window"`
}

// EventType is the event's public name.
func (SourceDeclared) EventType() string { return "performance.source_declared" }

// Errors of sources.
var (
	ErrSourceNotFound = fault.New(fault.NotFound, "source_not_found", "Nothing is declared of this source.",
		"GET /partners/{id}/sources lists the sources that have a declaration.")
	ErrSourceStale = fault.New(fault.Stale, "stale_revision", "The source has been declared anew since it was read.",
		"Read it again and send the change with its new revision.")
	ErrTooManySources = fault.New(fault.Invalid, "too_many_sources", "The partner has declared as many sources as can be held.",
		"Withdraw a declaration that is no longer needed.")
)

// Declare sets the window. Declaring what is declared changes nothing.
func (s *Source) Declare(by event.Origin, at time.Time, w AttributionWindow) error {
	var wrong fault.Fields
	const allow = "0 to 90"
	if w.ClickDays < 0 || w.ClickDays > MaxWindowDays {
		wrong.Add("attribution_window.click_days", "out_of_range", "It counts days after a click.", allow)
	}
	if w.ViewDays < 0 || w.ViewDays > MaxWindowDays {
		wrong.Add("attribution_window.view_days", "out_of_range", "It counts days after a view.", allow)
	}
	if s.state.Name == "" || len(s.state.Name) > MaxTextBytes {
		wrong.Add("source", "out_of_range", "It is the source as events name it.", "1 to 128 bytes")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	if s.state.Window == nil || *s.state.Window != w {
		s.set(by, at, &w)
	}
	return nil
}

// Withdraw takes the declaration back, or fails with ErrSourceNotFound.
func (s *Source) Withdraw(by event.Origin, at time.Time) error {
	if s.state.Window == nil {
		return ErrSourceNotFound
	}
	s.set(by, at, nil)
	return nil
}

func (s *Source) set(by event.Origin, at time.Time, w *AttributionWindow) {
	data := SourceDeclared{Source: s.state.Name, Before: s.state.Window, Window: w}
	by.Partner = s.state.Partner
	s.state.Window, s.state.UpdatedAt = w, at
	s.state.Revision++
	s.rec.Record("source", uuid.NewSHA1(s.state.Partner, []byte(s.state.Name)), s.state.Revision, at, by, data)
}
