package dashboard

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// historyMost bounds what is read of a campaign's history at once.
const historyMost = 500

// history shows every change: who, when, from where, before and after; the
// newest first.
func (v *visit) history() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	head, _, err := v.head(s, "history")
	if err != nil {
		return err
	}
	events, err := v.d.Campaigns.History(v.r.Context(), v.by(), s.ID, 0, historyMost)
	if err != nil {
		return err
	}
	p := historyPage{Head: head}
	for _, e := range slices.Backward(events) {
		p.Entries = append(p.Entries, v.locale.entry(e, s.zone, s.code()))
	}
	return v.page(http.StatusOK, "history", s.Name, "campaigns", p)
}

// detail is what the pages read of an event's data.
type detail struct {
	Reason    string         `json:"reason"`
	KPI       string         `json:"kpi"`
	Actual    string         `json:"actual"`
	Target    string         `json:"target"`
	Direction string         `json:"direction"`
	Before    string         `json:"before"` // what a figure was in the hour before
	After     string         `json:"after"`
	Hour      time.Time      `json:"hour"`
	Rollback  bool           `json:"rollback"`
	Changes   []event.Change `json:"changes"`
}

func (l *locale) entry(e event.Event, zone *time.Location, code string) entry {
	var d detail
	if err := json.Unmarshal(e.Data, &d); err != nil {
		d = detail{}
	}
	name := e.Type
	if d.Rollback {
		name += ".rollback"
	}
	out := entry{At: e.RecordedAt.In(zone), Title: l.Or("event.", name, e.Type), Who: l.who(e.Origin), Changes: l.changes(d.Changes, zone)}
	if e.RecordedAt.IsZero() {
		out.At = e.OccurredAt.In(zone)
	}
	switch {
	case d.Reason != "":
		out.Detail = l.because(d.Reason)
	case e.Type == rule.TypeAnomaly:
		out.Detail = l.anomalyDetail(e, zone, code)
	case d.Before != "" && d.After != "":
		out.Detail = l.T("history.moved", "kpi", l.Metric(d.KPI), "before", l.Figure(decimalFigure(d.KPI, d.Before, code)), "after", l.Figure(decimalFigure(d.KPI, d.After, code)), "time", l.Stamp(d.Hour.In(zone)))
	case d.KPI != "":
		out.Detail = l.T("history.kpi", "kpi", l.Metric(d.KPI), "actual", l.Figure(decimalFigure(d.KPI, d.Actual, code)), "target", l.Figure(decimalFigure(d.KPI, d.Target, code)))
	}
	return out
}

// anomalyDetail says what was unusual in an hour, as the card of unusual hours
// does.
func (l *locale) anomalyDetail(e event.Event, zone *time.Location, code string) string {
	var found lookout.Detected
	if err := json.Unmarshal(e.Data, &found); err != nil {
		return ""
	}
	a := &lookout.Listed{Anomaly: lookout.Anomaly{Facts: found.Facts}}
	return l.unusualText(a, code) + " · " + l.Stamp(a.From.In(zone)) + " · " + l.unusualDetail(a, code)
}

// who acted, and through which door.
func (l *locale) who(o event.Origin) string {
	name := o.Name
	if name == "" || o.Kind != event.ActorKey {
		name = l.Or("actor.", string(o.Kind), string(o.Kind))
	}
	if o.From == "" {
		return name
	}
	return name + " · " + l.Or("from.", o.From, o.From)
}

// noise are fields that follow from the others.
var noise = map[string]bool{"status": true, "paused_at": true, "updated_at": true, "launched_at": true, "metrics_at_pause": true, "completed_at": true, "outcome": true, "learning_reset": true, "previous_targeting": true, "launch_failure": true}

func (l *locale) changes(all []event.Change, zone *time.Location) []change {
	var shown []change
	for _, c := range all {
		field, _, _ := strings.Cut(c.Field, ".")
		if noise[field] || c.Field == "paused_because" || c.Field == "cancelled_because" {
			continue
		}
		said := func(x any) string {
			if field == "channels" {
				return l.channelList(x)
			}
			return l.value(x, zone)
		}
		shown = append(shown, change{Field: l.Or("field.", c.Field, l.Or("field.", field, c.Field)), Before: said(c.Before), After: said(c.After)})
	}
	return shown
}

// channelList names the channels that a change holds.
func (l *locale) channelList(x any) string {
	all, _ := x.([]any)
	codes := make([]string, 0, len(all))
	for _, one := range all {
		if code, ok := one.(string); ok {
			codes = append(codes, code)
		}
	}
	return l.channels(codes)
}

// value prints what an event's change holds: text, numbers, money, times,
// lists, and the shortest useful form of anything larger.
func (l *locale) value(x any, zone *time.Location) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return l.Stamp(t.In(zone))
		}
		for _, prefix := range []string{"status.", "type.", "objective.", "launch.", "country.", "language.", "device.", "gender.", "interest."} {
			if l.Has(prefix + x) {
				return l.T(prefix + x)
			}
		}
		return x
	case bool:
		return l.T(map[bool]string{true: "yes", false: "no"}[x])
	case float64:
		return l.Fixed(int64(x*money.Unit), map[bool]int{true: 0, false: 2}[x == float64(int64(x))])
	case []any:
		parts := make([]string, 0, len(x))
		for _, one := range x {
			parts = append(parts, l.value(one, zone))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return l.object(x, zone)
	default:
		return ""
	}
}

func (l *locale) object(x map[string]any, zone *time.Location) string {
	if amount, ok := x["amount"].(string); ok {
		code, _ := x["currency"].(string)
		if m, err := money.Parse(amount, money.Currency(code)); err == nil {
			return l.Money(m.Micros, code)
		}
	}
	for _, key := range []string{"name", "country"} {
		if name, ok := x[key].(string); ok {
			return name
		}
	}
	if inner, ok := x["target_metrics"].(map[string]any); ok {
		return l.object(inner, zone)
	}
	keys := slices.SortedFunc(maps.Keys(x), func(a, b string) int { return cmp.Or(cmp.Compare(before(a), before(b)), cmp.Compare(a, b)) })
	parts := make([]string, 0, len(keys))
	for _, key := range keys {
		text := l.value(x[key], zone)
		if rate, ok := x[key].(float64); ok && kindOf(key) == kindFraction {
			text = l.Percent(int64(rate*money.Unit), 2)
		}
		if text != "" {
			parts = append(parts, l.Or("field.", key, l.Or("metric.", key, key))+" "+text)
		}
	}
	return strings.Join(parts, ", ")
}

// before orders the parts of an object: where something begins comes first.
func before(key string) int {
	if i := slices.Index([]string{"start", "end", "min", "max", "launch"}, key); i >= 0 {
		return i - 10
	}
	return 0
}

// changesSince is what others have changed after a revision, for somebody whose
// own change came too late.
func (v *visit) changesSince(s subject, revision int64) []change {
	events, err := v.d.Campaigns.History(v.r.Context(), v.by(), s.ID, 0, historyMost)
	if err != nil {
		return nil // the refusal is shown all the same
	}
	var all []change
	for _, e := range events {
		var d detail
		if e.Revision <= revision || json.Unmarshal(e.Data, &d) != nil {
			continue
		}
		shown := v.locale.changes(d.Changes, s.zone)
		if len(shown) == 0 {
			shown = []change{{Field: v.locale.who(e.Origin), After: v.locale.Or("event.", e.Type, e.Type)}}
		}
		all = append(all, shown...)
	}
	return all
}
