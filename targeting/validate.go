package targeting

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

const (
	maxValues = 200 // of one list
	maxText   = 200 // characters of one value
	maxRadius = 500 // km; beyond it a region or a country is meant
	maxCap    = 1000
)

// Validate is nil, or fault.ErrInvalid with every field that is wrong. Paths
// begin at the configuration: "age_range.min", "locations[2].country".
func (c Configuration) Validate() error { return c.wrong(true).Err() }

// ValidateWithin is Validate for a closed group of people, such as a panel: it
// needs neither a place nor anything that narrows.
func (c Configuration) ValidateWithin() error { return c.wrong(false).Err() }

func (c Configuration) wrong(open bool) (wrong fault.Fields) {
	c.AgeRange.check(&wrong)
	c.checkPlaces(&wrong, open)
	c.checkLists(&wrong)
	if open && len(c.Interests)+len(c.Behaviors)+len(c.CustomAudiences)+len(c.LookalikeAudiences) == 0 {
		wrong.Add("interests", "required", "The campaign would be for everybody.",
			"at least one of interests or behaviors, or a custom or lookalike audience")
	}
	c.checkExclusions(&wrong)
	c.checkTogether(&wrong)
	c.BidStrategy.check(&wrong)
	c.FrequencyCap.check(&wrong)
	return wrong
}

func (r *AgeRange) check(wrong *fault.Fields) {
	if r == nil {
		return
	}
	if r.Min < MinAge || r.Min > OpenAge {
		wrong.Add("age_range.min", "out_of_range", "Nobody of this age can be targeted.", "13 to 65")
	}
	switch {
	case r.Max < r.Min:
		wrong.Add("age_range.max", "out_of_range", fmt.Sprintf("The range ends at %d, before it begins at %d.", r.Max, r.Min), "age_range.min or more; 65 includes everybody older")
	case r.Max > maxAge || r.Max < MinAge:
		wrong.Add("age_range.max", "out_of_range", "Nobody of this age can be targeted.", "13 to 65; 65 includes everybody older")
	}
}

func (c Configuration) checkPlaces(wrong *fault.Fields, needed bool) {
	if needed && len(c.Locations) == 0 {
		wrong.Add("locations", "required", "A campaign is shown somewhere.", `at least one location, such as {"country":"CO"}`)
	}
	tooMany(wrong, "locations", len(c.Locations))
	seen := map[string]int{}
	for i, l := range c.Locations {
		path := fmt.Sprintf("locations[%d]", i)
		l.check(wrong, path)
		if first, twice := seen[l.key()]; twice {
			wrong.Add(path, "duplicate", fmt.Sprintf("It is the same as locations[%d].", first), "each location once")
			continue
		}
		seen[l.key()] = i
	}
}

// key is equal for equal locations.
func (l Location) key() string {
	at := ""
	if l.Point != nil {
		at = fmt.Sprint(*l.Point)
	}
	return strings.Join([]string{l.Country, l.Region, l.City, l.PostalCode, at, fmt.Sprint(l.RadiusKM)}, "\x00")
}

func (l Location) check(wrong *fault.Fields, path string) {
	if !Country(l.Country) {
		wrong.Add(path+".country", "unknown_country", fmt.Sprintf("%s is not the code of a country.", quote(l.Country)), "an ISO 3166-1 alpha-2 code in capitals, such as CO")
	}
	checkText(wrong, path+".region", l.Region, 0)
	checkText(wrong, path+".city", l.City, 0)
	checkText(wrong, path+".postal_code", l.PostalCode, 0)
	l.Point.check(wrong, path+".point")
	switch {
	case l.RadiusKM == 0:
		if l.Point != nil {
			wrong.Add(path+".radius_km", "required", "A point needs a radius around it.", "more than 0, at most 500")
		}
	case !(l.RadiusKM > 0 && l.RadiusKM <= maxRadius): // also for NaN
		wrong.Add(path+".radius_km", "out_of_range", "This cannot be a radius.", "more than 0, at most 500")
	case l.Point == nil && l.City == "":
		wrong.Add(path+".radius_km", "incomplete", "A radius needs something in its middle.", "together with point or city")
	}
}

func (p *Point) check(wrong *fault.Fields, path string) {
	if p == nil {
		return
	}
	if !(math.Abs(p.Latitude) <= 90) {
		wrong.Add(path+".latitude", "out_of_range", "This is not a latitude.", "-90 to 90 degrees")
	}
	if !(math.Abs(p.Longitude) <= 180) {
		wrong.Add(path+".longitude", "out_of_range", "This is not a longitude.", "-180 to 180 degrees")
	}
}

// List is one of the lists of a configuration, by the criterion that excludes
// its values.
type List struct {
	Criterion Criterion
	Values    []string
}

