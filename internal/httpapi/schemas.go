package httpapi

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/money"
)

// Money is how money looks in JSON; money.Money itself writes and reads it.
type Money struct {
	_ struct{} `additionalProperties:"false" nullable:"true"`

	Amount   string `json:"amount" pattern:"^-?(0|[1-9][0-9]*)(\\.[0-9]{1,6})?$" doc:"Decimal string with at most six decimals; never a number." example:"12.50"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code." example:"USD"`
}

// registerSchemas tells huma how types with their own JSON look.
func registerSchemas(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[money.Money](), reflect.TypeFor[Money]())
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
	return unmarshal(b, &m.Value)
}

// Schema is the value's, or null.
func (m maybe[T]) Schema(r huma.Registry) *huma.Schema {
	value := r.Schema(reflect.TypeFor[T](), true, "")
	return &huma.Schema{AnyOf: []*huma.Schema{value, {Type: "null"}}}
}
