package market

import "time"

// Model is how the market answers one campaign. Money is in units of its
// currency, rates are fractions, and every figure is that of an average hour.
type Model struct {
	Name   string // seeds its randomness
	Zone   *time.Location
	Demand *Curve
	Daily  float64 // spent on an average day

	// What is bought: a thousand impressions at CPM, or where CPC is given
	// clicks.
	CPM, CPC  float64
	Inventory float64 // impressions on offer in an average hour; 0: without end
	People    float64 // on whom the impressions fall; 0: the platform reports no reach

	CTR, CVR float64 // clicks per impression, conversions per click
	Order    float64 // the median revenue of a conversion; 0: none is known
	Slices   []Slice

	Incidents []Incident
}

// Incident is something that goes wrong for a while.
type Incident struct {
	From, To  time.Time
	Price     float64 // factor of what is paid; 0 means 1
	Untracked bool    // conversions happen, and nobody counts them
}

// during are the incidents at a moment.
func (m *Model) during(at time.Time) (price float64, untracked bool) {
	price = 1
	for _, i := range m.Incidents {
		if at.Before(i.From) || !at.Before(i.To) {
			continue
		}
		if i.Price > 0 {
			price *= i.Price
		}
		untracked = untracked || i.Untracked
	}
	return price, untracked
}

// Slice is a part of a campaign's delivery that platforms report by itself.
type Slice struct {
	Channel, Source, Device, Creative, Country string
	Ad                                         string  // the platform's id of it, where there is a platform
	Share                                      float64 // of the money; together 1
	Price, CTR, CVR                            float64 // factors of the model's
}

// perImpression is what an impression of a slice costs before the market has
// moved the price.
func (m *Model) perImpression(s *Slice) float64 {
	if m.CPC > 0 {
		return m.CPC * s.Price * m.CTR * s.CTR
	}
	return m.CPM * s.Price / 1000
}

// Delivery is one fact that a platform reports. Money is in micros.
type Delivery struct {
	At time.Time
	*Slice
	Impressions, Clicks, Conversions int64
	Spend, Revenue                   int64
	Reach                            int64     // people so far, as reported at the end of a day; 0 is no report
	Corrects                         string    // why it takes away, if it does
	Clicked                          time.Time // of a conversion: when its click was
	// Order numbers the conversions of an auction as they are decided, from 1;
	// 0 for everything else.
	Order int64
}
