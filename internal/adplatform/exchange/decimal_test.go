package exchange

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "-0.0": 0, "12.5": 12_500_000, "+7": 7_000_000, "007": 7_000_000, ".5": 500_000, "5.": 5_000_000,
		"444.792": 444_792_000, "-1.000001": -1_000_001,
		"1e-05": 10, "1.2E3": 1_200_000_000, "0.30000000000000004": 300_000,
		"0.0000005": 0, "0.0000015": 2, "0.0000025": 2, "-0.0000015": -2, "0.00000250000001": 3, "-0.0000005": 0,
		"9223372036854.775807": math.MaxInt64,
	} {
		if got, err := ParseDecimal(s); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1,5", "1/3", "0x10", "1_000", "NaN", "Inf", "1e999", "--1", ".", "1 2", strings.Repeat("9", 50)} {
		if v, err := ParseDecimal(s); err == nil {
			t.Errorf("%q was read as %d", s, v)
		}
	}
	if _, err := ParseDecimal("9223372036854.775808"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// A fraction of a micro goes to the nearer side, and from the middle to even.
func TestRoundHalfEvenIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den := rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1000).Draw(t, "den")
		r := big.NewRat(num, den)
		got := roundHalfEven(new(big.Rat).Set(r))
		off := new(big.Rat).Sub(r, new(big.Rat).SetInt(got))
		switch off.Abs(off).Cmp(big.NewRat(1, 2)) {
		case 1:
			t.Fatalf("%s became %s", r, got)
		case 0:
			if got.Bit(0) == 1 {
				t.Fatalf("%s became %s, which is odd", r, got)
			}
		}
	})
}
