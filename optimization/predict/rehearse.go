package predict

import (
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/forecast"
)

const (
	season        = 7  // days
	mostRehearsed = 14 // days from each moment
	mostOrigins   = 4  // moments, a week apart: each costs as much as an answer
	leastKnown    = 2  // complete days at a moment

	rehearsedFutures = 300

	// The intervals are drawn towards what would have held in the past, as far as
	// the past can say: as if there had been so many more moments at which they
	// were right. Within bounds, because four weeks are few.
	// Moments with less than three weeks before them have intervals of another kind,
	// which say nothing of those of later.
	priorOrigins          = 3
	scaleKnown            = 3 * season
	leastScale, mostScale = 0.75, 1.5
)

// rehearsal is how the predictor would have done at moments of the campaign's
// past: each time it knew the days before, and is held against those after. The
// budget and the schedule are left out, as the days have what they allowed.
type rehearsal struct {
	accuracy [numMetrics]Accuracy
	scale    float64 // what the distance of bounds from the middle is multiplied with
}

// Accuracy is a rehearsal of one metric.
type Accuracy struct {
	forecast.Backtest
	Held80 float64 // share of the days that lay in the 80 % interval, as it was before it was scaled
}

// act is one moment of the past.
type act struct {
	errors [numMetrics]forecast.Backtest // Origins is 1
	naive  [numMetrics]forecast.Backtest // of Naive2, on the same days
	held   [numMetrics]float64
	scores []float64 // how far off days and totals were, where 1 is a bound of the 80 % interval
}

// rehearse runs the prediction of so many days at moments of the past. theirs is
// what similar campaigns say of a day, nil without any.
func (s *subject) rehearse(days int, theirs *expectation) (rehearsal, error) {
	known := len(s.History)
	horizon := min(days, mostRehearsed, known/3)
	var acts [mostOrigins]*act
	var group errgroup.Group
	for k := range acts {
		origin := known - horizon - k*season
		if horizon < 1 || origin < leastKnown {
			break
		}
		group.Go(func() (err error) {
			acts[k], err = s.act(origin, horizon, theirs)
			return err
		})
	}
	err := group.Wait()
	return judge(slices.DeleteFunc(acts[:], func(a *act) bool { return a == nil }), horizon), err
}

// act predicts the days from origin on, from those before.
func (s *subject) act(origin, horizon int, theirs *expectation) (*act, error) {
	past, came := s.History[:origin], s.History[origin:origin+horizon]
	var own expectation
	var series [numMetrics][]float64
	for m := range own {
		for t := range past {
			series[m] = append(series[m], unitsOf(&past[t], m))
		}
		model, err := forecast.New(series[m], season, forecast.Options{Horizon: horizon, NonNegative: true})
		if err != nil {
			return nil, err
		}
		own[m] = model.Next(horizon).Points
	}
	if theirs != nil {
		own = own.with(*theirs, ownWeight(origin), horizon)
	}
	p := draw(own, past, drawing{rehearsedFutures, 1, s.seed() + uint64(origin)})
	a := &act{}
	var sum day
	for m := range own {
		actual, mid := make([]float64, horizon), make([]float64, horizon)
		for d := range came {
			actual[d], mid[d] = unitsOf(&came[d], m), own[m][d].Mean
			sum[m] += actual[d]
			if score, ok := off(actual[d], own[m][d]); ok {
				a.scores = append(a.scores, score)
				a.held[m] += share(score <= 1, horizon)
			} else {
				a.held[m] += share(actual[d] == own[m][d].Mean, horizon)
			}
		}
		a.errors[m], a.naive[m] = judged(series[m], actual, mid), judged(series[m], actual, forecast.Naive2(series[m], season, horizon))
		if score, ok := off(sum[m], p.total(m)); ok {
			a.scores = append(a.scores, score)
		}
	}
	if origin < scaleKnown {
		a.scores = nil
	}
	return a, nil
}

// share is a part of n for what holds.
func share(holds bool, n int) float64 {
	if holds {
		return 1 / float64(n)
	}
	return 0
}

// off is how far a value lies from the middle of an interval, where 1 is the
// bound of its 80 %; false for an interval without an extent.
func off(value float64, i forecast.Interval) (float64, bool) {
	side := i.High80 - i.Mean
	if value < i.Mean {
		side = i.Mean - i.Low80
	}
	if side <= 0 {
		return 0, false
	}
	return math.Abs(value-i.Mean) / side, true
}

func judged(past, actual, said []float64) forecast.Backtest {
	return forecast.Backtest{
		Origins: 1, SMAPE: forecast.SMAPE(actual, said), MAE: forecast.MAE(actual, said),
		MASE: forecast.MASE(past, actual, said, min(season, max(1, len(past)-1))),
	}
}

// judge is the mean of all acts.
func judge(acts []*act, horizon int) rehearsal {
	r := rehearsal{scale: 1}
	n := float64(len(acts))
	var scores []float64
	weighed := 0.0
	for _, a := range acts {
		if len(a.scores) > 0 {
			scores, weighed = append(scores, a.scores...), weighed+1
		}
	}
	for m := range r.accuracy {
		got, naive := &r.accuracy[m], forecast.Backtest{}
		got.Origins, got.Horizon = len(acts), horizon
		for _, a := range acts {
			got.add(a.errors[m], n)
			naive.SMAPE, naive.MASE = naive.SMAPE+a.naive[m].SMAPE/n, naive.MASE+bounded(a.naive[m].MASE)/n
			got.Held80 += a.held[m] / n
		}
		if n > 0 {
			got.OWA = bounded(forecast.OWA(got.SMAPE, got.MASE, naive.SMAPE, naive.MASE))
		}
	}
	if len(scores) > 0 {
		slices.Sort(scores)
		held := scores[min(len(scores)-1, int(math.Ceil(0.8*float64(len(scores)+1)))-1)]
		r.scale = min(mostScale, max(leastScale, (priorOrigins+weighed*held)/(priorOrigins+weighed)))
	}
	return r
}

func (a *Accuracy) add(b forecast.Backtest, n float64) {
	a.SMAPE, a.MAE, a.MASE = a.SMAPE+b.SMAPE/n, a.MAE+b.MAE/n, a.MASE+bounded(b.MASE)/n
}

// bounded is a ratio of errors as a number: one of nothing to nothing is 1, and of
// something to nothing as large as is spoken of.
func bounded(ratio float64) float64 {
	const worst = 100
	if math.IsNaN(ratio) {
		return 1
	}
	return min(worst, ratio)
}
