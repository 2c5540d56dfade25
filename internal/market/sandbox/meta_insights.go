package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/localday"
)

const hourly = "hourly_stats_aggregated_by_advertiser_time_zone"

// insights is the report that campaignd pulls: a row an ad and hour.
func (g *graph) insights() (any, error) {
	for name, allowed := range map[string][]string{"level": {"ad"}, "time_increment": {"1"}, "breakdowns": {hourly}} {
		if text := fmt.Sprint(g.params[name]); !slices.Contains(allowed, strings.Trim(text, "[]")) {
			return nil, badParam("Param %s must be one of {%s} - got %q.", name, strings.Join(allowed, ", "), text)
		}
	}
	for name := range g.params {
		if !slices.Contains([]string{"level", "time_increment", "breakdowns", "time_range", "fields", "limit", "after"}, name) {
			return nil, badParam("Unexpected parameter %s", name)
		}
	}
	span, _ := g.params["time_range"].(map[string]any)
	from, err := localday.Parse(fmt.Sprint(span["since"]))
	if err != nil {
		return nil, badParam("Param time_range must have since and until as YYYY-MM-DD.")
	}
	to, err := localday.Parse(fmt.Sprint(span["until"]))
	if err != nil || to < from {
		return nil, badParam("Param time_range must have since and until as YYYY-MM-DD.")
	}
	items, err := g.reportRows(from, to)
	if err != nil {
		return nil, err
	}
	return g.page(items, 25)
}

var insightFields = []string{"account_currency", "campaign_id", "adset_id", "ad_id", "impressions", "spend", "inline_link_clicks", "actions", "action_values", "date_start", "date_stop"}

func (g *graph) reportRows(from, to localday.Day) ([]any, error) {
	asked, _ := g.params["fields"].(string)
	fields := strings.Split(asked, ",")
	for _, name := range fields {
		if !slices.Contains(insightFields, name) {
			return nil, badParam("%s is not valid for fields param. please check https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values", name)
		}
	}
	var items []any
	for _, c := range g.things {
		if c.kind != "campaign" || c.account != g.account {
			continue
		}
		for _, key := range c.flight.between(from, to) {
			row := g.reportRow(c, key)
			for name := range row {
				if !slices.Contains(fields, name) && name != hourly && name != "date_start" && name != "date_stop" {
					delete(row, name)
				}
			}
			items = append(items, row)
		}
	}
	if len(items) > 0 {
		g.distort(items[0].(map[string]any))
	}
	return items, nil
}

// reportRow is a row as Meta writes it: numbers as text, and nothing at all for
// zero.
func (g *graph) reportRow(c *thing, key rowKey) map[string]any {
	f := c.flight.rows[key]
	row := map[string]any{
		"account_currency": g.account.Currency, "campaign_id": c.id, "ad_id": key.ad, "date_start": key.day.String(), "date_stop": key.day.String(),
		hourly: fmt.Sprintf("%02d:00:00 - %02d:59:59", key.hour, key.hour),
	}
	if ad := g.byID[key.ad]; ad != nil && ad.parent != nil {
		row["adset_id"] = ad.parent.id
	}
	row["impressions"], row["spend"] = strconv.FormatInt(f.Impressions, 10), amount(f.Spend)
	if f.Clicks > 0 {
		row["inline_link_clicks"] = strconv.FormatInt(f.Clicks, 10)
	}
	if f.Conversions > 0 {
		row["actions"] = []any{
			map[string]string{"action_type": "link_click", "value": strconv.FormatInt(f.Clicks, 10)},
			map[string]string{"action_type": "offsite_conversion.fb_pixel_purchase", "value": strconv.FormatInt(f.Conversions, 10)},
		}
	}
	if f.Revenue > 0 {
		row["action_values"] = []any{map[string]string{"action_type": "offsite_conversion.fb_pixel_purchase", "value": amount(f.Revenue)}}
	}
	return row
}

// distort spoils the first row of a page when that was ordered.
func (g *graph) distort(row map[string]any) {
	switch g.due(g.r, HugeNumber, Negative, Currency) {
	case HugeNumber:
		row["impressions"] = strconv.FormatUint(math.MaxUint64, 10) + "000"
	case Negative:
		row["spend"] = "-12.50"
	case Currency:
		row["account_currency"] = "EUR"
	}
}
