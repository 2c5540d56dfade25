package forecast_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/forecast"
)

// process generates a series of n values around 100 with the given season.
func process(seed uint64, n, season int, phi, noise float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	y, e := make([]float64, n), 0.0
	for t := range y {
		e = phi*e + noise*r.NormFloat64()
		y[t] = 100 + e
		if season > 1 {
			y[t] += 20 * math.Sin(2*math.Pi*float64(t)/float64(season))
		}
	}
	return y
}

func next(t *testing.T, y []float64, season, h int, opts forecast.Options) forecast.Forecast {
	t.Helper()
	m, err := forecast.New(y, season, opts)
	if err != nil {
		t.Fatalf("%d values, season %d: %v", len(y), season, err)
	}
	return m.Next(h)
}

func sound(t *testing.T, what string, f forecast.Forecast, h int) {
	t.Helper()
	if len(f.Points) != h {
		t.Fatalf("%s: %d points, want %d", what, len(f.Points), h)
	}
	for i, p := range f.Points {
		ordered := p.Low95 <= p.Low80 && p.Low80 <= p.Mean && p.Mean <= p.High80 && p.High80 <= p.High95
		if !ordered || math.IsInf(p.Low95, 0) || math.IsInf(p.High95, 0) {
			t.Fatalf("%s: step %d: %+v", what, i+1, p)
		}
	}
	b := f.Backtest
	for _, v := range []float64{b.SMAPE, b.MASE, b.OWA, b.MAE} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%s: backtest %+v", what, b)
		}
	}
	if f.Method == "" {
		t.Fatalf("%s: no method", what)
	}
}

func TestNoSeriesIsTooOdd(t *testing.T) {
	nan := math.NaN()
	spiked := make([]float64, 120)
	spiked[60] = 1e12
	series := map[string][]float64{
		"one value":      {7},
		"two values":     {7, 9},
		"zeros":          make([]float64, 60),
		"a constant":     {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3},
		"one third":      {1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3},
		"negative":       {-5, -3, -8, -2, -9, -4, -6, -1, -7, -5, -3, -8, -2, -9, -4, -6, -1, -7, -5, -3, -8, -2, -9, -4, -6},
		"a spike":        spiked,
		"huge":           {1e99, -1e99, 1e99, 2e99, -1e99, 1e99, 1e99, -1e99, 1e99, 2e99, -1e99, 1e99},
		"tiny":           {1e-300, 2e-300, 1e-300, 3e-300, 1e-300, 2e-300, 1e-300, 2e-300, 1e-300, 3e-300, 1e-300, 2e-300},
		"mostly gaps":    {nan, 4, nan, nan, nan, 5, nan, nan, nan, nan, nan, nan, nan, 3, nan, nan},
		"gaps and noise": gapped(process(3, 200, 7, 0.5, 3)),
		"doubling":       {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288},
	}
	for what, y := range series {
		for _, season := range []int{1, 2, 3, 4, 7, 24} {
			for _, h := range []int{0, 1, 30} {
				sound(t, fmt.Sprintf("%s, season %d", what, season), next(t, y, season, h, forecast.Options{Horizon: h}), h)
			}
		}
	}
}

func gapped(y []float64) []float64 {
	r := rand.New(rand.NewPCG(9, 9))
	for range len(y) / 5 {
		y[r.IntN(len(y))] = math.NaN()
	}
	return y
}

func TestSameInputSameBits(t *testing.T) {
	y := process(1, 300, 24, 0.6, 4)
	first := next(t, y, 24, 30, forecast.Options{})
	for range 3 {
		if again := next(t, y, 24, 30, forecast.Options{}); !reflect.DeepEqual(first, again) {
			t.Fatal("the same series gave two forecasts")
		}
	}
}

func TestInOtherUnits(t *testing.T) {
	for season, y := range map[int][]float64{1: process(2, 150, 1, 0.9, 3), 7: process(3, 150, 7, 0.4, 5)} {
		scaled := make([]float64, len(y))
		for i, v := range y {
			scaled[i] = 1024 * v
		}
		a, b := next(t, y, season, 14, forecast.Options{}), next(t, scaled, season, 14, forecast.Options{})
		for i := range a.Points {
			for _, pair := range [][2]float64{{a.Points[i].Mean, b.Points[i].Mean}, {a.Points[i].Low95, b.Points[i].Low95}, {a.Points[i].High80, b.Points[i].High80}} {
				if math.Abs(1024*pair[0]-pair[1]) > 1e-6*math.Abs(pair[1]) {
					t.Fatalf("season %d step %d: %g in one unit, %g in a 1024th of it", season, i, pair[0], pair[1])
				}
			}
		}
	}
}

func TestThePatternIsFound(t *testing.T) {
	f := next(t, process(5, 24*20, 24, 0, 0.1), 24, 48, forecast.Options{})
	for i, p := range f.Points {
		want := 100 + 20*math.Sin(2*math.Pi*float64(i)/24)
		if math.Abs(p.Mean-want) > 0.4 {
			t.Fatalf("step %d: %g, want %g", i+1, p.Mean, want)
		}
	}
	if f.Backtest.OWA >= 1 || f.Confidence != forecast.High {
		t.Errorf("confidence %s with backtest %+v", f.Confidence, f.Backtest)
	}
}

