package forecast

import (
	"math"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrEmpty = fault.New(fault.Invalid, "forecast_no_history",
		"There is no value to forecast from.", "Ask again when at least one period is complete.")
	ErrNotFinite = fault.New(fault.Invalid, "forecast_not_finite",
		"The history holds an infinite or an immense value.", "Correct the value, or mark it as missing.")
	ErrOptions = fault.New(fault.Invalid, "forecast_options",
		"The options of the forecast are not valid.", "Correct the fields listed.")
)

// Options shape a model. The zero value is a good start.
type Options struct {
	// Horizon is how many steps the methods are judged over. Next may be asked
	// for more or fewer; 0 means two seasons, or 14 without a season.
	Horizon int
	// Cycle is a longer season on top of the first, such as the week of hourly
	// values (168). 0 looks for one: seven seasons when the season is 24, and
	// the year of weekly values. Negative means there is none.
	Cycle int
	// NonNegative keeps forecasts and bounds at or above 0: for counts and money.
	NonNegative bool
}

// Limits of what New accepts. A history longer than maxHistory is cut to its
// newest part, so that the time for one series is bounded.
const (
	maxHistory = 1500
	maxSeason  = 1000
	maxHorizon = 10_000
	maxValue   = 1e100
)

// Model is a series with its methods judged. It is immutable and safe for use
// by several goroutines at once.
type Model struct {
	series  []float64 // without gaps
	trimmed int       // values missing at the end: forecasts begin after them
	season  int
	opts    Options
	methods []method
	weights []float64
	trial   trial
	spread  spread
}

// Forecast is the future of a series and how much to trust it.
type Forecast struct {
	Points     []Interval `json:"points"`
	Method     string     `json:"method"` // the methods that carry the weight, heaviest first
	Backtest   Backtest   `json:"backtest"`
	Confidence Confidence `json:"confidence"`
}

// Interval is one step ahead: the middle, and the ranges meant to hold the
// value in 80 and 95 of 100 cases. Mean is the centre of the combination; for
// skewed series it lies nearer to the median than to the expectation.
type Interval struct {
	Mean   float64 `json:"mean"`
	Low80  float64 `json:"low_80"`
	High80 float64 `json:"high_80"`
	Low95  float64 `json:"low_95"`
	High95 float64 `json:"high_95"`
}

// Confidence says in a word how much history stands behind a forecast.
type Confidence string

const (
	Low    Confidence = "low"    // under 5 complete seasons (or values), or no rehearsal was possible
	Medium Confidence = "medium" // enough to rehearse, not better than repeating the past
	High   Confidence = "high"   // rehearsed at least 4 times, and better than repeating the past
)

// Lower is the lower of two confidences.
func Lower(a, b Confidence) Confidence {
	for _, c := range []Confidence{Low, Medium} {
		if a == c || b == c {
			return c
		}
	}
	return High
}

// New judges the methods on series, oldest value first, NaN for a missing one.
// season is how many values make one season: 7 for days, 24 for hours, 1 for
// none. It fails with ErrEmpty, ErrNotFinite or ErrOptions.
func New(series []float64, season int, opts Options) (*Model, error) {
	if err := check(season, opts); err != nil {
		return nil, err
	}
	y, trailing, err := prepare(series, season)
	if err != nil {
		return nil, err
	}
	opts.Horizon = defaultHorizon(opts.Horizon, season)
	opts.Cycle = cycleOf(y, season, opts.Cycle)
	m := &Model{series: y, trimmed: trailing, season: season, opts: opts}
	m.methods = methodsFor(y, season, opts.Cycle)
	m.trial = rehearse(series, y, trailing, m.methods, season, opts)
	m.weights = m.trial.weights(-1)
	m.spread = newSpread(&m.trial, y, season)
	return m, nil
}

// Next forecasts the h steps that follow the series; h below 1 gives none.
func (m *Model) Next(h int) Forecast {
	h = max(0, min(h, maxHorizon))
	paths := make([][]float64, len(m.methods))
	for i, method := range m.methods {
		if m.weights[i] > 0 {
			paths[i] = run(method, m.series, h+m.trimmed)
		}
	}
	mean := blend(paths, m.weights, h+m.trimmed)
	points := make([]Interval, h)
	for i := range points {
		points[i] = m.spread.around(mean[i+m.trimmed], i+m.trimmed)
		if m.opts.NonNegative {
			points[i] = points[i].floored()
		}
	}
	backtest := m.trial.summary()
	return Forecast{Points: points, Method: m.name(), Backtest: backtest, Confidence: m.confidence(backtest)}
}

func (m *Model) confidence(b Backtest) Confidence {
	switch {
	case len(m.series) < 5*m.season || b.Origins == 0:
		return Low
	case b.Origins >= 4 && b.OWA < 1:
		return High
	}
	return Medium
}

func (i Interval) floored() Interval {
	return Interval{Mean: math.Max(0, i.Mean), Low80: math.Max(0, i.Low80), High80: math.Max(0, i.High80),
		Low95: math.Max(0, i.Low95), High95: math.Max(0, i.High95)}
}

func check(season int, opts Options) error {
	var wrong fault.Fields
	if season < 1 || season > maxSeason {
		wrong.Add("season", "out_of_range", "A season is a number of values.", "1 to 1000")
	}
	if opts.Horizon < 0 || opts.Horizon > maxHorizon {
		wrong.Add("horizon", "out_of_range", "A horizon is a number of steps.", "0 to 10000")
	}
	if opts.Cycle > maxSeason || opts.Cycle > 0 && (opts.Cycle <= season || opts.Cycle%season != 0) {
		wrong.Add("cycle", "out_of_range", "A cycle is made of whole seasons.", "a multiple of the season, at most 1000")
	}
	if len(wrong) == 0 {
		return nil
	}
	return ErrOptions.WithFields(wrong...)
}

func defaultHorizon(h, season int) int {
	switch {
	case h > 0:
		return h
	case season > 1:
		return 2 * season
	}
	return 14
}
