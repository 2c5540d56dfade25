package dashboard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// ruleMetrics are the figures in the order in which people look for them.
var ruleMetrics = []rule.Metric{
	"ctr", "cvr", "cpc", "cpm", "cpa", "roas", "roi", rule.BudgetUsed, rule.BudgetAvailable, rule.Pacing,
	rule.NoImpressions, rule.NoSpend, rule.Anomaly, "spend", "revenue", "impressions", "clicks", "conversions", "leads",
}

// isShare reports whether a figure is entered and shown in percent.
func isShare(m rule.Metric) bool { return m == "roi" || m.Units()[0] == rule.Percent }

func isMoney(m rule.Metric) bool { return slices.Contains(m.Units(), rule.Amount) }

// metricFacts is what the form's script has to know of a figure.
type metricFacts struct {
	Unit      string          `json:"unit"` // shown after the number; empty for money, whose currency is chosen
	Money     bool            `json:"money"`
	Windowed  bool            `json:"windowed"`
	Sample    int64           `json:"sample"`
	SampleOf  string          `json:"sample_of"`
	Operators []rule.Operator `json:"operators"`
}

func (l *locale) metricFacts(m rule.Metric) metricFacts {
	n, of := m.MinimumSample()
	facts := metricFacts{Money: isMoney(m), Windowed: m.Windowed(), Sample: n, SampleOf: strings.ToLower(l.Metric(of)), Operators: m.Operators()}
	switch {
	case m == rule.Anomaly:
		facts.Unit = l.T("rule.unit.score")
	case isShare(m):
		facts.Unit = "%"
	case slices.Contains(m.Units(), rule.Hours):
		facts.Unit = l.T("rule.unit.hours")
	case slices.Contains(m.Units(), rule.Ratio):
		facts.Unit = "×"
	case !facts.Money:
		facts.Unit = l.T("rule.unit.count")
	}
	return facts
}

// metricBook is all of them, as JSON.
func (l *locale) metricBook() map[string]metricFacts {
	book := map[string]metricFacts{}
	for _, m := range ruleMetrics {
		book[string(m)] = l.metricFacts(m)
	}
	return book
}

// readRule reads the form. What is wrong is noted at the paths of the rule's own
// parts.
func (v *visit) readRule(value func(string) []string) (rule.Definition, fault.Fields) {
	one := func(name string) string { return strings.TrimSpace(at(value(name), 0)) }
	var wrong fault.Fields
	metric := rule.Metric(one("metric"))
	c := rule.Condition{Metric: metric, Operator: rule.Operator(one("operator"))}
	if len(metric.Units()) == 0 {
		wrong.Add("condition.metric", "required", "", "")
		return rule.Definition{}, wrong
	}
	if all := metric.Operators(); len(all) == 1 {
		c.Operator = all[0]
	}
	amount := func(name, path string) *rule.Quantity {
		q, ok := v.readQuantity(metric, one(name), one("currency"))
		if !ok {
			wrong.Add(path, "not_a_number", "", "")
		}
		return q
	}
	if c.Operator == rule.Outside {
		c.Low, c.High = amount("low", "condition.low"), amount("high", "condition.high")
	} else {
		c.Threshold = amount("value", "condition.threshold")
	}
	if metric == rule.Anomaly {
		c.MinimumSeverity = performance.Severity(one("minimum_severity"))
	}
	d := rule.New(one("name"), c)
	d.Severity = performance.Severity(one("severity"))
	d.Enabled = one("enabled") != "no"
	v.readTerms(&d, value, &wrong)
	return d, wrong
}

func (v *visit) readQuantity(m rule.Metric, text, code string) (*rule.Quantity, bool) {
	micros, err := v.locale.parseDecimal(text)
	if err != nil {
		return nil, false
	}
	q := &rule.Quantity{Micros: micros, Unit: m.Units()[0]}
	switch {
	case m == rule.Anomaly:
		q.Unit = rule.Fraction
	case isShare(m):
		q.Micros, q.Unit = micros/100, rule.Fraction
	case isMoney(m):
		q.Currency = money.Currency(code)
	}
	return q, true
}

// readTerms reads what a rule has beside its condition.
func (v *visit) readTerms(d *rule.Definition, value func(string) []string, wrong *fault.Fields) {
	one := func(name string) string { return strings.TrimSpace(at(value(name), 0)) }
	number := func(name, path string, to *int64) {
		if one(name) == "" {
			return
		}
		n, err := parseWhole(strings.ReplaceAll(one(name), v.locale.Group, ""))
		if err != nil {
			wrong.Add(path, "not_a_number", "", "")
			return
		}
		*to = n
	}
	if d.Condition.Metric.Windowed() {
		kind, days, _ := strings.Cut(one("window"), "-")
		d.Window = rule.Window{Kind: rule.WindowKind(kind)}
		d.Window.Days, _ = strconv.Atoi(days)
	}
	if _, of := d.Condition.Metric.MinimumSample(); of != "" {
		number("sample", "minimum_sample", &d.MinimumSample)
	}
	cooldown := int64(d.Cooldown)
	number("cooldown", "cooldown_minutes", &cooldown)
	d.Cooldown = int(cooldown)
	if text := one("hysteresis"); text != "" {
		micros, err := v.locale.parseDecimal(text)
		if err != nil {
			wrong.Add("hysteresis", "not_a_number", "", "")
		}
		d.Hysteresis = rule.Quantity{Micros: micros / 100, Unit: rule.Fraction}
	}
	d.Scope.Types = value("types")
	if f := d.Condition.Metric; f.Windowed() || f == rule.NoImpressions || f == rule.NoSpend {
		d.Scope.Channels = splitList(one("channels"))
	}
	for _, text := range value("campaigns") {
		if id, err := uuid.Parse(text); err == nil {
			d.Scope.Campaigns = append(d.Scope.Campaigns, id)
		}
	}
}