func TestTheWeekOfHoursIsFound(t *testing.T) {
	y := make([]float64, 168*5)
	for t := range y {
		y[t] = 100 + 30*math.Sin(2*math.Pi*float64(t)/24)
		if t/24%7 >= 5 {
			y[t] *= 0.5
		}
	}
	known := y[:168*4+24*4] // Friday and Saturday come next
	day := next(t, known, 24, 48, forecast.Options{Cycle: -1})
	week := next(t, known, 24, 48, forecast.Options{})
	mae := func(f forecast.Forecast) (sum float64) {
		for i, p := range f.Points {
			sum += math.Abs(p.Mean-y[len(known)+i]) / 48
		}
		return sum
	}
	if mae(week) > 1 || mae(day) < 5 {
		t.Errorf("error with the week %g, without %g", mae(week), mae(day))
	}
}

func TestGapsAreNeitherZerosNorErrors(t *testing.T) {
	y := process(6, 210, 7, 0, 1)
	whole := next(t, y, 7, 7, forecast.Options{})
	holed := append([]float64(nil), y...)
	for i := 10; i < len(holed); i += 9 {
		holed[i] = math.NaN()
	}
	for i, p := range next(t, holed, 7, 7, forecast.Options{}).Points {
		if math.Abs(p.Mean-whole.Points[i].Mean) > 2 {
			t.Errorf("step %d: %g with gaps, %g without", i+1, p.Mean, whole.Points[i].Mean)
		}
	}
	late := append(append([]float64(nil), y[:205]...), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN())
	for i, p := range next(t, late, 7, 7, forecast.Options{}).Points {
		if math.Abs(p.Mean-whole.Points[i].Mean) > 3 {
			t.Errorf("step %d: %g with the end missing, %g without", i+1, p.Mean, whole.Points[i].Mean)
		}
	}
}

func TestCountsStayAtZeroOrAbove(t *testing.T) {
	y := []float64{3, 0, 1, 0, 0, 4, 0, 1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 3, 0, 0}
	open, counted := next(t, y, 1, 5, forecast.Options{}), next(t, y, 1, 5, forecast.Options{NonNegative: true})
	if open.Points[0].Low95 >= 0 {
		t.Fatalf("the bound that should have been lifted is %g", open.Points[0].Low95)
	}
	for _, p := range counted.Points {
		if p.Low95 < 0 || p.Low80 < 0 || p.Mean < 0 {
			t.Errorf("below 0: %+v", p)
		}
	}
}

func TestConfidenceNeedsFiveSeasons(t *testing.T) {
	y := process(8, 100, 7, 0, 1)
	if got := next(t, y[:34], 7, 7, forecast.Options{}).Confidence; got != forecast.Low {
		t.Errorf("under five weeks: %s", got)
	}
	if got := next(t, y, 7, 7, forecast.Options{}).Confidence; got != forecast.High {
		t.Errorf("fourteen weeks of a clear pattern: %s", got)
	}
	walk := make([]float64, 100)
	for i := 1; i < len(walk); i++ {
		walk[i] = walk[i-1] + y[i] - 100
	}
	if got := next(t, walk[:4], 1, 7, forecast.Options{}).Confidence; got != forecast.Low {
		t.Errorf("four days: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	for what, c := range map[string]struct {
		y      []float64
		season int
		opts   forecast.Options
		want   error
	}{
		"nothing":           {nil, 1, forecast.Options{}, forecast.ErrEmpty},
		"only gaps":         {[]float64{math.NaN()}, 1, forecast.Options{}, forecast.ErrEmpty},
		"infinite":          {[]float64{1, math.Inf(1)}, 1, forecast.Options{}, forecast.ErrNotFinite},
		"immense":           {[]float64{1, -1e200}, 1, forecast.Options{}, forecast.ErrNotFinite},
		"no season":         {[]float64{1}, 0, forecast.Options{}, forecast.ErrOptions},
		"horizon":           {[]float64{1}, 1, forecast.Options{Horizon: -1}, forecast.ErrOptions},
		"cycle of no weeks": {[]float64{1}, 24, forecast.Options{Cycle: 100}, forecast.ErrOptions},
	} {
		_, err := forecast.New(c.y, c.season, c.opts)
		if !errors.Is(err, c.want) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// Intervals are judged where the truth is known: many simulated futures.
func TestIntervalsHoldWhatTheySay(t *testing.T) {
	for what, c := range map[string]struct {
		season, n, h int
		phi          float64
	}{
		"noise":            {1, 120, 7, 0},
		"autoregression":   {1, 150, 7, 0.8},
		"near random walk": {1, 150, 7, 0.99},
		"weekly season":    {7, 140, 14, 0.5},
	} {
		const series = 80
		var within80, within95 float64
		for seed := range uint64(series) {
			y := process(100+seed, c.n+c.h, c.season, c.phi, 3)
			for i, p := range next(t, y[:c.n], c.season, c.h, forecast.Options{Horizon: c.h}).Points {
				v := y[c.n+i]
				within80 += share(p.Low80 <= v && v <= p.High80, series*c.h)
				within95 += share(p.Low95 <= v && v <= p.High95, series*c.h)
			}
		}
		if within80 < 0.72 || within80 > 0.90 || within95 < 0.89 || within95 > 0.99 {
			t.Errorf("%s: 80 %% intervals hold %.3f, 95 %% intervals %.3f", what, within80, within95)
		}
	}
}

func share(yes bool, n int) float64 {
	if yes {
		return 1 / float64(n)
	}
	return 0
}

func BenchmarkHourly(b *testing.B) {
	y := process(1, 960, 24, 0.6, 4)
	for b.Loop() {
		m, err := forecast.New(y, 24, forecast.Options{Horizon: 48})
		if err != nil {
			b.Fatal(err)
		}
		m.Next(48)
	}
}

func BenchmarkDaily(b *testing.B) {
	y := process(1, 90, 7, 0.6, 4)
	for b.Loop() {
		m, err := forecast.New(y, 7, forecast.Options{})
		if err != nil {
			b.Fatal(err)
		}
		m.Next(14)
	}
}
