package nab

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/performance/anomaly"
)

// The labelled series at hand are few: one window more or less moves their
// score by four points. These generated ones are in the style of what the
// detector is for and of what it was not chosen on: ad exchanges (hourly, heavy
// tails), cloud metrics, traffic with uneven steps, counts with bursts. They
// hold windows as the benchmark does: a tenth of a series, around the event.
func TestGeneratedSeries(t *testing.T) {
	least := map[string]float64{"exchange": 60, "cloud": 65, "traffic": 75, "volume": 70}
	g := &generator{rand.New(rand.NewPCG(7, 11))}
	all := slices.Concat(g.exchanges(), g.cloud(), g.traffic(), g.volumes())
	results := make([]scored, len(all))
	for i, s := range all {
		results[i] = scored{s, detect(s)}
	}
	r := report(results, anomaly.Threshold)
	for _, c := range r.Categories {
		if got := *c.Scores[0].Score; got < least[c.Name] {
			t.Errorf("%s: standard score %.1f, want at least %g", c.Name, got, least[c.Name])
		}
	}
	if r.FalseAlarmsPerSeriesWeek > 0.8 {
		t.Errorf("%.2f false alarms per series and week", r.FalseAlarmsPerSeriesWeek)
	}
	t.Logf("standard %.1f, low FP %.1f, low FN %.1f", *r.Overall[0].Score, *r.Overall[1].Score, *r.Overall[2].Score)
}

type generator struct{ *rand.Rand }

func (g *generator) pareto(index float64) float64 { return math.Pow(g.Float64(), -1/index) }

// times are n steps. An uneven series has longer ones, and now and then hours
// without a value.
func (g *generator) times(n int, step time.Duration, uneven float64) []time.Time {
	t := time.Date(2014, 2, 3+g.IntN(7), g.IntN(24), 0, 0, 0, time.UTC)
	at := make([]time.Time, n)
	for i := range at {
		at[i] = t
		t = t.Add(step)
		if uneven == 0 {
			continue
		}
		t = t.Add(time.Duration(g.ExpFloat64() * uneven * float64(step)).Round(time.Minute))
		if g.Float64() < 0.01 {
			t = t.Add(time.Duration(g.IntN(8)) * time.Hour)
		}
	}
	return at
}

// events are k rows spread over what comes after probation.
func (g *generator) events(n, k int) []int {
	low := n * 20 / 100
	width := (n*95/100 - low) / k
	rows := make([]int, k)
	for i := range rows {
		rows[i] = low + i*width + width/5 + g.IntN(width*3/5)
	}
	return rows
}

// named makes a series of its parts, with a window around each event.
func named(category string, i int, at []time.Time, values []float64, events []int) series {
	s := series{name: fmt.Sprintf("%s/%02d.csv", category, i), at: at, values: values}
	half := len(values) / 10 / len(events) / 2
	for _, e := range events {
		s.windows = append(s.windows, window{max(0, e-half), min(len(values)-1, e+half)})
	}
	return s
}

// day is the usual wave of a day, lower at weekends.
func day(t time.Time) float64 {
	h := float64(t.Hour()) + float64(t.Minute())/60
	wave := 1 + 0.6*math.Sin((h-9)/24*2*math.Pi) + 0.15*math.Sin((h-3)/12*2*math.Pi)
	if t.Weekday() == time.Sunday || t.Weekday() == time.Saturday {
		wave *= 0.85
	}
	return wave
}

// exchanges are prices by the hour: what they hover around drifts, and some
// hours are dear. Events: one dearer than any, some dear ones, a collapse.
func (g *generator) exchanges() []series {
	var all []series
	for i := range 8 {
		n := 1600 + g.IntN(60)
		at := g.times(n, time.Hour, 0)
		events := g.events(n, 1+g.IntN(3))
		noise, index, depth := 0.1+0.25*g.Float64(), 2.2+1.5*g.Float64(), 0.2+0.8*g.Float64()
		values, drift := make([]float64, n), 0.0
		for j := range values {
			drift = 0.8*drift + noise*0.6*g.NormFloat64()
			values[j] = (1 + depth*(day(at[j])-1)) * math.Exp(drift+noise*0.3*g.NormFloat64())
			if g.Float64() < 0.03 {
				values[j] *= 1 + 0.5*(g.pareto(index)-0.5)
			}
		}
		most := slices.Max(values)
		for _, e := range events {
			g.disturbPrice(values[e:], most)
		}
		all = append(all, named("exchange", i, at, values, events))
	}
	return all
}

func (g *generator) disturbPrice(v []float64, most float64) {
	switch g.IntN(3) {
	case 0:
		v[0] = most * (0.9 + g.Float64())
	case 1:
		for j := range 3 + g.IntN(6) {
			v[j] = most * (0.5 + 0.6*g.Float64())
		}
	default:
		for j := range 12 + g.IntN(24) {
			v[j] *= 0.15 + 0.1*g.Float64()
		}
	}
}