// ruleValues is a definition as its form would send it.
func (v *visit) ruleValues(d rule.Definition) func(string) []string {
	c := d.Condition
	enter := func(q *rule.Quantity) []string {
		if q == nil {
			return nil
		}
		micros := q.Micros
		if isShare(c.Metric) && c.Metric != rule.Anomaly {
			micros *= 100
		}
		return []string{v.locale.decimal(trimmed(micros))}
	}
	window := string(d.Window.Kind)
	if d.Window.Days > 0 {
		window += "-" + strconv.Itoa(d.Window.Days)
	}
	values := map[string][]string{
		"name": {d.Name}, "metric": {string(c.Metric)}, "operator": {string(c.Operator)}, "value": enter(c.Threshold),
		"low": enter(c.Low), "high": enter(c.High), "currency": {string(v.partner.Currency)}, "window": {window},
		"sample": {strconv.FormatInt(d.MinimumSample, 10)}, "severity": {string(d.Severity)}, "types": d.Scope.Types,
		"channels": {join(d.Scope.Channels)}, "cooldown": {strconv.Itoa(d.Cooldown)}, "minimum_severity": {string(c.MinimumSeverity)},
		"hysteresis": {v.locale.decimal(trimmed(d.Hysteresis.Micros * 100))}, "enabled": {map[bool]string{true: "yes", false: "no"}[d.Enabled]},
	}
	for _, q := range []*rule.Quantity{c.Threshold, c.Low} {
		if q != nil && q.Currency != "" {
			values["currency"] = []string{string(q.Currency)}
		}
	}
	for _, id := range d.Scope.Campaigns {
		values["campaigns"] = append(values["campaigns"], id.String())
	}
	return func(name string) []string { return values[name] }
}

// The windows that the form offers; another number of days is kept as it is.
var ruleWindows = []string{"hour", "day", "days-7", "days-14", "days-30", "life"}

// ruleSteps are the parts of the form.
func (v *visit) ruleSteps(f form, named []campaigns.State) ruleFields {
	windows := ruleWindows
	if w := f.one("window"); w != "" && !slices.Contains(windows, w) {
		windows = append(slices.Clone(windows), w)
	}
	ids, names := make([]string, len(named)), map[string]string{}
	for i, c := range named {
		ids[i], names[c.ID.String()] = c.ID.String(), c.Name
	}
	name := f.input("rule_name", "name")
	name.Name, name.ID, name.Value, name.Max = "name", "name", f.one("name"), 100
	r := ruleFields{
		Name:      name.whole(),
		Metric:    f.choose("metric", "select", false, texts(ruleMetrics), v.locale.Metric, "condition.metric"),
		Operator:  f.choose("operator", "select", false, texts([]rule.Operator{rule.Below, rule.AtMost, rule.Above, rule.AtLeast, rule.Outside}), f.named("rule.operator."), "condition.operator"),
		Value:     f.input("value", "condition.threshold").decimal(),
		Low:       f.input("low", "condition.low").decimal(),
		High:      f.input("high", "condition.high").decimal(),
		Currency:  f.choose("currency", "select", false, v.currencies(f.one("currency")), func(c string) string { return c }),
		Window:    f.choose("window", "select", false, windows, v.windowName, "window"),
		Sample:    f.input("sample", "minimum_sample").number(),
		LeastBad:  f.choose("minimum_severity", "select", false, append([]string{""}, texts(performance.Severities)...), v.leastSeverity, "condition.minimum_severity"),
		Severity:  f.choose("severity", "choices", false, texts(performance.Severities), f.named("severity."), "severity").whole(),
		Campaigns: f.choose("campaigns", "choices", true, ids, func(id string) string { return names[id] }, "scope.campaigns").optional().whole(),
		Types:     f.choose("types", "choices", true, texts(campaigns.Types), f.named("type."), "scope.types").optional().whole(),
		Channels:  f.input("channels", "scope.channels").optional(),
		Cooldown:  f.input("cooldown", "cooldown_minutes").number(),
		Recovery:  f.input("hysteresis", "hysteresis").decimal(),
	}
	r.Channels.Hint = v.locale.T("form.rule_channels.hint")
	if metric := rule.Metric(f.one("metric")); len(metric.Units()) > 0 {
		r.Facts = v.locale.metricFacts(metric)
	}
	r.Outside = f.one("operator") == string(rule.Outside)
	return r
}

func (v *visit) windowName(text string) string {
	kind, days, _ := strings.Cut(text, "-")
	n, _ := strconv.Atoi(days)
	return v.locale.over(rule.Window{Kind: rule.WindowKind(kind), Days: n})
}

func (v *visit) leastSeverity(s string) string {
	if s == "" {
		return v.locale.T("filter.any")
	}
	return v.locale.T("severity." + s)
}
