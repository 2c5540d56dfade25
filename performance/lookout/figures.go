package lookout

import (
	"math"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
)

// figure is one series that is watched in every campaign.
type figure struct {
	name string
	// counts is what the figure counts, or is a ratio of; NumMetrics for money
	// over what is plenty.
	counts performance.Metric
	worse  anomaly.Kind // the direction that costs somebody something
}

var figures = []figure{
	{"impressions", performance.Impressions, anomaly.Drop},
	{"clicks", performance.Clicks, anomaly.Drop},
	{"spend", performance.NumMetrics, anomaly.Spike},
	{"conversions", performance.Conversions, anomaly.Drop},
	{"ctr", performance.Clicks, anomaly.Drop},
	{"cpc", performance.Clicks, anomaly.Spike},
	{"cpm", performance.NumMetrics, anomaly.Spike},
	{"cpa", performance.Conversions, anomaly.Spike},
	{"cvr", performance.Conversions, anomaly.Drop},
	{"roas", performance.Conversions, anomaly.Drop},
}

// Figures are the names of the figures that are watched.
func Figures() []string {
	names := make([]string, len(figures))
	for i, f := range figures {
		names[i] = f.name
	}
	return names
}

const (
	// noise is the share of the expected below which a difference is of no
	// consequence: ±10 % is noise to those who run campaigns, and a value an
	// hour is looser than the windows they look at.
	noise = 0.2
	// deviations of a count that chance alone may explain.
	deviations = 3
	// fewest is the count that must have been expected or come: of less, one
	// more or less in an hour says nothing.
	fewest = 10
	// run is how many hours a new level is told by.
	run = 6
)

// loud reports whether a verdict is worth telling: it must differ from what was
// expected by more than noise, and by more than a count of that size would by
// chance. What is about unrest or a standstill has no such size.
func (f *figure) loud(v *anomaly.Verdict, j *performance.Judged) bool {
	if v.Kind == anomaly.Unrest || v.Kind == anomaly.Flatline {
		return false
	}
	least := noise
	if n := f.expectedCount(v.Expected.Mid, j); n >= 0 {
		if j.Unit == "" && max(n, v.Observed) < fewest {
			return false
		}
		if v.Kind == anomaly.LevelShift {
			n *= run
		}
		n = max(n, 0.01)
		least = max(least, deviations*math.Sqrt(max(n, 1))/n)
	}
	return math.Abs(v.Observed-v.Expected.Mid) > least*math.Abs(v.Expected.Mid)
}

// expectedCount is how many of what it counts the figure should rest on;
// negative when it counts nothing.
func (f *figure) expectedCount(mid float64, j *performance.Judged) float64 {
	switch {
	case f.counts == performance.NumMetrics:
		return -1
	case j.Unit == "":
		return mid
	case j.SampleOf == f.counts:
		return float64(j.Sample)
	}
	return mid * float64(j.Sample)
}
