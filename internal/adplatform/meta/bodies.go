package meta

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// whole are the currencies whose smallest unit is a whole one for Meta (offset
// 1), which is not what ISO 4217 says of all of them. Others have hundredths.
var whole = []money.Currency{"CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"}

// minor is an amount in Meta's units, rounded down: a budget must not grow on
// its way.
func minor(m money.Money) int64 {
	if slices.Contains(whole, m.Currency) {
		return m.Micros / money.Unit
	}
	return m.Micros / (money.Unit / 100)
}

// objectives are Meta's words for ours, and what an ad set is to bring.
var objectives = map[campaigns.Objective]struct{ objective, goal string }{
	campaigns.Awareness:   {"OUTCOME_AWARENESS", "REACH"},
	campaigns.Traffic:     {"OUTCOME_TRAFFIC", "LINK_CLICKS"},
	campaigns.Engagement:  {"OUTCOME_ENGAGEMENT", "POST_ENGAGEMENT"},
	campaigns.Leads:       {"OUTCOME_LEADS", "LINK_CLICKS"},
	campaigns.Conversions: {"OUTCOME_SALES", "OFFSITE_CONVERSIONS"},
	campaigns.Sales:       {"OUTCOME_SALES", "OFFSITE_CONVERSIONS"},
}

var categories = map[campaigns.Category]string{
	campaigns.Ordinary: "NONE", campaigns.Housing: "HOUSING", campaigns.Employment: "EMPLOYMENT", campaigns.Credit: "FINANCIAL_PRODUCTS_SERVICES",
}

// budget is the budget in minor units, which must be at least one.
func budget(d platforms.Draft) (int64, error) {
	n := minor(d.Budget)
	if n < 1 {
		return 0, platforms.ErrUnfit.With("%s is less than the smallest amount that Meta counts in.", d.Budget)
	}
	return n, nil
}

func campaignBody(d platforms.Draft) (map[string]any, error) {
	amount, err := budget(d)
	if err != nil {
		return nil, err
	}
	body := map[string]any{
		"objective": objectives[d.Objective].objective, "buying_type": "AUCTION",
		"special_ad_categories": []string{categories[d.Category]}, "bid_strategy": bidStrategy(d.Targeting.BidStrategy),
	}
	if d.Category != campaigns.Ordinary {
		body["special_ad_category_country"] = countries(d.Targeting.Locations)
	}
	if d.Daily {
		body["daily_budget"] = amount
	} else {
		body["lifetime_budget"] = amount
	}
	return body, nil
}

func bidStrategy(b *targeting.BidStrategy) string {
	switch {
	case b == nil || !b.Type.NeedsAmount():
		return "LOWEST_COST_WITHOUT_CAP"
	case b.Type == targeting.BidCostCap || b.Type == targeting.BidTargetCPA:
		return "COST_CAP"
	}
	return "LOWEST_COST_WITH_BID_CAP"
}

func adSetBody(a platforms.Access, d platforms.Draft, existing map[string]string) (map[string]any, error) {
	people, _, err := audience(a, d)
	if err != nil {
		return nil, err
	}
	if err := setAudiences(people, d, existing); err != nil {
		return nil, err
	}
	goal, err := goalOf(a, d)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"billing_event": "IMPRESSIONS", "targeting": people, "start_time": stamp(d.Start), "end_time": stamp(d.End)}
	if goal == "OFFSITE_CONVERSIONS" {
		body["promoted_object"] = map[string]string{"pixel_id": a.Settings.Pixel, "custom_event_type": "PURCHASE"}
	}
	body["optimization_goal"] = goal
	if b := d.Targeting.BidStrategy; b != nil && b.Type.NeedsAmount() && b.Amount != nil {
		body["bid_amount"] = max(1, minor(*b.Amount))
	}
	return body, nil
}

