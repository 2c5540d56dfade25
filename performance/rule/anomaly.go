package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// TypeAnomaly is the event of a detected anomaly.
const TypeAnomaly = "performance.anomaly_detected"

// detected is the part of an anomaly that rules look at.
type detected struct {
	KPI      string               `json:"kpi"`
	Kind     string               `json:"kind"`
	Observed string               `json:"observed"`
	Expected json.RawMessage      `json:"expected"`
	Score    json.Number          `json:"score"`
	Severity performance.Severity `json:"severity"`
	Sample   int64                `json:"sample"`
	From     time.Time            `json:"from"`
	To       time.Time            `json:"to"`
	Evidence json.RawMessage      `json:"evidence"`
	Sureness string               `json:"confidence"`
}

func (a *detected) score() int64 {
	score, err := a.Score.Float64()
	if err != nil {
		return 0
	}
	return int64(score*million + 0.5)
}

// wants reports whether a rule is about such an anomaly.
func (c *Condition) wants(a *detected) bool {
	named := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	rank := func(s performance.Severity) int { return slices.Index(performance.Severities, s) }
	return named(c.Kinds, a.Kind) && named(c.KPIs, a.KPI) && rank(a.Severity) >= rank(c.MinimumSeverity) &&
		a.score() >= c.Threshold.Micros
}

// anomaly makes an alert of a detected anomaly. Where a rule about anomalies
// covers the campaign, the rules say which become alerts; elsewhere the grave
// ones do. The others are listed only: of ten figures in many campaigns one is
// unusual every day, and nobody reads alarms that come every day.
func (e *Engine) anomaly(ctx context.Context, d *desk, ev *event.Event) error {
	var a detected
	if err := json.Unmarshal(ev.Data, &a); err != nil {
		return err
	}
	var rules []*State
	if slices.ContainsFunc(d.rules, isAnomaly) {
		c, err := e.campaigns.Campaign(ctx, d.partner, ev.AggregateID)
		if err != nil {
			return err
		}
		rules = slices.DeleteFunc(covering(d.rules, c), func(r *State) bool { return !isAnomaly(*r) })
	}
	if len(rules) == 0 {
		if !grave(&a) {
			return nil
		}
		by := event.Origin{Partner: d.partner, Kind: event.ActorReaction, ID: ev.Type, From: "reaction", CorrelationID: ev.ID.String()}
		return e.alerts.Notify(ctx, by, *ev, anomalyNotice(ev, &a, nil))
	}
	for _, r := range rules {
		if !r.Condition.wants(&a) {
			continue
		}
		if err := e.anomalous(ctx, d, r, ev, &a); err != nil {
			return err
		}
	}
	return nil
}

func grave(a *detected) bool {
	return a.Severity == performance.SeverityHigh || a.Severity == performance.SeverityCritical
}

func isAnomaly(s State) bool { return s.Condition.Metric == Anomaly }

// anomalous fires a rule about anomalies. One that comes while the alert is open
// joins it; one within the cooldown of an alert that is over fires none.
func (e *Engine) anomalous(ctx context.Context, d *desk, r *State, ev *event.Event, a *detected) error {
	at := ev.RecordedAt
	stored, err := e.standings.Decide(ctx, Standing{Partner: d.partner, Rule: r.ID, Campaign: ev.AggregateID},
		func(stored Standing, open *performance.Alert) Decision {
			if ev.Seq <= stored.Seq {
				return Decision{Standing: stored}
			}
			next := stored
			next.Revision, next.Moment, next.Seq = r.Revision, at, ev.Seq
			if open != nil {
				open.Join(origin(r), e.now(), *ev, anomalyNotice(ev, a, r))
				return Decision{Standing: next, Ended: open}
			}
			if stored.Revision == r.Revision && stored.Cooling(&r.Definition, at) {
				next.Side, next.Alert = OK, uuid.Nil
				return Decision{Standing: next}
			}
			next.Side, next.Alert, next.FiredAt = Crossed, AlertID(at, r.ID, ev.AggregateID), at
			cause := *ev
			cause.ID = next.Alert
			return Decision{Standing: next, Begun: performance.Raise(origin(r), e.now(), cause, anomalyNotice(ev, a, r))}
		})
	d.standings[place{r.ID, ev.AggregateID}] = stored
	return err
}

// anomalyNotice says what was detected; r is nil where no rule asked for it.
func anomalyNotice(ev *event.Event, a *detected, r *State) performance.Notice {
	n := performance.Notice{
		Campaign: ev.AggregateID, Kind: performance.AlertAnomaly, Subject: a.KPI, Severity: a.Severity,
		Title:  fmt.Sprintf("%s: %s", strings.ToUpper(a.KPI), strings.ReplaceAll(a.Kind, "_", " ")),
		Detail: fmt.Sprintf("Observed %s, with a score of %s (confidence %s).", a.Observed, performance.Decimal(a.score()), a.Sureness),
		Facts: map[string]any{
			"metric": Anomaly, "kpi": a.KPI, "anomaly": a.Kind, "actual": a.Observed, "expected": a.Expected, "score": a.Score,
			"confidence": a.Sureness, "sample": a.Sample, "evidence": a.Evidence,
			"window": map[string]any{"kind": Hour, "from": a.From, "to": a.To},
		},
	}
	if r != nil {
		n.Rule, n.Subject, n.Severity = r.ID, r.ID.String(), r.Severity
		n.Title = r.Name + ": " + n.Title
		n.Facts["rule"] = r.Name
	}
	return n
}

// reading is an anomaly's reading for a preview.
func (a *detected) reading() Reading {
	return Reading{Value: min(a.score(), money.Unit), Sample: a.Sample, From: a.From, To: a.To}
}
