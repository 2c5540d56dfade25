package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// amount is "12.50", in the currency of what it is sent to, or {"amount","currency"}.
type amount struct{ raw json.RawMessage }

// UnmarshalJSON keeps the text; parse says what is wrong with it.
func (a *amount) UnmarshalJSON(b []byte) error {
	a.raw = bytes.Clone(bytes.TrimSpace(b))
	return nil
}

// Schema is either form. It is told to clients and lets everything pass here, so
// that a refusal says what to send instead of that no form fits.
func (amount) Schema(huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString, Description: "Decimal string in the currency of what it is sent to.", Examples: []any{"12.50"}}
	return &huma.Schema{Extensions: map[string]any{"oneOf": []*huma.Schema{text, {
		Type: huma.TypeObject, Properties: map[string]*huma.Schema{"amount": {Type: huma.TypeString}, "currency": {Type: huma.TypeString}},
		Required: []string{"amount", "currency"}, AdditionalProperties: false,
	}}}}
}

// parse reads the amount of the field at path; a currency beside it is as good
// as one in it, and none means that of the budget.
func (a amount) parse(path, beside string) (budgets.Amount, error) {
	got := money.Money{Currency: money.Currency(beside)}
	err := a.read(&got)
	if err == nil && got.Currency != "" && !got.Currency.Valid() {
		err = money.ErrUnknownCurrency.With("This is not the code of a currency in use.")
	}
	if e := fault.As(err); e != nil {
		if errors.Is(err, money.ErrUnknownCurrency) {
			path += ".currency"
		}
		return budgets.Amount{}, fault.ErrInvalid.WithFields(fault.Field{Path: path, Code: e.Code, Detail: e.Detail, Allow: e.Fix})
	}
	return budgets.Amount{Micros: got.Micros, Currency: got.Currency}, err
}

func (a amount) read(to *money.Money) (err error) {
	switch {
	case len(a.raw) == 0 || string(a.raw) == "null":
		return money.ErrMalformed.With("It is missing.")
	case a.raw[0] == '{':
		return to.UnmarshalJSON(a.raw)
	case a.raw[0] != '"':
		return money.ErrMalformed.With("The amount is not text; send a decimal string, so that no digit is lost.")
	}
	var text string
	if err = json.Unmarshal(a.raw, &text); err == nil {
		to.Micros, err = money.ParseMicros(text)
	}
	return err
}
