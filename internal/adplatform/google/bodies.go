package google

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// object is a message of the API as JSON.
type object = map[string]any

// micros is an amount as the API takes it: text, and whole smallest units of the
// currency, rounded down.
func micros(m money.Money) string {
	step := int64(1)
	for range 6 - min(6, m.Currency.Exponent()) {
		step *= 10
	}
	return strconv.FormatInt(m.Micros/step*step, 10)
}

func budgetFields(d platforms.Draft) object {
	if d.Daily {
		return object{"amountMicros": micros(d.Budget)}
	}
	return object{"totalAmountMicros": micros(d.Budget)}
}

// stamp is a time in the account's zone, as v23 and later take it.
func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04:05") }

// bidding is the bidding strategy: its field and what is in it.
func bidding(b *targeting.BidStrategy) (field string, value object) {
	switch {
	case b == nil || b.Type == targeting.BidLowestCost:
		return "targetSpend", object{}
	case b.Type == targeting.BidHighestValue:
		return "maximizeConversionValue", object{}
	case b.Amount == nil:
		return "targetSpend", object{}
	case b.Type == targeting.BidManualCPC:
		return "manualCpc", object{"enhancedCpcEnabled": false}
	case b.Type == targeting.BidManualCPM:
		return "manualCpm", object{}
	case b.Type == targeting.BidTargetCPA || b.Type == targeting.BidCostCap:
		return "maximizeConversions", object{"targetCpaMicros": micros(*b.Amount)}
	}
	return "targetSpend", object{"cpcBidCeilingMicros": micros(*b.Amount)}
}

// campaignFields are what a campaign says that can change.
func campaignFields(a platforms.Access, d platforms.Draft) object {
	field, value := bidding(d.Targeting.BidStrategy)
	status := "PAUSED"
	if d.Runs() {
		status = "ENABLED"
	}
	return object{"status": status, "endDateTime": stamp(d.End, a.Zone), field: value}
}

// geoTarget is Google's constant for a country: 2000 and its ISO 3166 number.
func geoTarget(country string) (string, bool) {
	region, err := language.ParseRegion(country)
	if err != nil || region.M49() == 0 {
		return "", false
	}
	return "geoTargetConstants/" + strconv.Itoa(2000+region.M49()), true
}

// languages are Google's constants for the languages that most campaigns name.
var languages = map[string]string{
	"en": "1000", "de": "1001", "fr": "1002", "es": "1003", "it": "1004", "ja": "1005", "da": "1009", "nl": "1010", "fi": "1011", "ko": "1012",
	"no": "1013", "pt": "1014", "sv": "1015", "ar": "1019", "el": "1022", "hi": "1023", "he": "1027", "pl": "1030", "ru": "1031", "tr": "1037", "uk": "1036", "vi": "1040", "th": "1044",
}

// criteria are where a campaign is shown and in which languages, and the parts
// of the targeting that have no word here.
func criteria(a platforms.Access, d platforms.Draft) (all []object, left []string, err error) {
	t := d.Targeting
	for _, place := range t.Locations {
		c, err := location(place)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, nil, platforms.ErrUnfit.With("The campaign's targeting names no place.")
	}
	for _, e := range t.Exclusions {
		if audienceExclusion(e, d.Audiences) {
			continue
		}
		if e.Criterion != targeting.ByCountry {
			return nil, nil, platforms.ErrUnfit.With("Google Ads cannot be told here to exclude %s, and leaving an exclusion out would show ads to whom it is to spare.", e.Criterion)
		}
		for _, country := range e.Values {
			constant, ok := geoTarget(country)
			if !ok {
				return nil, nil, platforms.ErrUnfit.With("Google Ads has no place %s.", country)
			}
			all = append(all, object{"negative": true, "location": object{"geoTargetConstant": constant}})
		}
	}
	spoken, ok := spokenIn(t.Languages)
	if !ok {
		left = append(left, "languages")
	}
	return append(all, spoken...), append(left, unsaid(a, d)...), nil
}

// spokenIn are the languages. Where one of them has no constant, none is said:
// the campaign is for that one too.
func spokenIn(tags []string) ([]object, bool) {
	var all []object
	for _, tag := range tags {
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		id, ok := languages[base]
		if !ok {
			return nil, false
		}
		all = append(all, object{"language": object{"languageConstant": "languageConstants/" + id}})
	}
	return all, true
}

