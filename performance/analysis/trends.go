package analysis

import (
	"context"
	"math"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Days of trends.
const (
	MinTrendDays     = minTrendDays
	MaxTrendDays     = 365
	DefaultTrendDays = 28
)

// Trends answers for one figure or all of them.
type Trends struct {
	Answer
	Period
	Items []FigureTrend
}

// FigureTrend is the trend of one figure with the days behind it.
type FigureTrend struct {
	Metric string
	Unit   performance.Unit
	Trend
	Points []Point
}

// Point is a figure on one local day.
type Point struct {
	Day localday.Day
	Value
}

// Trends tests the complete local days before the present one, for all figures
// when metric is empty. The errors are ErrMetric, ErrDays and those of queries.
func (s *Service) Trends(ctx context.Context, partner, campaign uuid.UUID, metric string, days int, asOf AsOf) (Trends, error) {
	chosen := figures
	if metric != "" {
		f, err := figureNamed(metric)
		if err != nil {
			return Trends{}, err
		}
		chosen = []figure{*f}
	}
	if err := checkDays(days, MinTrendDays, MaxTrendDays); err != nil {
		return Trends{}, err
	}
	r, err := s.read(ctx, partner, campaign, asOf)
	if err != nil {
		return Trends{}, err
	}
	c, err := r.course(ctx, days)
	if err != nil {
		return Trends{}, err
	}
	t := Trends{Answer: r.Answer}
	if t.Period, err = r.period(r.today-localday.Day(days), r.today-1); err != nil {
		return Trends{}, err
	}
	for i := range chosen {
		f := &chosen[i]
		series := c.series(f)
		t.Items = append(t.Items, FigureTrend{f.name, f.unit, TrendOf(series), c.points(f, series, r.Currency)})
	}
	return t, nil
}

func (c course) points(f *figure, series []float64, currency string) []Point {
	out := make([]Point, len(series))
	for i := range out {
		t := performance.Totals{Metrics: c.days[i], Currency: currency}
		out[i] = Point{c.first + localday.Day(i), f.of(&t)}
	}
	return out
}

// Measured is the slope and its interval in the unit of the series; without a
// trend to speak of all three say why.
func (t Trend) Measured(unit Value) (slope, low, high Value) {
	slope, low, high = unit, unit, unit
	if t.Direction == "unknown" {
		slope.Reason, low.Reason, high.Reason = t.Reason, t.Reason, t.Reason
		return slope, low, high
	}
	slope.Micros, low.Micros, high.Micros = micros(t.Slope), micros(t.Low), micros(t.High)
	return slope, low, high
}

// micros is a statistic as it leaves.
func micros(v float64) int64 { return bounded(math.Round(v * float64(money.Unit))) }
