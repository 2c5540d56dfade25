package forecast

import (
	"math"
	"slices"
	"testing"
)

func TestOriginsLieWholeSeasonsBeforeTheEnd(t *testing.T) {
	for _, c := range []struct {
		n, horizon, season int
		want               []int
	}{
		{70, 7, 7, []int{63, 56, 49, 42, 35, 28}},
		{30, 6, 1, []int{24, 21, 18, 15, 12}},
		{2, 1, 1, nil},
	} {
		if got := originsFor(c.n, c.horizon, c.season); !slices.Equal(got, c.want) {
			t.Errorf("%d values, horizon %d, season %d: %v, want %v", c.n, c.horizon, c.season, got, c.want)
		}
	}
}

func TestEarlyOriginsMakeRoomForLongMethods(t *testing.T) {
	origins := []int{100, 90, 80, 70, 60, 50}
	got := playable(origins, []method{{needs: 1}, {needs: 65}, {needs: 75}})
	if want := []int{100, 90, 80, 70}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: 65 fits into four, 75 does not", got, want)
	}
}

// staged is a trial of two methods, of which the first errs by the given
// amounts upwards and the second as far downwards.
func staged(errors ...float64) trial {
	t := trial{season: 1, horizon: 1, scale: 1, usable: []bool{true, true}}
	for _, e := range errors {
		t.acts = append(t.acts, act{actual: []float64{100}, naive2: []float64{110},
			paths: [][]float64{{100 + e}, {100 - e}}, mae: []float64{e, e},
			smape: []float64{SMAPE([]float64{100}, []float64{100 + e}), SMAPE([]float64{100}, []float64{100 - e})}})
	}
	return t
}

func TestErrorsThatCancelShareTheWeight(t *testing.T) {
	trial := staged(2, 3, 4)
	w := trial.weights(-1)
	if math.Abs(w[0]-0.5) > 0.02 || math.Abs(w[0]+w[1]-1) > 1e-12 {
		t.Errorf("weights %v, want halves", w)
	}
	trial.usable[1] = false
	if w := trial.weights(-1); w[0] != 1 || w[1] != 0 {
		t.Errorf("a method that could not play weighs %v", w)
	}
}

func TestABadMethodHasNoSay(t *testing.T) {
	trial := staged(2, 3, 4)
	for k := range trial.acts {
		trial.acts[k].paths[1] = []float64{150}
		trial.acts[k].mae[1], trial.acts[k].smape[1] = 50, 40
	}
	if w := trial.weights(-1); w[0] != 1 {
		t.Errorf("weights %v", w)
	}
}

func TestQuantileIsConformal(t *testing.T) {
	scores := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	near(t, "8th of 9, the largest, none",
		[]float64{quantile(scores, 0.8, 0), quantile(scores, 0.95, 0), quantile(nil, 0.8, 1.6)}, 8, 9, 1.6)
}

func TestWithoutRehearsalErrorsGrowAsAWalk(t *testing.T) {
	plain := walkSpread([]float64{1, 3, 2, 4}, 1, 4) // steps 2, 1, 2
	near(t, "sizes", plain.size, 5.0/3, 5.0/3*math.Sqrt2, 5.0/3*math.Sqrt(3), 10.0/3)
	near(t, "one step", []float64{plain.around(10, 0).High95}, 10+5.0/3*normal95)
	near(t, "beyond the horizon", []float64{plain.around(10, 15).High80}, 10+5.0/3*4*normal80)
	weekly := walkSpread([]float64{1, 9, 2, 8}, 2, 3) // changes over a season 1, 1
	near(t, "seasonal sizes", weekly.size, 1, 1, math.Sqrt2)
}

func TestFillUsesSeasonsThenLines(t *testing.T) {
	gap := math.NaN()
	near(t, "neighbouring seasons", fill([]float64{1, 5, 2, gap, 3, 7}, 2), 1, 5, 2, 6, 3, 7)
	near(t, "a line", fill([]float64{gap, 4, gap, gap, 10}, 1), 4, 4, 6, 8, 10)
	y, trailing, err := prepare([]float64{gap, 1, 2, gap, gap}, 1)
	if err != nil || trailing != 2 {
		t.Fatalf("trailing %d, %v", trailing, err)
	}
	near(t, "trimmed", y, 1, 2)
}
