package performance

import (
	"github.com/google/uuid"
)

// Event is one delivery fact, flat so that a batch of them is one allocation.
// Its strings may share the memory of the request they came in.
type Event struct {
	ID         string    // the sender's, 1 to 128 bytes; counts once for ever
	Campaign   uuid.UUID //
	OccurredAt int64     // microseconds since 1970 UTC

	Dimensions
	Currency      string // empty, or the campaign's
	CorrelationID string // of the request or job that sent it
	Metrics
	Custom   []Custom // named values, in the order of their names
	Metadata string   // a JSON object the product carries and does not read

	// Cause and Reference say of a restatement why it was made and where that
	// can be looked up, at most 128 bytes each; empty when none is stated.
	Cause, Reference string
}

// Dimensions are what a delivery fact can be broken down by. Each is at most
// 128 bytes; empty means not said.
type Dimensions struct {
	Channel, Source, Ad, Creative, Audience, Country, Device string
}

// Metrics are the values of an event. Counts and money are increments and may
// be negative, which restates what was sent before; Reach, BrandLift and
// QualityScore are gauges, whose latest value holds.
type Metrics struct {
	Impressions, Clicks, Conversions, Leads int64
	Spend, Revenue                          int64 // micros of the currency
	Reach                                   int64 // people
	BrandLift, QualityScore                 int64 // micros
	// Present says which values were given, so that a gauge of 0 differs from
	// none. Values other than 0 count as given without it.
	Present Mask
}

// Custom is one named value, an increment.
type Custom struct {
	Name  string
	Value int64 // micros
}

// Metric numbers the values of Metrics, in the order of its fields.
type Metric uint8

// The metrics; those before Reach add up, the others are gauges.
const (
	Impressions Metric = iota
	Clicks
	Conversions
	Leads
	Spend
	Revenue
	Reach
	BrandLift
	QualityScore
	NumMetrics
)

// NumSums is how many of the metrics add up.
const NumSums = int(Reach)

var metricNames = [NumMetrics]string{"impressions", "clicks", "conversions", "leads", "spend", "revenue", "reach", "brand_lift", "quality_score"}

// String is the metric's name in the API.
func (m Metric) String() string { return metricNames[m] }

// IsMoney reports whether the metric's values are micros of a currency.
func (m Metric) IsMoney() bool { return m == Spend || m == Revenue }

// IsGauge reports whether the latest value holds, rather than the sum.
func (m Metric) IsGauge() bool { return m >= Reach }

// IsDecimal reports whether values are written with decimals (micros inside).
func (m Metric) IsDecimal() bool { return m.IsMoney() || m == BrandLift || m == QualityScore }

// MetricNamed finds a metric by its name in the API.
func MetricNamed(name string) (Metric, bool) {
	for m, n := range metricNames {
		if n == name {
			return Metric(m), true
		}
	}
	return 0, false
}

// Mask is a set of metrics.
type Mask uint16

// Has reports whether m is in the set.
func (s Mask) Has(m Metric) bool { return s&(1<<m) != 0 }

// At points to the value of one metric.
func (v *Metrics) At(m Metric) *int64 {
	switch m {
	case Impressions:
		return &v.Impressions
	case Clicks:
		return &v.Clicks
	case Conversions:
		return &v.Conversions
	case Leads:
		return &v.Leads
	case Spend:
		return &v.Spend
	case Revenue:
		return &v.Revenue
	case Reach:
		return &v.Reach
	case BrandLift:
		return &v.BrandLift
	default:
		return &v.QualityScore
	}
}

// Set gives a metric its value.
func (v *Metrics) Set(m Metric, value int64) {
	*v.At(m) = value
	v.Present |= 1 << m
}

// Given is the set of the metrics that have a value.
func (v *Metrics) Given() Mask {
	given := v.Present
	for m := range NumMetrics {
		if *v.At(m) != 0 {
			given |= 1 << m
		}
	}
	return given
}
