package dashboard

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/text/language"
)

func mustLocale(t testing.TB, tag language.Tag) *locale {
	t.Helper()
	l, err := newLocale(tag)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestNumbersAreWrittenAsTheViewerWritesThem(t *testing.T) {
	type want struct{ count, small, percent, usd, cents, cop string }
	for tag, w := range map[string]want{
		"en":    {"1,234,567", "1,234", "2.31%", "$1,234.50", "$0.0325", "COP 1,234.50"},
		"en-GB": {"1,234,567", "1,234", "2.31%", "US$1,234.50", "US$0.0325", "COP 1,234.50"},
		"es":    {"1.234.567", "1234", "2,31 %", "1234,50 US$", "0,0325 US$", "1234,50 COP"},
		"es-CO": {"1.234.567", "1.234", "2,31 %", "US$ 1.234,50", "US$ 0,0325", "$ 1.234,50"},
		"es-MX": {"1,234,567", "1,234", "2.31 %", "$1,234.50", "$0.0325", "COP 1,234.50"},
	} {
		l := mustLocale(t, language.MustParse(tag))
		got := want{
			l.Count(1234567), l.Count(1234), l.Percent(23_140, 2), l.Money(1_234_500_000, "USD"), l.Money(32_500, "USD"), l.Money(1_234_500_000, "COP"),
		}
		if plainSpaces(got.percent) != w.percent {
			t.Errorf("%s: percent %q, want %q", tag, got.percent, w.percent)
		}
		got.percent = w.percent
		got.usd, got.cents, got.cop = plainSpaces(got.usd), plainSpaces(got.cents), plainSpaces(got.cop)
		if got != w {
			t.Errorf("%s: got %+v, want %+v", tag, got, w)
		}
	}
}

func plainSpaces(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r == '\u00a0' || r == '\u202f' {
			out[i] = ' '
		}
	}
	return string(out)
}

func TestRoundingIsHalfUpAndKeepsTheSign(t *testing.T) {
	for _, c := range []struct {
		micros   int64
		decimals int
		want     string
	}{
		{1_005_000, 2, "1.01"}, {-1_005_000, 2, "-1.01"}, {999_999, 2, "1.00"}, {4_000, 2, "0.00"}, {5_000, 2, "0.01"},
		{-5_000, 2, "-0.01"}, {1_500_000, 0, "2"}, {0, 2, "0.00"}, {9_223_372_036_854_775_807, 2, "9223372036854.78"}, {123, 6, "0.000123"},
	} {
		if got := roundMicros(c.micros, c.decimals); got != c.want {
			t.Errorf("roundMicros(%d, %d) = %q, want %q", c.micros, c.decimals, got, c.want)
		}
	}
}

func TestAffixesSurroundTheDigits(t *testing.T) {
	for tag, want := range map[string][2]string{"en": {"$", ""}, "es-CO": {"US$ ", ""}, "es": {"", " US$"}} {
		before, after := mustLocale(t, language.MustParse(tag)).MoneyAffixes("USD")
		if plainSpaces(before) != want[0] || plainSpaces(after) != want[1] {
			t.Errorf("%s: %q and %q, want %q", tag, before, after, want)
		}
	}
}

func TestDatesNameTheMonthInTheLanguage(t *testing.T) {
	at := time.Date(2026, 9, 3, 16, 4, 0, 0, time.UTC)
	for tag, want := range map[string]string{"en": "Sep 3, 2026, 4:04 PM", "en-GB": "3 Sep 2026, 16:04", "es-CO": "3 sept 2026, 16:04", "es": "3 sept 2026, 16:04"} {
		if got := mustLocale(t, language.MustParse(tag)).Stamp(at); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	l := mustLocale(t, language.Spanish)
	for n, want := range map[int]string{0: "0 cosas te necesitan.", 1: "1 cosa te necesita.", 2: "2 cosas te necesitan.", 12345: "12.345 cosas te necesitan."} {
		if got := l.N("overview.headline.needs", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestAgoChoosesTheUnit(t *testing.T) {
	l, now := mustLocale(t, language.English), noon
	for d, want := range map[time.Duration]string{20 * time.Second: "just now", 5 * time.Minute: "5 min ago", 3 * time.Hour: "3 h ago", 26 * time.Hour: "1 day ago", 72 * time.Hour: "3 days ago"} {
		if got := l.Ago(now.Add(-d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestTheLocaleIsNegotiated(t *testing.T) {
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", "en"},
		{"es-CO,es;q=0.9,en;q=0.8", "", "es-CO"},
		{"es-VE", "", "es-419"},
		{"fr-FR,de", "", "en"},
		{"pt-BR,es;q=0.5", "", "es"},
		{"es-MX,en-US;q=0.5", "en", "en"},
		{"es-MX,en-GB;q=0.5", "en", "en-GB"},
		{"en-US,es-AR;q=0.3", "es", "es-AR"},
		{"en-US", "es", "es"},
		{"en-US", "xx", "en"},
		{"!!", "", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.Header.Set("Cookie", "lang="+c.cookie)
		}
		if got := negotiate(r); got.String() != c.want {
			t.Errorf("%q with cookie %q: %s, want %s", c.accept, c.cookie, got, c.want)
		}
	}
}

func TestSharesKeepTheDigitsThatSaySomething(t *testing.T) {
	es := mustLocale(t, language.Make("es"))
	for share, want := range map[float64]string{0: "0", 0.3: "30", 0.305: "30,5", 1.5: "150", 0.0123: "1,23", 0.00012: "0,012", 0.000123: "0,0123", 0.92: "92", -0.25: "-25"} {
		if got := es.significant(share); got != want+"\u00a0%" {
			t.Errorf("%v is %q, want %q", share, got, want)
		}
	}
}
