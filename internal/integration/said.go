package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// statement is what an event says about a partner.
type statement struct {
	Partner uuid.UUID
	Version int64
	// Terms are in the currency of the partner where an amount names none; nil
	// when there is nothing to set.
	Terms func(money.Currency) (partners.Terms, error)
	// Welcome is the budget of the welcome campaign, should the partner be to
	// have one; nil where the event is no occasion for it.
	Welcome *amount
}

// readers read the data of each type of event.
var readers = map[string]func(json.RawMessage) (statement, error){
	TypeContract:   readContract,
	TypeValidation: readValidation,
}

// flagWelcome asks for the welcome campaign.
const flagWelcome = "auto_welcome_campaign"

// What a fully validated partner may have (product, section 8).
const (
	validatedDaily   = 10_000
	validatedMonthly = 100_000
	validatedActive  = 10
	flagAdvanced     = "advanced_targeting"
	fullyValidated   = "FULLY_VALIDATED"
)

// contractActivated is the data of onboarding/contract-activated. Members that
// are not known here belong to others.
type contractActivated struct {
	Partner     uuid.UUID       `json:"partner_id"`
	Contract    string          `json:"contract_id"`
	Version     int64           `json:"version"`
	Permissions permissions     `json:"campaign_permissions"`
	Limits      budgetLimits    `json:"budget_limits"`
	Flags       map[string]bool `json:"feature_flags"`
	From        *time.Time      `json:"valid_from"`
	Until       *time.Time      `json:"valid_until"`
}

type budgetLimits struct {
	Daily   *amount `json:"daily_budget_limit"`
	Monthly *amount `json:"monthly_budget_limit"`
	Total   *amount `json:"contract_limit"`
	Active  *int    `json:"max_active_campaigns"`
	Welcome *amount `json:"welcome_campaign_budget"`
}

func readContract(data json.RawMessage) (statement, error) {
	var in contractActivated
	if err := decode(data, &in); err != nil {
		return statement{}, err
	}
	if in.Partner == uuid.Nil {
		return statement{}, errNoPartner
	}
	s := statement{Partner: in.Partner, Version: in.Version, Welcome: in.Limits.Welcome}
	if s.Welcome == nil {
		s.Welcome = &amount{text: usualWelcome}
	}
	s.Terms = func(c money.Currency) (t partners.Terms, err error) {
		yes := true
		t.Contract = &partners.ContractPatch{Active: &yes}
		if in.Contract != "" {
			t.Contract.Reference = &in.Contract
		}
		if in.From != nil {
			t.Contract.From = partners.Set(*in.From)
		}
		if in.Until != nil {
			t.Contract.Until = partners.Set(*in.Until)
		}
		var wrong fault.Fields
		in.Limits.Daily.set(&wrong, "daily_budget_limit", c, &t.Limits.DailyBudget)
		in.Limits.Monthly.set(&wrong, "monthly_budget_limit", c, &t.Limits.MonthlyBudget)
		in.Limits.Total.set(&wrong, "contract_limit", c, &t.Contract.Limit)
		if in.Limits.Active != nil {
			t.Limits.ActiveCampaigns = partners.Set(*in.Limits.Active)
		}
		if s.Welcome.value(&wrong, welcomeField, c).IsZero() {
			wrong.Add("data.budget_limits."+welcomeField, "out_of_range", "A campaign needs a budget.", "more than 0")
		}
		t.Flags = in.Permissions.with(in.Flags)
		return t, wrong.Err()
	}
	return s, nil
}

// partnerValidated is the data of partner-management/partner-validation.
type partnerValidated struct {
	Partner uuid.UUID `json:"partner_id"`
	Status  string    `json:"validation_status"`
	Version int64     `json:"version"`
}

func readValidation(data json.RawMessage) (statement, error) {
	var in partnerValidated
	if err := decode(data, &in); err != nil {
		return statement{}, err
	}
	if in.Partner == uuid.Nil {
		return statement{}, errNoPartner
	}
	s := statement{Partner: in.Partner, Version: in.Version}
	switch in.Status {
	case "":
		return s, fault.ErrInvalid.WithFields(fault.Field{Path: "data.validation_status", Code: "required", Detail: "It is missing."})
	case fullyValidated:
		s.Terms = func(c money.Currency) (partners.Terms, error) {
			return partners.Terms{Flags: map[string]bool{flagAdvanced: true}, Limits: partners.LimitsPatch{
				ActiveCampaigns: partners.Set(validatedActive),
				DailyBudget:     partners.Set(money.New(validatedDaily*money.Unit, c)),
				MonthlyBudget:   partners.Set(money.New(validatedMonthly*money.Unit, c)),
			}}, nil
		}
	}
	return s, nil
}

