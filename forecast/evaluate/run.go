package evaluate

import (
	"context"
	"math"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/forecast"
)

// Options of a measurement.
type Options struct {
	Dir     string // with train.csv and test.csv
	Season  int    // values in a season: 24 for hours, 1 for none
	Horizon int    // steps judged; a series with a shorter test part is judged on that
	Workers int    // series at a time; 0 means one for each processor Go may use
	// Now times the work; nil leaves the seconds out.
	Now func() time.Time
}

// Run forecasts every series of a folder and judges the result. It stops
// between two series when ctx ends, with ctx's error.
func Run(ctx context.Context, opts Options) (Report, error) {
	if err := check(opts); err != nil {
		return Report{}, err
	}
	train, err := readPart(filepath.Join(opts.Dir, "train.csv"))
	if err != nil {
		return Report{}, err
	}
	test, err := readPart(filepath.Join(opts.Dir, "test.csv"))
	if err != nil {
		return Report{}, err
	}
	tasks, err := pair(train, test, opts.Horizon)
	if err != nil {
		return Report{}, err
	}
	results, err := judgeAll(ctx, tasks, opts)
	if err != nil {
		return Report{}, err
	}
	return summarise(results, opts), nil
}

func check(opts Options) error {
	var wrong fault.Fields
	if opts.Season < 1 {
		wrong.Add("season", "out_of_range", "A season is a number of values.", "1 or more")
	}
	if opts.Horizon < 1 {
		wrong.Add("horizon", "out_of_range", "A horizon is a number of steps.", "1 or more")
	}
	return wrong.Err()
}

// task is one series with both its parts.
type task struct {
	name        string
	train, test []float64
}

func pair(train, test part, horizon int) ([]task, error) {
	tasks := make([]task, 0, len(test.names))
	for _, name := range test.names {
		history, found := train.values[name]
		if !found {
			return nil, ErrMismatch.With("Series %s stands in test.csv only.", name)
		}
		future := test.values[name]
		tasks = append(tasks, task{name, history, future[:min(horizon, len(future))]})
	}
	if len(tasks) == 0 {
		return nil, ErrMismatch.With("test.csv holds no series.")
	}
	return tasks, nil
}

// judgeAll spreads the tasks over the workers. Every result has its own place,
// so that sums do not depend on who finished first.
func judgeAll(ctx context.Context, tasks []task, opts Options) ([]result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]result, len(tasks))
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers(opts.Workers, len(tasks)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(tasks) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				r, err := judge(tasks[i], opts)
				if err != nil {
					cancel(err)
					return
				}
				results[i] = r
			}
		})
	}
	group.Wait()
	return results, context.Cause(ctx)
}

func workers(asked, tasks int) int {
	if asked < 1 {
		asked = runtime.GOMAXPROCS(0)
	}
	return min(asked, tasks)
}

// result is the errors of one series. A measure that does not exist for it,
// such as MASE of a constant history, is NaN.
type result struct {
	smape, mase            float64
	naiveSMAPE, naiveMASE  float64
	points, within80, in95 int
	seconds                float64
}

func judge(t task, opts Options) (result, error) {
	start := clock(opts.Now)
	model, err := forecast.New(t.train, opts.Season, forecast.Options{Horizon: opts.Horizon})
	if err != nil {
		return result{}, ErrMismatch.With("Series %s cannot be forecast.", t.name).Wrap(err)
	}
	points := model.Next(len(t.test)).Points
	r := result{seconds: clock(opts.Now).Sub(start).Seconds()}
	means := make([]float64, len(points))
	for i, p := range points {
		means[i] = p.Mean
		r.count(t.test[i], p)
	}
	known := without(t.train)
	yardstick := forecast.Naive2(known, opts.Season, len(t.test))
	r.smape, r.naiveSMAPE = forecast.SMAPE(t.test, means), forecast.SMAPE(t.test, yardstick)
	r.mase = forecast.MASE(t.train, t.test, means, opts.Season)
	r.naiveMASE = forecast.MASE(t.train, t.test, yardstick, opts.Season)
	return r, nil
}

func clock(now func() time.Time) time.Time {
	if now == nil {
		return time.Time{}
	}
	return now()
}

// count notes whether the intervals held an actual value that is known.
func (r *result) count(actual float64, p forecast.Interval) {
	if math.IsNaN(actual) {
		return
	}
	r.points++
	if p.Low80 <= actual && actual <= p.High80 {
		r.within80++
	}
	if p.Low95 <= actual && actual <= p.High95 {
		r.in95++
	}
}

// without is the history as the yardstick needs it: missing values carried
// forward, those at the start left out.
func without(series []float64) []float64 {
	out := make([]float64, 0, len(series))
	for _, v := range series {
		switch {
		case !math.IsNaN(v):
			out = append(out, v)
		case len(out) > 0:
			out = append(out, out[len(out)-1])
		}
	}
	return out
}
