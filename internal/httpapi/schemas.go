package httpapi

import (
	"encoding/json"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/money"
)

// newSchemas holds the contract's types, and how those with their own JSON
// look.
func newSchemas() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[money.Money](), reflect.TypeFor[Money]())
	return r
}

// schemaName names a type in the contract: partners.State is Partner,
// partners.KeyState is Key, and our own budgetBody is Budget.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "State" {
		return title(strings.TrimSuffix(path.Base(t.PkgPath()), "s"))
	}
	if element, ok := strings.CutPrefix(t.Name(), "list["); ok {
		element = strings.TrimSuffix(element, "]")
		if folder, isState := strings.CutSuffix(element, ".State"); isState {
			element = strings.TrimSuffix(path.Base(folder), "s")
		}
		return trimmed(huma.DefaultSchemaNamer(reflect.TypeFor[struct{}](), element)) + "List"
	}
	return trimmed(huma.DefaultSchemaNamer(t, hint))
}

func trimmed(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(title(name), "Body"), "State")
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

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
