package rule

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// AlertID is the id of the alert that a rule fires about a campaign at a moment:
// the same for the same data, on whichever node and however often it is worked
// out. It sorts by time as other ids do.
func AlertID(moment time.Time, rule, campaign uuid.UUID) uuid.UUID {
	hash := sha256.New()
	hash.Write(rule[:])
	hash.Write(campaign[:])
	hash.Write(binary.BigEndian.AppendUint64(nil, uint64(moment.UnixMicro())))
	var id uuid.UUID
	copy(id[:], hash.Sum(nil))
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(moment.UnixMilli()))
	copy(id[:6], at[2:])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80 // version 7, RFC 9562
	return id
}

// raise begins the alert of a crossing.
func raise(by event.Origin, at time.Time, rule *State, s Standing, c Campaign, r Reading, seq int64) *performance.Alert {
	cause := event.Event{ID: s.Alert, Partner: s.Partner, Seq: seq, OccurredAt: s.FiredAt}
	return performance.Raise(by, at, cause, notice(rule, c, r))
}

// notice says what crossed, with the figures.
func notice(rule *State, c Campaign, r Reading) performance.Notice {
	what := rule.Condition.Metric
	observed := Quantity{Micros: r.Value, Unit: what.canonical()}
	if observed.Unit == Amount {
		observed.Currency = c.Currency
	}
	detail := fmt.Sprintf("Observed %s; the rule says %s %s.", observed, strings.ReplaceAll(string(rule.Condition.Operator), "_", " "), rule.Condition.bounds())
	if r.Sample > 0 {
		detail += fmt.Sprintf(" It rests on %d %s.", r.Sample, specs[what].sampleOf)
	}
	if r.Confidence != "" {
		detail += " Confidence is low: the period has only begun."
	}
	return performance.Notice{
		Campaign: c.ID, Kind: performance.AlertRule, Subject: rule.ID.String(), Rule: rule.ID, Severity: rule.Severity,
		Title:  fmt.Sprintf("%s: %s is %s", rule.Name, label(what), observed),
		Detail: detail, Facts: facts(rule, observed, r),
	}
}

func facts(rule *State, observed Quantity, r Reading) map[string]any {
	c := rule.Condition
	window := map[string]any{"to": r.To}
	if rule.Window.Kind != "" {
		window["kind"] = rule.Window.Kind
	}
	if rule.Window.Days > 0 {
		window["days"] = rule.Window.Days
	}
	if !r.From.IsZero() {
		window["from"] = r.From
	}
	all := map[string]any{"rule": rule.Name, "metric": c.Metric, "operator": c.Operator, "observed": observed, "window": window}
	for name, q := range map[string]*Quantity{"threshold": c.Threshold, "low": c.Low, "high": c.High} {
		if q != nil {
			all[name] = q
		}
	}
	if of := specs[c.Metric].sampleOf; of != "" {
		all["sample"], all["sample_of"], all["minimum_sample"] = r.Sample, of, rule.MinimumSample
	}
	if r.Confidence != "" {
		all["confidence"] = r.Confidence
	}
	return all
}

// bounds are the thresholds as a sentence names them.
func (c *Condition) bounds() string {
	if c.Operator == Outside {
		return c.Low.String() + " to " + c.High.String()
	}
	return c.Threshold.String()
}

func label(m Metric) string {
	if len(m) <= 4 {
		return strings.ToUpper(string(m))
	}
	return strings.ReplaceAll(string(m), "_", " ")
}
