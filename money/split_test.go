package money

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		micros int64
		n      int
		want   []int64
	}{
		{10, 1, []int64{10}},
		{10, 3, []int64{4, 3, 3}},
		{11, 3, []int64{4, 4, 3}},
		{-11, 3, []int64{-4, -4, -3}},
		{2, 4, []int64{1, 1, 0, 0}},
		{0, 2, []int64{0, 0}},
		{math.MinInt64, 2, []int64{math.MinInt64 / 2, math.MinInt64 / 2}},
	} {
		if got, err := New(tc.micros, "USD").Split(tc.n); !slices.Equal(microsOf(t, got), tc.want) || err != nil {
			t.Errorf("%d into %d: %v, %v", tc.micros, tc.n, got, err)
		}
	}
}

func TestAllocate(t *testing.T) {
	for _, tc := range []struct {
		name    string
		micros  int64
		weights []int64
		want    []int64
	}{
		{"one part", 10, []int64{7}, []int64{10}},
		{"exact", 100, []int64{50, 30, 20}, []int64{50, 30, 20}},
		{"ties go to the lower index", 10, []int64{1, 1, 1}, []int64{4, 3, 3}},
		{"the largest remainders win", 10, []int64{1, 2, 4}, []int64{1, 3, 6}}, // 1.43, 2.86, 5.71
		{"the last may lose most", 10, []int64{5, 5, 9}, []int64{3, 2, 5}},     // 2.63, 2.63, 4.74
		{"a weight of zero gets nothing", 7, []int64{0, 1, 0, 1}, []int64{0, 4, 0, 3}},
		{"a debt is shared alike", -10, []int64{1, 1, 1}, []int64{-4, -3, -3}},
		{"nothing", 0, []int64{1, 2}, []int64{0, 0}},
		{"the smallest amount", math.MinInt64, []int64{0, math.MaxInt64}, []int64{0, math.MinInt64}},
	} {
		if got, err := New(tc.micros, "USD").Allocate(tc.weights); !slices.Equal(microsOf(t, got), tc.want) || err != nil {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
}

func TestWhatCannotBeSplit(t *testing.T) {
	m := New(10, "USD")
	for _, n := range []int{0, -1} {
		if parts, err := m.Split(n); parts != nil || !errors.Is(err, ErrCannotSplit) {
			t.Errorf("into %d: %v, %v", n, parts, err)
		}
	}
	for _, weights := range [][]int64{nil, {}, {0, 0}, {3, -1}, {math.MinInt64}} {
		if parts, err := m.Allocate(weights); parts != nil || !errors.Is(err, ErrCannotSplit) {
			t.Errorf("by %v: %v, %v", weights, parts, err)
		}
	}
	if parts, err := m.Allocate([]int64{math.MaxInt64, 1}); parts != nil || !errors.Is(err, ErrOverflow) {
		t.Errorf("weights beyond int64: %v, %v", parts, err)
	}
}

func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(rapid.Int64().Draw(t, "micros"), "USD")
		n := rapid.IntRange(1, 400).Draw(t, "n")
		parts, err := m.Split(n)
		if err != nil || len(parts) != n || sumOf(parts).Cmp(big.NewInt(m.Micros)) != 0 {
			t.Fatalf("%s into %d: %v, %v", m, n, parts, err)
		}
		if first, last := parts[0].Micros, parts[n-1].Micros; first-last < -1 || first-last > 1 {
			t.Fatalf("the parts differ by %d micros", first-last)
		}
	})
}

func TestAllocateLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64().Draw(t, "micros")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/40), 1, 40).Draw(t, "weights")
		checkAllocation(t, micros, weights)
	})
}

func FuzzAllocate(f *testing.F) {
	f.Add(int64(10), []byte{1, 1, 1})
	f.Add(int64(math.MinInt64), []byte{0, 255, 3})
	f.Add(int64(-7), []byte{})
	f.Fuzz(func(t *testing.T, micros int64, raw []byte) {
		weights := make([]int64, len(raw))
		for i, weight := range raw {
			weights[i] = int64(weight)
		}
		checkAllocation(t, micros, weights)
	})
}

// checkAllocation holds the parts against the definition: each is the exact
// share, less than one micro away, and together they are the amount.
func checkAllocation(t rapid.TB, micros int64, weights []int64) {
	parts, err := New(micros, "USD").Allocate(weights)
	total := new(big.Int)
	for _, weight := range weights {
		total.Add(total, big.NewInt(weight))
	}
	if total.Sign() == 0 {
		if !errors.Is(err, ErrCannotSplit) {
			t.Fatalf("nothing to weigh by, yet %v, %v", parts, err)
		}
		return
	}
	if err != nil || len(parts) != len(weights) || sumOf(parts).Cmp(big.NewInt(micros)) != 0 {
		t.Fatalf("%d by %v: %v, %v", micros, weights, parts, err)
	}
	for i, part := range parts {
		exact := new(big.Int).Mul(big.NewInt(micros), big.NewInt(weights[i]))
		off := new(big.Int).Mul(big.NewInt(part.Micros), total)
		if off.Sub(off, exact).CmpAbs(total) >= 0 || weights[i] == 0 && part.Micros != 0 {
			t.Fatalf("%d by %v: part %d is %d micros", micros, weights, i, part.Micros)
		}
	}
}

func sumOf(parts []Money) *big.Int {
	sum := new(big.Int)
	for _, part := range parts {
		sum.Add(sum, big.NewInt(part.Micros))
	}
	return sum
}

func microsOf(t *testing.T, parts []Money) []int64 {
	t.Helper()
	micros := make([]int64, len(parts))
	for i, part := range parts {
		if part.Currency != "USD" {
			t.Errorf("part %d is in %q", i, part.Currency)
		}
		micros[i] = part.Micros
	}
	return micros
}