var errNoPartner = fault.ErrInvalid.WithFields(fault.Field{Path: "data.partner_id", Code: "required", Detail: "The event does not say which partner it is about.", Allow: "a UUID"})

// decode reads the data of an event, with its numbers exact.
func decode(data json.RawMessage, into any) error {
	if len(data) == 0 {
		return fault.ErrInvalid.WithFields(fault.Field{Path: "data", Code: "required", Detail: "The event has no data."})
	}
	if err := json.Unmarshal(data, into); err != nil {
		wrong := fault.Field{Path: "data", Code: "wrong_type", Detail: "The data does not have the form of this event."}
		var member *json.UnmarshalTypeError
		if errors.As(err, &member) && member.Field != "" {
			wrong.Path, wrong.Detail = "data."+member.Field, "This is not of the type that it has to be."
		}
		return fault.ErrInvalid.WithFields(wrong).Wrap(err)
	}
	return nil
}

// permissions are a list of names, or an object of names and booleans.
type permissions map[string]bool

// UnmarshalJSON reads either form.
func (p *permissions) UnmarshalJSON(b []byte) error {
	*p = permissions{}
	if bytes.HasPrefix(b, []byte("[")) {
		var names []string
		if err := json.Unmarshal(b, &names); err != nil {
			return err
		}
		for _, name := range names {
			(*p)[name] = true
		}
		return nil
	}
	return json.Unmarshal(b, (*map[string]bool)(p))
}

// with joins feature flags and permissions, which are kept as the flags
// permission.<name>.
func (p permissions) with(flags map[string]bool) map[string]bool {
	all := map[string]bool{}
	for name, on := range flags {
		all[strings.ToLower(name)] = on
	}
	for name, on := range p {
		all["permission."+strings.ToLower(name)] = on
	}
	return all
}

// amount is money as other services write it: a number, a decimal string, or an
// amount with its currency.
type amount struct {
	text     string
	currency money.Currency // "": the partner's
}

// UnmarshalJSON reads any of the three; what it holds is checked in value.
func (a *amount) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("{")) {
		var m money.Money
		if err := json.Unmarshal(b, &m); err != nil {
			return err
		}
		a.text, a.currency = m.Amount(), m.Currency
		return nil
	}
	if bytes.HasPrefix(b, []byte(`"`)) {
		return json.Unmarshal(b, &a.text)
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	a.text = n.String()
	return nil
}

// value is the amount, in c unless it names a currency.
func (a *amount) value(wrong *fault.Fields, name string, c money.Currency) money.Money {
	if a.currency != "" {
		c = a.currency
	}
	m, err := money.Parse(a.text, c)
	if err != nil || m.IsNegative() {
		wrong.Add("data.budget_limits."+name, "invalid_money", "This is not an amount of "+string(c)+" that is 0 or more.", `a decimal as "1000.00", with at most six decimals`)
	}
	return m
}

func (a *amount) set(wrong *fault.Fields, name string, c money.Currency, to *partners.Nullable[money.Money]) {
	if a != nil {
		*to = partners.Set(a.value(wrong, name, c))
	}
}

// usualWelcome is the budget of a welcome campaign unless the contract gives
// one, in units of the partner's currency.
const usualWelcome = "1000"

// welcomeImpressions is what a welcome campaign aims at until somebody edits it.
const welcomeImpressions = 100_000

const welcomeField = "welcome_campaign_budget"

// welcomeSpace makes the id of a partner's welcome campaign from the partner's.
var welcomeSpace = uuid.MustParse("7a0c7b8e-4a0f-5d5e-9a64-0d3c0f5c1f0b")

// welcome makes the partner's welcome campaign when the contract asks for it.
// Its id follows from the partner, so that there is one however often it is
// asked for.
func (x *Inbox) welcome(ctx context.Context, by event.Origin, p *partners.Partner, said statement) (*uuid.UUID, error) {
	s := p.State()
	if said.Welcome == nil || !s.Flags[flagWelcome] {
		return nil, nil
	}
	var wrong fault.Fields
	budget := said.Welcome.value(&wrong, welcomeField, s.Currency)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	c, err := x.campaigns.Create(ctx, by, campaigns.NewCampaign{
		ID: uuid.NewSHA1(welcomeSpace, s.ID[:]), Partner: s.ID, Name: "Welcome", Description: "Made when the contract was activated.",
		Type: campaigns.Display, Objective: campaigns.Awareness, Labels: []string{"welcome"}, Timezone: s.Timezone,
		Goals:  campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricImpressions, Quantity: campaigns.Count(welcomeImpressions)}}},
		Budget: campaigns.BudgetTerms{Amount: budget},
	})
	if err != nil {
		return nil, err
	}
	id := c.State().ID
	return &id, nil
}
