package market

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/hexabuilders/campaignd/optimization"
)

// OptimisingTrial is what campaigns of the simulated market cost per conversion
// with the optimiser on, beside the same campaigns with it off: in the last 28 of
// 112 days, by the market's own formula, so that chance neither helps nor hurts
// one of two. The optimiser sees only what was delivered, with its chance.
type OptimisingTrial struct {
	Runs   int     `json:"runs"`
	Seed   uint64  `json:"seed"`
	Off    float64 `json:"cost_off"` // median cost per conversion
	On     float64 `json:"cost_on"`
	Better float64 `json:"better"` // median saving of a run, as a fraction
	Tenth  float64 `json:"tenth"`  // saving at the 10th percentile: below 0 is worse
	Volume float64 `json:"volume"` // median change of the conversions in a day, as a fraction
	Moves  int     `json:"moves"`  // changes that were made
	// Improved is the share of them that improved what they were made for, by the
	// market's own formula: the expected cost of a conversion, or of a bid that was
	// raised the conversions in a day, at no more than the goal.
	Improved float64      `json:"improved"`
	ByType   []TriedTypes `json:"by_type"`
	Refused  int          `json:"refused"` // by the guard of budgets
}

// TriedTypes is how the changes of a type did.
type TriedTypes struct {
	Type     optimization.Type `json:"type"`
	Made     int               `json:"made"`
	Improved int               `json:"improved"`
}

// TryOptimising runs campaigns with two to four channels, two or three creatives
// in each, and a bid. What the optimiser is sure of at 0.8 it does, past the guard
// of budgets: a move at most once in three days, a rotation once in a week, a bid
// once in eleven days.
func TryOptimising(ctx context.Context, runs int, seed uint64) (OptimisingTrial, error) {
	trial := OptimisingTrial{Runs: runs, Seed: seed}
	var off, on, better, volume []float64
	all := tally{}
	for i := range runs {
		without, err := newTried(seed, i).run(ctx, false)
		if err != nil {
			return trial, err
		}
		with, err := newTried(seed, i).run(ctx, true)
		if err != nil {
			return trial, err
		}
		off, on, better = append(off, without.cost), append(on, with.cost), append(better, 1-with.cost/without.cost)
		volume = append(volume, with.daily/without.daily-1)
		for n, t := range with.tally {
			all[n].Made, all[n].Improved = all[n].Made+t.Made, all[n].Improved+t.Improved
		}
		trial.Refused += with.refused
	}
	trial.Off, trial.On, trial.Volume = middle(off, 0.5), middle(on, 0.5), middle(volume, 0.5)
	trial.Better, trial.Tenth = middle(better, 0.5), middle(better, 0.1)
	trial.count(all)
	return trial, nil
}

func (o *OptimisingTrial) count(all tally) {
	improved := 0
	for n, t := range all {
		if t.Made == 0 {
			continue
		}
		t.Type = optimization.Types[n]
		o.ByType = append(o.ByType, t)
		o.Moves, improved = o.Moves+t.Made, improved+t.Improved
	}
	if o.Moves > 0 {
		o.Improved = float64(improved) / float64(o.Moves)
	}
}

func middle(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[int(q*float64(len(values)-1))]
}

// Text prints a trial for a person.
func (o OptimisingTrial) Text(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d campaigns, seed %d, the last %d of %d days
  cost per conversion   off %.2f   on %.2f   (medians)
  saved by a run        %.1f %% (median), %.1f %% at the 10th percentile
  conversions in a day  %+.1f %% (median)
  changes made          %d, of which %.0f %% improved what they were made for; %d refused by the guard
`, o.Runs, o.Seed, triedCount, triedDays, o.Off, o.On, 100*o.Better, 100*o.Tenth, 100*o.Volume, o.Moves, 100*o.Improved, o.Refused)
	for _, t := range o.ByType {
		if err == nil {
			_, err = fmt.Fprintf(w, "    %-20s %5d, %3.0f %%\n", t.Type, t.Made, 100*float64(t.Improved)/float64(t.Made))
		}
	}
	return err
}
