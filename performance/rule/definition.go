package rule

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

// WindowKind says over which time a figure is added up.
type WindowKind string

// The windows. Days are the campaign's local days.
const (
	Hour WindowKind = "hour" // the UTC hour of the newest fact, while it is of today
	Day  WindowKind = "day"  // today so far
	Days WindowKind = "days" // the last N local days, today among them
	Life WindowKind = "life" // everything
)

// MaxDays bounds a window of days.
const MaxDays = 90

// Window is the time that a figure covers.
type Window struct {
	Kind WindowKind `json:"kind"`
	Days int        `json:"days,omitempty"` // of kind days: 2 to MaxDays
}

// Condition holds a figure against a threshold.
type Condition struct {
	Metric    Metric    `json:"metric"`
	Operator  Operator  `json:"operator"`
	Threshold *Quantity `json:"threshold,omitempty"` // of every operator but outside
	Low       *Quantity `json:"low,omitempty"`       // of outside
	High      *Quantity `json:"high,omitempty"`

	// Of the metric anomaly: which anomalies, all unless said.
	Kinds           []string             `json:"kinds,omitempty"`
	KPIs            []string             `json:"kpis,omitempty"`
	MinimumSeverity performance.Severity `json:"minimum_severity,omitempty"`
}

// Scope is which campaigns a rule watches: those that fit everything said. What
// is empty is not looked at.
type Scope struct {
	Campaigns []uuid.UUID `json:"campaigns"`
	Types     []string    `json:"types"`
	Channels  []string    `json:"channels"` // of a figure's facts: only these count
}

// The usual cooldown, and its bounds, in minutes; the usual hysteresis in
// micros of the threshold.
const (
	DefaultCooldown   = 360
	MaxCooldown       = 30 * 24 * 60
	DefaultHysteresis = million / 20
)

// Definition is what a rule says.
type Definition struct {
	Name          string               `json:"name"`
	Enabled       bool                 `json:"enabled"`
	Severity      performance.Severity `json:"severity"`
	Condition     Condition            `json:"condition"`
	Window        Window               `json:"window"`
	MinimumSample int64                `json:"minimum_sample"` // of what the KPI divides by; 0 for none
	Scope         Scope                `json:"scope"`
	Cooldown      int                  `json:"cooldown_minutes"`
	Hysteresis    Quantity             `json:"hysteresis"` // a fraction of the threshold
}

// check notes everything that is wrong and fills in what is fixed by the metric.
func (d *Definition) check(types []string) error {
	var wrong fault.Fields
	d.Name = strings.TrimSpace(d.Name)
	if n := utf8.RuneCountInString(d.Name); n < 1 || n > 100 {
		wrong.Add("name", "out_of_range", "A rule needs a name.", "1 to 100 characters")
	}
	if !slices.Contains(performance.Severities, d.Severity) {
		wrong.Add("severity", "unknown_severity", "There is no such severity.", listed(performance.Severities))
	}
	if d.Cooldown < 0 || d.Cooldown > MaxCooldown {
		wrong.Add("cooldown_minutes", "out_of_range", "The cooldown cannot be this.", fmt.Sprintf("0 to %d minutes", MaxCooldown))
	}
	if d.Hysteresis.Unit != Fraction || d.Hysteresis.Micros < 0 || d.Hysteresis.Micros > million/2 {
		wrong.Add("hysteresis", "out_of_range", "The hysteresis is a share of the threshold.", `0 to 50 %, such as {"value":"5","unit":"percent"}`)
	}
	if s, ok := specs[d.Condition.Metric]; !ok {
		wrong.Add("condition.metric", "unknown_metric", "There is no such figure.", listed(Metrics()))
	} else {
		d.Condition.check(&wrong, s)
		d.checkWindow(&wrong)
		d.checkSample(&wrong, s)
	}
	d.Scope.check(&wrong, types, d.Condition.Metric)
	return wrong.Err()
}

var anomalyKinds = []anomaly.Kind{anomaly.Spike, anomaly.Drop, anomaly.NoDelivery, anomaly.LevelShift, anomaly.Unrest, anomaly.Flatline}

