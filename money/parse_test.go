package money

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/fault"
)

func TestParseMicros(t *testing.T) {
	for amount, want := range map[string]int64{
		"0":                     0,
		"0.0":                   0,
		"-0":                    0,
		"-0.000000":             0,
		"7":                     7_000_000,
		"12.5":                  12_500_000,
		"12.50":                 12_500_000,
		"-12.50":                -12_500_000,
		"0.000001":              1,
		"-0.000001":             -1,
		"100":                   100_000_000,
		"9007199254.740993":     1<<53 + 1, // a float64 would lose the last micro
		"9223372036854.775807":  math.MaxInt64,
		"-9223372036854.775808": math.MinInt64,
	} {
		for name, parse := range parsers {
			if got, err := parse(amount); got != want || err != nil {
				t.Errorf("%s(%q) = %d, %v; want %d", name, amount, got, err, want)
			}
		}
	}
}

func TestParseMicrosRefuses(t *testing.T) {
	for want, amounts := range map[*fault.Error][]string{
		ErrMalformed: {
			"", "-", ".", "+1", "--1", "- 1", " 1", "1 ", "1\n", ".5", "-.5", "5.", "1.-5", "1..5", "1.5.0",
			"007", "00", "-01", "01.5", "1e5", "1e400", "1E5", "0x10", "1_000", "1,000", "1,5", "12.50 USD", "$1",
			"NaN", "Inf", "-Infinity", "null", "١٢", "1.٥", "1\x00", "/", ":", "1.0000001x",
		},
		ErrTooPrecise: {"1.0000000", "0.0000001", "-0.1234567", "99999999999999.1234567"},
		ErrOverflow: {
			"9223372036854.775808", "-9223372036854.775809", "9223372036855", "10000000000000",
			"18446744073709.551616", "99999999999999999999999999", "1" + strings.Repeat("0", 400),
		},
	} {
		for _, amount := range amounts {
			for name, parse := range parsers {
				if got, err := parse(amount); got != 0 || !errors.Is(err, want) {
					t.Errorf("%s(%q) = %d, %v; want %s", name, amount, got, err, want.Code)
				}
			}
		}
	}
}

func TestParseErrorsHelp(t *testing.T) {
	for amount, want := range map[string]string{
		"":                       "The amount is empty.",
		"1,50":                   `"1,50" is not an amount of money.`,
		"1.1234567":              `The amount "1.1234567" has 7 decimals; at most 6 can be held.`,
		"10000000000000":         `The amount "10000000000000" is too large to be held.`,
		strings.Repeat("9", 1e6): `The amount "` + strings.Repeat("9", 40) + `..." is too large to be held.`,
	} {
		_, err := ParseMicros(amount)
		got := fault.As(err)
		if got.Detail != want || got.Fix == "" || got.Kind != fault.Invalid {
			t.Errorf("ParseMicros(%.20q): kind %d, %q, fix %q", amount, got.Kind, got.Detail, got.Fix)
		}
	}
}

func TestParseTakesSixDecimalsInEveryCurrency(t *testing.T) {
	for _, c := range []Currency{"JPY", "USD", "KWD", "CLF"} {
		if got, err := Parse("1.000001", c); got != New(1_000_001, c) || err != nil {
			t.Errorf("%s: %s, %v", c, got, err)
		}
	}
	if got, err := Parse("1", "usd"); got != (Money{}) || !errors.Is(err, ErrUnknownCurrency) {
		t.Errorf("lower case: %s, %v", got, err)
	}
	if got, err := Parse("x", "USD"); got != (Money{}) || !errors.Is(err, ErrMalformed) {
		t.Errorf("not an amount: %s, %v", got, err)
	}
}

func TestWhatIsPrintedReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(rapid.Int64().Draw(t, "micros"), anyCurrency().Draw(t, "currency"))
		if got, err := Parse(m.Amount(), m.Currency); got != m || err != nil {
			t.Fatalf("%d micros print as %s and read as %s, %v", m.Micros, m, got, err)
		}
		if got, err := ParseMicros(FormatMicros(m.Micros)); got != m.Micros || err != nil {
			t.Fatalf("%d micros read back as %d, %v", m.Micros, got, err)
		}
	})
}

func TestParseMicrosDoesNotAllocate(t *testing.T) {
	amount, buffer := "-1234567.891", []byte("-1234567.891")
	dst := make([]byte, 0, 32)
	allocs := testing.AllocsPerRun(100, func() {
		a, _ := ParseMicros(amount)
		b, _ := ParseMicrosBytes(buffer)
		dst = AppendMicros(dst[:0], a+b)
	})
	if allocs != 0 {
		t.Errorf("%.0f allocations", allocs)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "0", "-0.000001", "12.50", "007", "1e400", ".5", "+1", "1.0000000", "9223372036854.775808"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, amount string) {
		want, sentinel := parseBig(amount)
		for name, parse := range parsers {
			got, err := parse(amount)
			if sentinel != nil && !errors.Is(err, sentinel) || sentinel == nil && (err != nil || got != want) {
				t.Fatalf("%s(%q) = %d, %v; want %d, %v", name, amount, got, err, want, sentinel)
			}
		}
	})
}

var parsers = map[string]func(string) (int64, error){
	"ParseMicros":      ParseMicros,
	"ParseMicrosBytes": func(s string) (int64, error) { return ParseMicrosBytes([]byte(s)) },
}

var grammar = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.([0-9]+))?$`)

// parseBig is the documented grammar, read in the slow and obvious way.
func parseBig(amount string) (int64, error) {
	match := grammar.FindStringSubmatch(amount)
	if match == nil || strings.HasSuffix(amount, "\n") {
		return 0, ErrMalformed
	}
	if len(match[3]) > 6 {
		return 0, ErrTooPrecise
	}
	exact, _ := new(big.Rat).SetString(amount)
	exact.Mul(exact, big.NewRat(Unit, 1))
	if !exact.Num().IsInt64() {
		return 0, ErrOverflow
	}
	return exact.Num().Int64(), nil
}

func anyCurrency() *rapid.Generator[Currency] {
	return rapid.SampledFrom([]Currency{"USD", "EUR", "JPY", "KWD", "CLF"})
}

func BenchmarkParseMicrosBytes(b *testing.B) {
	amount := []byte("1234.567891")
	b.SetBytes(int64(len(amount)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseMicrosBytes(amount); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendMicros(b *testing.B) {
	dst := make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendMicros(dst[:0], 1_234_567_891)
	}
}
