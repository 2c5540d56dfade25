package evaluate

import (
	"fmt"
	"io"
	"math"

	"github.com/hexabuilders/campaignd/forecast"
)

// Report is what was measured over all series. sMAPE and MASE are means over
// series, OWA compares these means with those of Naive2, as M4 does; coverage
// counts single values.
type Report struct {
	Series           int     `json:"series"`
	Season           int     `json:"season"`
	Horizon          int     `json:"horizon"`
	SMAPE            float64 `json:"smape"` // percent, 0 to 200
	MASE             float64 `json:"mase"`
	OWA              float64 `json:"owa"`
	Naive2           Errors  `json:"naive2"`
	Coverage80       float64 `json:"coverage_80"` // fraction, 0.8 is meant
	Coverage95       float64 `json:"coverage_95"` // fraction, 0.95 is meant
	SecondsPerSeries float64 `json:"seconds_per_series"`
	// Unscaled counts the series left out of MASE, whose history never moves.
	Unscaled int `json:"unscaled"`
}

// Errors are the two measures of one method.
type Errors struct {
	SMAPE float64 `json:"smape"`
	MASE  float64 `json:"mase"`
}

func summarise(results []result, opts Options) Report {
	report := Report{Series: len(results), Season: opts.Season, Horizon: opts.Horizon}
	var smape, mase, naiveSMAPE, naiveMASE average
	var points, within80, in95 int
	for _, r := range results {
		smape.add(r.smape)
		naiveSMAPE.add(r.naiveSMAPE)
		mase.add(r.mase)
		naiveMASE.add(r.naiveMASE)
		points, within80, in95 = points+r.points, within80+r.within80, in95+r.in95
		report.SecondsPerSeries += r.seconds / float64(len(results))
	}
	report.SMAPE, report.MASE = smape.value(), mase.value()
	report.Naive2 = Errors{SMAPE: naiveSMAPE.value(), MASE: naiveMASE.value()}
	report.Unscaled = len(results) - mase.n
	report.OWA = relative(report)
	if points > 0 {
		report.Coverage80 = float64(within80) / float64(points)
		report.Coverage95 = float64(in95) / float64(points)
	}
	return report
}

// relative is OWA; where the yardstick makes no error there is nothing to
// divide by, and 0 says that there is no figure.
func relative(r Report) float64 {
	if r.Naive2.SMAPE == 0 || r.Naive2.MASE == 0 {
		return 0
	}
	return forecast.OWA(r.SMAPE, r.MASE, r.Naive2.SMAPE, r.Naive2.MASE)
}

// average leaves out what does not exist.
type average struct {
	sum float64
	n   int
}

func (a *average) add(v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		a.sum, a.n = a.sum+v, a.n+1
	}
}

func (a *average) value() float64 {
	if a.n == 0 {
		return 0
	}
	return a.sum / float64(a.n)
}

// WriteText writes the report for a person.
func (r Report) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d series, season %d, horizon %d
          forecast    Naive2
sMAPE   %10.3f%10.3f  percent
MASE    %10.3f%10.3f
OWA     %10.3f     1.000
80 %% intervals hold %.1f %% of the values, 95 %% intervals %.1f %%
%.4f seconds per series
`, r.Series, r.Season, r.Horizon, r.SMAPE, r.Naive2.SMAPE, r.MASE, r.Naive2.MASE, r.OWA,
		100*r.Coverage80, 100*r.Coverage95, r.SecondsPerSeries)
	return err
}
