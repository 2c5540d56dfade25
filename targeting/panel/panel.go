package panel

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Status is where a panel stands.
type Status string

// The states of a panel.
const (
	Loading Status = "loading"
	Ready   Status = "ready"
	Failed  Status = "failed" // nothing of its rows is kept
)

// Statuses are all of them.
var Statuses = []Status{Loading, Ready, Failed}

// Limits of a panel. MaxRows is a setting.
const (
	MaxPanels  = 20
	MaxColumns = 100
	MaxValues  = 10_000  // different values of a category
	MaxRow     = 1 << 20 // bytes of one row
	maxShown   = 20      // rejections that are kept, and values that are shown
	maxWeight  = 1e12    // people one row may stand for
	oldest     = 120
)

// Kind is how an attribute is counted.
type Kind string

// The kinds of attributes.
const (
	Number   Kind = "number"   // every value is a number; ranges can be asked for
	Category Kind = "category" // up to MaxValues different texts
)

// State is a panel as it is stored and shown.
type State struct {
	ID       uuid.UUID `json:"id"`
	Partner  uuid.UUID `json:"partner_id"`
	Revision int64     `json:"revision"`
	Name     string    `json:"name" example:"Household survey 2026"`
	Status   Status    `json:"status" enum:"loading,ready,failed"`

	Automatic bool   `json:"automatic" doc:"Reach estimates inside its countries are counted in it unasked."`
	Complete  bool   `json:"complete" doc:"The file is everybody and no sample: its counts have no sampling error."`
	Country   string `json:"country,omitempty" doc:"Of rows that name none." example:"CO"`

	Progress   Progress    `json:"progress"`
	Rejections []Rejection `json:"rejections" doc:"The first of the rows that were refused."`
	Totals     *Totals     `json:"totals,omitempty"`
	Columns    []Column    `json:"columns" doc:"The attributes, in the order of the file."`
	Countries  []Group     `json:"countries" doc:"Where the people live, the most rows first."`

	Error     *Failure   `json:"error,omitempty" doc:"Why it failed."`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	ReadyAt   *time.Time `json:"ready_at,omitempty"`
}

// Progress is how much of the file was read.
type Progress struct {
	Bytes    int64 `json:"bytes" doc:"Read so far."`
	Rows     int64 `json:"rows" doc:"Taken."`
	Rejected int64 `json:"rejected" doc:"Rows that were refused."`
}

// Rejection is a row that was refused.
type Rejection struct {
	Line   int64  `json:"line"`
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Totals are what the weights add up to.
type Totals struct {
	Weight        float64 `json:"weight" doc:"People that the rows stand for."`
	EffectiveSize float64 `json:"effective_size" doc:"(Σw)²/Σw²: as many rows of equal weight would say as much."`
	DesignEffect  float64 `json:"design_effect" doc:"Rows over effective size; 1 when all weights are alike."`
}

// Column is an attribute of the people.
type Column struct {
	Name    string   `json:"name" doc:"As targeting names it." example:"hours_per_week"`
	Title   string   `json:"title" doc:"As the file names it." example:"hours-per-week"`
	Kind    Kind     `json:"kind" enum:"number,category"`
	Missing int64    `json:"missing" doc:"Rows without it."`
	Values  int      `json:"values" doc:"How many different ones; 10001 is more than 10000."`
	Min     *float64 `json:"min,omitempty" doc:"Of numbers."`
	Max     *float64 `json:"max,omitempty"`
	Common  []Group  `json:"common,omitempty" doc:"The most frequent values."`
}

// Group is a value and who has it.
type Group struct {
	Value  string  `json:"value"`
	Rows   int64   `json:"rows"`
	Weight float64 `json:"weight"`
}

// Failure is why a panel could not be loaded.
type Failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// Panel is a file of people.
type Panel struct {
	state State
	rec   event.Recorder
}

// New asks for a panel.
type New struct {
	ID           uuid.UUID
	Name         string
	Country      string
	Automatic    bool
	Complete     bool
	ValidateOnly bool
}

// Patch changes what is not nil.
type Patch struct {
	Name         *string
	Automatic    *bool
	ValidateOnly bool
}

// begin is a panel whose file is being read.
func begin(partner uuid.UUID, at time.Time, in New) *Panel {
	return &Panel{state: State{
		ID: in.ID, Partner: partner, Revision: 1, Name: in.Name, Status: Loading, Automatic: in.Automatic, Complete: in.Complete, Country: in.Country,
		Rejections: []Rejection{}, Columns: []Column{}, Countries: []Group{}, CreatedAt: at, UpdatedAt: at,
	}}
}

// Restore is a stored panel.
func Restore(s State) *Panel { return &Panel{state: s} }

// State is a copy of what the store keeps.
func (p *Panel) State() State {
	s := p.state
	s.Rejections, s.Columns, s.Countries = slices.Clone(s.Rejections), slices.Clone(s.Columns), slices.Clone(s.Countries)
	return s
}

// PullEvents hands the pending events to the store.
func (p *Panel) PullEvents() []event.Event { return p.rec.Pull() }

// progress notes how far the file was read. It is no new revision: nothing that
// can be changed has changed.
func (p *Panel) progress(at time.Time, learned State) {
	p.state.Progress, p.state.Rejections, p.state.UpdatedAt = learned.Progress, learned.Rejections, at
}

// finish makes the panel ready with what was learned from its file.
func (p *Panel) finish(by event.Origin, at time.Time, learned State) {
	s := &p.state
	s.Progress, s.Rejections, s.Totals, s.Columns, s.Countries = learned.Progress, learned.Rejections, learned.Totals, learned.Columns, learned.Countries
	s.Status, s.ReadyAt = Ready, &at
	p.revise(by, at, "panel.loaded")
}

// Fail ends a panel whose file could not be taken in.
func (p *Panel) Fail(by event.Origin, at time.Time, why Failure) {
	p.state.Status, p.state.Error = Failed, &why
	p.revise(by, at, "panel.failed")
}

// Change applies a patch.
func (p *Panel) Change(by event.Origin, at time.Time, in Patch) error {
	s := p.state
	if in.Name != nil {
		s.Name = *in.Name
	}
	if in.Automatic != nil {
		s.Automatic = *in.Automatic
	}
	if err := checkName(s.Name); err != nil {
		return err
	}
	if s.Name == p.state.Name && s.Automatic == p.state.Automatic {
		return nil
	}
	p.state = s
	p.revise(by, at, "panel.changed")
	return nil
}

// Delete ends the panel with its rows.
func (p *Panel) Delete(by event.Origin, at time.Time) { p.revise(by, at, "panel.deleted") }

// Changed is the body of panel.loaded, panel.failed, panel.changed and
// panel.deleted events. It holds no row and no value of one.
type Changed struct {
	kind      string
	Name      string   `json:"name"`
	Status    Status   `json:"status"`
	Automatic bool     `json:"automatic"`
	Progress  Progress `json:"progress"`
	Error     *Failure `json:"error,omitempty"`
}

// EventType is the event's public name.
func (c Changed) EventType() string { return c.kind }

func (p *Panel) revise(by event.Origin, at time.Time, kind string) {
	s := &p.state
	by.Partner = s.Partner
	s.Revision++
	s.UpdatedAt = at
	p.rec.Record("panel", s.ID, s.Revision, at, by, Changed{kind, s.Name, s.Status, s.Automatic, s.Progress, s.Error})
}
