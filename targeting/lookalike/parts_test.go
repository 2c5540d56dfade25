package lookalike

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawJudged(t *rapid.T) []judged {
	people := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) judged {
		return judged{score: float64(rapid.IntRange(-5, 5).Draw(t, "score")), y: float64(rapid.IntRange(0, 1).Draw(t, "y"))}
	}), 1, 60).Draw(t, "people")
	return append(people, judged{score: 1, y: 1}, judged{score: 0})
}

func TestAUCIsTheShareOfPairsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := drawJudged(t)
		var pairs, right float64
		for _, a := range people {
			for _, b := range people {
				if a.y == 1 && b.y == 0 {
					pairs++
					switch {
					case a.score > b.score:
						right++
					case a.score == b.score:
						right += 0.5
					}
				}
			}
		}
		got := auc(people)
		if math.Abs(got.Value-right/pairs) > 1e-9 || got.Low > got.Value || got.High < got.Value {
			t.Fatalf("%+v, want %v", got, right/pairs)
		}
	})
}

func TestTheIntervalOfAnAUCHoldsIt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	truth := 0.76025 // of two normal distributions, one apart: Φ(1/√2)
	inside := 0
	for range 400 {
		var people []judged
		for i := range 200 {
			y := float64(i % 4 / 3)
			people = append(people, judged{score: r.NormFloat64() + y, y: y})
		}
		if a := auc(people); a.Low <= truth && truth <= a.High {
			inside++
		}
	}
	if inside < 365 || inside > 395 {
		t.Errorf("%d of 400 intervals of 95 %% hold the truth", inside)
	}
}

func TestCalibrationNeverFallsAndStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := calibrate(drawJudged(t))
		last := 0.0
		for score := -7.0; score <= 7; score += 0.25 {
			chance := c.chance(score)
			if !(chance > 0 && chance < 1) || chance < last-1e-12 {
				t.Fatalf("chance %v at %v after %v", chance, score, last)
			}
			last = chance
		}
	})
}

func TestCutsKeepOrderAndFitTheBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 2, 2000).Draw(t, "values")
		slices.Sort(values)
		var all []counted
		for i, v := range slices.Compact(values) {
			all = append(all, counted{number: v, people: 1 + i%3*100})
		}
		f := feature{kind: Number, cuts: cut(slices.Clone(all))}
		if len(f.cuts) > restBin-firstBin-1 || !slices.IsSorted(f.cuts) {
			t.Fatalf("%d cuts", len(f.cuts))
		}
		if len(all) < restBin-firstBin && len(f.cuts) != len(all)-1 {
			t.Fatalf("%d cuts between %d values", len(f.cuts), len(all))
		}
	})
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]float64{
		"12": 12, "-3.5": -3.5, "1,5": 1.5, "1,234": 1234, "1,234,567.5": 1234567.5, "12,34": 12.34, "1e3": 1000,
	} {
		if got := number(text); got != want {
			t.Errorf("%s is read as %v", text, got)
		}
	}
	for _, text := range []string{"", "x", "Inf", "NaN", "1,2,3x", "1e999"} {
		if got := number(text); !math.IsNaN(got) {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// Every person ends in a leaf of its own tree with the value that was put for
// them, and no leaf is smaller than asked.
func TestTreesPutEverybodyInALeafOfSomeSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n := rapid.IntRange(1, 300).Draw(t, "people")
		bins := [][]uint8{make([]uint8, n), make([]uint8, n)}
		g, h := make([]float64, n), make([]float64, n)
		for i := range n {
			bins[0][i], bins[1][i] = uint8(r.IntN(255)), uint8(r.IntN(6))
			g[i], h[i] = r.NormFloat64()+float64(bins[1][i]%2), 0.2
		}
		w := grower{shape: shape{Leaves: 8, MinRows: 5, L2: 1}, bins: bins, words: []bool{false, true}, features: []int{0, 1}}
		put := map[int32]float64{}
		of := map[float64]int{}
		tree := w.grow(everyRow(n), g, h, 0.1, func(row int32, value float64) { put[row] = value; of[value]++ })
		if len(put) != n {
			t.Fatalf("%d of %d have a value", len(put), n)
		}
		for row, value := range put {
			if got := tree.leafOf(bins, row); got != value {
				t.Fatalf("row %d: %v, put %v", row, got, value)
			}
		}
		for value, people := range of {
			if people < 5 && len(of) > 1 {
				t.Fatalf("%d people in the leaf of %v", people, value)
			}
		}
	})
}
