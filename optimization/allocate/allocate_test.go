package allocate

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/money"
)

// hill is a curve of a channel, with its parameters in units of money.
func hill(most, half, shape float64) func(int64) float64 {
	return func(micros int64) float64 {
		x := float64(micros) / money.Unit
		if x <= 0 {
			return 0
		}
		return most / (1 + math.Pow(half/x, shape))
	}
}

func result(parts []Part, amounts []int64) (sum float64) {
	for i, p := range parts {
		sum += p.Result(amounts[i])
	}
	return sum
}

// brute is the best division in steps of the total, by trying them all.
func brute(parts []Part, left, step int64) float64 {
	p := parts[0]
	if len(parts) == 1 {
		if left < p.Floor || left > p.Ceiling {
			return math.Inf(-1)
		}
		return p.Result(left)
	}
	best := math.Inf(-1)
	for x := int64(0); x <= left; x += step {
		if x >= p.Floor && x <= p.Ceiling {
			best = max(best, p.Result(x)+brute(parts[1:], left-x, step))
		}
	}
	return best
}

// Up to six channels, concave and S-shaped, with and without bounds: never more
// than a thousandth below the best of all divisions on a grid.
func TestDivideIsWithinAThousandthOfBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const total, steps = 400 * money.Unit, 20
	for n := 2; n <= 6; n++ {
		for range 6 {
			parts := make([]Part, n)
			for i := range parts {
				parts[i] = Part{
					Name: "c", Ceiling: total,
					Result: hill(10+90*r.Float64(), 10+200*r.Float64(), 0.6+2.4*r.Float64()),
				}
				if r.IntN(3) == 0 {
					parts[i].Floor = total / steps * int64(r.IntN(3))
				}
				if r.IntN(3) == 0 {
					parts[i].Ceiling = total / steps * int64(6+r.IntN(10))
				}
			}
			parts[0].Ceiling = total
			amounts, err := Divide(total, parts)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := result(parts, amounts), brute(parts, total, total/steps); got < want*0.999 {
				t.Errorf("%d channels: %v brings %.4f, the grid %.4f", n, amounts, got, want)
			}
		}
	}
}

func TestTheAmountsAddUpWithinTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "parts")
		total := rapid.Int64Range(1, 1e15).Draw(t, "total")
		parts, room := make([]Part, n), int64(0)
		for i := range parts {
			floor := rapid.Int64Range(0, total/int64(n)).Draw(t, "floor")
			parts[i] = Part{
				Name: "c", Floor: floor, Ceiling: rapid.Int64Range(floor, total).Draw(t, "ceiling"),
				Result: hill(rapid.Float64Range(0, 1e6).Draw(t, "most"), rapid.Float64Range(0.01, 1e9).Draw(t, "half"), rapid.Float64Range(0.3, 4).Draw(t, "shape")),
			}
			room += parts[i].Ceiling
		}
		amounts, err := Divide(total, parts)
		if room < total {
			if !errors.Is(err, ErrBounds) {
				t.Fatalf("the ceilings are too low: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for i, a := range amounts {
			if a < parts[i].Floor || a > parts[i].Ceiling {
				t.Fatalf("%d is not within %d and %d", a, parts[i].Floor, parts[i].Ceiling)
			}
			sum += a
		}
		if sum != total {
			t.Fatalf("%d in all of %d", sum, total)
		}
	})
}

func TestABrokenCurveDividesNothing(t *testing.T) {
	for _, broken := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		parts := []Part{
			{Name: "good", Ceiling: 100, Result: func(m int64) float64 { return float64(m) }},
			{Name: "broken", Ceiling: 100, Result: func(m int64) float64 {
				if m > 50 {
					return broken
				}
				return 0
			}},
		}
		if _, err := Divide(100, parts); !errors.Is(err, ErrNotFinite) {
			t.Errorf("%g: %v", broken, err)
		}
	}
}

func TestBound(t *testing.T) {
	for _, c := range []struct {
		name           string
		limits         Limits
		now, total     int64
		floor, ceiling int64
	}{
		{"none", Limits{}, 10, 100, 0, 100},
		{"floor and ceiling", Limits{Floor: 5, Ceiling: 60}, 10, 100, 5, 60},
		{"shares", Limits{LeastShare: 0.1, MostShare: 0.5}, 10, 100, 10, 50},
		{"a step each way", Limits{Step: 0.2}, 50, 100, 40, 60},
		{"the ceiling is within the step", Limits{Step: 0.2, Ceiling: 55}, 50, 100, 40, 55},
		{"above the ceiling: back by a step", Limits{Step: 0.2, Ceiling: 20}, 50, 100, 40, 40},
		{"below the floor: up by a step", Limits{Step: 0.2, Floor: 80}, 50, 100, 60, 60},
	} {
		if floor, ceiling := c.limits.Bound(c.now, c.total); floor != c.floor || ceiling != c.ceiling {
			t.Errorf("%s: %d to %d, want %d to %d", c.name, floor, ceiling, c.floor, c.ceiling)
		}
	}
}
