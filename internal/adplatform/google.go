package adplatform

import "github.com/hexabuilders/campaignd/performance"

// google is campaign_stats: a row per campaign, day, device and network. Money
// is in micros; conversions may be fractions, where credit is shared.
var google = format{
	platform: GoogleAds,
	title:    "Google Ads",
	needed:   []string{"customer_id", "date", "id", "impressions", "clicks", "cost_micros"},
	identity: []string{"device", "ad_network_type"},
	read:     readGoogle,
}

var googleNetworks = words{
	"search_partners": "search", "content": "display", "google_display_network": "display",
	"youtube": "video", "youtube_watch": "video", "youtube_search": "video",
}

func readGoogle(c *cells, r *Row) {
	r.ExternalAccount, r.ExternalCampaign = c.needText("customer_id"), c.needText("id")
	c.day("date", r)
	e := &r.Event
	e.Device = devices.of(c.text("device"))
	e.Channel = googleNetworks.of(c.text("ad_network_type"))
	c.count(e, performance.Impressions, "impressions")
	c.count(e, performance.Clicks, "clicks")
	c.credit(e, "conversions")
	c.micros(e, performance.Spend, "cost_micros")
	c.money(e, performance.Revenue, "conversions_value")
}

// devices maps every platform's words for devices.
var devices = words{
	"computer": "desktop", "desktop": "desktop",
	"smartphone": "mobile", "mobile": "mobile", "phone": "mobile",
	"tablet": "tablet", "connected_tv": "tv", "connected tv": "tv", "unknown": "",
}
