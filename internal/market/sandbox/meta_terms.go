package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hexabuilders/campaignd/money"
)

// metaTerms are how a campaign may deliver.
func (s *Sandbox) metaTerms(c *thing) terms {
	a := c.account
	scale := minor(a.Currency)
	t := terms{
		active: c.text("status") == "ACTIVE", daily: number(c.fields["daily_budget"]) / scale, total: number(c.fields["lifetime_budget"]) / scale,
		overspend: 1.25, devices: []string{""},
	}
	for _, set := range s.children(c, "ad_set") {
		if set.text("status") != "ACTIVE" {
			continue
		}
		t.start, t.end = readTime(set.text("start_time")), readTime(set.text("end_time"))
		t.bid, t.results = number(set.fields["bid_amount"])/scale, resultsOf(set.text("optimization_goal"))
		if c.text("bid_strategy") == "LOWEST_COST_WITHOUT_CAP" {
			t.bid = 0
		}
		for _, ad := range s.children(set, "ad") {
			if ad.text("status") == "ACTIVE" && s.passed(ad) {
				t.ads = append(t.ads, ad)
			}
		}
	}
	return t
}

// resultsOf is how many results a thousand impressions bring: a bid at Meta is for
// one of what the ad set is to bring.
func resultsOf(goal string) float64 {
	switch goal {
	case "LINK_CLICKS", "LANDING_PAGE_VIEWS", "POST_ENGAGEMENT":
		return 1000 * shownCTR
	case "OFFSITE_CONVERSIONS", "LEAD_GENERATION", "VALUE":
		return 1000 * shownCTR * shownCVR
	}
	return 1 // REACH, IMPRESSIONS: a thousand of them
}

// minor is how many of Meta's units are one of a currency.
func minor(currency string) float64 {
	if slices.Contains([]string{"CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"}, currency) {
		return 1
	}
	return 100
}

func number(v any) float64 {
	f, _ := strconv.ParseFloat(fmt.Sprint(v), 64)
	return f
}

func readTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

// amount is money as Meta writes it in reports.
func amount(micros int64) string { return money.FormatMicros(micros) }
