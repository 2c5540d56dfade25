package predict

import (
	"errors"
	"math"
	"testing"
)

// TestAbsurdRatiosAreNotBelieved: a curve that saturates brings no less for more
// money, and its result does not explode.
func TestAbsurdRatiosAreNotBelieved(t *testing.T) {
	for name, tt := range map[string]struct {
		factor float64
		ratios []float64
		want   bool
	}{
		"in proportion":              {2, []float64{2, 2}, true},
		"saturated":                  {2, []float64{1, 1.4}, true},
		"half of the money":          {0.5, []float64{0.5, 0.8, 1}, true},
		"from the foot of an S":      {2, []float64{5}, true},
		"more money brings less":     {2, []float64{1.5, 0.9}, false},
		"less money brings more":     {0.5, []float64{1.1}, false},
		"a hundredfold":              {1.5, []float64{1.4, 100}, false},
		"almost nothing of half":     {0.5, []float64{1e-4}, false},
		"negative":                   {0.5, []float64{-0.1}, false},
		"not a number":               {2, []float64{1, math.NaN()}, false},
		"infinite":                   {2, []float64{math.Inf(1)}, false},
		"none":                       {2, nil, false},
		"almost as it is, and exact": {1 + 1e-12, []float64{1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := believe(tt.factor, tt.ratios); (err == nil) != tt.want || err != nil && !errors.Is(err, ErrNotBelieved) {
				t.Errorf("%v", err)
			}
		})
	}
}
