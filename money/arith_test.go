package money

import (
	"errors"
	"flag"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/hexabuilders/campaignd/fault"
)

// operations may be raised for a long run: go test ./money -run Big -operations 100000000
var operations = flag.Int("operations", 300_000, "random operations to compare with math/big")

func TestArithmeticKeepsTheCurrency(t *testing.T) {
	a, b := New(5, "USD"), New(7, "USD")
	for name, tc := range map[string]struct {
		got  func() (Money, error)
		want int64
	}{
		"Add":    {func() (Money, error) { return a.Add(b) }, 12},
		"Sub":    {func() (Money, error) { return a.Sub(b) }, -2},
		"Neg":    {a.Neg, -5},
		"MulDiv": {func() (Money, error) { return a.MulDiv(3, 2, Floor) }, 7},
	} {
		if got, err := tc.got(); got != New(tc.want, "USD") || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestTwoCurrenciesNeverMix(t *testing.T) {
	usd := New(5, "USD")
	for _, other := range []Money{New(5, "EUR"), Zero("EUR"), {}} {
		_, addErr := usd.Add(other)
		_, subErr := usd.Sub(other)
		_, cmpErr := other.Cmp(usd)
		for _, err := range []error{addErr, subErr, cmpErr} {
			if !errors.Is(err, ErrCurrencyMismatch) {
				t.Errorf("USD with %s: %v", other, err)
			}
		}
	}
	_, err := New(12_500_000, "USD").Add(Money{})
	if got := fault.As(err).Detail; got != "12.50 USD and 0.00 without a currency are not in the same currency." {
		t.Error(got)
	}
}

func TestCmp(t *testing.T) {
	for _, tc := range []struct {
		a, b int64
		want int
	}{{1, 2, -1}, {2, 2, 0}, {3, 2, 1}, {math.MinInt64, math.MaxInt64, -1}} {
		if got, err := New(tc.a, "USD").Cmp(New(tc.b, "USD")); got != tc.want || err != nil {
			t.Errorf("%d with %d: %d, %v", tc.a, tc.b, got, err)
		}
	}
}

func TestOverflowIsAnError(t *testing.T) {
	largest, smallest := New(math.MaxInt64, "USD"), New(math.MinInt64, "USD")
	for name, op := range map[string]func() (Money, error){
		"largest+1":     func() (Money, error) { return largest.Add(New(1, "USD")) },
		"smallest-1":    func() (Money, error) { return smallest.Sub(New(1, "USD")) },
		"0-smallest":    func() (Money, error) { return Zero("USD").Sub(smallest) },
		"-smallest":     smallest.Neg,
		"largest*2":     func() (Money, error) { return largest.MulDiv(2, 1, Down) },
		"smallest/-1":   func() (Money, error) { return smallest.MulDiv(1, -1, Down) },
		"rounded over":  func() (Money, error) { return largest.MulDiv(math.MaxInt64, math.MaxInt64-1, Ceil) },
		"128 bits":      func() (Money, error) { return largest.MulDiv(math.MaxInt64, 1, Down) },
		"2^64-1 and up": func() (Money, error) { return smallest.MulDiv(4, 2, Floor) },
	} {
		if got, err := op(); got != (Money{}) || !errors.Is(err, ErrOverflow) {
			t.Errorf("%s = %s, %v", name, got, err)
		}
	}
}

func TestOverflowDetailNamesTheAmounts(t *testing.T) {
	_, err := AddMicros(math.MaxInt64, 1)
	if got := fault.As(err).Detail; got != "The sum of 9223372036854.775807 and 0.000001 is too large to be held." {
		t.Error(got)
	}
}

func TestDivisionByZeroIsNotTheClientsFault(t *testing.T) {
	_, err := MulDiv(1, 1, 0, HalfEven)
	if !errors.Is(err, ErrDivisionByZero) || fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
}

func TestRounding(t *testing.T) {
	// a/10 under HalfEven, HalfUp, Down, Floor, Ceil
	for a, want := range map[int64][5]int64{
		20:  {2, 2, 2, 2, 2},
		24:  {2, 2, 2, 2, 3},
		25:  {2, 3, 2, 2, 3},
		26:  {3, 3, 2, 2, 3},
		35:  {4, 4, 3, 3, 4},
		5:   {0, 1, 0, 0, 1},
		-5:  {0, -1, 0, -1, 0},
		-24: {-2, -2, -2, -3, -2},
		-25: {-2, -3, -2, -3, -2},
		-26: {-3, -3, -2, -3, -2},
		-35: {-4, -4, -3, -4, -3},
	} {
		for i, r := range roundings {
			got, err := MulDiv(a, 1, 10, r)
			mirrored, mirroredErr := MulDiv(a, -1, -10, r)
			if got != want[i] || err != nil || mirrored != want[i] || mirroredErr != nil {
				t.Errorf("%d/10 by rounding %d = %d and %d, want %d", a, r, got, mirrored, want[i])
			}
		}
	}
	if got, err := MulDiv(25, 1, 10, Rounding(99)); got != 2 || err != nil {
		t.Errorf("an unknown rounding gives %d, %v", got, err)
	}
}

func TestArithmeticEqualsBig(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range *operations {
		a, b, den := anyInt64(random), anyInt64(random), anyInt64(random)
		checkSums(t, a, b)
		checkMulDiv(t, a, b, den, roundings[random.IntN(len(roundings))])
	}
}

func FuzzMulDiv(f *testing.F) {
	f.Add(int64(math.MinInt64), int64(-1), int64(1))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MinInt64))
	f.Add(int64(25), int64(1), int64(10))
	f.Add(int64(1), int64(1), int64(0))
	f.Fuzz(func(t *testing.T, a, num, den int64) {
		for _, r := range roundings {
			checkMulDiv(t, a, num, den, r)
		}
		checkSums(t, a, num)
	})
}

