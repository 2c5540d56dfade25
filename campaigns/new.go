package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// NewCampaign asks for a campaign.
type NewCampaign struct {
	ID          uuid.UUID // reserved by the caller for a safe repetition; zero: a new one
	Partner     uuid.UUID // for an administrator, who has none; otherwise the caller's
	Name        string
	Description string
	Type        Type
	Objective   Objective
	Goals       Goals
	Budget      BudgetTerms
	Timezone    string   // IANA name
	Channels    []string // none: the type's
	Category    Category
	Labels      []string

	BudgetID   uuid.UUID // zero: a new one
	creatives  []Creative
	targeting  *targeting.Configuration
	clonedFrom *uuid.UUID
}

// BudgetTerms are what the campaign's budget begins with.
type BudgetTerms struct {
	Amount     money.Money
	Kind       BudgetKind // "" is BudgetTotal
	AutoPause  *bool      // nil is on
	Thresholds []int      // percentages; nil for the usual ones
}

const (
	maxBudget     = 1_000_000_000_000 * money.Unit // as package budgets has it: leaves room for overdelivery
	maxThresholds = 20
)

func (n NewCampaign) normal() NewCampaign {
	n.Name = strings.TrimSpace(n.Name)
	n.Category = n.Category.normal()
	if n.Budget.Kind == "" {
		n.Budget.Kind = BudgetTotal
	}
	if len(n.Channels) == 0 && known(n.Type, Types) {
		n.Channels = n.Type.Channels()
	}
	n.Channels, n.Labels = slices.Clone(n.Channels), append([]string{}, n.Labels...)
	n.creatives = append([]Creative{}, n.creatives...)
	n.Goals = n.Goals.in(n.Budget.Amount.Currency)
	return n
}

func (n NewCampaign) validate() error {
	var wrong fault.Fields
	if n.Partner == uuid.Nil {
		wrong.Add("partner_id", "required", "An administrator's key belongs to no partner.", "the id of the partner whose campaign it is")
	}
	checkProfile(&wrong, profile{n.Name, n.Description, n.Type, n.Objective, n.Category, n.Channels, n.Labels})
	checkTimezone(&wrong, n.Timezone)
	n.Budget.check(&wrong)
	n.Goals.check(&wrong, n.Objective, n.Budget.Amount.Currency)
	return wrong.Err()
}

// profile is what creating and changing a campaign check alike.
type profile struct {
	name, description string
	kind              Type
	objective         Objective
	category          Category
	channels, labels  []string
}

func checkProfile(wrong *fault.Fields, p profile) {
	checkText(wrong, "name", p.name, 1, maxName)
	checkText(wrong, "description", p.description, 0, maxDescription)
	if !known(p.kind, Types) {
		wrong.Add("type", "unknown_value", quote(string(p.kind))+" is not a type of campaign.", oneOf(Types))
	}
	if !known(p.objective, Objectives) {
		wrong.Add("objective", "unknown_value", quote(string(p.objective))+" is not an objective.", oneOf(Objectives))
	}
	if p.category != Ordinary && !known(p.category, Categories) {
		wrong.Add("special_category", "unknown_value", quote(string(p.category))+" is not a special category.", oneOf(Categories)+", or none")
	}
	checkList(wrong, "channels", p.channels)
	checkList(wrong, "labels", p.labels)
}

func checkTimezone(wrong *fault.Fields, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		wrong.Add("timezone", "unknown_timezone", quote(name)+" is not the name of a time zone.", `an IANA name such as "America/Bogota"`)
	}
}

func (b BudgetTerms) check(wrong *fault.Fields) {
	if !b.Amount.Currency.Valid() {
		wrong.Add("budget.currency", money.ErrUnknownCurrency.Code, quote(string(b.Amount.Currency))+" is not the code of a currency in use.", "an ISO 4217 code such as USD")
	}
	if b.Amount.Micros <= 0 || b.Amount.Micros > maxBudget {
		wrong.Add("budget.amount", "out_of_range", "This cannot be a budget.", "more than 0, at most 1000000000000")
	}
	if !known(b.Kind, BudgetKinds) {
		wrong.Add("budget.kind", "unknown_value", quote(string(b.Kind))+" is not a kind of budget.", oneOf(BudgetKinds))
	}
	if len(b.Thresholds) > maxThresholds {
		wrong.Add("budget.thresholds", "too_many", "There are too many thresholds.", fmt.Sprintf("at most %d", maxThresholds))
		return
	}
	for i, percent := range b.Thresholds {
		if percent < 1 || percent > 100 || slices.Contains(b.Thresholds[:i], percent) {
			wrong.Add(fmt.Sprintf("budget.thresholds[%d]", i), "out_of_range", "A threshold is a percentage of the budget.", "1 to 100, each once")
		}
	}
}
