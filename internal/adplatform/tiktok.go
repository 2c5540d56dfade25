package adplatform

import "github.com/hexabuilders/campaignd/performance"

// tiktok is campaign_report_hourly: a row per campaign and hour, headers in
// upper case, "-" for what is not known. Reach is left out: it is the hour's,
// and people of different hours cannot be added up.
var tiktok = format{
	platform: TikTokAds,
	title:    "TikTok Ads",
	needed:   []string{"campaign_id", "stat_time_hour", "impressions", "clicks", "spend"},
	read:     readTikTok,
}

func readTikTok(c *cells, r *Row) {
	r.ExternalAccount, r.ExternalCampaign = c.text("advertiser_id"), c.needText("campaign_id")
	r.Currency = c.text("currency")
	c.hour("stat_time_hour", r)
	e := &r.Event
	e.Channel = "social"
	c.count(e, performance.Impressions, "impressions")
	c.count(e, performance.Clicks, "clicks")
	c.credit(e, "conversion")
	c.money(e, performance.Spend, "spend")
	c.money(e, performance.Revenue, "total_purchase_value")
}
