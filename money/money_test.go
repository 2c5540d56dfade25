package money

import (
	"math"
	"testing"
)

func TestAmountShowsTheMinorUnitAndEveryMicro(t *testing.T) {
	for _, tc := range []struct {
		micros   int64
		currency Currency
		want     string
	}{
		{0, "USD", "0.00"},
		{12_500_000, "USD", "12.50"},
		{12_345_600, "USD", "12.3456"},
		{1, "USD", "0.000001"},
		{-1, "USD", "-0.000001"},
		{-500_000, "USD", "-0.50"},
		{10_010_000, "USD", "10.01"},
		{0, "JPY", "0"},
		{12_000_000, "JPY", "12"},
		{12_500_000, "JPY", "12.5"},
		{12_500_000, "KWD", "12.500"},
		{12_000_000, "CLF", "12.0000"},
		{12_345_678, "CLF", "12.345678"},
		{12_500_000, "", "12.50"},
		{math.MaxInt64, "USD", "9223372036854.775807"},
		{math.MinInt64, "USD", "-9223372036854.775808"},
	} {
		if got := New(tc.micros, tc.currency).Amount(); got != tc.want {
			t.Errorf("New(%d, %q).Amount() = %q, want %q", tc.micros, tc.currency, got, tc.want)
		}
	}
}

func TestStringNamesTheCurrency(t *testing.T) {
	if got := New(12_500_000, "USD").String(); got != "12.50 USD" {
		t.Errorf("got %q", got)
	}
	if got := (Money{}).String(); got != "0.00" {
		t.Errorf("the zero value prints %q", got)
	}
}

func TestAppendMicrosKeepsWhatIsThere(t *testing.T) {
	if got := string(AppendMicros([]byte("spend="), -1_250_000)); got != "spend=-1.25" {
		t.Errorf("got %q", got)
	}
	if got := FormatMicros(3_000_000); got != "3.00" {
		t.Errorf("got %q", got)
	}
}

func TestSigns(t *testing.T) {
	for _, tc := range []struct {
		m                        Money
		zero, negative, positive bool
	}{
		{Zero("USD"), true, false, false},
		{New(-1, "USD"), false, true, false},
		{New(1, "USD"), false, false, true},
	} {
		if tc.m.IsZero() != tc.zero || tc.m.IsNegative() != tc.negative || tc.m.IsPositive() != tc.positive {
			t.Errorf("%s: zero %t, negative %t, positive %t", tc.m, tc.m.IsZero(), tc.m.IsNegative(), tc.m.IsPositive())
		}
	}
}
