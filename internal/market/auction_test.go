package market

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	begun = time.Date(2026, 3, 12, 15, 30, 0, 0, time.UTC) // a Thursday, 10:30 in Bogotá
	seeds = []uint64{1, 2, 3, 4, 5, 42, 1 << 60}
)

// some seeds: all of them, or two in a short run.
func some() []uint64 {
	if testing.Short() {
		return seeds[:2]
	}
	return seeds
}

func bogota(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(partnerZone)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// sum of deliveries, money in units.
type sum struct{ impressions, clicks, conversions, spend, revenue float64 }

func total(deliveries []Delivery) (s sum) {
	for _, d := range deliveries {
		s.impressions += float64(d.Impressions)
		s.clicks += float64(d.Clicks)
		s.conversions += float64(d.Conversions)
		s.spend += float64(d.Spend) / 1e6
		s.revenue += float64(d.Revenue) / 1e6
	}
	return s
}

func past(t *testing.T, p plan, seed uint64) []Delivery {
	t.Helper()
	return NewAuction(p.model, seed).History(begun.Add(p.start), begun)
}

func TestTheSameSeedGivesTheSameDeliveries(t *testing.T) {
	for _, p := range scenario(bogota(t)) {
		run := func(seed uint64) []Delivery {
			a := NewAuction(p.model, seed)
			out := a.History(begun.Add(-2*day), begun)
			for i := range 120 {
				from := begun.Add(time.Duration(i) * time.Second)
				out = append(out, a.Deliver(from, from.Add(time.Second), 3)...)
			}
			return out
		}
		once, again, other := run(7), run(7), run(8)
		if diff := cmp.Diff(once, again); diff != "" {
			t.Fatalf("%s: %s", p.campaign.Name, diff)
		}
		if cmp.Equal(once, other) {
			t.Errorf("%s: another seed changed nothing", p.campaign.Name)
		}
	}
}

func TestHistoryStaysWithinItsTimeAndItsMoney(t *testing.T) {
	for _, p := range scenario(bogota(t)) {
		if p.stage != launched {
			continue
		}
		for _, seed := range some() {
			deliveries := past(t, p, seed)
			for _, d := range deliveries {
				if d.At.Before(begun.Add(p.start)) || !d.At.Before(begun) {
					t.Fatalf("%s: a delivery at %s", p.campaign.Name, d.At)
				}
				if d.Impressions < 0 || d.Clicks > d.Impressions || (d.Clicks < 0) != (d.Corrects != "") || d.Conversions < 0 || d.Revenue < 0 {
					t.Fatalf("%s: %+v", p.campaign.Name, d)
				}
			}
			got, days := total(deliveries), -p.start.Hours()/24
			if want := p.model.Daily * days; math.Abs(got.spend-want) > 0.12*want {
				t.Errorf("%s, seed %d: spent %.0f in %.1f days, want about %.0f", p.campaign.Name, seed, got.spend, days, want)
			}
		}
	}
}

// The stories that the dashboard is to tell, whatever the seed.
func TestEveryCampaignHasItsStory(t *testing.T) {
	plans := scenario(bogota(t))
	for _, seed := range some() {
		good, bad := total(past(t, plans[0], seed)), total(past(t, plans[1], seed))
		if cpa, roas := good.spend/good.conversions, good.revenue/good.spend; cpa > 16.5 || roas < 4.1 {
			t.Errorf("seed %d: the search campaign has cpa %.2f and roas %.2f, and was to do well", seed, cpa, roas)
		}
		if cpa := bad.spend / bad.conversions; cpa < 36 || bad.conversions < 300 {
			t.Errorf("seed %d: prospecting has cpa %.2f after %.0f conversions, and was to miss 18.00 by far", seed, cpa, bad.conversions)
		}
		if sale := total(past(t, plans[3], seed)); sale.clicks/sale.impressions < 0.0088 {
			t.Errorf("seed %d: the flash sale has a ctr of %.4f, and only its money was to be short", seed, sale.clicks/sale.impressions)
		}
		if film := total(past(t, plans[2], seed)); film.impressions < 8e6 || film.spend/film.impressions*1000 > 7.5 {
			t.Errorf("seed %d: video has %+v", seed, film)
		}
	}
}

// What is left of the flash sale's budget lasts for a minute or two, so that
// whoever has just opened the dashboard sees 90 %, 100 % and the pause.
func TestTheFlashSaleRunsOutOfMoneySoon(t *testing.T) {
	p := scenario(bogota(t))[3]
	for _, seed := range seeds {
		a := NewAuction(p.model, seed)
		spent := total(a.History(begun.Add(p.start), begun)).spend / flashBudget
		if spent < 0.80 || spent > 0.895 {
			t.Errorf("seed %d: %.1f %% are spent before anybody looks", seed, spent*100)
		}
		seconds := 0
		for at := begun; spent < 1 && seconds < 1000; seconds++ {
			spent += total(a.Deliver(at, at.Add(time.Second), p.haste)).spend / flashBudget
			at = at.Add(time.Second)
		}
		if seconds < 45 || seconds > 140 {
			t.Errorf("seed %d: the money lasts for %d s", seed, seconds)
		}
	}
}

func TestDemandFollowsTheClockOfThePlace(t *testing.T) {
	p := scenario(bogota(t))[2]
	byHour := [24]sum{}
	for _, d := range past(t, p, 3) {
		h := d.At.In(p.model.Zone).Hour()
		byHour[h].impressions += float64(d.Impressions)
	}
	if night, prime := byHour[3].impressions, byHour[20].impressions; prime < 5*night {
		t.Errorf("%.0f impressions at 3, %.0f at 20", night, prime)
	}
	for _, c := range []*Curve{evening, office, always} {
		week := 0.0
		for h := range 7 * 24 {
			week += c.At(time.Date(2026, 3, 1, h, 0, 0, 0, time.UTC))
		}
		if math.Abs(week/168-1) > 1e-9 {
			t.Errorf("a curve averages %f", week/168)
		}
	}
}

func TestPricesRiseAndDeliveryEndsWhereInventoryRunsShort(t *testing.T) {
	m := scenario(bogota(t))[2].model
	spend := func(intensity float64) sum {
		return total(NewAuction(m, 5).Deliver(begun, begun.Add(time.Hour), intensity))
	}
	little, much, absurd := spend(0.3), spend(3), spend(300)
	cpm := func(s sum) float64 { return s.spend / s.impressions }
	if cpm(much) < 1.05*cpm(little) || cpm(absurd) < cpm(much) {
		t.Errorf("cpm %f, %f, %f", cpm(little), cpm(much), cpm(absurd))
	}
	if most := m.Inventory * m.Demand.At(begun.Add(time.Hour/2).In(m.Zone)); absurd.impressions > 1.02*most {
		t.Errorf("%.0f impressions of %.0f on offer", absurd.impressions, most)
	}
}

func TestConversionsComeLaterAndAlsoWithoutDelivery(t *testing.T) {
	m := scenario(bogota(t))[0].model
	a := NewAuction(m, 9)
	during := total(a.Deliver(begun, begun.Add(6*time.Hour), 1))
	after := a.Deliver(begun.Add(6*time.Hour), begun.Add(30*day), 0)
	late := total(after)
	if during.conversions == 0 || late.conversions < 0.1*during.conversions || late.impressions+late.clicks+late.spend != 0 || late.revenue == 0 {
		t.Errorf("during %+v, after %+v", during, late)
	}
	for i := 1; i < len(after); i++ {
		if after[i].At.Before(after[i-1].At) {
			t.Fatal("not in order of time")
		}
	}
	rate := (during.conversions + late.conversions) / during.clicks
	if math.Abs(rate-m.CVR) > 0.3*m.CVR {
		t.Errorf("%.4f of the clicks bought, want about %.4f", rate, m.CVR)
	}
}

func TestPlatformsCorrectALittle(t *testing.T) {
	p := scenario(bogota(t))[0]
	var given, taken float64
	corrections := 0
	for _, d := range past(t, p, 4) {
		if d.Corrects == "" {
			given += float64(d.Clicks)
			continue
		}
		corrections++
		taken -= float64(d.Clicks)
		if d.Spend > 0 || d.Impressions != 0 {
			t.Errorf("a correction gives: %+v", d)
		}
	}
	if corrections < 10 || taken > 0.01*given {
		t.Errorf("%d corrections took back %.0f of %.0f clicks", corrections, taken, given)
	}
}

func TestPoissonHasItsMeanAndVariance(t *testing.T) {
	r := newRand(1, "poisson")
	for _, mean := range []float64{0.02, 0.7, 5, 39, 41, 900} {
		const n = 40_000
		sum, squares := 0.0, 0.0
		for range n {
			v := float64(poisson(r, mean))
			sum += v
			squares += v * v
		}
		m := sum / n
		v := squares/n - m*m
		if tolerance := 5 * math.Sqrt(mean/n); math.Abs(m-mean) > tolerance || math.Abs(v-mean) > 0.08*mean+tolerance {
			t.Errorf("mean %g: got mean %g, variance %g", mean, m, v)
		}
	}
	if poisson(r, 0) != 0 || poisson(r, -1) != 0 {
		t.Error("nothing is expected, and something came")
	}
}

func TestStrangersAreDeliveredInTheirOwnMoney(t *testing.T) {
	for _, kind := range []string{"SEARCH", "DISPLAY", "SOCIAL", "VIDEO", "EMAIL", "AFFILIATE", "RETARGETING"} {
		spend := map[string]float64{}
		for _, currency := range []string{"USD", "COP", "XYZ"} {
			m := stranger(campaign{ID: "x", Type: kind, Currency: currency, Timezone: "no such zone", Channels: []string{"a", "b"}})
			s := total(NewAuction(m, 1).Deliver(begun, begun.Add(day), 1))
			if s.impressions == 0 || s.clicks == 0 {
				t.Errorf("%s in %s: %+v", kind, currency, s)
			}
			spend[currency] = s.spend
		}
		if ratio := spend["COP"] / spend["USD"]; math.Abs(ratio-4100) > 400 || spend["XYZ"] != spend["USD"] {
			t.Errorf("%s: a dollar is worth %.0f pesos; %v", kind, ratio, spend)
		}
	}
}

// What goes wrong does so in its hours and in nothing else.
func TestIncidentsOfTheHistory(t *testing.T) {
	for _, p := range scenario(bogota(t)) {
		for _, i := range p.modelFrom(begun).Incidents {
			within := func(m Model) (in, out sum) {
				var during, others []Delivery
				for _, d := range NewAuction(m, 1).History(begun.Add(p.start), begun) {
					if d.At.Before(i.From) || !d.At.Before(i.To) {
						others = append(others, d)
					} else {
						during = append(during, d)
					}
				}
				return total(during), total(others)
			}
			usual, _ := within(p.model)
			wrong, others := within(p.modelFrom(begun))
			if i.Untracked && (wrong.conversions != 0 || usual.conversions == 0 || wrong.spend == 0 || others.conversions == 0) {
				t.Errorf("%s: untracked %+v, usually %+v", p.campaign.Name, wrong, usual)
			}
			if cpm := wrong.spend / wrong.impressions; i.Price > 0 && cpm < 0.9*i.Price*usual.spend/usual.impressions {
				t.Errorf("%s: paid %.4f an impression, usually %.4f", p.campaign.Name, cpm, usual.spend/usual.impressions)
			}
			if !i.To.Before(begun) {
				t.Errorf("%s: its incident is not over", p.campaign.Name)
			}
		}
	}
}
