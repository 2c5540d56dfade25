package optimization

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Evidence is a figure that a suggestion rests on.
type Evidence struct {
	Metric  string   `json:"metric"`            // such as next_result_cost
	Of      string   `json:"of,omitempty"`      // the channel, creative or device it is of
	Value   float64  `json:"value"`             //
	Against *float64 `json:"against,omitempty"` // what it is compared with
	Unit    string   `json:"unit"`              // money, count, fraction, days
	Sample  int64    `json:"sample"`            // how many results it rests on
	Minimum int64    `json:"minimum"`           // how many are needed at least
}

// Impact is what to expect of a change, in each day after it.
type Impact struct {
	Metric   string  `json:"metric"`
	Mean     float64 `json:"mean"`
	Low      float64 `json:"low"`      // one in ten is below
	High     float64 `json:"high"`     // one in ten is above
	Relative float64 `json:"relative"` // mean as a fraction of what there is now
}

// Finding is what an analysis found and what to do about it.
type Finding struct {
	Type       Type       `json:"type"`
	Change     Change     `json:"change"`
	Evidence   []Evidence `json:"evidence"`
	Impact     Impact     `json:"expected_impact"`
	Confidence float64    `json:"confidence"` // that it improves the metric, 0 to 1
	Risk       Risk       `json:"risk"`
	From       time.Time  `json:"from"` // the time that the evidence is of
	To         time.Time  `json:"to"`
	KnownAt    time.Time  `json:"known_at"` // of the data
	Seed       uint64     `json:"seed"`     // of whatever was drawn
}

// absurd is how much a change may promise before it is not believed: three
// times what there is.
const absurd = 3

// check refuses what a model cannot have meant.
func (f Finding) check() error {
	numbers := []float64{f.Impact.Mean, f.Impact.Low, f.Impact.High, f.Impact.Relative, f.Confidence}
	for _, e := range f.Evidence {
		numbers = append(numbers, e.Value)
		if e.Against != nil {
			numbers = append(numbers, *e.Against)
		}
	}
	for _, v := range numbers {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ErrAbsurd.With("%s: a figure is not finite.", f.Type)
		}
	}
	switch {
	case f.Confidence < 0 || f.Confidence > 1 || f.Impact.Low > f.Impact.Mean || f.Impact.Mean > f.Impact.High:
		return ErrAbsurd.With("%s: the interval or the confidence contradicts itself.", f.Type)
	case f.Impact.Relative > absurd || f.Impact.Relative < -1:
		return ErrAbsurd.With("%s: %.0f times the present result is not believed.", f.Type, f.Impact.Relative)
	}
	return f.Change.check()
}

// check refuses a change that cannot be meant.
func (c Change) check() error {
	switch {
	case c.Move != nil && (c.Move.Amount.Micros <= 0 || c.Move.From == c.Move.To):
		return ErrAbsurd.With("A move of %s.", c.Move.Amount)
	case c.Transfer != nil && (c.Transfer.Amount.Micros <= 0 || c.Transfer.From.Budget == c.Transfer.To.Budget):
		return ErrAbsurd.With("A transfer of %s.", c.Transfer.Amount)
	case c.Bid != nil && (c.Bid.After.Micros <= 0 || c.Bid.After.Micros > 2*c.Bid.Before.Micros || c.Bid.After.Micros < c.Bid.Before.Micros/2):
		return ErrAbsurd.With("A bid of %s after %s.", c.Bid.After, c.Bid.Before)
	}
	sum := 0
	for _, r := range c.Creatives {
		if sum += r.After; r.After < 0 || r.After > 100 {
			return ErrAbsurd.With("A share of %d %%.", r.After)
		}
	}
	for _, s := range c.Divide {
		if s.Amount.Micros <= 0 {
			return ErrAbsurd.With("A part of %s.", s.Amount)
		}
	}
	return nil
}

// State is a suggestion as it is stored.
type State struct {
	ID       uuid.UUID `json:"id"`
	Partner  uuid.UUID `json:"partner_id"`
	Campaign uuid.UUID `json:"campaign_id"`
	Revision int64     `json:"revision"`
	Status   Status    `json:"status"`
	Finding
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	UpdatedAt time.Time `json:"updated_at"`

	// Blocked is why it may not be applied automatically; empty: it may.
	Blocked string `json:"blocked,omitempty"`

	Before    *Snapshot  `json:"before,omitempty"` // captured before the change
	Made      *Change    `json:"made,omitempty"`   // the change as it was applied
	By        string     `json:"by,omitempty"`     // whoever applied it: id of the credential, or "optimizer"
	ByName    string     `json:"by_name,omitempty"`
	Automatic bool       `json:"automatic"`
	AppliedAt *time.Time `json:"applied_at,omitempty"`
	After     int64      `json:"after,omitempty"` // the revision that the change made

	EndedAt *time.Time `json:"ended_at,omitempty"` // dismissed, expired, superseded or rolled back
	Reason  string     `json:"reason,omitempty"`   // why it ended, or why an automatic change was not made

	Watch  *Watch   `json:"watch,omitempty"`
	Graded *Verdict `json:"grade,omitempty"`
}

// Suggestion is one proposal about one campaign.
type Suggestion struct {
	state State
	rec   event.Recorder
}

