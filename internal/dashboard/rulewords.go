package dashboard

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// quantity prints a threshold with its unit. ROI, which is kept as a ratio, is
// read as a percentage here as everywhere on the pages.
func (l *locale) quantity(metric rule.Metric, q *rule.Quantity) string {
	switch {
	case q == nil:
		return "–"
	case q.Unit == rule.Amount:
		return l.Money(q.Micros, string(q.Currency))
	case q.Unit == rule.Fraction && metric != rule.Anomaly, metric == "roi":
		return l.share(q.Micros)
	case q.Unit == rule.Hours:
		return l.N("rule.hours", int(q.Micros/money.Unit), "hours", l.decimal(trimmed(q.Micros)))
	case q.Unit == rule.Ratio:
		return l.decimal(trimmed(q.Micros)) + "×"
	}
	return l.decimal(trimmed(q.Micros))
}

// share prints a fraction in percent with as many decimals as it has, so that a
// threshold of 0.005 % is not shown as 0 %.
func (l *locale) share(micros int64) string {
	hundredfold, err := money.MulDiv(micros, 100, 1, money.HalfEven)
	if err != nil {
		return "–"
	}
	space := "\u00a0"
	if l.Lang == "en" {
		space = ""
	}
	return l.decimal(trimmed(hundredfold)) + space + "%"
}

// says is a rule's condition as a sentence.
func (l *locale) says(c rule.Condition) string {
	key := "rule.says." + string(c.Metric)
	if !l.Has(key) {
		key = "rule.says." + string(c.Operator)
	}
	return l.T(key, "metric", l.Metric(string(c.Metric)), "value", l.quantity(c.Metric, c.Threshold),
		"low", l.quantity(c.Metric, c.Low), "high", l.quantity(c.Metric, c.High))
}

// over names a window.
func (l *locale) over(w rule.Window) string {
	if w.Kind == rule.Days {
		return l.N("rule.window.days", w.Days)
	}
	if w.Kind == "" {
		return ""
	}
	return l.T("rule.window." + string(w.Kind))
}

// terms are what else a rule says, in a line.
func (l *locale) terms(d rule.Definition, names map[string]string) string {
	var all []string
	if text := l.over(d.Window); text != "" {
		all = append(all, text)
	}
	if _, of := d.Condition.Metric.MinimumSample(); of != "" && d.MinimumSample > 0 {
		all = append(all, l.T("rule.from_sample", "n", l.Count(d.MinimumSample), "of", strings.ToLower(l.Metric(of))))
	}
	all = append(all, l.scope(d.Scope, names))
	if d.Cooldown > 0 {
		all = append(all, l.T("rule.cooldown", "time", l.minutes(d.Cooldown)))
	}
	return strings.Join(all, " · ")
}

func (l *locale) minutes(n int) string {
	if n%60 == 0 {
		return l.N("rule.hours", n/60, "hours", l.Count(int64(n/60)))
	}
	return l.N("rule.minutes", n)
}

// scope names the campaigns that a rule watches.
func (l *locale) scope(s rule.Scope, names map[string]string) string {
	var all []string
	switch len(s.Campaigns) {
	case 0:
		if len(s.Types) == 0 {
			all = append(all, l.T("rule.everywhere"))
		}
	case 1:
		id := s.Campaigns[0].String()
		if name := names[id]; name != "" {
			all = append(all, name)
			break
		}
		fallthrough
	default:
		all = append(all, l.N("rule.campaigns", len(s.Campaigns)))
	}
	for _, t := range s.Types {
		all = append(all, l.Or("type.", t, t))
	}
	if len(s.Channels) > 0 {
		all = append(all, l.channels(s.Channels))
	}
	return strings.Join(all, ", ")
}

// evidence is what an alert of a rule rests on.
type evidence struct {
	Rule      string
	Metric    rule.Metric
	Operator  rule.Operator
	Observed  *rule.Quantity
	Threshold *rule.Quantity
	Low, High *rule.Quantity
	Window    struct {
		Kind rule.WindowKind
		Days int
	}
	Sample     int64
	SampleOf   string `json:"sample_of"`
	Confidence string
	KPI        string
	Anomaly    string
	Actual     string
	Expected   map[string]any
}

// readEvidence reads an alert's facts; what is missing stays empty.
func readEvidence(a performance.AlertRecord) evidence {
	var e evidence
	if a.Kind != performance.AlertRule && a.Kind != performance.AlertAnomaly {
		return e
	}
	if body, err := json.Marshal(a.Facts); err == nil {
		_ = json.Unmarshal(body, &e)
	}
	return e
}

// evidence is the line below an alert: the rule, the window and the sample.
func (l *locale) evidence(a performance.AlertRecord, code string) string {
	e := readEvidence(a)
	var all []string
	switch a.Kind {
	case performance.AlertAnomaly:
		if low, high := text(e.Expected["low"]), text(e.Expected["high"]); low != "" && high != "" {
			all = append(all, l.T("alert.expected", "low", l.Figure(decimalFigure(e.KPI, low, code)), "high", l.Figure(decimalFigure(e.KPI, high, code))))
		}
	case performance.AlertRule:
		all = append(all, l.T("alert.because", "rule", l.says(rule.Condition{Metric: e.Metric, Operator: e.Operator, Threshold: e.Threshold, Low: e.Low, High: e.High})))
		if text := l.over(rule.Window{Kind: e.Window.Kind, Days: e.Window.Days}); text != "" {
			all = append(all, text)
		}
	default:
		return fact(a, "platform_says")
	}
	if e.Sample > 0 && e.SampleOf != "" {
		all = append(all, l.Count(e.Sample)+" "+strings.ToLower(l.Metric(e.SampleOf)))
	}
	if e.Confidence == "low" {
		all = append(all, l.T("alert.unsure"))
	}
	return strings.Join(all, " · ")
}

func text(x any) string {
	s, _ := x.(string)
	return s
}

// charted are the figures that a campaign's chart can show.
func charted(metric string) bool {
	return slices.Contains([]string{"impressions", "clicks", "conversions", "spend", "revenue", "ctr", "cpc", "cpm", "cpa", "cvr", "roas"}, metric)
}
