package httpapi

import (
	"encoding/json"
	"errors"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/webhooks"
)

// newSchemas holds the contract's types, and how those with their own JSON
// look.
func newSchemas() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[money.Money](), reflect.TypeFor[Money]())
	r.RegisterTypeAlias(reflect.TypeFor[uuid.UUID](), reflect.TypeFor[id]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Type](), reflect.TypeFor[campaignType]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Objective](), reflect.TypeFor[objective]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Order](), reflect.TypeFor[campaignOrder]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Status](), reflect.TypeFor[status]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Action](), reflect.TypeFor[actionName]())
	r.RegisterTypeAlias(reflect.TypeFor[performance.AlertState](), reflect.TypeFor[alertState]())
	r.RegisterTypeAlias(reflect.TypeFor[webhooks.Status](), reflect.TypeFor[deliveryStatus]())
	r.RegisterTypeAlias(reflect.TypeFor[performance.Severity](), reflect.TypeFor[severity]())
	r.RegisterTypeAlias(reflect.TypeFor[performance.AlertKind](), reflect.TypeFor[alertKind]())
	r.RegisterTypeAlias(reflect.TypeFor[rule.Metric](), reflect.TypeFor[ruleMetric]())
	r.RegisterTypeAlias(reflect.TypeFor[rule.Operator](), reflect.TypeFor[ruleOperator]())
	r.RegisterTypeAlias(reflect.TypeFor[rule.WindowKind](), reflect.TypeFor[ruleWindow]())
	r.RegisterTypeAlias(reflect.TypeFor[rule.Quantity](), reflect.TypeFor[shownQuantity]())
	r.RegisterTypeAlias(reflect.TypeFor[performance.KPI](), reflect.TypeFor[kpi]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Goals](), reflect.TypeFor[goals]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Quantity](), reflect.TypeFor[quantity]())
	r.RegisterTypeAlias(reflect.TypeFor[campaigns.Schedule](), reflect.TypeFor[Schedule]())
	r.RegisterTypeAlias(reflect.TypeFor[targeting.Configuration](), reflect.TypeFor[Targeting]())
	r.RegisterTypeAlias(reflect.TypeFor[targeting.Location](), reflect.TypeFor[Location]())
	r.RegisterTypeAlias(reflect.TypeFor[panel.Match](), reflect.TypeFor[attributeMatch]())
	return r
}

// These are how ids and the domain's closed lists look.
type (
	id            struct{}
	campaignType  struct{}
	objective     struct{}
	campaignOrder struct{}
	status        struct{}
	actionName    struct{}
	alertState    struct{}
	severity      struct{}

	deliveryStatus struct{}
)

// Schema implements huma.SchemaProvider, here and below.
func (id) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "uuid"}
}
func (campaignType) Schema(huma.Registry) *huma.Schema  { return oneOf(campaigns.Types) }
func (objective) Schema(huma.Registry) *huma.Schema     { return oneOf(campaigns.Objectives) }
func (campaignOrder) Schema(huma.Registry) *huma.Schema { return oneOf(campaigns.Orders) }
func (status) Schema(huma.Registry) *huma.Schema        { return oneOf(campaigns.Statuses) }
func (actionName) Schema(huma.Registry) *huma.Schema    { return oneOf(campaigns.Actions) }
func (alertState) Schema(huma.Registry) *huma.Schema    { return oneOf(performance.AlertStates) }
func (severity) Schema(huma.Registry) *huma.Schema      { return oneOf(performance.Severities) }
func (deliveryStatus) Schema(huma.Registry) *huma.Schema {
	return oneOf(webhooks.Statuses)
}

func oneOf[T ~string](allowed []T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, v := range allowed {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// goals and quantity are how a campaign's targets look.
type (
	goals    struct{}
	quantity struct{}
)

// Schema implements huma.SchemaProvider.
func (goals) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{"target_metrics"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"target_metrics": {
			Type: huma.TypeObject, AdditionalProperties: quantity{}.Schema(r),
			Description: "At least one of impressions, clicks, conversions, leads, ctr, cpc, cpm, cpa, roas, revenue, brand_lift. A rate is a fraction: 2 % is 0.02. Money is in the campaign's currency.",
			Examples:    []any{map[string]any{"clicks": 1000, "cpa": "5.00"}},
		}},
	}
}

