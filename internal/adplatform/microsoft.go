package adplatform

import "github.com/hexabuilders/campaignd/performance"

// microsoft is campaign_performance_daily_report: a day of a campaign is split
// by device, network, match type and place on the page, and each of the rows is
// one delivery.
var microsoft = format{
	platform: MicrosoftAds,
	title:    "Microsoft Ads",
	needed:   []string{"date", "account_id", "campaign_id", "impressions", "clicks", "spend"},
	identity: []string{
		"device_type", "device_os", "network", "ad_distribution",
		"bid_match_type", "delivered_match_type", "top_vs_other",
	},
	read: readMicrosoft,
}

var microsoftDistributions = words{"search": "search", "audience": "display", "content": "display"}

func readMicrosoft(c *cells, r *Row) {
	r.ExternalAccount, r.ExternalCampaign = c.needText("account_id"), c.needText("campaign_id")
	r.Currency = c.text("currency_code")
	c.day("date", r)
	e := &r.Event
	e.Device = devices.of(c.text("device_type"))
	e.Channel = microsoftDistributions.of(c.text("ad_distribution"))
	c.count(e, performance.Impressions, "impressions")
	c.count(e, performance.Clicks, "clicks")
	c.credit(e, "conversions")
	c.money(e, performance.Spend, "spend")
	c.money(e, performance.Revenue, "revenue")
}