var roundings = []Rounding{HalfEven, HalfUp, Down, Floor, Ceil}

// anyInt64 has every length of number with like chance, and often an edge.
func anyInt64(random *rand.Rand) int64 {
	edges := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}
	if random.IntN(8) == 0 {
		return edges[random.IntN(len(edges))]
	}
	return int64(random.Uint64()) >> random.IntN(64)
}

func checkSums(t *testing.T, a, b int64) {
	t.Helper()
	x, y := big.NewInt(a), big.NewInt(b)
	sum, sumErr := AddMicros(a, b)
	checkBig(t, new(big.Int).Add(x, y), sum, sumErr, "%d + %d", a, b)
	difference, differenceErr := SubMicros(a, b)
	checkBig(t, new(big.Int).Sub(x, y), difference, differenceErr, "%d - %d", a, b)
	negated, negErr := NegMicros(a)
	checkBig(t, new(big.Int).Neg(x), negated, negErr, "-(%d)", a)
}

func checkMulDiv(t *testing.T, a, num, den int64, r Rounding) {
	t.Helper()
	got, err := MulDiv(a, num, den, r)
	if den == 0 {
		if !errors.Is(err, ErrDivisionByZero) {
			t.Fatalf("%d * %d / 0 = %d, %v", a, num, got, err)
		}
		return
	}
	product := new(big.Int).Mul(big.NewInt(a), big.NewInt(num))
	checkBig(t, roundBig(product, big.NewInt(den), r), got, err, "%d * %d / %d by rounding %d", a, num, den, r)
}

func checkBig(t *testing.T, want *big.Int, got int64, err error, format string, args ...any) {
	t.Helper()
	if want.IsInt64() && (err != nil || got != want.Int64()) || !want.IsInt64() && !errors.Is(err, ErrOverflow) {
		t.Fatalf(format+" = %d, %v; want %s", append(args, got, err, want)...)
	}
}

// roundBig starts from the floor of the quotient and looks at what is left,
// where MulDiv works on magnitudes: the two share no step.
func roundBig(product, den *big.Int, r Rounding) *big.Int {
	if den.Sign() < 0 {
		product, den = new(big.Int).Neg(product), new(big.Int).Neg(den)
	}
	floor, rest := new(big.Int).DivMod(product, den, new(big.Int))
	if rest.Sign() == 0 || r == Floor {
		return floor
	}
	half := new(big.Int).Lsh(rest, 1).Cmp(den)
	up := map[Rounding]bool{
		Ceil:     true,
		Down:     product.Sign() < 0,
		HalfUp:   half > 0 || half == 0 && product.Sign() > 0,
		HalfEven: half > 0 || half == 0 && floor.Bit(0) == 1,
	}
	if up[r] {
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}
