package adplatform

import "github.com/hexabuilders/campaignd/performance"

// meta is basic_ad: a row per ad and day. Clicks are clicks on the ad's link;
// the table has no conversions. It names the campaign only when it was exported
// with that column.
var meta = format{
	platform: MetaAds,
	title:    "Meta Ads",
	needed:   []string{"ad_id", "date", "account_id", "impressions", "inline_link_clicks", "spend"},
	identity: []string{"ad_id"},
	read:     readMeta,
}

func readMeta(c *cells, r *Row) {
	r.ExternalAccount, r.ExternalCampaign = c.needText("account_id"), c.text("campaign_id")
	r.Currency = c.text("account_currency")
	c.day("date", r)
	e := &r.Event
	e.Channel, e.Ad = "social", c.needText("ad_id")
	c.count(e, performance.Impressions, "impressions")
	c.count(e, performance.Clicks, "inline_link_clicks")
	c.money(e, performance.Spend, "spend")
}