// goalOf is what an ad set is to bring. A bid at Meta is for one of that (and for a
// thousand impressions), so that a bid for something else decides it.
func goalOf(a platforms.Access, d platforms.Draft) (string, error) {
	goal := objectives[d.Objective].goal
	if goal == "OFFSITE_CONVERSIONS" && a.Settings.Pixel == "" {
		goal = "LINK_CLICKS" // without a pixel nobody counts conversions
	}
	b := d.Targeting.BidStrategy
	switch {
	case b == nil:
	case b.Type == targeting.BidManualCPC:
		return "LINK_CLICKS", nil
	case b.Type == targeting.BidManualCPM:
		return "IMPRESSIONS", nil
	case b.Type == targeting.BidTargetCPA && goal != "OFFSITE_CONVERSIONS":
		return "", platforms.ErrUnfit.With("The bid is for a conversion, and Meta would take it for one of %s. Give the ad account a pixel_id and the campaign the objective CONVERSIONS or SALES, or bid for a click.", goal)
	}
	return goal, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-0700") }

func countries(places []targeting.Location) []string {
	var codes []string
	for _, place := range places {
		if !slices.Contains(codes, place.Country) {
			codes = append(codes, place.Country)
		}
	}
	return codes
}

// adBody is an ad with its creative inside, so that there is one object less of
// which the outcome can be unknown.
func (c *Client) adBody(ctx context.Context, a platforms.Access, d platforms.Draft, creative string, existing map[string]string) (map[string]any, error) {
	at := slices.IndexFunc(d.Creatives, func(c campaigns.Creative) bool { return c.Name == creative })
	if at < 0 {
		return nil, &platforms.Failure{Class: platforms.NotSent, Message: "The campaign has no creative " + creative + " any more."}
	}
	shown, err := c.shotOf(ctx, a, d, creative, existing)
	if err != nil {
		return nil, err
	}
	return map[string]any{"creative": map[string]any{"name": clip(creative, 100), "object_story_spec": story(a, d, d.Creatives[at], shown)}}, nil
}

// story is what people see of an ad, and where it leads.
func story(a platforms.Access, d platforms.Draft, c campaigns.Creative, shown shot) map[string]any {
	headline, message := clip(c.Name, 40), clip(cmpText(d.Description, d.Name), 500)
	if film(c) {
		return map[string]any{"page_id": a.Settings.Page, "video_data": map[string]any{
			"video_id": shown.video, "image_url": shown.still, "title": headline, "message": message,
			"call_to_action": map[string]any{"type": "LEARN_MORE", "value": map[string]string{"link": a.Settings.Website}},
		}}
	}
	link := map[string]any{"link": a.Settings.Website, "name": headline, "message": message}
	if c.Format == "text" || c.Format == "link" {
		link["link"] = c.URL
	} else {
		link["picture"] = c.URL
	}
	return map[string]any{"page_id": a.Settings.Page, "link_data": link}
}

func cmpText(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}

// audience is the targeting in Meta's words, but for audiences, and the parts it
// has no word for. Interests are said when all of them have one of Meta's.
func audience(a platforms.Access, d platforms.Draft) (spec map[string]any, left []string, err error) {
	t := d.Targeting
	geo, err := places(t.Locations)
	if err != nil {
		return nil, nil, err
	}
	spec = map[string]any{"geo_locations": geo}
	if r := t.AgeRange; r != nil && d.Category == campaigns.Ordinary {
		spec["age_min"], spec["age_max"] = max(18, r.Min), min(65, max(18, r.Max))
	}
	if g := genders(t.Genders); len(g) > 0 && d.Category == campaigns.Ordinary {
		spec["genders"] = g
	}
	if in := interests(a, d); len(in) > 0 {
		spec["flexible_spec"] = []map[string]any{{"interests": in}}
	}
	devices := []string{}
	for _, device := range t.DeviceTypes {
		switch device {
		case "mobile", "tablet":
			devices = append(devices, "mobile")
		case "desktop":
			devices = append(devices, "desktop")
		}
	}
	if slices.Sort(devices); len(devices) > 0 {
		spec["device_platforms"] = slices.Compact(devices)
	}
	var spared []string // countries
	for _, e := range t.Exclusions {
		if (e.Criterion == targeting.ByAudience || e.Criterion == targeting.ByLookalike) && sayable(e.Values, d.Audiences) {
			continue
		}
		if e.Criterion != targeting.ByCountry {
			return nil, nil, platforms.ErrUnfit.With("Meta cannot be told to exclude %s, and leaving an exclusion out would show ads to whom it is to spare.", e.Criterion)
		}
		spared = append(spared, e.Values...)
	}
	if len(spared) > 0 {
		spec["excluded_geo_locations"] = map[string]any{"countries": spared}
	}
	return spec, unsaid(a, d), nil
}

// places are the locations. A campaign must not be shown elsewhere than it says,
// so what cannot be said is refused.
func places(locations []targeting.Location) (map[string]any, error) {
	var codes []string
	var circles []map[string]any
	for _, place := range locations {
		switch {
		case place.Point != nil:
			circles = append(circles, map[string]any{
				"latitude": place.Point.Latitude, "longitude": place.Point.Longitude, "radius": math.Min(80, math.Max(1, place.RadiusKM)), "distance_unit": "kilometer",
			})
		case place.Region != "" || place.City != "" || place.PostalCode != "":
			return nil, platforms.ErrUnfit.With("Meta has ids of its own for regions, cities and postal codes. Use countries, or a point with a radius.")
		default:
			codes = append(codes, place.Country)
		}
	}
	geo := map[string]any{}
	if len(codes) > 0 {
		geo["countries"] = codes
	}
	if len(circles) > 0 {
		geo["custom_locations"] = circles
	}
	if len(geo) == 0 {
		return nil, platforms.ErrUnfit.With("The campaign's targeting names no place.")
	}
	return geo, nil
}

func genders(wanted []targeting.Gender) []int {
	var codes []int
	for _, g := range wanted {
		switch g {
		case "male":
			codes = append(codes, 1)
		case "female":
			codes = append(codes, 2)
		default:
			return nil // "unknown" cannot be chosen; everybody includes them
		}
	}
	return codes
}

// unsaid are the parts of a targeting that only narrow it and have no
// counterpart.
func unsaid(a platforms.Access, d platforms.Draft) []string {
	var left []string
	t := d.Targeting
	for _, part := range []struct {
		name string
		n    int
	}{
		{"languages", len(t.Languages)}, {"behaviors", len(t.Behaviors)}, {"job_titles", len(t.JobTitles)}, {"industries", len(t.Industries)},
		{"company_sizes", len(t.CompanySizes)}, {"income_ranges", len(t.IncomeRanges)}, {"platforms", len(t.Platforms)}, {"connection_types", len(t.ConnectionTypes)},
	} {
		if part.n > 0 {
			left = append(left, part.name)
		}
	}
	if len(t.Interests) > 0 && len(interests(a, d)) == 0 {
		left = append(left, "interests")
	}
	if !sayable(t.CustomAudiences, d.Audiences) {
		left = append(left, "custom_audiences")
	}
	if !sayable(t.LookalikeAudiences, d.Audiences) {
		left = append(left, "lookalike_audiences")
	}
	if t.FrequencyCap != nil {
		left = append(left, "frequency_cap")
	}
	if d.Shared() { // Meta alone decides which ad of an ad set is shown
		left = append(left, "share_percent")
	}
	return left
}