func (c *Condition) check(wrong *fault.Fields, s spec) {
	if !slices.Contains(s.operators, c.Operator) {
		why := "The comparison does not fit the figure."
		if s.family == ofSum {
			why = "A sum grows through its window, so that it is below anything at first. For too little, watch pacing or hours_without_impressions."
		}
		wrong.Add("condition.operator", "operator_mismatch", why, listed(s.operators))
		return
	}
	if c.Operator == Outside {
		c.checkBand(wrong, s)
	} else {
		if c.Low != nil || c.High != nil {
			wrong.Add("condition.low", "not_allowed", "low and high belong to the operator outside.", "threshold")
		}
		c.checkThreshold(wrong, "condition.threshold", c.Threshold, s)
	}
	if s.family != ofAnomaly && len(c.Kinds)+len(c.KPIs)+len(c.MinimumSeverity) > 0 {
		wrong.Add("condition.kinds", "not_allowed", "kinds, kpis and minimum_severity belong to the metric anomaly.", "the metric anomaly")
	}
	for i, k := range c.Kinds {
		if !slices.Contains(anomalyKinds, anomaly.Kind(k)) {
			wrong.Add(fmt.Sprintf("condition.kinds[%d]", i), "unknown_kind", "There is no such kind of anomaly.", listed(anomalyKinds))
		}
	}
	for i, k := range c.KPIs {
		if !slices.Contains(lookout.Figures(), k) {
			wrong.Add(fmt.Sprintf("condition.kpis[%d]", i), "unknown_kpi", "This figure is not watched for anomalies.", strings.Join(lookout.Figures(), ", "))
		}
	}
	if c.MinimumSeverity != "" && !slices.Contains(performance.Severities, c.MinimumSeverity) {
		wrong.Add("condition.minimum_severity", "unknown_severity", "There is no such severity.", listed(performance.Severities))
	}
}

func (c *Condition) checkBand(wrong *fault.Fields, s spec) {
	if c.Threshold != nil {
		wrong.Add("condition.threshold", "not_allowed", "outside has two thresholds.", "low and high")
	}
	c.checkThreshold(wrong, "condition.low", c.Low, s)
	c.checkThreshold(wrong, "condition.high", c.High, s)
	if c.Low == nil || c.High == nil {
		return
	}
	if c.Low.Currency != c.High.Currency {
		wrong.Add("condition.high.currency", money.ErrCurrencyMismatch.Code, "Both ends are in one currency.", string(c.Low.Currency))
	} else if c.Low.Micros >= c.High.Micros {
		wrong.Add("condition.high", "out_of_range", "low must be less than high.", "more than "+c.Low.String())
	}
}

func (c *Condition) checkThreshold(wrong *fault.Fields, path string, q *Quantity, s spec) {
	if q == nil {
		wrong.Add(path, "required", "It is missing.", examples(s.units))
		return
	}
	if q.Unit == Percent || !slices.Contains(s.units, q.Unit) && q.Unit != c.Metric.canonical() {
		wrong.Add(path, "unit_mismatch", fmt.Sprintf("This figure is not measured in %s.", q.Unit), examples(s.units))
		return
	}
	q.Unit = c.Metric.canonical()
	if q.Micros < s.least || q.Micros > s.most || s.units[0] == Count && q.Micros%million != 0 {
		low, high := Quantity{s.least, q.Unit, q.Currency}, Quantity{s.most, q.Unit, q.Currency}
		wrong.Add(path, "out_of_range", q.String()+" cannot be a threshold of this figure.", low.String()+" to "+high.String())
	}
}