// cloud are metrics of machines, every five minutes, of six sorts.
func (g *generator) cloud() []series {
	const n = 4032
	var all []series
	for i := range 12 {
		at := g.times(n, 5*time.Minute, 0)
		events := g.events(n, 1+g.IntN(2))
		values, level := make([]float64, n), 1.0
		for j := range values {
			switch i % 6 {
			case 0: // an idle processor
				values[j] = 2 + 0.1*g.NormFloat64()
				if g.Float64() < 0.01 {
					values[j] += g.ExpFloat64()
				}
			case 1: // a network with bursts
				values[j] = 1e5 * math.Exp(0.5*g.NormFloat64())
				if g.Float64() < 0.02 {
					values[j] += 1e6 * g.pareto(3)
				}
			case 2: // a disk that mostly rests
				if j%12 == 0 || g.Float64() < 0.03 {
					values[j] = 1e6 * (1 + 0.3*g.NormFloat64())
				}
			case 3: // a processor that wanders
				level += 0.05*(40-level) + 1.5*g.NormFloat64()
				values[j] = level + g.NormFloat64()
			case 4: // memory that fills up and is freed
				values[j] = 20 + float64(j%700)/700*5 + 0.2*g.NormFloat64()
			default: // requests
				m := 60 * day(at[j])
				values[j] = math.Round(math.Max(0, m+math.Sqrt(m)*2*g.NormFloat64()*math.Exp(0.4*g.NormFloat64())))
			}
		}
		most := slices.Max(values)
		for _, e := range events {
			g.disturbMetric(values[e:], most, i%6 == 2)
		}
		all = append(all, named("cloud", i, at, values, events))
	}
	return all
}

func (g *generator) disturbMetric(v []float64, most float64, mostlyZero bool) {
	switch k := g.IntN(4); {
	case k == 0:
		v[0] = most * (1.5 + g.Float64())
	case k == 1:
		for j := range 20 + g.IntN(40) {
			v[j] += most * (0.7 + 0.1*g.NormFloat64())
		}
	case k == 2 && !mostlyZero:
		for j := range 30 + g.IntN(60) {
			v[j] *= 0.1
		}
	default: // a new level for good
		for j := range v {
			v[j] = v[j]*1.5 + 0.3*most
		}
	}
}

// traffic is speed, occupancy and travel time on roads. Events: jams.
func (g *generator) traffic() []series {
	var all []series
	for i := range 7 {
		n := 1100 + g.IntN(1400)
		at := g.times(n, 5*time.Minute, 0.8)
		events := g.events(n, 1+g.IntN(3))
		values := make([]float64, n)
		for j := range values {
			values[j] = g.road(i%3, day(at[j]))
		}
		for _, e := range events {
			for j := range 4 + g.IntN(10) {
				switch i % 3 {
				case 0:
					values[e+j] = 20 + 15*g.Float64()
				case 1:
					values[e+j] += 25 + 8*g.NormFloat64()
				default:
					values[e+j] += 400 + 200*g.Float64()
				}
			}
		}
		all = append(all, named("traffic", i, at, values, events))
	}
	return all
}

func (g *generator) road(sort int, wave float64) float64 {
	switch sort {
	case 0:
		v := math.Round(70 - 4*math.Max(0, wave-1.2) + 3.5*g.NormFloat64())
		if g.Float64() < 0.01 {
			v -= 15 * g.Float64()
		}
		return v
	case 1:
		v := math.Max(0, 8*wave+2.5*wave*g.NormFloat64())
		if g.Float64() < 0.015 {
			v += 8 * g.ExpFloat64()
		}
		return v
	}
	return math.Round(200 + 90*math.Max(0, wave-1)*g.Float64() + 40*g.ExpFloat64())
}

// volumes are mentions every five minutes: a wave, a drift, bursts that fade.
// Events: bursts about as high as the highest or higher.
func (g *generator) volumes() []series {
	const n = 15840
	var all []series
	for i := range 8 {
		at := g.times(n, 5*time.Minute, 0)
		events := g.events(n, 2+g.IntN(3))
		base, burst, drift := 5+60*g.Float64(), 0.0, 0.0
		values := make([]float64, n)
		for j := range values {
			if g.Float64() < 0.004 {
				burst += base * 0.5 * g.pareto(2)
			}
			burst *= 0.8
			drift = 0.95*drift + 0.08*g.NormFloat64()
			m := base*day(at[j])*math.Exp(drift) + burst
			values[j] = math.Round(math.Max(0, m+math.Sqrt(m)*1.5*g.NormFloat64()))
		}
		most := slices.Max(values)
		for _, e := range events {
			height := most * (0.6 + 1.2*g.Float64())
			for j := range 60 {
				values[e+j] += math.Round(height)
				height *= 0.85
			}
		}
		all = append(all, named("volume", i, at, values, events))
	}
	return all
}
