package targeting

import (
	"slices"
	"strings"
)

type (
	// Gender as the population statistics and the ad platforms count it.
	Gender string
	// CompanySize is a bracket of employees.
	CompanySize string
	// IncomeRange is a bracket of household income within its country.
	IncomeRange string
	// DeviceType is what kind of device shows the ad.
	DeviceType string
	// Platform is the operating system or the network on which the ad is seen.
	Platform string
	// ConnectionType is how the device is connected.
	ConnectionType string
	// BidType names a bid strategy.
	BidType string
	// Period is what a frequency cap counts over.
	Period string
	// Criterion is what an exclusion looks at.
	Criterion string
)

// Bid strategies; NeedsAmount says which of them name an amount.
const (
	BidLowestCost   BidType = "lowest_cost"
	BidHighestValue BidType = "highest_value"
	BidCostCap      BidType = "cost_cap"
	BidCap          BidType = "bid_cap"
	BidTargetCPA    BidType = "target_cpa"
	BidManualCPC    BidType = "manual_cpc"
	BidManualCPM    BidType = "manual_cpm"
)

// NeedsAmount reports whether the strategy is about an amount of money.
func (b BidType) NeedsAmount() bool { return b != BidLowestCost && b != BidHighestValue }

// Criteria of exclusions, named as the fields of a configuration; locations are
// excluded by one of their parts.
const (
	ByGender      Criterion = "genders"
	ByCountry     Criterion = "countries"
	ByRegion      Criterion = "regions"
	ByCity        Criterion = "cities"
	ByPostalCode  Criterion = "postal_codes"
	ByLanguage    Criterion = "languages"
	ByInterest    Criterion = "interests"
	ByBehavior    Criterion = "behaviors"
	ByAudience    Criterion = "custom_audiences"
	ByLookalike   Criterion = "lookalike_audiences"
	ByJobTitle    Criterion = "job_titles"
	ByIndustry    Criterion = "industries"
	ByCompanySize Criterion = "company_sizes"
	ByIncome      Criterion = "income_ranges"
	ByDevice      Criterion = "device_types"
	ByPlatform    Criterion = "platforms"
	ByConnection  Criterion = "connection_types"
)

// What each list may hold. The order is the one in which it is shown.
var (
	Genders      = []Gender{"female", "male", "unknown"}
	CompanySizes = []CompanySize{"1", "2-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10001+"}
	IncomeRanges = []IncomeRange{"top_10", "11_20", "21_30", "31_40", "41_50", "lower_50", "unknown"}
	DeviceTypes  = []DeviceType{"mobile", "tablet", "desktop", "tv"}
	Platforms    = []Platform{
		"android", "ios", "windows", "macos", "linux", "chromeos", "web",
		"facebook", "instagram", "messenger", "whatsapp", "google", "youtube", "gmail", "bing", "tiktok", "linkedin", "x", "pinterest", "snapchat",
	}
	ConnectionTypes = []ConnectionType{"wifi", "cellular", "2g", "3g", "4g", "5g", "wired"}
	BidTypes        = []BidType{BidLowestCost, BidHighestValue, BidCostCap, BidCap, BidTargetCPA, BidManualCPC, BidManualCPM}
	Periods         = []Period{"hour", "day", "week", "month", "lifetime"}
	Criteria        = []Criterion{
		ByGender, ByCountry, ByRegion, ByCity, ByPostalCode, ByLanguage, ByInterest, ByBehavior, ByAudience, ByLookalike,
		ByJobTitle, ByIndustry, ByCompanySize, ByIncome, ByDevice, ByPlatform, ByConnection,
	}
)

// oneOf lists what is allowed, for a message.
func oneOf[T ~string](allowed []T) string { return strings.Join(texts(allowed), ", ") }

// texts is a list of values as plain strings.
func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func known[T ~string](v string, allowed []T) bool { return slices.Contains(allowed, T(v)) }
