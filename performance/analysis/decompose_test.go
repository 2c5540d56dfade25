package analysis

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

func totalsOf(impressions, clicks, conversions, spend, revenue int64) performance.Totals {
	return performance.Totals{Currency: "USD", Metrics: performance.Metrics{
		Impressions: impressions, Clicks: clicks, Conversions: conversions, Spend: spend, Revenue: revenue}}
}

func drawMetrics(t *rapid.T, label string, least int64) performance.Metrics {
	n := func(name string, most int64) int64 { return rapid.Int64Range(least, most).Draw(t, label+name) }
	return performance.Metrics{Impressions: n("impressions", 1e9), Clicks: n("clicks", 1e7), Conversions: n("conversions", 1e5), Spend: n("spend", 1e13), Revenue: n("revenue", 1e13)}
}

// The contributions of the factors are the change, to the micro, whatever the
// totals.
func TestFactorsSumToTheChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := performance.Totals{Currency: "USD", Metrics: drawMetrics(t, "before ", 1)}
		after := performance.Totals{Currency: "USD", Metrics: drawMetrics(t, "after ", 1)}
		for _, id := range identities {
			d := id.decompose(&before, &after)
			if d.FactorsReason == "out_of_range" && len(d.Factors) == 0 && d.Change == 0 { // 10 million for a micro
				continue
			}
			sum := int64(0)
			for _, f := range d.Factors {
				sum += f.Contribution
			}
			if len(d.Factors) != len(id.factors) || sum != d.Change || d.Change != d.After.Micros-d.Before.Micros {
				t.Fatalf("%s: %d of factors, %d changed: %+v", id.kpi, sum, d.Change, d)
			}
		}
	})
}

// Channels appear, vanish, spend without results: the parts are still the whole.
func TestGroupsSumToTheChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"search", "social", "display", ""}
		draw := func(label string) *sample {
			s := &sample{groups: map[string]performance.Metrics{}}
			s.total.Currency = "USD"
			for _, name := range names {
				if rapid.Bool().Draw(t, label+name) {
					m := drawMetrics(t, label+name+" ", 0)
					s.groups[name] = m
					addTo(&s.total.Metrics, &m)
				}
			}
			return s
		}
		before, after := draw("before "), draw("after ")
		for _, id := range identities {
			d := decompose(id, before, after)
			if d.GroupsReason != "" {
				continue
			}
			sum := int64(0)
			for _, g := range d.Groups {
				sum += g.Total()
			}
			if sum != d.Change {
				t.Fatalf("%s: groups %d, change %d: %+v", id.kpi, sum, d.Change, d.Groups)
			}
		}
	})
}

func TestACPAThatRose(t *testing.T) {
	// CPM 10.00 to 11.00, CTR 2 % as before, CVR 5 % to 4 %: CPA 10.00 to 13.75
	before, after := totalsOf(100_000, 2_000, 100, 1000*money.Unit, 0), totalsOf(100_000, 2_000, 80, 1100*money.Unit, 0)
	d := identities[0].decompose(&before, &after)
	if d.Change != 3_750_000 {
		t.Fatalf("change %d", d.Change)
	}
	l := 3.75 / math.Log(1.375)
	for i, want := range []float64{l * math.Log(1.1), 0, -l * math.Log(0.8)} {
		if got := float64(d.Factors[i].Contribution) / 1e6; math.Abs(got-want) > 1e-6 {
			t.Errorf("%s contributes %f, want %f", d.Factors[i].Name, got, want)
		}
	}
}

func TestUndefinedIsSaid(t *testing.T) {
	usual := totalsOf(100_000, 2_000, 100, 1000*money.Unit, 5000*money.Unit)
	for _, c := range []struct {
		name           string
		id             int
		before, after  performance.Totals
		factors, group string
	}{
		{"no conversions before", 0, totalsOf(1000, 20, 0, money.Unit, 0), usual, "no_conversions", "no_conversions"},
		{"no conversions at all", 0, totalsOf(1000, 20, 0, money.Unit, 0), totalsOf(1000, 20, 0, money.Unit, 0), "no_conversions", "no_conversions"},
		{"nothing paid", 0, totalsOf(1000, 20, 2, 0, 0), usual, "no_spend", ""},
		{"no revenue", 1, totalsOf(1000, 20, 2, money.Unit, 0), usual, "no_revenue", ""},
		{"conversions without a click", 0, totalsOf(1000, 0, 2, money.Unit, 0), usual, "no_clicks", ""},
	} {
		d := identities[c.id].decompose(&c.before, &c.after)
		if d.FactorsReason != c.factors || d.GroupsReason != c.group || len(d.Factors) != 0 {
			t.Errorf("%s: %q, %q, %d factors", c.name, d.FactorsReason, d.GroupsReason, len(d.Factors))
		}
	}
}

// A shift to a cheaper channel lowers the cost although no channel became
// cheaper, and it is all mix.
func TestAShiftIsMix(t *testing.T) {
	sampleOf := func(search, social int64) *sample {
		s := &sample{groups: map[string]performance.Metrics{
			"search": {Conversions: search, Spend: search * 5 * money.Unit}, "social": {Conversions: social, Spend: social * 20 * money.Unit}}}
		s.total.Currency = "USD"
		for _, m := range s.groups {
			addTo(&s.total.Metrics, &m)
		}
		return s
	}
	d := decompose(identities[0], sampleOf(50, 50), sampleOf(100, 50))
	for _, g := range d.Groups {
		if g.Rate != 0 || g.Alone != 0 || g.Mix >= 0 {
			t.Errorf("%+v", g)
		}
	}
	if d.Change != -2_500_000 {
		t.Errorf("change %d", d.Change)
	}
}

func TestPlaceIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.SliceOfN(rapid.Float64Range(-1e12, 1e12), 1, 8).Draw(t, "shares")
		sum := 0.0
		for _, s := range shares {
			sum += s
		}
		total, got := int64(math.Round(sum)), int64(0)
		for i, p := range place(total, shares) {
			got += p
			if math.Abs(float64(p)-shares[i]) > 1.01 {
				t.Fatalf("%f became %d", shares[i], p)
			}
		}
		if got != total {
			t.Fatalf("sum %d, want %d", got, total)
		}
	})
}
