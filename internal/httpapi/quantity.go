package httpapi

import (
	"bytes"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// givenQuantity is a number with its unit as it was sent. The schema lets
// everything pass, so that the refusal can say what to write instead.
type givenQuantity struct{ raw json.RawMessage }

// UnmarshalJSON keeps the text.
func (q *givenQuantity) UnmarshalJSON(b []byte) error {
	q.raw = bytes.Clone(b)
	return nil
}

// into reads it, unless it was left out.
func (q givenQuantity) into(to **rule.Quantity, path string, m rule.Metric, wrong *fault.Fields) {
	if q.raw != nil {
		read := rule.Parse(path, q.raw, m, wrong)
		*to = &read
	}
}

// Schema implements huma.SchemaProvider.
func (givenQuantity) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: `A number that says its unit: {"value":"1.0","unit":"percent"} and {"value":"0.01","unit":"fraction"} are the same, {"amount":"5.00","currency":"USD"} is money; ratio, count and hours are the others. The unit must fit the metric, and a number alone is refused.`,
		Examples:    []any{map[string]any{"value": "1.0", "unit": "percent"}, map[string]any{"amount": "5.00", "currency": "USD"}},
	}
}

// shownQuantity is how a rule.Quantity looks.
type shownQuantity struct{}

// Schema implements huma.SchemaProvider.
func (shownQuantity) Schema(huma.Registry) *huma.Schema {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Description: "value and unit, or amount and currency. A percentage is shown as the fraction that it is.",
		Properties: map[string]*huma.Schema{
			"value": text("A decimal."), "unit": {Type: huma.TypeString, Enum: []any{rule.Fraction, rule.Ratio, rule.Count, rule.Hours}},
			"amount": text("A decimal amount of money."), "currency": text("ISO 4217 code."),
		},
	}
}

// These are how the closed lists of rules look.
type (
	ruleMetric   struct{}
	ruleOperator struct{}
	ruleWindow   struct{}
	alertKind    struct{}
)

// Schema implements huma.SchemaProvider, here and below.
func (ruleMetric) Schema(huma.Registry) *huma.Schema { return oneOf(rule.Metrics()) }
func (ruleOperator) Schema(huma.Registry) *huma.Schema {
	return oneOf([]rule.Operator{rule.Above, rule.AtLeast, rule.Below, rule.AtMost, rule.Outside})
}
func (ruleWindow) Schema(huma.Registry) *huma.Schema {
	return oneOf([]rule.WindowKind{rule.Hour, rule.Day, rule.Days, rule.Life})
}
func (alertKind) Schema(huma.Registry) *huma.Schema { return oneOf(performance.AlertKinds) }
