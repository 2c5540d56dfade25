package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// simulated is a period of days with a weekly shape, Poisson counts, and as much
// disorder between days as asked for.
func simulated(r *rand.Rand, days int, cvr, disorder float64) *sample {
	s := &sample{}
	s.total.Currency = "USD"
	poisson := func(mean float64) int64 { return int64(distuv.Poisson{Lambda: mean, Src: r}.Rand()) }
	for d := range days {
		level := math.Exp(disorder*r.NormFloat64()) * []float64{1, 1.1, 1.2, 1.1, 1, 0.5, 0.4}[d%7]
		m := performance.Metrics{Impressions: poisson(20_000 * level)}
		m.Clicks = poisson(float64(m.Impressions) * 0.02)
		m.Conversions = poisson(float64(m.Clicks) * cvr)
		m.Spend = m.Impressions * 5000
		m.Revenue = m.Conversions * 40 * money.Unit
		s.days, s.length = append(s.days, m), append(s.length, 1)
		addTo(&s.total.Metrics, &m)
	}
	return s
}

// Two periods of the same kind differ at 5 % in about 5 of 100 cases, and a
// worse conversion rate is found.
func TestComparisonsAreCalibrated(t *testing.T) {
	const n = 600
	for _, c := range []struct {
		metric       string
		days         int
		disorder     float64
		after        float64
		least, most  float64
		aligned      bool
		wantedMethod string
	}{
		{"cvr", 7, 0.2, 0.05, 0.01, 0.08, true, ""},
		{"ctr", 7, 0.2, 0.05, 0.01, 0.08, true, ""},
		{"clicks", 7, 0.2, 0.05, 0.01, 0.09, true, ""},
		{"conversions", 14, 0.2, 0.05, 0.01, 0.09, true, ""},
		{"cpa", 14, 0.3, 0.05, 0.01, 0.08, false, ""},
		{"cvr", 1, 0, 0.05, 0.02, 0.08, true, "counting"},
		{"cvr", 7, 0.2, 0.025, 0.9, 1, true, ""},
		{"cvr", 7, 0.2, 0.035, 0.5, 0.66, true, ""},
	} {
		f, _ := figureNamed(c.metric)
		found := 0
		for seed := range n {
			r := rand.New(rand.NewPCG(uint64(seed), 11))
			got := compare(f, simulated(r, c.days, 0.05, c.disorder), simulated(r, c.days, c.after, c.disorder), c.aligned)
			if got.Verdict == "unknown" || c.wantedMethod != "" && got.Method != c.wantedMethod {
				t.Fatalf("%s: %+v", c.metric, got)
			}
			if got.Verdict != "no_difference" {
				found++
			}
			if (got.Low.Micros > 0 || got.High.Micros < 0) != (got.P < compareAlpha) {
				t.Fatalf("%s: the interval %d to %d and p %f disagree", c.metric, got.Low.Micros, got.High.Micros, got.P)
			}
		}
		if rate := float64(found) / n; rate < c.least || rate > c.most {
			t.Errorf("%s over %d days, cvr %.3f: differs in %.3f, want %.2f to %.2f", c.metric, c.days, c.after, rate, c.least, c.most)
		}
	}
}

// Money in another currency, a thousand times the number, gives the same verdict.
func TestComparisonsKnowNoUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		factor := rapid.SampledFrom([]int64{8, 64, 1024}).Draw(t, "factor")
		r := rand.New(rand.NewPCG(seed, 3))
		before, after := simulated(r, 7, 0.05, 0.2), simulated(r, 7, 0.045, 0.2)
		for i := range figures {
			a := compare(&figures[i], before, after, true)
			b := compare(&figures[i], dearer(before, factor), dearer(after, factor), true)
			if math.Abs(a.P-b.P) > 1e-9 || a.Verdict != b.Verdict || a.Method != b.Method {
				t.Fatalf("%s: %+v became %+v", a.Metric, a, b)
			}
		}
	})
}

func dearer(s *sample, factor int64) *sample {
	out := *s
	out.days = append([]performance.Metrics(nil), s.days...)
	out.total.Spend, out.total.Revenue = s.total.Spend*factor, s.total.Revenue*factor
	for i := range out.days {
		out.days[i].Spend, out.days[i].Revenue = s.days[i].Spend*factor, s.days[i].Revenue*factor
	}
	return &out
}

func TestZeroAndLittleAreSaid(t *testing.T) {
	day := func(m performance.Metrics) *sample {
		return &sample{days: []performance.Metrics{m}, length: []float64{1}, total: performance.Totals{Currency: "USD", Metrics: m}}
	}
	none := day(performance.Metrics{})
	some := day(performance.Metrics{Impressions: 50_000, Clicks: 1000, Conversions: 40, Spend: 200 * money.Unit, Revenue: 900 * money.Unit})
	idle := day(performance.Metrics{Impressions: 50_000, Clicks: 1000, Spend: 200 * money.Unit})
	for _, c := range []struct {
		metric          string
		before, after   *sample
		verdict, reason string
	}{
		{"cpa", none, some, "unknown", "no_conversions"},
		{"cpa", none, none, "unknown", "no_conversions"},
		{"ctr", some, none, "unknown", "no_impressions"},
		{"conversions", some, idle, "lower", ""},
		{"cvr", some, idle, "lower", ""},
		{"conversions", none, none, "unknown", "sample_too_small"},
		{"spend", some, some, "unknown", "too_few_days"},
		{"roas", some, idle, "unknown", "sample_too_small"},
		{"clicks", some, some, "no_difference", ""},
	} {
		f, _ := figureNamed(c.metric)
		got := compare(f, c.before, c.after, true)
		if got.Verdict != c.verdict || got.Reason != c.reason {
			t.Errorf("%s: %q %q, want %q %q", c.metric, got.Verdict, got.Reason, c.verdict, c.reason)
		}
	}
}

// The quotients tested here are the KPIs shown elsewhere.
func TestFiguresAreTheKPIs(t *testing.T) {
	total := totalsOf(120_000, 2_345, 67, 987_654_321, 1_234_567_890)
	for i := range figures {
		f := &figures[i]
		got, ok := f.number(&total.Metrics)
		if want := f.of(&total); !ok || math.Abs(got*1e6-float64(want.Micros)) > 0.6 && f.isKPI() {
			t.Errorf("%s: %f, want %d micros", f.name, got, want.Micros)
		}
	}
}

func TestDiscoveriesAreAdjusted(t *testing.T) {
	got := adjusted([]float64{0.01, 0.5, 0.03, 0.02})
	for i, want := range []float64{0.04, 0.5, 0.04, 0.04} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("q %v", got)
		}
	}
}
