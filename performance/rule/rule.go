package rule

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

// State is a rule as it is stored and shown.
type State struct {
	ID       uuid.UUID `json:"id"`
	Partner  uuid.UUID `json:"partner_id"`
	Revision int64     `json:"revision"`
	Definition
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Rule is one rule of one partner.
type Rule struct {
	state State
	rec   event.Recorder
}

// Changed is the body of alert_rule.created, alert_rule.changed and
// alert_rule.deleted events: the rule as it then is.
type Changed struct {
	kind string
	State
}

// EventType is the event's public name.
func (c Changed) EventType() string { return c.kind }

// The events of a rule.
const (
	TypeCreated = "alert_rule.created"
	TypeChanged = "alert_rule.changed"
	TypeDeleted = "alert_rule.deleted"
)

// Errors of rules.
var (
	ErrNotFound = fault.New(fault.NotFound, "alert_rule_not_found",
		"There is no such alert rule.", "Check the id; GET /api/v1/alert-rules lists the rules that this key sees.")
	ErrExists = fault.New(fault.Conflict, "alert_rule_exists",
		"There is an alert rule with this id.", "Send the request with another Idempotency-Key.")
	ErrStale = fault.New(fault.Stale, "stale_revision",
		"The rule has changed since it was read.", "Read it again, and base the change on its new ETag.")
	ErrTooMany = fault.New(fault.Conflict, "too_many_alert_rules",
		"The partner has 200 alert rules, which is the most.", "Delete a rule, or widen the scope of one.")
)

// MaxRules bounds the rules of a partner: every one is held against every
// commit.
const MaxRules = 200

// Patch changes parts of a rule; nil leaves a part as it is.
type Patch struct {
	Name          *string
	Enabled       *bool
	Severity      *performance.Severity
	Condition     *Condition
	Window        *Window
	MinimumSample *int64
	Scope         *Scope
	Cooldown      *int
	Hysteresis    *Quantity
}

func create(by event.Origin, at time.Time, id uuid.UUID, d Definition) *Rule {
	r := &Rule{state: State{ID: id, Partner: by.Partner, Definition: d.settled(), CreatedAt: at}}
	r.record(by, at, TypeCreated)
	return r
}

// settled has lists rather than nulls.
func (d Definition) settled() Definition {
	d.Scope.Campaigns = append([]uuid.UUID{}, d.Scope.Campaigns...)
	d.Scope.Types = append([]string{}, d.Scope.Types...)
	d.Scope.Channels = append([]string{}, d.Scope.Channels...)
	return d
}

// Restore is a stored rule.
func Restore(s State) *Rule { return &Rule{state: s} }

// State is a copy of what the store keeps.
func (r *Rule) State() State {
	s := r.state
	s.Definition = s.Definition.settled()
	return s
}

// PullEvents hands the pending events to the store.
func (r *Rule) PullEvents() []event.Event { return r.rec.Pull() }

func (r *Rule) change(by event.Origin, at time.Time, d Definition) {
	r.state.Definition = d.settled()
	r.record(by, at, TypeChanged)
}

func (r *Rule) remove(by event.Origin, at time.Time) { r.record(by, at, TypeDeleted) }

func (r *Rule) record(by event.Origin, at time.Time, eventType string) {
	by.Partner = r.state.Partner
	r.state.Revision++
	r.state.UpdatedAt = at
	r.rec.Record("alert_rule", r.state.ID, r.state.Revision, at, by, Changed{eventType, r.State()})
}

// Patched is the definition with the parts that a patch names. A new metric
// brings its own minimum sample and drops a window it cannot have, unless they
// are given too.
func (d Definition) Patched(p Patch) Definition {
	set(&d.Name, p.Name)
	set(&d.Enabled, p.Enabled)
	set(&d.Severity, p.Severity)
	if p.Condition != nil && p.Condition.Metric != d.Condition.Metric {
		d.MinimumSample, _ = p.Condition.Metric.MinimumSample()
		d.Window = usualWindow(p.Condition.Metric, d.Window)
	}
	set(&d.Condition, p.Condition)
	set(&d.Window, p.Window)
	set(&d.MinimumSample, p.MinimumSample)
	set(&d.Scope, p.Scope)
	set(&d.Cooldown, p.Cooldown)
	set(&d.Hysteresis, p.Hysteresis)
	return d
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func usualWindow(m Metric, before Window) Window {
	switch {
	case !m.Windowed():
		return Window{}
	case before.Kind == "":
		return Window{Kind: Day}
	}
	return before
}

// New is a definition with everything usual: enabled, MEDIUM, over the local
// day, with the metric's minimum sample.
func New(name string, c Condition) Definition {
	d := Definition{
		Name: name, Enabled: true, Severity: performance.SeverityMedium, Condition: c, Window: usualWindow(c.Metric, Window{}),
		Cooldown: DefaultCooldown, Hysteresis: Quantity{Micros: DefaultHysteresis, Unit: Fraction},
	}
	d.MinimumSample, _ = c.Metric.MinimumSample()
	return d
}

// longest is how many local days the rules look back.
func longest(rules []State) int {
	days := 1
	for _, r := range rules {
		days = max(days, r.Window.Days)
	}
	return days
}

func sortByID(rules []State) {
	slices.SortFunc(rules, func(a, b State) int { return slices.Compare(a.ID[:], b.ID[:]) })
}