// Lists are all the lists of alternatives, empty ones too, in the order in
// which they are shown.
func (c Configuration) Lists() []List {
	return []List{
		{ByGender, texts(c.Genders)},
		{ByLanguage, c.Languages},
		{ByInterest, c.Interests},
		{ByBehavior, c.Behaviors},
		{ByAudience, c.CustomAudiences},
		{ByLookalike, c.LookalikeAudiences},
		{ByJobTitle, c.JobTitles},
		{ByIndustry, c.Industries},
		{ByCompanySize, texts(c.CompanySizes)},
		{ByIncome, texts(c.IncomeRanges)},
		{ByDevice, texts(c.DeviceTypes)},
		{ByPlatform, texts(c.Platforms)},
		{ByConnection, texts(c.ConnectionTypes)},
	}
}

func (c Configuration) checkLists(wrong *fault.Fields) {
	for _, l := range c.Lists() {
		l.Criterion.checkValues(wrong, string(l.Criterion), l.Values)
	}
}

// checkValues holds values against what the criterion takes, each once.
func (c Criterion) checkValues(wrong *fault.Fields, path string, values []string) {
	tooMany(wrong, path, len(values))
	seen := map[string]bool{}
	for i, v := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.checkValue(wrong, at, v)
		if seen[v] {
			wrong.Add(at, "duplicate", quote(v)+" is in the list already.", "each value once")
		}
		seen[v] = true
	}
}

func (c Criterion) checkValue(wrong *fault.Fields, path, v string) {
	allowed := c.allowed()
	switch {
	case allowed != nil:
		if !known(v, allowed) {
			wrong.Add(path, "unknown_value", quote(v)+" is not known here.", oneOf(allowed))
		}
	case c == ByCountry:
		if !Country(v) {
			wrong.Add(path, "unknown_country", quote(v)+" is not the code of a country.", "an ISO 3166-1 alpha-2 code in capitals, such as CO")
		}
	case c == ByInterest:
		before := len(*wrong)
		checkText(wrong, path, v, 1)
		if _, ok := taxonomy.Get(v); !ok && len(*wrong) == before {
			wrong.Add(path, "unknown_interest", quote(v)+" is not in the "+taxonomy.Version+".", "an id of it; GET /api/v1/taxonomies/interests?q=... finds ids by name")
		}
	case c == ByLanguage:
		if _, err := language.Parse(v); err != nil {
			wrong.Add(path, "unknown_language", quote(v)+" is not a language.", "a BCP 47 tag such as es or pt-BR")
		}
	default:
		checkText(wrong, path, v, 1)
	}
}

// allowed is the vocabulary of a criterion, nil for one without.
func (c Criterion) allowed() []string {
	switch c {
	case ByGender:
		return texts(Genders)
	case ByCompanySize:
		return texts(CompanySizes)
	case ByIncome:
		return texts(IncomeRanges)
	case ByDevice:
		return texts(DeviceTypes)
	case ByPlatform:
		return texts(Platforms)
	case ByConnection:
		return texts(ConnectionTypes)
	}
	return nil
}

func (b *BidStrategy) check(wrong *fault.Fields) {
	switch {
	case b == nil:
	case !known(string(b.Type), BidTypes):
		wrong.Add("bid_strategy.type", "unknown_value", quote(string(b.Type))+" is not a bid strategy.", oneOf(BidTypes))
	case !b.Type.NeedsAmount():
		if b.Amount != nil {
			wrong.Add("bid_strategy.amount", "not_allowed", fmt.Sprintf("%s has no amount.", b.Type), "leave it out")
		}
	case b.Amount == nil:
		wrong.Add("bid_strategy.amount", "required", fmt.Sprintf("%s needs an amount.", b.Type), "an amount above 0 in the campaign's currency")
	case !b.Amount.IsPositive():
		wrong.Add("bid_strategy.amount", "out_of_range", "Nothing can be bid with this.", "an amount above 0 in the campaign's currency")
	}
}

func (f *FrequencyCap) check(wrong *fault.Fields) {
	if f == nil {
		return
	}
	if f.Impressions < 1 || f.Impressions > maxCap {
		wrong.Add("frequency_cap.impressions", "out_of_range", "This cannot be how often a person sees the campaign.", "1 to 1000")
	}
	if !known(string(f.Period), Periods) {
		wrong.Add("frequency_cap.period", "unknown_value", quote(string(f.Period))+" is not a period.", oneOf(Periods))
	}
}

func tooMany(wrong *fault.Fields, path string, n int) {
	if n > maxValues {
		wrong.Add(path, "too_many", fmt.Sprintf("There are %d values.", n), fmt.Sprintf("at most %d", maxValues))
	}
}

func checkText(wrong *fault.Fields, path, s string, least int) {
	allow := fmt.Sprintf("at most %d characters of text", maxText)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		wrong.Add(path, "not_text", "It contains characters that cannot be shown.", allow)
	case utf8.RuneCountInString(strings.TrimSpace(s)) < least:
		wrong.Add(path, "required", "It must not be empty.", allow)
	case utf8.RuneCountInString(s) > maxText:
		wrong.Add(path, "too_long", "It is too long.", allow)
	}
}

// quote shows what was sent, cut short so that a wrong megabyte does not come
// back in the error.
func quote(s string) string {
	const limit = 40
	if len(s) > limit {
		s = s[:limit] + "..."
	}
	return fmt.Sprintf("%q", s)
}