// suggest makes a suggestion of what was found. ErrAbsurd refuses what cannot be
// meant.
func suggest(by event.Origin, at time.Time, id, partner, campaign uuid.UUID, f Finding) (*Suggestion, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	s := &Suggestion{state: State{
		ID: id, Partner: partner, Campaign: campaign, Status: Open, Finding: f, CreatedAt: at, ExpiresAt: at.Add(Life),
	}}
	s.become(by, at, Open, "suggestion.made")
	return s, nil
}

// Restore is a stored suggestion.
func Restore(s State) *Suggestion { return &Suggestion{state: s} }

// State is what the store keeps.
func (s *Suggestion) State() State { return s.state }

// PullEvents hands the pending events to the store.
func (s *Suggestion) PullEvents() []event.Event { return s.rec.Pull() }

// StatusAt is the status at a moment, also before an expiry has been noted.
func (s *Suggestion) StatusAt(now time.Time) Status {
	if s.state.Status == Open && !now.Before(s.state.ExpiresAt) {
		return Expired
	}
	return s.state.Status
}

// ValidActions are what can be done with it now.
func (s *Suggestion) ValidActions(now time.Time) []string {
	switch s.StatusAt(now) {
	case Open:
		return []string{"apply", "dismiss"}
	case Applied:
		return []string{"rollback"}
	default:
		return []string{}
	}
}

func (s *Suggestion) require(now time.Time, want ...Status) error {
	if is := s.StatusAt(now); !slices.Contains(want, is) {
		return ErrState.With("The suggestion is %s.", is).WithExtra("suggestion_state", is).WithExtra("valid_actions", s.ValidActions(now))
	}
	return nil
}

// begin captures the state before a change and says that it is being made.
func (s *Suggestion) begin(by event.Origin, at time.Time, c Change, before Snapshot) error {
	if err := s.require(at, Open); err != nil {
		return err
	}
	s.state.Made, s.state.Before = &c, &before
	s.state.By, s.state.ByName, s.state.Automatic = by.ID, by.Name, by.Kind == event.ActorOptimizer
	s.become(by, at, Applying, "")
	return nil
}

// undone says that nothing was changed: it is open as before.
func (s *Suggestion) undone(by event.Origin, at time.Time, why string) {
	s.state.Made, s.state.Before, s.state.By, s.state.ByName, s.state.Automatic = nil, nil, "", "", false
	s.state.Reason = why
	s.become(by, at, Open, "")
}

// applied says that the change stands.
func (s *Suggestion) applied(by event.Origin, at time.Time, revision int64) {
	s.state.AppliedAt, s.state.After, s.state.Reason = &at, revision, ""
	s.become(by, at, Applied, "suggestion.applied")
}

// reverting says that the change is being taken back.
func (s *Suggestion) reverting(by event.Origin, at time.Time, why string) error {
	if err := s.require(at, Applied); err != nil {
		return err
	}
	s.state.Reason = why
	s.become(by, at, Reverting, "")
	return nil
}

// kept says that the change could not be taken back and stands.
func (s *Suggestion) kept(by event.Origin, at time.Time, why string) {
	s.state.Reason = why
	s.become(by, at, Applied, "")
}

// rolledBack says that everything is as it was before.
func (s *Suggestion) rolledBack(by event.Origin, at time.Time) {
	s.state.EndedAt = &at
	s.become(by, at, RolledBack, "suggestion.rolled_back")
}

const maxReason = 500

// dismiss ends an open suggestion that nobody wants.
func (s *Suggestion) dismiss(by event.Origin, at time.Time, why string) error {
	if err := s.require(at, Open); err != nil {
		return err
	}
	if why = strings.TrimSpace(why); len(why) > maxReason {
		var wrong fault.Fields
		wrong.Add("reason", "out_of_range", "The reason is too long.", "at most 500 bytes")
		return wrong.Err()
	}
	s.end(by, at, Dismissed, why)
	return nil
}

// end closes an open suggestion.
func (s *Suggestion) end(by event.Origin, at time.Time, as Status, why string) {
	s.state.EndedAt, s.state.Reason = &at, why
	s.become(by, at, as, "suggestion."+string(as))
}

// block says why it is not applied automatically, "" that it may be. Only a
// change is worth a revision.
func (s *Suggestion) block(by event.Origin, at time.Time, why string) {
	if s.state.Blocked != why {
		s.state.Blocked = why
		s.become(by, at, s.state.Status, "")
	}
}

// watched notes how the watch stands.
func (s *Suggestion) watched(by event.Origin, at time.Time, w Watch) {
	s.state.Watch = &w
	s.become(by, at, s.state.Status, "")
}

// grade notes what came of the change.
func (s *Suggestion) grade(by event.Origin, at time.Time, v Verdict) {
	s.state.Graded = &v
	s.become(by, at, s.state.Status, "suggestion.graded")
}

// become sets the status and records an event; what has no name is between two
// steps and nobody's business.
func (s *Suggestion) become(by event.Origin, at time.Time, to Status, name string) {
	s.state.Status, s.state.UpdatedAt = to, at
	s.state.Revision++
	if name != "" {
		by.Partner = s.state.Partner
		s.rec.Record("suggestion", s.state.ID, s.state.Revision, at, by, Happened{name, s.state})
	}
}

// Happened is the body of a suggestion's events: the suggestion as it then is.
type Happened struct {
	name string
	State
}

// EventType is the event's public name.
func (h Happened) EventType() string { return h.name }
