package campaigns

import "github.com/hexabuilders/campaignd/money"

// Figures are a campaign's totals at a moment, as reported. They may be negative
// where platforms have restated more than they had reported.
type Figures struct {
	Impressions int64               `json:"impressions"`
	Clicks      int64               `json:"clicks"`
	Conversions int64               `json:"conversions"`
	Leads       int64               `json:"leads"`
	Spend       money.Money         `json:"spend"`
	Revenue     money.Money         `json:"revenue"`
	Gauges      map[string]Quantity `json:"gauges,omitempty"` // last values: brand_lift, quality_score
	Custom      map[string]Quantity `json:"custom,omitempty"` // sums
}

// actual is the value of a metric; the reason says why it is not known. Unknown
// is not zero: a rate over nothing has no value.
func (f Figures) actual(m Metric) (value float64, reason string) {
	switch m {
	case MetricImpressions:
		return float64(f.Impressions), ""
	case MetricClicks:
		return float64(f.Clicks), ""
	case MetricConversions:
		return float64(f.Conversions), ""
	case MetricLeads:
		return float64(f.Leads), ""
	case MetricRevenue:
		return units(f.Revenue), ""
	case MetricCTR:
		return over(float64(f.Clicks), float64(f.Impressions), "no_impressions")
	case MetricCPC:
		return over(units(f.Spend), float64(f.Clicks), "no_clicks")
	case MetricCPM:
		return over(1000*units(f.Spend), float64(f.Impressions), "no_impressions")
	case MetricCPA:
		return over(units(f.Spend), float64(f.Conversions), "no_conversions")
	case MetricROAS:
		return over(units(f.Revenue), units(f.Spend), "no_spend")
	}
	if gauge, ok := f.Gauges[string(m)]; ok {
		return gauge.Float(), ""
	}
	return 0, "not_reported"
}

func units(m money.Money) float64 { return float64(m.Micros) / money.Unit }

func over(a, b float64, reason string) (float64, string) {
	if b <= 0 {
		return 0, reason
	}
	return a / b, ""
}
