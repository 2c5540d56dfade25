package campaigns

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// State is a campaign as it is stored and shown. What it points to is shared
// and never changed in place: treat it as read-only.
type State struct {
	ID          uuid.UUID      `json:"id"`
	Partner     uuid.UUID      `json:"partner_id"`
	Revision    int64          `json:"revision"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Type        Type           `json:"type"`
	Objective   Objective      `json:"objective"`
	Status      Status         `json:"status"`
	Category    Category       `json:"special_category"` // "" for ordinary advertising
	Goals       Goals          `json:"goals"`
	BudgetID    uuid.UUID      `json:"budget_id"`
	Currency    money.Currency `json:"currency"`
	Timezone    string         `json:"timezone"` // IANA name; its days are the campaign's days
	Channels    []string       `json:"channels"`
	Labels      []string       `json:"labels"`
	Creatives   []Creative     `json:"creatives"`

	Schedule          *Schedule                `json:"schedule"`
	LaunchFailure     *LaunchFailure           `json:"launch_failure,omitempty"` // of this schedule
	Targeting         *targeting.Configuration `json:"targeting"`
	PreviousTargeting *targeting.Configuration `json:"previous_targeting,omitempty"` // before the last refinement
	Learning          *LearningReset           `json:"learning_reset,omitempty"`     // the last one

	PausedBecause    string     `json:"paused_because,omitempty"`
	PausedAt         *time.Time `json:"paused_at,omitempty"`
	ResumeAt         *time.Time `json:"resume_at,omitempty"`        // when the scheduler takes it up again
	FiguresAtPause   *Figures   `json:"metrics_at_pause,omitempty"` // of the last pause
	CancelledBecause string     `json:"cancelled_because,omitempty"`
	Final            *Outcome   `json:"outcome,omitempty"`

	ClonedFrom  *uuid.UUID `json:"cloned_from,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	LaunchedAt  *time.Time `json:"launched_at,omitempty"`
	CompletedAt *time.Time `json:"completed_at,omitempty"`
}

// Campaign is one campaign of one partner.
type Campaign struct {
	state State
	rec   event.Recorder
}

// New begins a draft. The error is fault.ErrInvalid with every wrong field.
// The input must have an id, a budget id and a partner.
func New(by event.Origin, at time.Time, in NewCampaign) (*Campaign, error) {
	in = in.normal()
	if err := in.validate(); err != nil {
		return nil, err
	}
	c := &Campaign{state: State{
		ID: in.ID, Partner: in.Partner, BudgetID: in.BudgetID,
		Name: in.Name, Description: in.Description, Type: in.Type, Objective: in.Objective, Category: in.Category,
		Status: Draft, Goals: in.Goals, Currency: in.Budget.Amount.Currency, Timezone: in.Timezone,
		Channels: in.Channels, Labels: in.Labels, Creatives: in.creatives, Targeting: in.targeting,
		ClonedFrom: in.clonedFrom, CreatedAt: at,
	}}
	c.record(by, at, Created{
		Name: in.Name, Type: in.Type, Objective: in.Objective, Goals: in.Goals, Budget: in.Budget.Amount,
		Timezone: in.Timezone, Category: in.Category, ClonedFrom: in.clonedFrom,
		Changes: changed(State{}, c.state),
	})
	return c, nil
}

// Restore is a stored campaign.
func Restore(s State) *Campaign { return &Campaign{state: s} }

// State is what the store keeps.
func (c *Campaign) State() State { return c.state }

// PullEvents hands the pending events to the store.
func (c *Campaign) PullEvents() []event.Event { return c.rec.Pull() }

// ValidActions are the actions that the campaign's status allows.
func (c *Campaign) ValidActions() []Action { return c.state.Status.ValidActions() }

// become takes the next state and records the event that describe makes of the
// difference. A state that does not differ is not taken: no event, no revision.
func (c *Campaign) become(by event.Origin, at time.Time, next State, describe func([]event.Change) event.Data) {
	changes := changed(c.state, next)
	if len(changes) == 0 {
		return
	}
	c.state = next
	c.record(by, at, describe(changes))
}

func (c *Campaign) record(by event.Origin, at time.Time, data event.Data) {
	c.state.Revision++
	c.state.UpdatedAt = at
	c.note(by, at, data)
}

// note records an event that belongs to the revision before it.
func (c *Campaign) note(by event.Origin, at time.Time, data event.Data) {
	by.Partner = c.state.Partner
	c.rec.Record("campaign", c.state.ID, c.state.Revision, at, by, data)
}
