package targeting

import "github.com/hexabuilders/campaignd/money"

// Configuration is whom a campaign is for. Treat it as read-only once it is
// part of a campaign.
type Configuration struct {
	AgeRange  *AgeRange  `json:"age_range,omitempty"` // nil: every age
	Genders   []Gender   `json:"genders,omitempty"`
	Locations []Location `json:"locations"`           // at least one
	Languages []string   `json:"languages,omitempty"` // BCP 47 tags

	Interests          []string `json:"interests,omitempty"` // IAB Audience Taxonomy ids
	Behaviors          []string `json:"behaviors,omitempty"`
	CustomAudiences    []string `json:"custom_audiences,omitempty"`    // ids of audiences kept here, or names of an ad platform's own
	LookalikeAudiences []string `json:"lookalike_audiences,omitempty"` // likewise

	JobTitles    []string      `json:"job_titles,omitempty"`
	Industries   []string      `json:"industries,omitempty"`
	CompanySizes []CompanySize `json:"company_sizes,omitempty"`
	IncomeRanges []IncomeRange `json:"income_ranges,omitempty"`

	DeviceTypes     []DeviceType     `json:"device_types,omitempty"`
	Platforms       []Platform       `json:"platforms,omitempty"`
	ConnectionTypes []ConnectionType `json:"connection_types,omitempty"`

	Exclusions   []Exclusion   `json:"exclusions,omitempty"` // win over everything above
	BidStrategy  *BidStrategy  `json:"bid_strategy,omitempty"`
	FrequencyCap *FrequencyCap `json:"frequency_cap,omitempty"`
}

// Ages that ad platforms can target. Their last bracket is "65 and over", so a
// maximum of 65 or more has no upper end.
const (
	MinAge  = 13
	OpenAge = 65
	maxAge  = 120 // what can be meant as an age at all
)

// AgeRange is from Min to Max years, both included.
type AgeRange struct {
	Min int `json:"min"`
	Max int `json:"max"` // from OpenAge on: and everybody older
}

// Open reports whether the range has no upper end.
func (r AgeRange) Open() bool { return r.Max >= OpenAge }

// Everybody reports whether the range leaves out nobody that can be targeted.
func (r AgeRange) Everybody() bool { return r.Min <= MinAge && r.Open() }

// Location is a country or a part of one, as narrow as its fields say.
type Location struct {
	Country    string  `json:"country"` // ISO 3166-1 alpha-2
	Region     string  `json:"region,omitempty"`
	City       string  `json:"city,omitempty"`
	PostalCode string  `json:"postal_code,omitempty"`
	Point      *Point  `json:"point,omitempty"`
	RadiusKM   float64 `json:"radius_km,omitempty"` // around the point, or the city
}

// Point is a place in decimal degrees (WGS 84).
type Point struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Exclusion leaves out everybody to whom one of the values applies.
type Exclusion struct {
	Criterion Criterion `json:"criterion"`
	Values    []string  `json:"values"`
}

// BidStrategy is how much is bid for a result.
type BidStrategy struct {
	Type   BidType      `json:"type"`
	Amount *money.Money `json:"amount,omitempty"` // for the types that need one, in the campaign's currency
}

// FrequencyCap is how often one person may see the campaign.
type FrequencyCap struct {
	Impressions int    `json:"impressions"`
	Period      Period `json:"period"`
}
