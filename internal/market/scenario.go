package market

import "time"

// The demo's partner.
const (
	partnerName = "Andes Outdoor"
	partnerZone = "America/Bogota"
	currency    = "USD"
)

// stage is how far the demo takes a campaign.
type stage int

const (
	draft     stage = iota // as it was created, with work left to do
	scheduled              // complete, and waiting for its start
	launched               // delivering, with a history
)

// plan is a campaign of the demo: what a marketer would enter, and how the
// market answers.
type plan struct {
	campaign  campaignBody
	targeting *targetingBody
	creatives []creativeBody
	stage     stage
	start     time.Duration // from the demo's first start; negative: ago
	length    time.Duration
	model     Model
	// haste is by how much the platform spends faster while one looks than in
	// the history. 0 means 1.
	haste     float64
	incidents []incident
}

// incident is an Incident at an hour of a local day before the first start.
type incident struct {
	daysAgo, hour, hours int
	price                float64
	untracked            bool
}

// modelFrom is the model of a demo that was first started at a moment.
func (p *plan) modelFrom(begun time.Time) Model {
	m := p.model
	today := begun.In(m.Zone)
	for _, i := range p.incidents {
		from := time.Date(today.Year(), today.Month(), today.Day()-i.daysAgo, i.hour, 0, 0, 0, m.Zone)
		m.Incidents = append(m.Incidents, Incident{From: from, To: from.Add(time.Duration(i.hours) * time.Hour), Price: i.price, Untracked: i.untracked})
	}
	return m
}

const day = 24 * time.Hour

// scenario is the partner's campaigns, each with its own story.
func scenario(zone *time.Location) []plan {
	plans := []plan{search(), prospecting(), video(), flashSale(), affiliate(), retargeting()}
	for i := range plans {
		p := &plans[i]
		p.campaign.Timezone = partnerZone
		p.campaign.Budget.Currency = currency
		p.model.Name, p.model.Zone = p.campaign.Name, zone
	}
	return plans
}

// search is the one that does well, but for a morning three days ago when the
// shop's tag was broken and no conversion was counted.
func search() plan {
	return plan{
		campaign: campaignBody{
			Name: "Search · Hiking boots and backpacks", Type: "SEARCH", Objective: "CONVERSIONS",
			Description: "Brand and generic terms in Colombia, Peru and Chile.",
			Goals:       goals{"conversions": 9000, "cpa": "17.00", "roas": 4},
			Budget:      budgetBody{Amount: "180000.00"}, Channels: []string{"search"}, Labels: []string{"always-on", "evergreen"},
		},
		targeting: &targetingBody{
			Locations: countries("CO", "PE", "CL"), Languages: []string{"es"}, Interests: []string{"1637", "930", "672"},
			BidStrategy: &bidBody{Type: "target_cpa", Amount: &amountBody{"17.00", currency}},
		},
		creatives: []creativeBody{creative("Boots that know the way", "text", "search"), creative("Backpacks 20 to 70 litres", "text", "search")},
		stage:     launched, start: -14 * day, length: 35 * day,
		incidents: []incident{{daysAgo: 3, hour: 9, hours: 4, untracked: true}},
		model: Model{
			Demand: office, Daily: 5200, CPC: 0.56, CTR: 0.062, CVR: 0.041, Order: 58, Inventory: 30_000, People: 2_400_000,
			Slices: []Slice{
				{Channel: "search", Source: "google_ads", Device: "mobile", Creative: "Boots that know the way", Country: "CO", Share: 0.46, Price: 0.95, CTR: 1.05, CVR: 0.85},
				{Channel: "search", Source: "google_ads", Device: "desktop", Creative: "Boots that know the way", Country: "CO", Share: 0.24, Price: 1.15, CTR: 0.9, CVR: 1.35},
				{Channel: "search", Source: "google_ads", Device: "mobile", Creative: "Backpacks 20 to 70 litres", Country: "CL", Share: 0.19, Price: 1, CTR: 0.95, CVR: 0.9},
				{Channel: "search", Source: "microsoft_ads", Device: "desktop", Creative: "Backpacks 20 to 70 litres", Country: "PE", Share: 0.11, Price: 0.8, CTR: 0.85, CVR: 1.2},
			},
		},
	}
}

