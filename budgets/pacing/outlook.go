package pacing

import (
	"math"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
)

// Outlook is what a budget will have spent some days from now.
type Outlook struct {
	Until         localday.Day `json:"until"` // the last local day that counts
	P10, P50, P90 int64        // total reported by the end of it
	Daily         []DayOutlook

	// Overspend is the probability, from 0 to 1, that the platforms report more
	// than the limit by then if nothing stops them.
	Overspend float64
	// Recommended is the daily limit from today on that ends at the budget's
	// limit with the end of the plan; nil without one.
	Recommended *int64

	// Error is the mean absolute error of such outlooks made in this campaign's
	// own past, as a fraction of what came; nil when none could be made.
	Error      *float64
	Backtests  int
	Confidence Confidence
	Method     string
}

// DayOutlook is one day ahead.
type DayOutlook struct {
	Day           localday.Day
	P10, P50, P90 int64
}

// MaxHorizon is how many days ahead an outlook may reach.
const MaxHorizon = 366

// Ahead forecasts the spend of the plan's budget over a number of local days
// from today on. It fails as forecast.New does: without a single complete day
// there is nothing to forecast from.
//
// The middle comes from package forecast. How far to trust it comes from the
// campaign's own past: the same outlook is made at earlier days, and the ratio
// of what came to what was expected, taken as log-normal with a prior that
// counts as priorOutlooks earlier outlooks, gives the quantiles and the
// probability. Ratios of sums are used, because the errors of single days are
// not independent and do not add up.
func (p Plan) Ahead(now time.Time, spent int64, days []Day, horizon int) (Outlook, error) {
	today := localday.Of(now, p.Zone)
	series := dense(days, today)
	soFar := int64(0)
	for _, d := range days {
		if d.Day == today {
			soFar = d.Spend
		}
	}
	model, err := forecast.New(series, 7, forecast.Options{NonNegative: true, Horizon: min(14, max(1, horizon))})
	if err != nil {
		return Outlook{}, err
	}
	ahead := model.Next(horizon)
	out := Outlook{Until: today + localday.Day(horizon) - 1, Confidence: confidence(len(series)), Method: ahead.Method}
	rest := 0.0 // still to come, beyond what today has brought
	for i, point := range ahead.Points {
		mean := point.Mean
		if i == 0 {
			mean = math.Max(mean, float64(soFar))
		}
		out.Daily = append(out.Daily, DayOutlook{today + localday.Day(i), whole(point.Low80), whole(mean), whole(point.High80)})
		rest += mean
	}
	rest -= float64(soFar)
	mu, sigma := out.rehearse(series, horizon)
	out.P10, out.P50, out.P90 = spent+whole(rest*math.Exp(mu-z90*sigma)), spent+whole(rest*math.Exp(mu)), spent+whole(rest*math.Exp(mu+z90*sigma))
	out.Overspend = overspend(float64(p.Limit-spent), rest, mu, sigma)
	out.Recommended = p.Of(now, spent, days).Required
	return out, nil
}

const z90 = 1.2815515655446004 // the normal quantile of 0.9

// priorSigma is how far off an outlook is before this campaign has shown
// anything: a third. It counts as much as priorOutlooks outlooks.
const (
	priorSigma    = 0.33
	priorOutlooks = 3
	maxBacktests  = 8
	leastHistory  = 4
)

// rehearse makes the outlook at earlier days and returns the centre and the
// width of the logarithm of its error.
func (o *Outlook) rehearse(series []float64, horizon int) (mu, sigma float64) {
	span := min(horizon, len(series)/2)
	var logs []float64
	total := 0.0
	for origin := len(series) - span; span > 0 && origin >= leastHistory && o.Backtests < maxBacktests; origin -= max(1, span/2) {
		expected, came, ok := outlookAt(series, origin, span)
		if !ok {
			continue
		}
		o.Backtests++
		total += math.Abs(came-expected) / math.Max(came, expected/10)
		logs = append(logs, clamp(math.Log(math.Max(came, expected/100)/expected), -3, 3))
	}
	if o.Backtests > 0 {
		mean := total / float64(o.Backtests)
		o.Error = &mean
	}
	n := float64(len(logs))
	for _, l := range logs {
		mu += l / (n + priorOutlooks) // drawn to 0: one bad month is no bias
	}
	sum := priorOutlooks * priorSigma * priorSigma
	for _, l := range logs {
		sum += (l - mu) * (l - mu)
	}
	sigma = math.Sqrt(sum / (n + priorOutlooks))
	if span > 0 && horizon > span { // further than was rehearsed: errors grow as a random walk's
		sigma *= math.Sqrt(float64(horizon) / float64(span))
	}
	return mu, sigma
}

// outlookAt is what a forecast at an earlier day expected of the days after it,
// and what they brought.
func outlookAt(series []float64, origin, span int) (expected, came float64, ok bool) {
	model, err := forecast.New(series[:origin], 7, forecast.Options{NonNegative: true, Horizon: min(14, span)})
	if err != nil {
		return 0, 0, false
	}
	for _, point := range model.Next(span).Points {
		expected += point.Mean
	}
	for _, v := range series[origin : origin+span] {
		came += v
	}
	return expected, came, expected > 0
}

// overspend is the probability that rest, times its error, passes room.
func overspend(room, rest, mu, sigma float64) float64 {
	switch {
	case room <= 0:
		return 1
	case rest <= 0:
		return 0
	}
	return 0.5 * math.Erfc((math.Log(room/rest)-mu)/(sigma*math.Sqrt2))
}

// dense are the complete days from the first to yesterday, a day without a
// report in between as no spend.
func dense(days []Day, today localday.Day) []float64 {
	days = slices.DeleteFunc(slices.Clone(days), func(d Day) bool { return d.Day >= today })
	if len(days) == 0 {
		return nil
	}
	first := days[0].Day
	series := make([]float64, today-first)
	for _, d := range days {
		series[d.Day-first] = math.Max(0, float64(d.Spend))
	}
	return series
}

func whole(x float64) int64 { return int64(math.Round(clamp(x, 0, math.MaxInt64/4))) }

func clamp(x, low, high float64) float64 { return math.Min(math.Max(x, low), high) }