// Schema implements huma.SchemaProvider.
func (quantity) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeNumber}, {Type: huma.TypeString, Description: "A decimal string."}, schemaOf[money.Money](r),
	}}
}

// kpi is how a performance.KPI looks.
type kpi struct{}

// Schema implements huma.SchemaProvider.
func (kpi) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{"value", "unit"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"value":  {AnyOf: []*huma.Schema{{Type: huma.TypeNumber}, schemaOf[money.Money](r), {Type: "null"}}},
			"unit":   {Type: huma.TypeString, Enum: []any{performance.Fraction, performance.Ratio, performance.Amount}},
			"reason": {Type: huma.TypeString, Description: "Why there is no value, such as no_clicks: unknown is not zero."},
		},
	}
}

// Schedule is null until it is set.
type Schedule struct {
	_ struct{} `nullable:"true"`
	campaigns.Schedule
}

// Targeting is null until it is set.
type Targeting struct {
	_ struct{} `nullable:"true"`
	targeting.Configuration
}

// moneyAt reads an amount whose members lie under a path.
func moneyAt(path, amount, currency string) (money.Money, error) {
	m, err := money.Parse(amount, money.Currency(currency))
	if e := fault.As(err); e != nil {
		at := "amount"
		if errors.Is(err, money.ErrUnknownCurrency) {
			at = "currency"
		}
		return m, fault.ErrInvalid.WithFields(fault.Field{Path: path + at, Code: e.Code, Detail: e.Detail, Allow: e.Fix})
	}
	return m, err
}

// schemaName names a type in the contract: partners.State is Partner,
// partners.KeyState is Key, our own budgetBody is Budget, and a list of any of
// them is BudgetList.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	if isGeneric := strings.LastIndexByte(name, '['); isGeneric > 0 {
		element := strings.TrimRight(name[isGeneric+1:], "]")
		pkg, last := path.Split(element)
		folder, base, named := strings.Cut(last, ".")
		if !named { // a built-in type
			folder, base = "", last
		}
		return publicName(pkg+folder, base) + "List"
	}
	return publicName(t.PkgPath(), name)
}

func publicName(pkg, name string) string {
	switch {
	case strings.HasSuffix(path.Dir(pkg), "/targeting") && slices.Contains([]string{"insight", "lookalike", "cluster", "study"}, path.Base(pkg)):
		folder := path.Base(pkg)
		name = strings.ToUpper(folder[:1]) + folder[1:] + strings.TrimSuffix(name, "State")
	case path.Base(pkg) == "panel" && name != "State":
		name = "Panel" + name
	case path.Base(pkg) == "optimization":
		name = "Suggestion" + name
	case path.Base(pkg) == "rule":
		name = "AlertRule" + strings.TrimPrefix(name, "State")
	case name == "State":
		name = strings.TrimSuffix(path.Base(pkg), "s")
	case name == "AlertRecord":
		name = "Alert"
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "Body"), "State")
	return strings.ToUpper(name[:1]) + name[1:]
}

// Money is how money looks in JSON; money.Money itself writes and reads it.
type Money struct {
	_ struct{} `additionalProperties:"false" nullable:"true"`

	Amount   string `json:"amount" pattern:"^-?(0|[1-9][0-9]*)(\\.[0-9]{1,6})?$" doc:"Decimal string with at most six decimals; never a number." example:"12.50"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code." example:"USD"`
}

// maybe is a member of a PATCH that may be absent (nothing changes), null
// (removed) or a value.
type maybe[T any] struct {
	Given bool
	Value *T
}

// UnmarshalJSON is called for null too, and not at all for an absent member.
func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	m.Given = true
	return json.Unmarshal(b, &m.Value)
}

// Schema is the value's, or null.
func (m maybe[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{schemaOf[T](r), {Type: "null"}}}
}

func schemaOf[T any](r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }
