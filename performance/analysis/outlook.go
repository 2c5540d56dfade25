package analysis

import (
	"context"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Limits of outlooks.
const (
	MaxOutlookDays     = 90
	DefaultOutlookDays = 7
	outlookHistory     = 112 // days that are read: 16 weeks, which bounds the time of an answer
	minOutlookHistory  = 2
	surerOutlook       = 5 // complete days, below which confidence is low (mureo)
)

// ErrTooLittle refuses a forecast from nothing.
var ErrTooLittle = fault.New(fault.Invalid, "too_little_history", "There are too few complete days to forecast from.",
	"Ask again when 2 local days with delivery are over; 14 and more let weekdays count.")

// Outlook is what to expect of the next local days, the present one first: as
// it is not over, it is predicted whole.
type Outlook struct {
	Answer
	Period
	History    []performance.Metrics // the complete days before First
	Items      []Prediction
	Confidence forecast.Confidence // the lowest of the items
}

// Prediction is one metric's next days.
type Prediction struct {
	Metric     string
	Unit       performance.Unit
	Points     []Expected
	Total      Range // bounds are the sums of the days' bounds: wide rather than narrow
	Method     string
	Backtest   forecast.Backtest
	Confidence forecast.Confidence
	Factors    Factors
}

// Expected is one day.
type Expected struct {
	Day localday.Day
	Range
}

// Range is the middle and the ranges that hold in 80 and 95 of 100 cases.
type Range struct{ Mid, Low80, High80, Low95, High95 Value }

// Factors are what moves a forecast, for a reader to judge it by: the methods
// find these in the series for themselves.
type Factors struct {
	Level       Value      // the mean of the last 7 complete days
	Weekdays    [7]float64 // relative to the mean, Sunday first
	HasWeekdays bool
	Trend       Trend
}

var outlookMetrics = []string{"impressions", "clicks", "conversions", "spend", "revenue"}

// Outlook forecasts from the complete local days. The errors are ErrDays, those
// of queries, and ErrTooLittle, with which it still says what it stood on.
func (s *Service) Outlook(ctx context.Context, partner, campaign uuid.UUID, days int, asOf AsOf) (Outlook, error) {
	if err := checkDays(days, 1, MaxOutlookDays); err != nil {
		return Outlook{}, err
	}
	r, err := s.read(ctx, partner, campaign, asOf)
	if err != nil {
		return Outlook{}, err
	}
	c, err := r.course(ctx, outlookHistory)
	if err != nil {
		return Outlook{}, err
	}
	o := Outlook{Answer: r.Answer, History: c.days, Confidence: forecast.High}
	o.Period = Period{First: r.today, Last: r.today + localday.Day(days-1)}
	o.From, _ = localday.Bounds(o.First, r.Zone)
	_, o.To = localday.Bounds(o.Last, r.Zone)
	if len(c.days) < minOutlookHistory {
		return o, ErrTooLittle.With("%d complete days with delivery are known; at least %d are needed.", len(c.days), minOutlookHistory)
	}
	if o.Items, err = r.predictAll(c, days); err != nil {
		return Outlook{}, err
	}
	for _, p := range o.Items {
		o.Confidence = forecast.Lower(o.Confidence, p.Confidence)
	}
	return o, nil
}

// Course is a metric over the complete days that the forecast is learned from,
// in micros of its unit; nil for a name that is none.
func (o *Outlook) Course(metric string) []int64 {
	f, err := figureNamed(metric)
	if err != nil || f.isKPI() {
		return nil
	}
	out := make([]int64, len(o.History))
	for i := range o.History {
		day := performance.Totals{Metrics: o.History[i], Currency: o.Currency}
		out[i] = f.of(&day).Micros
	}
	return out
}

// predictAll forecasts the metrics side by side.
func (r *reading) predictAll(c course, days int) ([]Prediction, error) {
	all := make([]Prediction, len(outlookMetrics))
	var group errgroup.Group
	for i, name := range outlookMetrics {
		group.Go(func() (err error) {
			f, _ := figureNamed(name) // a constant
			all[i], err = r.predict(f, c, days)
			return err
		})
	}
	return all, group.Wait()
}

// predict forecasts one metric.
func (r *reading) predict(f *figure, c course, days int) (Prediction, error) {
	series := c.series(f)
	model, err := forecast.New(series, 7, forecast.Options{Horizon: min(days, 14), NonNegative: true})
	if err != nil {
		return Prediction{}, err
	}
	found := model.Next(days)
	p := Prediction{Metric: f.name, Unit: f.unit, Method: found.Method, Backtest: found.Backtest, Factors: r.factors(f, series, c.first)}
	p.Confidence = confidenceOf(len(series), found)
	p.Total = r.interval(f, forecast.Interval{})
	for i, point := range found.Points {
		e := Expected{r.today + localday.Day(i), r.interval(f, point)}
		p.Points = append(p.Points, e)
		p.Total.add(e.Range)
	}
	return p, nil
}

func (r *reading) interval(f *figure, i forecast.Interval) Range {
	v := func(x float64) Value {
		out := Value{Micros: micros(x), Unit: f.unit}
		if f.unit == performance.Amount {
			out.Currency = r.Currency
		}
		return out
	}
	return Range{v(i.Mean), v(i.Low80), v(i.High80), v(i.Low95), v(i.High95)}
}

func (x *Range) add(y Range) {
	x.Mid.Micros += y.Mid.Micros
	x.Low80.Micros += y.Low80.Micros
	x.High80.Micros += y.High80.Micros
	x.Low95.Micros += y.Low95.Micros
	x.High95.Micros += y.High95.Micros
}

// confidenceOf is low under 5 complete days or without a rehearsal, and high
// when rehearsals beat repeating the past.
func confidenceOf(days int, f forecast.Forecast) forecast.Confidence {
	switch {
	case days < surerOutlook || f.Backtest.Origins == 0:
		return forecast.Low
	case f.Backtest.Origins >= 4 && f.Backtest.OWA < 1:
		return forecast.High
	}
	return forecast.Medium
}

func (r *reading) factors(f *figure, series []float64, first localday.Day) Factors {
	var out Factors
	recent := series[max(0, len(series)-7):]
	out.Level = r.interval(f, forecast.Interval{Mean: mean(recent)}).Mid
	if all := mean(series); all > 0 && len(series) >= 7 {
		out.HasWeekdays = true
		for day := range localday.Day(7) {
			var same []float64
			for i := day; int(i) < len(series); i += 7 {
				same = append(same, series[i])
			}
			out.Weekdays[(first + day).Weekday()] = mean(same) / all
		}
	}
	out.Trend = TrendOf(series)
	return out
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