func location(place targeting.Location) (object, error) {
	if p := place.Point; p != nil {
		round := circle{Radius: max(1, place.RadiusKM), Units: "KILOMETERS"}
		round.Point.Longitude, round.Point.Latitude = int64(math.Round(p.Longitude*1e6)), int64(math.Round(p.Latitude*1e6))
		return object{"proximity": round}, nil
	}
	if place.Region != "" || place.City != "" || place.PostalCode != "" {
		return nil, platforms.ErrUnfit.With("Google Ads has ids of its own for regions, cities and postal codes. Use countries, or a point with a radius.")
	}
	constant, ok := geoTarget(place.Country)
	if !ok {
		return nil, platforms.ErrUnfit.With("Google Ads has no place %s.", place.Country)
	}
	return object{"location": object{"geoTargetConstant": constant}}, nil
}

// unsaid are the parts that only narrow a campaign and are not said.
func unsaid(a platforms.Access, d platforms.Draft) []string {
	var left []string
	t := d.Targeting
	note := func(name string, given bool) {
		if given {
			left = append(left, name)
		}
	}
	note("age_range", t.AgeRange != nil && !t.AgeRange.Everybody())
	note("genders", len(t.Genders) > 0)
	note("interests", len(t.Interests) > 0 && len(segments(a, d)) == 0)
	note("behaviors", len(t.Behaviors) > 0)
	note("custom_audiences", !sayable(t.CustomAudiences, d.Audiences))
	note("lookalike_audiences", !sayable(t.LookalikeAudiences, d.Audiences))
	note("job_titles", len(t.JobTitles) > 0)
	note("industries", len(t.Industries) > 0)
	note("company_sizes", len(t.CompanySizes) > 0)
	note("income_ranges", len(t.IncomeRanges) > 0)
	note("device_types", len(t.DeviceTypes) > 0)
	note("platforms", len(t.Platforms) > 0)
	note("connection_types", len(t.ConnectionTypes) > 0)
	note("frequency_cap", t.FrequencyCap != nil)
	note("share_percent", d.Shared()) // ads of a group rotate evenly or as Google finds best
	return left
}

// adBody is a responsive ad of a creative: a name is its first headline.
func adBody(a platforms.Access, d platforms.Draft, c campaigns.Creative, reference string) object {
	w := wordsOf(a, c)
	body := object{"finalUrls": []string{w.landing}, "finalUrlSuffix": "cm_ref=" + reference}
	if d.Type == campaigns.Display {
		body["responsiveDisplayAd"] = displayAd(a, d, c, w)
		return body
	}
	body["responsiveSearchAd"] = object{
		"headlines":    lines(30, 3, c.Name, d.Name, w.host),
		"descriptions": lines(90, 2, d.Description, c.Name+" · "+w.host, d.Name+" · "+w.host),
	}
	return body
}

// lines are at least n different texts of at most longest characters; the API
// wants them to differ.
func lines(longest, n int, candidates ...string) []object {
	var all []object
	seen := map[string]bool{}
	add := func(s string) {
		runes := []rune(strings.Join(strings.Fields(s), " "))
		s = strings.TrimSpace(string(runes[:min(len(runes), longest)]))
		if s != "" && !seen[s] {
			seen[s] = true
			all = append(all, object{"text": s})
		}
	}
	for _, s := range candidates {
		if len(all) < 4 {
			add(s)
		}
	}
	for i := 1; len(all) < n; i++ {
		runes := []rune(candidates[0])
		add(string(runes[:min(len(runes), longest-3)]) + " " + strconv.Itoa(i+1))
	}
	return all
}

// keywords are what people must search for: the names of the creatives, without
// the signs that a keyword cannot have.
func keywords(d platforms.Draft, in channel) []string {
	var all []string
	if !in.keywords {
		return nil
	}
	for _, c := range d.Creatives {
		clean := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' {
				return unicode.ToLower(r)
			}
			return ' '
		}, c.Name)
		words := strings.Fields(clean)
		text := strings.Join(words[:min(len(words), 10)], " ")
		if runes := []rune(text); len(runes) > 80 {
			text = string(runes[:80])
		}
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
