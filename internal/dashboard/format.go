package dashboard

import (
	"strconv"
	"strings"
	"time"

	"github.com/bojanz/currency"

	"github.com/hexabuilders/campaignd/money"
)

// Count prints a whole number with the viewer's signs.
func (l *locale) Count(n int64) string { return l.decimal(strconv.FormatInt(n, 10)) }

// Fixed prints micros as a number with so many decimals, rounded half up.
func (l *locale) Fixed(micros int64, decimals int) string {
	return l.decimal(roundMicros(micros, decimals))
}

// Percent prints a fraction in micros (20 000 is 2 %).
func (l *locale) Percent(micros int64, decimals int) string {
	space := "\u00a0"
	if l.Lang == "en" {
		space = ""
	}
	hundredfold, err := money.MulDiv(micros, 100, 1, money.HalfUp)
	if err != nil {
		return "∞"
	}
	return l.Fixed(hundredfold, decimals) + space + "%"
}

// Money prints an amount in the viewer's habit, with the decimals its currency
// has; an amount below a tenth of a unit gets two more, because a click often
// costs a fraction of a cent.
func (l *locale) Money(micros int64, code string) string {
	decimals := money.Currency(code).Exponent()
	if micros != 0 && micros < money.Unit/10 && micros > -money.Unit/10 {
		decimals += 2
	}
	return l.moneyWith(micros, code, decimals)
}

// MoneyRound prints an amount without decimals, for a tight place.
func (l *locale) MoneyRound(micros int64, code string) string { return l.moneyWith(micros, code, 0) }

func (l *locale) moneyWith(micros int64, code string, decimals int) string {
	amount, err := currency.NewAmount(roundMicros(micros, decimals), code)
	if err != nil {
		return l.Fixed(micros, decimals) + " " + code
	}
	f := *l.amounts
	f.MinDigits, f.MaxDigits = uint8(decimals), uint8(decimals)
	return f.Format(amount)
}

// MoneyAffixes is what stands before and after the digits of an amount: the
// script that rolls a number needs them apart.
func (l *locale) MoneyAffixes(code string) (prefix, suffix string) {
	prefix, suffix, _ = strings.Cut(l.moneyWith(8*money.Unit, code, 0), "8")
	return prefix, suffix
}

// decimal puts the viewer's signs into a plain decimal number.
func (l *locale) decimal(plain string) string {
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = "-", plain[1:]
	}
	whole, fraction, has := strings.Cut(plain, ".")
	out := sign + l.grouped(whole)
	if has {
		out += l.Decimal + fraction
	}
	return out
}

func (l *locale) grouped(digits string) string {
	if len(digits) < 3+l.MinGroup {
		return digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.Group)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// roundMicros prints micros as a plain decimal with so many decimals.
func roundMicros(micros int64, decimals int) string {
	scale := int64(1)
	for range decimals {
		scale *= 10
	}
	n, err := money.MulDiv(micros, scale, money.Unit, money.HalfUp)
	if err != nil {
		return money.FormatMicros(micros)
	}
	if decimals == 0 {
		return strconv.FormatInt(n, 10)
	}
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	text = strings.Repeat("0", max(0, decimals+1-len(text))) + text
	return sign + text[:len(text)-decimals] + "." + text[len(text)-decimals:]
}

// Day prints a date as 23 Nov 2026, in the time's own zone.
func (l *locale) Day(t time.Time) string { return l.stamp(t, "date.day") }

// Time prints the hour and minute.
func (l *locale) Time(t time.Time) string { return l.stamp(t, "date.time") }

// Stamp prints date and time.
func (l *locale) Stamp(t time.Time) string { return l.Day(t) + ", " + l.Time(t) }

// stamp prints with a layout from the dictionary, where American English has
// its own, and with the dictionary's names of months.
func (l *locale) stamp(t time.Time, key string) string {
	if t.IsZero() {
		return "–"
	}
	layout := l.T(key)
	if l.Tag == "en" {
		layout = l.T(key + ".us")
	}
	const month = "Jan"
	before, after, has := strings.Cut(layout, month)
	if !has {
		return t.Format(layout)
	}
	return t.Format(before) + l.T("month."+strconv.Itoa(int(t.Month()))) + t.Format(after)
}

// Ago prints how long before now something happened.
func (l *locale) Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return l.T("ago.now")
	case d < time.Hour:
		return l.N("ago.minutes", int(d/time.Minute))
	case d < 24*time.Hour:
		return l.N("ago.hours", int(d/time.Hour))
	default:
		return l.N("ago.days", int(d/(24*time.Hour)))
	}
}
