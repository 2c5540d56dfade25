package partners

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Limits bound what a partner may have running at once; nil is unlimited.
type Limits struct {
	ActiveCampaigns *int         `json:"active_campaigns"`
	DailyBudget     *money.Money `json:"daily_budget"`   // sum over campaigns, a local day
	MonthlyBudget   *money.Money `json:"monthly_budget"` // sum over campaigns, a month
}

// Contract is what lets a partner launch campaigns.
type Contract struct {
	Active    bool       `json:"active"`
	Reference string     `json:"reference,omitempty"` // the contract's number elsewhere
	From      *time.Time `json:"from"`                // nil: always was
	Until     *time.Time `json:"until"`               // nil: no end; exclusive
	// Limit is what all campaigns together may have authorised on the days of
	// the contract; nil is unlimited.
	Limit *money.Money `json:"limit,omitempty"`
	// Prepaid partners pay before they spend: their campaigns need funds to
	// launch. The others spend on account.
	Prepaid bool `json:"prepaid"`
}

// ActiveAt reports whether the contract is active and in its period.
func (c Contract) ActiveAt(t time.Time) bool {
	return c.Active && (c.From == nil || !t.Before(*c.From)) && (c.Until == nil || t.Before(*c.Until))
}

// Patch says what to change of a partner, as a JSON merge patch does: what is
// absent stays, null removes. The currency cannot be changed: what has been
// recorded would then be read in the wrong one.
type Patch struct {
	Name         *string          `json:"name"`
	Timezone     *string          `json:"timezone"`
	Limits       *LimitsPatch     `json:"limits"`
	Flags        map[string]*bool `json:"flags"` // null removes the flag
	Contract     *ContractPatch   `json:"contract"`
	ValidateOnly bool             `json:"-"` // check everything, change nothing
}

// LimitsPatch changes limits; null makes one unlimited.
type LimitsPatch struct {
	ActiveCampaigns Nullable[int]         `json:"active_campaigns"`
	DailyBudget     Nullable[money.Money] `json:"daily_budget"`
	MonthlyBudget   Nullable[money.Money] `json:"monthly_budget"`
}

// ContractPatch changes the contract.
type ContractPatch struct {
	Active    *bool                 `json:"active"`
	Reference *string               `json:"reference"`
	From      Nullable[time.Time]   `json:"from"`
	Until     Nullable[time.Time]   `json:"until"`
	Limit     Nullable[money.Money] `json:"limit"`
	Prepaid   *bool                 `json:"prepaid"`
}

// Nullable is a field of a merge patch that null removes. Its zero value is an
// absent field, which changes nothing.
type Nullable[T any] struct {
	Given bool
	Value *T // nil removes
}

// Set is the field with a value.
func Set[T any](v T) Nullable[T] { return Nullable[T]{Given: true, Value: &v} }

// Remove is the field as null.
func Remove[T any]() Nullable[T] { return Nullable[T]{Given: true} }

// UnmarshalJSON is called for null too, and not at all for an absent field.
func (n *Nullable[T]) UnmarshalJSON(b []byte) error {
	*n = Nullable[T]{Given: true}
	if bytes.Equal(bytes.TrimSpace(b), []byte("null")) {
		return nil
	}
	n.Value = new(T)
	return json.Unmarshal(b, n.Value)
}

func (n Nullable[T]) apply(to **T) {
	if n.Given {
		*to = n.Value
	}
}

func (p LimitsPatch) apply(l Limits) Limits {
	p.ActiveCampaigns.apply(&l.ActiveCampaigns)
	p.DailyBudget.apply(&l.DailyBudget)
	p.MonthlyBudget.apply(&l.MonthlyBudget)
	return l
}

func (p ContractPatch) apply(c Contract) Contract {
	if p.Active != nil {
		c.Active = *p.Active
	}
	if p.Reference != nil {
		c.Reference = *p.Reference
	}
	p.From.apply(&c.From)
	p.Until.apply(&c.Until)
	p.Limit.apply(&c.Limit)
	if p.Prepaid != nil {
		c.Prepaid = *p.Prepaid
	}
	return c
}

func (l Limits) check(wrong *fault.Fields, currency money.Currency) {
	if l.ActiveCampaigns != nil && *l.ActiveCampaigns < 0 {
		wrong.Add("limits.active_campaigns", "out_of_range", "It counts campaigns.", "0 or more, or null for no limit")
	}
	checkLimit(wrong, "limits.daily_budget", l.DailyBudget, currency)
	checkLimit(wrong, "limits.monthly_budget", l.MonthlyBudget, currency)
}

func checkLimit(wrong *fault.Fields, path string, limit *money.Money, currency money.Currency) {
	switch {
	case limit == nil:
	case limit.Currency != currency:
		wrong.Add(path, money.ErrCurrencyMismatch.Code, "The limit must be in the partner's currency; nothing is converted.", string(currency))
	case limit.IsNegative():
		wrong.Add(path, "out_of_range", "A limit cannot be negative.", "0 or more, or null for no limit")
	}
}

func (c Contract) check(wrong *fault.Fields, currency money.Currency) {
	checkLimit(wrong, "contract.limit", c.Limit, currency)
	checkText(wrong, "contract.reference", c.Reference, 0)
	if c.From != nil && c.Until != nil && !c.From.Before(*c.Until) {
		wrong.Add("contract.until", "out_of_range", "The contract would end before it begins.", "a time after contract.from, or null")
	}
}
