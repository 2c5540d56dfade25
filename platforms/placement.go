package platforms

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Progress is how a placement stands, as one word over its objects.
type Progress string

// The words, the most urgent first.
const (
	InConflict Progress = "conflict" // a person has to decide
	IsUnknown  Progress = "unknown"  // an outcome is open and being looked for
	IsRefused  Progress = "refused"  // the platform will not have a part of it
	IsWaiting  Progress = "waiting"  // for the campaign to be ready, or the account to have a token
	IsPushing  Progress = "pushing"  // objects are being made
	IsCurrent  Progress = "current"  // the platform has it as the campaign is
	IsEnded    Progress = "ended"    // the campaign is over, or was taken from the account
)

// PlacementState is a placement as it is stored and shown.
type PlacementState struct {
	ID       uuid.UUID  `json:"id"`
	Partner  uuid.UUID  `json:"partner_id"`
	Revision int64      `json:"revision"`
	Campaign uuid.UUID  `json:"campaign_id"`
	Account  uuid.UUID  `json:"ad_account_id"`
	Platform Platform   `json:"platform"`
	Percent  int        `json:"budget_percent"` // of the campaign's limit
	Progress Progress   `json:"progress"`
	Objects  []Object   `json:"objects"`
	LeftOut  []string   `json:"left_out,omitempty"` // parts of the targeting that the platform has no word for
	Problem  *Failure   `json:"problem,omitempty"`  // of the last try, while it lasts
	Waiting  string     `json:"waiting_for,omitempty"`
	Started  bool       `json:"started"` // it has been told to deliver at least once
	Ending   bool       `json:"ending,omitempty"`
	SyncedAt *time.Time `json:"synced_at,omitempty"`

	// Applied is the fingerprint of what the platform was last told; Touched
	// counts what may have changed it since, so that a change during a push is
	// not lost.
	Applied string     `json:"applied,omitempty"`
	Planned string     `json:"planned,omitempty"` // the fingerprint of the campaign that the objects were planned for
	Touched int64      `json:"touched"`
	Tries   int        `json:"tries,omitempty"` // failed ones in a row
	DueAt   *time.Time `json:"due_at,omitempty"`

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Placement is one campaign on one ad account.
type Placement struct {
	state PlacementState
	rec   event.Recorder
}

// place begins a placement.
func place(by event.Origin, at time.Time, s PlacementState) *Placement {
	s.Progress, s.CreatedAt, s.DueAt, s.Objects = IsPushing, at, &at, []Object{}
	p := &Placement{state: s}
	p.revise(by, at, "placement.created")
	return p
}

// RestorePlacement is a stored placement.
func RestorePlacement(s PlacementState) *Placement { return &Placement{state: s} }

// State is what the store keeps.
func (p *Placement) State() PlacementState { return p.state }

// PullEvents hands the pending events to the store.
func (p *Placement) PullEvents() []event.Event { return p.rec.Pull() }

// touch makes a placement due because the campaign may have changed.
func (p *Placement) touch(at time.Time) {
	if p.state.Progress != IsEnded {
		p.state.Touched++
		p.state.DueAt, p.state.Tries = &at, 0
	}
}

// plan adds the objects that are missing and retires those no longer wanted.
// What was refused is tried again when the campaign has changed since.
func (p *Placement) plan(o Outline, of string) {
	s := &p.state
	changed := s.Planned != of
	s.LeftOut, s.Planned = o.LeftOut, of
	for i := range s.Objects {
		s.Objects[i].Retired = !slices.ContainsFunc(o.Wants, func(w Want) bool { return w.Key == s.Objects[i].Key })
		if s.Objects[i].State == Declined && changed {
			s.Objects[i].release()
		}
	}
	for _, w := range o.Wants {
		switch known := p.object(w.Key); {
		case known != nil && known.State == Planned:
			known.Call, known.Needs, known.Name, known.Channel = w.Call, w.Needs, w.Name, w.Channel // there may be more to wait for now
		case known == nil:
			s.Objects = append(s.Objects, Object{Key: w.Key, Name: w.Name, Channel: w.Channel, Kind: w.Kind, Call: w.Call, Needs: w.Needs, Reference: reference(s.ID, w.Key), State: Planned})
		}
	}
}

func (p *Placement) object(key string) *Object {
	for i := range p.state.Objects {
		if p.state.Objects[i].Key == key {
			return &p.state.Objects[i]
		}
	}
	return nil
}

// next are the objects of the next call that can be made: what they need exists,
// and no object of the call is open.
func (p *Placement) next() []Object {
	calls := map[int][]Object{}
	var order []int
	blocked := map[int]bool{}
	for _, o := range p.state.Objects {
		switch {
		case o.Retired:
		case o.open():
			blocked[o.Call] = true
		case o.State == Planned && p.exists(o.Needs):
			if calls[o.Call] == nil {
				order = append(order, o.Call)
			}
			calls[o.Call] = append(calls[o.Call], o)
		}
	}
	slices.Sort(order)
	for _, number := range order {
		if !blocked[number] {
			return calls[number]
		}
	}
	return nil
}

// exists reports whether an object is there; the empty key always is.
func (p *Placement) exists(key string) bool {
	if key == "" {
		return true
	}
	o := p.object(key)
	return o != nil && o.State == Created
}

// claim notes that the call is about to be made.
func (p *Placement) claim(call []Object, at time.Time) {
	for _, o := range call {
		mine := p.object(o.Key)
		mine.State, mine.ClaimedAt, mine.Problem = Claimed, &at, nil
	}
}

// settle notes what became of a call's objects.
func (p *Placement) settle(call []Object, outcomes []Outcome) {
	for i, o := range call {
		mine := p.object(o.Key)
		if out := outcomes[i]; out.Refused != nil {
			mine.State, mine.Problem, mine.RequestID, mine.ClaimedAt = Declined, out.Refused, out.RequestID, nil
		} else {
			mine.adopt(out.External, out.RequestID)
		}
	}
}

// broke notes a call that failed as a whole.
func (p *Placement) broke(call []Object, f *Failure) {
	for _, o := range call {
		mine := p.object(o.Key)
		switch f.Class {
		case Unknown:
			mine.State, mine.RequestID, mine.Problem = Open, f.RequestID, f
		case Refused:
			mine.State, mine.Problem, mine.RequestID, mine.ClaimedAt = Declined, f, f.RequestID, nil
		default:
			mine.release()
		}
	}
}

// lost makes claims whose caller is gone unknown: it died between the claim and
// the answer.
func (p *Placement) lost(before time.Time) {
	for i := range p.state.Objects {
		if o := &p.state.Objects[i]; o.State == Claimed && o.ClaimedAt.Before(before) {
			o.State, o.Problem = Open, &Failure{Class: Unknown, Message: "The service stopped before the answer came."}
		}
	}
}

// existing are the ids of what exists, by key.
func (p *Placement) existing() map[string]string {
	ids := map[string]string{}
	for _, o := range p.state.Objects {
		if o.State == Created && !o.Retired {
			ids[o.Key] = o.External
		}
	}
	return ids
}

// retired are the objects that exist and are no longer wanted.
func (p *Placement) retired() []Object {
	var gone []Object
	for _, o := range p.state.Objects {
		if o.State == Created && o.Retired {
			gone = append(gone, o)
		}
	}
	return gone
}

// dropped forgets audiences that the platform has deleted, so that one which is
// wanted again is made anew.
func (p *Placement) dropped(deleted []Object) {
	p.state.Objects = slices.DeleteFunc(p.state.Objects, func(o Object) bool {
		return o.Kind == "audience" && slices.ContainsFunc(deleted, func(d Object) bool { return d.Key == o.Key && d.External == o.External })
	})
}

// stand notes how the platform treats the objects.
func (p *Placement) stand(by map[string]Standing, now time.Time) {
	for i := range p.state.Objects {
		o := &p.state.Objects[i]
		s, ok := by[o.External]
		if !ok || o.State != Created {
			continue
		}
		o.Delivery, o.Review, o.Reasons = s.Delivery, s.Review, s.Reasons
		if o.Kind == "audience" && o.Review == Rejected && now.Sub(time.UnixMicro(o.Filling)) >= refill {
			o.Filled = begun
		}
	}
}

// complete reports whether nothing is open or still to be made.
func (p *Placement) complete() bool {
	return !slices.ContainsFunc(p.state.Objects, func(o Object) bool {
		return !o.Retired && (o.open() || o.State == Planned)
	})
}

// progress is the word for the objects as they are.
func (p *Placement) progress() Progress {
	has := func(states ...ObjectState) bool {
		return slices.ContainsFunc(p.state.Objects, func(o Object) bool { return slices.Contains(states, o.State) && !o.Retired })
	}
	switch {
	case has(Conflict):
		return InConflict
	case has(Open):
		return IsUnknown
	case has(Declined):
		return IsRefused
	case p.state.Waiting != "":
		return IsWaiting
	case has(Planned, Claimed) || len(p.state.Objects) == 0 || p.state.Problem != nil:
		return IsPushing
	}
	return IsCurrent
}

// PlacementChanged is the body of placement.created, placement.changed and
// placement.ended: the placement as it then is.
type PlacementChanged struct {
	kind string
	PlacementState
}

// EventType is the event's public name.
func (c PlacementChanged) EventType() string { return c.kind }

// visible is what a person would notice of a placement.
func (p *Placement) visible() string {
	var b strings.Builder
	s := &p.state
	fmt.Fprint(&b, s.Progress, s.Waiting, s.Ending, s.Started, s.LeftOut)
	if s.Problem != nil {
		fmt.Fprint(&b, s.Problem.Class, s.Problem.Code)
	}
	for _, o := range s.Objects {
		if o.State != Claimed {
			fmt.Fprint(&b, o.Key, o.State, o.External, o.Review, o.Delivery, o.Retired)
		}
	}
	return b.String()
}

// update gives the placement its word, and an event when people would see a
// difference to before.
func (p *Placement) update(by event.Origin, at time.Time, before string) {
	if p.state.Progress != IsEnded {
		p.state.Progress = p.progress()
	}
	if p.visible() != before {
		p.revise(by, at, "placement.changed")
	}
}

func (p *Placement) revise(by event.Origin, at time.Time, kind string) {
	by.Partner = p.state.Partner
	p.state.Revision++
	p.state.UpdatedAt = at
	p.rec.Record("placement", p.state.ID, p.state.Revision, at, by, PlacementChanged{kind, p.state})
}
