package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Severity is how urgent an alert is.
type Severity string

// The severities, the least urgent first.
const (
	SeverityLow      Severity = "LOW"
	SeverityMedium   Severity = "MEDIUM"
	SeverityHigh     Severity = "HIGH"
	SeverityCritical Severity = "CRITICAL"
)

// Severities are all of them, the least urgent first.
var Severities = []Severity{SeverityLow, SeverityMedium, SeverityHigh, SeverityCritical}

// AlertState is where an alert stands. What it is about being over (OK) is the
// absence of an open alert.
type AlertState string

// The states.
const (
	Firing       AlertState = "FIRING"
	Acknowledged AlertState = "ACKNOWLEDGED" // a person has seen it
	Resolved     AlertState = "RESOLVED"     // what it was about is over
)

// AlertStates are all of them.
var AlertStates = []AlertState{Firing, Acknowledged, Resolved}

// AlertKind is what an alert is about.
type AlertKind string

// The kinds.
const (
	AlertBudgetThreshold AlertKind = "budget_threshold"
	AlertBudgetExhausted AlertKind = "budget_exhausted"
	AlertOverdelivery    AlertKind = "overdelivery"
	AlertExtraSpend      AlertKind = "extra_spend" // somebody has to approve or deny
	AlertKPIMissed       AlertKind = "kpi_missed"
	AlertLaunchFailed    AlertKind = "launch_failed"
	AlertAnomaly         AlertKind = "anomaly"
	AlertRule            AlertKind = "rule" // of a partner's own alert rule
	// Of ad platforms: an account whose token is no longer good, an object of
	// which nobody knows whether it was made, and one that is refused or rejected.
	AlertTokenExpired     AlertKind = "token_expired"
	AlertPlacementUnknown AlertKind = "placement_unknown"
	AlertPlacementRefused AlertKind = "placement_refused"
	// Of a prepaid partner's balance: less than a day of delivery is left, or nothing.
	AlertFundsLow       AlertKind = "funds_low"
	AlertFundsExhausted AlertKind = "funds_exhausted"
	// Of a partner's own program that is told of events no longer.
	AlertWebhookDisabled AlertKind = "webhook_disabled"
)

// AlertKinds are all of them.
var AlertKinds = []AlertKind{
	AlertBudgetThreshold, AlertBudgetExhausted, AlertOverdelivery, AlertExtraSpend, AlertKPIMissed, AlertLaunchFailed, AlertAnomaly, AlertRule,
	AlertTokenExpired, AlertPlacementUnknown, AlertPlacementRefused, AlertFundsLow, AlertFundsExhausted, AlertWebhookDisabled,
}

// Notice is a reason for an alert.
type Notice struct {
	Campaign uuid.UUID // zero for what is not of one: an ad account, an endpoint of webhooks
	Kind     AlertKind
	Subject  string    // tells apart what one campaign may have several of: "75", "ctr"
	Rule     uuid.UUID // the alert rule behind it; zero for what the product watches by itself
	Severity Severity
	Title    string         // a short sentence for a list
	Detail   string         // what happened, with the figures
	Facts    map[string]any // the figures, for programs and for other languages
}

// AlertRecord is an alert as it is stored and shown.
type AlertRecord struct {
	ID             uuid.UUID      `json:"id"`
	Partner        uuid.UUID      `json:"partner_id"`
	Campaign       uuid.UUID      `json:"campaign_id,omitzero"` // absent for what concerns more than one
	Revision       int64          `json:"revision"`
	Kind           AlertKind      `json:"kind"`
	Subject        string         `json:"subject,omitempty"`
	Rule           *uuid.UUID     `json:"rule_id,omitempty"` // absent for what the product watches by itself
	Severity       Severity       `json:"severity"`
	State          AlertState     `json:"state"`
	Title          string         `json:"title"`
	Detail         string         `json:"detail"`
	Facts          map[string]any `json:"facts,omitempty"`
	Count          int64          `json:"count"` // how often it was noticed while open
	FiredAt        time.Time      `json:"fired_at"`
	LastAt         time.Time      `json:"last_at"` // the latest notice
	LastSeq        int64          `json:"-"`       // of the event behind it: an earlier one says nothing new
	AcknowledgedAt *time.Time     `json:"acknowledged_at"`
	AcknowledgedBy string         `json:"acknowledged_by,omitempty"`
	ResolvedAt     *time.Time     `json:"resolved_at"`
	ResolvedBy     string         `json:"resolved_by,omitempty"`
	Note           string         `json:"note,omitempty"` // of whoever acknowledged or resolved it last
}

