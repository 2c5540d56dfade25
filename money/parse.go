package money

import "strconv"

// wholeDigits is how many digits the largest amount has before its point. With
// the 6 decimals they are 19, and any 19 digits fit in a uint64, so that reading
// needs no check at every digit.
const wholeDigits = 13

var scales = [unitDecimals + 1]uint64{1_000_000, 100_000, 10_000, 1_000, 100, 10, 1}

// text is what an amount is read from: a string, or a part of a network buffer.
type text interface{ string | []byte }

// Parse reads an amount of c, as ParseMicros does. Up to 6 decimals are allowed
// whatever c's minor unit is. The errors are those of ParseMicros, and
// ErrUnknownCurrency when c is not Valid.
func Parse(amount string, c Currency) (Money, error) {
	if _, err := ParseCurrency(string(c)); err != nil {
		return Money{}, err
	}
	micros, err := parse(amount)
	if err != nil {
		return Money{}, err
	}
	return New(micros, c), nil
}

// ParseMicros reads a decimal amount in currency units and returns micros. It
// accepts an optional minus sign, digits, and optionally a point with 1 to 6
// decimals; "-0" is zero. A plus sign, an exponent, a leading zero, a bare
// point, spaces, separators of thousands and everything else are ErrMalformed.
// More than 6 decimals are ErrTooPrecise even if they are zeros, and an amount
// beyond int64 is ErrOverflow.
func ParseMicros(amount string) (int64, error) { return parse(amount) }

// ParseMicrosBytes is ParseMicros for an amount that stands in a buffer. It
// allocates only to report an error, and does not keep b.
func ParseMicrosBytes(b []byte) (int64, error) { return parse(b) }

func parse[T text](s T) (int64, error) {
	start := 0
	if len(s) > 0 && s[0] == '-' {
		start = 1
	}
	u, end := scanDigits(s, start, 0)
	whole, decimals := end-start, 0
	if end < len(s) && s[end] == '.' {
		point := end
		if u, end = scanDigits(s, point+1, u); end == point+1 {
			return 0, malformed(s)
		}
		decimals = end - point - 1
	}
	switch {
	case end != len(s) || whole == 0 || whole > 1 && s[start] == '0':
		return 0, malformed(s)
	case decimals > unitDecimals:
		return 0, ErrTooPrecise.With("The amount %s has %d decimals; at most %d can be held.", excerpt(string(s)), decimals, unitDecimals)
	case whole > wholeDigits:
		return 0, tooLarge(s)
	}
	micros, ok := signed(u*scales[decimals], start == 1)
	if !ok {
		return 0, tooLarge(s)
	}
	return micros, nil
}

// scanDigits reads the digits of s from i on as a continuation of u, and returns
// where they end. Beyond 19 digits the number wraps; parse refuses it by length.
func scanDigits[T text](s T, i int, u uint64) (uint64, int) {
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		u = u*10 + uint64(s[i]-'0')
	}
	return u, i
}

func malformed[T text](s T) error {
	if len(s) == 0 {
		return ErrMalformed.With("The amount is empty.")
	}
	return ErrMalformed.With("%s is not an amount of money.", excerpt(string(s)))
}

func tooLarge[T text](s T) error {
	return ErrOverflow.With("The amount %s is too large to be held.", excerpt(string(s)))
}

// excerpt quotes what a client sent, cut short so that a wrong megabyte does not
// come back in the error.
func excerpt(s string) string {
	const limit = 40
	if len(s) > limit {
		return strconv.Quote(s[:limit] + "...")
	}
	return strconv.Quote(s)
}
