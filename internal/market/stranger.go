package market

import "time"

// stranger is how the market answers a campaign that somebody made during the
// demo.
func stranger(c campaign) Model {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		zone = time.UTC
	}
	m := Model{Name: c.ID, Zone: zone, Demand: evening, Daily: 900, CPM: 4.5, CTR: 0.009, CVR: 0.02, Order: 60, Inventory: 60_000}
	switch c.Type {
	case "SEARCH", "AFFILIATE":
		m.Demand, m.CPC, m.CTR, m.CVR, m.Inventory = office, 0.5, 0.05, 0.04, 15_000
	case "VIDEO":
		m.CPM, m.CTR, m.CVR = 6, 0.002, 0.005
	case "EMAIL", "RETARGETING":
		m.CTR, m.CVR = 0.014, 0.05
	}
	return m.in(c.Currency).over(c.Channels)
}

// worth is roughly how many units of a currency are a dollar; others count as
// one. It is about the look of a demo and nothing else.
var worth = map[string]float64{
	"ARS": 1000, "BRL": 5.4, "CLP": 940, "COP": 4100, "CRC": 510, "JPY": 150, "MXN": 18.5, "PEN": 3.7, "PYG": 7500, "UYU": 40,
}

// in restates the model's money in a currency.
func (m Model) in(currency string) Model {
	if w := worth[currency]; w > 0 {
		m.Daily, m.CPM, m.CPC, m.Order = m.Daily*w, m.CPM*w, m.CPC*w, m.Order*w
	}
	return m
}

// over divides the delivery among channels, on phones and computers.
func (m Model) over(channels []string) Model {
	for _, channel := range channels {
		share := 1 / float64(len(channels))
		m.Slices = append(m.Slices,
			Slice{Channel: channel, Source: "demo_market", Device: "mobile", Share: share * 0.7, Price: 0.95, CTR: 1.05, CVR: 0.9},
			Slice{Channel: channel, Source: "demo_market", Device: "desktop", Share: share * 0.3, Price: 1.1, CTR: 0.9, CVR: 1.25})
	}
	return m
}