// prospecting misses its goal by far: a conversion costs three times what it
// may. Yesterday evening somebody mistyped a bid, for three hours.
func prospecting() plan {
	return plan{
		campaign: campaignBody{
			Name: "Prospecting · Trail runners", Type: "SOCIAL", Objective: "CONVERSIONS",
			Description: "New customers for the trail running line, feeds and stories.",
			Goals:       goals{"conversions": 5000, "cpa": "18.00", "ctr": "0.007"},
			Budget:      budgetBody{Amount: "125000.00"}, Channels: []string{"social"}, Labels: []string{"new-customers"},
		},
		targeting: &targetingBody{
			AgeRange: &ageBody{20, 45}, Locations: countries("CO", "MX"), Languages: []string{"es"}, Interests: []string{"410", "720"},
			DeviceTypes: []string{"mobile"}, FrequencyCap: &capBody{3, "week"},
		},
		creatives: []creativeBody{creative("Run above the clouds", "video", "social"), creative("Trail shoes carousel", "carousel", "social")},
		stage:     launched, start: -14 * day, length: 35 * day,
		incidents: []incident{{daysAgo: 1, hour: 18, hours: 3, price: 2.4}},
		model: Model{
			Demand: evening, Daily: 3600, CPM: 4.3, CTR: 0.0092, CVR: 0.0085, Order: 71, Inventory: 140_000, People: 14_000_000,
			Slices: []Slice{
				{Channel: "social", Source: "meta_ads", Device: "mobile", Creative: "Run above the clouds", Country: "CO", Share: 0.38, Price: 1, CTR: 1.1, CVR: 1},
				{Channel: "social", Source: "meta_ads", Device: "mobile", Creative: "Trail shoes carousel", Country: "MX", Share: 0.34, Price: 1.1, CTR: 0.9, CVR: 1.1},
				{Channel: "social", Source: "tiktok_ads", Device: "mobile", Creative: "Run above the clouds", Country: "MX", Share: 0.28, Price: 0.8, CTR: 0.95, CVR: 0.7},
			},
		},
	}
}

// video is quiet and on track.
func video() plan {
	return plan{
		campaign: campaignBody{
			Name: "Video · Stories from the summit", Type: "VIDEO", Objective: "AWARENESS",
			Description: "Six films about people of the Andes.",
			Goals:       goals{"impressions": 24_000_000, "cpm": "6.50"},
			Budget:      budgetBody{Amount: "150000.00"}, Channels: []string{"video"}, Labels: []string{"brand"},
		},
		targeting: &targetingBody{
			AgeRange: &ageBody{18, 54}, Locations: countries("CO", "PE", "CL", "EC"), Languages: []string{"es"}, Interests: []string{"720", "725", "633"},
			FrequencyCap: &capBody{5, "month"},
		},
		creatives: []creativeBody{creative("Summit 30 seconds", "video", "video"), creative("Summit 6 seconds", "video", "video")},
		stage:     launched, start: -14 * day, length: 35 * day,
		model: Model{
			Demand: evening, Daily: 4300, CPM: 5.9, CTR: 0.0021, CVR: 0.004, Order: 49, Inventory: 120_000, People: 15_000_000,
			Slices: []Slice{
				{Channel: "video", Source: "google_ads", Device: "mobile", Creative: "Summit 6 seconds", Country: "CO", Share: 0.44, Price: 0.85, CTR: 1.1, CVR: 0.9},
				{Channel: "video", Source: "google_ads", Device: "tv", Creative: "Summit 30 seconds", Country: "CL", Share: 0.33, Price: 1.3, CTR: 0.2, CVR: 1},
				{Channel: "video", Source: "google_ads", Device: "desktop", Creative: "Summit 30 seconds", Country: "PE", Share: 0.23, Price: 1, CTR: 1, CVR: 1.2},
			},
		},
	}
}