// Alert is one matter that somebody should look at, from the first notice of
// it until it is over. While it is open, further notices of the same matter
// join it.
type Alert struct {
	state AlertRecord
	rec   event.Recorder
}

// AlertChanged is the body of alert.raised, alert.acknowledged and
// alert.resolved events: the alert as it then is.
type AlertChanged struct {
	kind string
	AlertRecord
}

// EventType is the event's public name.
func (a AlertChanged) EventType() string { return a.kind }

// ErrAlertNotFound is a missing alert, or another partner's.
var ErrAlertNotFound = fault.New(fault.NotFound, "alert_not_found",
	"There is no such alert.", "Check the id; GET /api/v1/alerts lists the alerts that this key sees.")

// Raise begins an alert from the event that gave the notice. It takes the
// event's id, so that an event that is handled twice raises one alert.
func Raise(by event.Origin, at time.Time, cause event.Event, n Notice) *Alert {
	a := &Alert{state: AlertRecord{
		ID: cause.ID, Partner: cause.Partner, Campaign: n.Campaign, Kind: n.Kind, Subject: n.Subject,
		Severity: n.Severity, State: Firing, Title: n.Title, Detail: n.Detail, Facts: n.Facts,
		Count: 1, FiredAt: cause.OccurredAt, LastAt: cause.OccurredAt, LastSeq: cause.Seq,
	}}
	if n.Rule != uuid.Nil {
		a.state.Rule = &n.Rule
	}
	a.record(by, at, "alert.raised")
	return a
}

// RestoreAlert is a stored alert.
func RestoreAlert(s AlertRecord) *Alert { return &Alert{state: s} }

// State is what the store keeps.
func (a *Alert) State() AlertRecord { return a.state }

// PullEvents hands the pending events to the store.
func (a *Alert) PullEvents() []event.Event { return a.rec.Pull() }

// Join adds a notice of the same matter. One that is more urgent than before
// fires again, also when the alert had been acknowledged; an event that was
// handled before changes nothing.
func (a *Alert) Join(by event.Origin, at time.Time, cause event.Event, n Notice) {
	s := &a.state
	if cause.Seq <= s.LastSeq {
		return
	}
	s.Count++
	s.LastAt, s.LastSeq = cause.OccurredAt, cause.Seq
	s.Title, s.Detail, s.Facts = n.Title, n.Detail, n.Facts
	if cmp.Compare(slices.Index(Severities, n.Severity), slices.Index(Severities, s.Severity)) > 0 {
		s.Severity, s.State, s.AcknowledgedAt, s.AcknowledgedBy = n.Severity, Firing, nil, ""
		a.record(by, at, "alert.raised")
	}
}

// Acknowledge notes that a person has seen it. It is no error to do so twice.
func (a *Alert) Acknowledge(by event.Origin, at time.Time, note string) {
	if a.state.State != Firing {
		return
	}
	a.state.State, a.state.AcknowledgedAt, a.state.AcknowledgedBy = Acknowledged, &at, cmp.Or(by.Name, by.ID)
	a.state.Note = cmp.Or(note, a.state.Note)
	a.record(by, at, "alert.acknowledged")
}

// Resolve ends the alert. It is no error to do so twice.
func (a *Alert) Resolve(by event.Origin, at time.Time, note string) {
	if a.state.State == Resolved {
		return
	}
	a.state.State, a.state.ResolvedAt, a.state.ResolvedBy = Resolved, &at, cmp.Or(by.Name, by.ID)
	a.state.Note = cmp.Or(note, a.state.Note)
	a.record(by, at, "alert.resolved")
}

func (a *Alert) record(by event.Origin, at time.Time, eventType string) {
	by.Partner = a.state.Partner
	a.state.Revision++
	a.rec.Record("alert", a.state.ID, a.state.Revision, at, by, AlertChanged{eventType, a.state})
}
