package targeting

import (
	"fmt"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// For is the campaign that a configuration has to fit.
type For struct {
	Type            string         // as campaigns.Type: SEARCH, EMAIL, ...
	SpecialCategory string         // housing, employment, credit or none
	Currency        money.Currency // of its bids
}

// protected are the categories in which the law of several countries, and so
// every large ad platform, forbids choosing people by who they are.
var protected = []string{"housing", "employment", "credit"}

// Fits is every reason why the configuration does not fit a campaign; none when
// it does. Fields have the paths that Validate gives.
func (c Configuration) Fits(campaign For) []fault.Field {
	var wrong fault.Fields
	switch campaign.Type {
	case "EMAIL", "RETARGETING":
		if len(c.CustomAudiences) == 0 {
			wrong.Add("custom_audiences", "required", campaign.Type+" campaigns go to people who are known already.", "at least one custom audience")
		}
	case "SEARCH":
		c.fitsSearch(&wrong)
	}
	if slices.Contains(protected, campaign.SpecialCategory) {
		c.fitsProtected(&wrong, campaign.SpecialCategory)
	}
	if b := c.BidStrategy; b != nil && b.Amount != nil && b.Amount.Currency != campaign.Currency {
		wrong.Add("bid_strategy.amount.currency", money.ErrCurrencyMismatch.Code, "The bid must be in the campaign's currency; nothing is converted.", string(campaign.Currency))
	}
	return wrong
}

func (c Configuration) fitsSearch(wrong *fault.Fields) {
	const because = "SEARCH campaigns answer what people search for; they know neither likeness nor how often a person has seen them."
	if len(c.LookalikeAudiences) > 0 {
		wrong.Add("lookalike_audiences", "not_allowed", because, "no lookalike audience")
	}
	if c.FrequencyCap != nil {
		wrong.Add("frequency_cap", "not_allowed", because, "no frequency cap")
	}
}

func (c Configuration) fitsProtected(wrong *fault.Fields, category string) {
	refuse := func(path, what string) {
		wrong.Add(path, "not_allowed", fmt.Sprintf("Campaigns for %s may not choose people by %s.", category, what), "leave it out")
	}
	if c.AgeRange != nil && !c.AgeRange.Everybody() {
		refuse("age_range", "age")
	}
	if len(c.Genders) > 0 {
		refuse("genders", "gender")
	}
	for i, l := range c.Locations {
		if l.PostalCode != "" {
			refuse(fmt.Sprintf("locations[%d].postal_code", i), "postal code")
		}
	}
	for i, e := range c.Exclusions {
		switch e.Criterion {
		case ByGender:
			refuse(fmt.Sprintf("exclusions[%d]", i), "gender")
		case ByPostalCode:
			refuse(fmt.Sprintf("exclusions[%d]", i), "postal code")
		}
	}
}