// Flash sale: how its budget goes. What the history leaves of it is gone about
// 80 seconds after the demo has begun.
const (
	flashBudget = 600.0
	flashHours  = 20.0
	flashSpent  = 0.87 // of the budget, in the history
	flashLasts  = 80.0 // seconds
)

// flashSale runs out of money while one looks, because its platform was told to
// spend as fast as it can.
func flashSale() plan {
	daily := flashBudget * flashSpent / flashHours * 24
	left := flashBudget * (1 - flashSpent)
	return plan{
		campaign: campaignBody{
			Name: "Flash sale · Tents, 24 hours", Type: "DISPLAY", Objective: "TRAFFIC",
			Description: "Last tents of the season, spent as fast as the platform can.",
			Goals:       goals{"clicks": 1000, "ctr": "0.008"},
			Budget:      budgetBody{Amount: "600.00"}, Channels: []string{"display"}, Labels: []string{"sale"},
		},
		targeting: &targetingBody{
			Locations: countries("CO"), Languages: []string{"es"}, Interests: []string{"725", "1637"}, DeviceTypes: []string{"mobile", "desktop"},
		},
		creatives: []creativeBody{creative("Tents minus 40", "image", "display")},
		stage:     launched, start: -flashHours * time.Hour, length: 2 * day,
		haste: left / flashLasts * (24 * 3600) / daily,
		model: Model{
			Demand: always, Daily: daily, CPM: 7.5, CTR: 0.0115, CVR: 0.02, Order: 96,
			Slices: []Slice{
				{Channel: "display", Source: "google_ads", Device: "mobile", Creative: "Tents minus 40", Country: "CO", Share: 0.7, Price: 0.95, CTR: 1.05, CVR: 0.9},
				{Channel: "display", Source: "google_ads", Device: "desktop", Creative: "Tents minus 40", Country: "CO", Share: 0.3, Price: 1.1, CTR: 0.9, CVR: 1.3},
			},
		},
	}
}

// affiliate waits for its start.
func affiliate() plan {
	return plan{
		campaign: campaignBody{
			Name: "Affiliates · Guides and bloggers", Type: "AFFILIATE", Objective: "SALES",
			Description: "Commission on sales through mountain guides and bloggers.",
			Goals:       goals{"revenue": "90000.00", "roas": 8},
			Budget:      budgetBody{Amount: "12000.00"}, Channels: []string{"affiliate"}, Labels: []string{"partners"},
		},
		targeting: &targetingBody{Locations: countries("CO", "PE", "CL", "EC", "MX"), Languages: []string{"es"}, Interests: []string{"720"}},
		creatives: []creativeBody{creative("Guide's choice", "link", "affiliate")},
		stage:     scheduled, start: 3 * day, length: 60 * day,
		model: Model{
			Demand: evening, Daily: 300, CPC: 0.45, CTR: 0.02, CVR: 0.03, Order: 88, Inventory: 8000,
			Slices: []Slice{{Channel: "affiliate", Source: "affiliates", Device: "mobile", Creative: "Guide's choice", Country: "CO", Share: 1, Price: 1, CTR: 1, CVR: 1}},
		},
	}
}

// retargeting is a draft with most of its list still open.
func retargeting() plan {
	return plan{
		campaign: campaignBody{
			Name: "Retargeting · Abandoned carts", Type: "RETARGETING", Objective: "SALES",
			Description: "People who left something in the cart in the last 14 days.",
			Goals:       goals{"roas": 6, "cpa": "9.00"},
			Budget:      budgetBody{Amount: "8000.00"}, Channels: []string{"display", "social"}, Labels: []string{"always-on"},
		},
		stage: draft,
		model: Model{
			Demand: evening, Daily: 400, CPM: 3.8, CTR: 0.012, CVR: 0.05, Order: 64, Inventory: 20_000,
			Slices: []Slice{
				{Channel: "display", Source: "google_ads", Device: "mobile", Country: "CO", Share: 0.5, Price: 1, CTR: 1, CVR: 1},
				{Channel: "social", Source: "meta_ads", Device: "mobile", Country: "CO", Share: 0.5, Price: 1.1, CTR: 1.1, CVR: 0.9},
			},
		},
	}
}
