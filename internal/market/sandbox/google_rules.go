package sandbox

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func checkBudget(b campaignBudget) *googleError {
	daily, total := whole(b.AmountMicros), whole(b.TotalAmountMicros)
	switch {
	case b.Name == "":
		return badArgument("campaignBudgetError", "BUDGET_NAME_REQUIRED", "A budget that may be shared needs a name.")
	case b.Period == "CUSTOM_PERIOD" && (total <= 0 || daily != 0):
		return badArgument("campaignBudgetError", "TOTAL_BUDGET_AMOUNT_MUST_BE_UNSET_FOR_BUDGET_PERIOD_DAILY", "A budget of a custom period has totalAmountMicros.")
	case b.Period != "CUSTOM_PERIOD" && daily <= 0:
		return badArgument("campaignBudgetError", "MONEY_AMOUNT_LESS_THAN_CURRENCY_MINIMUM_CPC", "amountMicros must be a positive amount.")
	case max(daily, total)%10_000 != 0:
		return badArgument("campaignBudgetError", "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT", "The amount must be a multiple of the currency's smallest unit.")
	case !slices.Contains([]string{"", "DAILY", "CUSTOM_PERIOD"}, b.Period), !slices.Contains([]string{"", "STANDARD", "ACCELERATED"}, b.DeliveryMethod):
		return badArgument("requestError", "INVALID_ENUM_VALUE", "Invalid enum value.")
	}
	return nil
}

func whole(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (m *mutation) checkCampaign(c campaign) *googleError {
	chosen := 0
	for _, given := range []json.RawMessage{c.ManualCpc, c.ManualCpm, c.TargetSpend, c.MaximizeConversions, c.MaximizeConversionValue} {
		if given != nil {
			chosen++
		}
	}
	budget := m.find(c.CampaignBudget)
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > 255:
		return badArgument("stringLengthError", "TOO_LONG", "A campaign needs a name of at most 255 characters.")
	case c.AdvertisingChannelType != "SEARCH" && c.AdvertisingChannelType != "DISPLAY":
		return badArgument("campaignError", "INVALID_ADVERTISING_CHANNEL_TYPE", "The sandbox has the channel types SEARCH and DISPLAY.")
	case budget == nil:
		return badArgument("requiredError", "REQUIRED", "The required field was not present: campaignBudget.")
	case chosen != 1:
		return badArgument("requiredError", "REQUIRED", "Exactly one bidding strategy is required.")
	case c.ManualCpm != nil && c.AdvertisingChannelType != "DISPLAY":
		return badArgument("contextError", "OPERATION_NOT_PERMITTED_FOR_CONTEXT", "Manual CPM is of display campaigns.")
	case c.EuPolitical == "":
		return badArgument("requiredError", "REQUIRED", "The required field was not present: containsEuPoliticalAdvertising.")
	case c.EuPolitical != "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING" && c.EuPolitical != "CONTAINS_EU_POLITICAL_ADVERTISING", !slices.Contains([]string{"", "ENABLED", "PAUSED"}, c.Status):
		return badArgument("requestError", "INVALID_ENUM_VALUE", "Invalid enum value.")
	case c.EndDateTime != "" && googleTime(c.EndDateTime, m.account.zone).IsZero(), c.StartDateTime != "" && googleTime(c.StartDateTime, m.account.zone).IsZero():
		return badArgument("dateError", "INVALID_STRING_DATE_TIME", "Times are yyyy-MM-dd HH:mm:ss in the account's zone.")
	case c.EndDateTime != "" && googleTime(c.EndDateTime, m.account.zone).Before(m.now()):
		return badArgument("dateError", "DATE_TIME_IN_THE_PAST", "The end has passed.")
	case budget.text("period") == "CUSTOM_PERIOD" && c.EndDateTime == "":
		return badArgument("campaignError", "END_DATE_TIME_REQUIRED", "A total budget needs an end.")
	}
	return nil
}

func (m *mutation) checkCriterion(c criterion) *googleError {
	switch {
	case c.Location == nil && c.Language == nil && c.Proximity == nil && c.UserList == nil:
		return badArgument("requiredError", "REQUIRED", "A criterion says a location, a language, a proximity or a user list.")
	case c.UserList != nil && !c.Negative:
		return badArgument("criterionError", "CANNOT_TARGET_CRITERION", "In the sandbox a campaign spares user lists; an ad group is for them.")
	case c.UserList != nil:
		return m.checkListed(*c.UserList)
	case c.Location != nil && !strings.HasPrefix(c.Location.GeoTargetConstant, "geoTargetConstants/"), c.Language != nil && !strings.HasPrefix(c.Language.LanguageConstant, "languageConstants/"):
		return badArgument("criterionError", "INVALID_CRITERION", "The constant is not known.")
	}
	return nil
}

func checkGroup(g adGroup) *googleError {
	switch {
	case g.Name == "" || g.Campaign == "":
		return badArgument("requiredError", "REQUIRED", "An ad group needs a name and a campaign.")
	case !slices.Contains([]string{"", "ENABLED", "PAUSED"}, g.Status), !slices.Contains([]string{"", "SEARCH_STANDARD", "DISPLAY_STANDARD"}, g.Type):
		return badArgument("requestError", "INVALID_ENUM_VALUE", "Invalid enum value.")
	}
	return nil
}

func (m *mutation) checkKeyword(k keyword) *googleError {
	switch {
	case k.List != nil && k.Keyword == nil && k.Interest == nil:
		return m.checkListed(*k.List)
	case k.Interest != nil && k.Keyword == nil && k.List == nil:
		return m.checkInterest(*k.Interest)
	}
	if k.Keyword == nil || k.Keyword.Text == "" || utf8.RuneCountInString(k.Keyword.Text) > 80 || strings.ContainsAny(k.Keyword.Text, "!@%,*·") {
		return badArgument("criterionError", "INVALID_KEYWORD_TEXT", "A keyword has 1 to 80 characters and no signs such as ! @ %% , *.")
	}
	if !slices.Contains([]string{"BROAD", "PHRASE", "EXACT"}, k.Keyword.MatchType) {
		return badArgument("requestError", "INVALID_ENUM_VALUE", "Invalid enum value.")
	}
	return nil
}