// checkWindow refuses a window where the figure has its own.
func (d *Definition) checkWindow(wrong *fault.Fields) {
	w := &d.Window
	switch {
	case !d.Condition.Metric.Windowed():
		if w.Kind != "" {
			wrong.Add("window", "not_allowed", "This figure has a window of its own.", "no window")
		}
	case w.Kind == Days && (w.Days < 2 || w.Days > MaxDays):
		wrong.Add("window.days", "out_of_range", "The window cannot have so many days.", fmt.Sprintf("2 to %d", MaxDays))
	case w.Kind != Days && w.Days != 0:
		wrong.Add("window.days", "not_allowed", "Only a window of days has days.", `{"kind":"days","days":7}`)
	case !slices.Contains([]WindowKind{Hour, Day, Days, Life}, w.Kind):
		wrong.Add("window.kind", "unknown_window", "There is no such window.", "hour, day, days or life")
	}
}

func (d *Definition) checkSample(wrong *fault.Fields, s spec) {
	switch {
	case s.sampleOf == "" && d.MinimumSample != 0:
		wrong.Add("minimum_sample", "not_allowed", "This figure is no rate, so it rests on no sample.", "0")
	case d.MinimumSample < 0 || d.MinimumSample > performance.MaxCount:
		wrong.Add("minimum_sample", "out_of_range", "The minimum sample cannot be this.", "0 or more "+s.sampleOf)
	}
}

const maxScope = 500

func (s *Scope) check(wrong *fault.Fields, types []string, m Metric) {
	if len(s.Campaigns) > maxScope || len(s.Channels) > maxScope {
		wrong.Add("scope", "too_many", "The scope names too many.", fmt.Sprintf("at most %d campaigns and channels", maxScope))
	}
	for i, t := range s.Types {
		if !slices.Contains(types, t) {
			wrong.Add(fmt.Sprintf("scope.types[%d]", i), "unknown_type", "There is no such type of campaign.", strings.Join(types, ", "))
		}
	}
	for i, c := range s.Channels {
		if c == "" || len(c) > 128 {
			wrong.Add(fmt.Sprintf("scope.channels[%d]", i), "out_of_range", "This is no channel.", "1 to 128 bytes")
		}
	}
	if f := specs[m].family; len(s.Channels) > 0 && (f == ofBudget || f == ofPacing || f == ofAnomaly) {
		wrong.Add("scope.channels", "not_allowed", "This figure is the whole campaign's.", "no channels")
	}
}

// Covers reports whether the rule watches a campaign. A threshold in another
// currency than the campaign's says nothing about it.
func (d *Definition) Covers(c Campaign) bool {
	if len(d.Scope.Campaigns) > 0 && !slices.Contains(d.Scope.Campaigns, c.ID) {
		return false
	}
	if len(d.Scope.Types) > 0 && !slices.Contains(d.Scope.Types, c.Type) {
		return false
	}
	for _, q := range []*Quantity{d.Condition.Threshold, d.Condition.Low} {
		if q != nil && q.Unit == Amount && q.Currency != c.Currency {
			return false
		}
	}
	return true
}

// Crossed reports whether a value lies on the wrong side, and Recovered whether
// it has come back from there by the hysteresis. Between the two nothing
// changes.
func (d *Definition) Crossed(value int64) bool { return d.Condition.beyond(value, 0) }

// Recovered is described at Crossed.
func (d *Definition) Recovered(value int64) bool {
	return !d.Condition.beyond(value, d.Hysteresis.Micros)
}

// beyond holds the value against the thresholds, moved towards the right side
// by a share of each.
func (c *Condition) beyond(value, share int64) bool {
	switch c.Operator {
	case Above:
		return value > shifted(c.Threshold, -share)
	case AtLeast:
		return value >= shifted(c.Threshold, -share)
	case Below:
		return value < shifted(c.Threshold, share)
	case AtMost:
		return value <= shifted(c.Threshold, share)
	}
	low, high := shifted(c.Low, share), shifted(c.High, -share)
	if low > high { // a band narrower than its hysteresis
		low, high = c.Low.Micros, c.High.Micros
	}
	return value < low || value > high
}

func shifted(q *Quantity, share int64) int64 {
	by, err := money.MulDiv(max(q.Micros, -q.Micros), share, million, money.HalfEven)
	if err != nil {
		return q.Micros // thresholds are bounded, so this cannot be
	}
	return q.Micros + by
}
