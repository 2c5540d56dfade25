package dashboard

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/web"
)

var pairForm = regexp.MustCompile(`--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)

// The tokens reach the contrast that WCAG 2.2 AA asks for, in both themes: 4.5
// for text, 3 for the edges of controls and for what a shape alone says.
func TestTokensHaveEnoughContrast(t *testing.T) {
	tokens := map[string][2]string{}
	for _, m := range pairForm.FindAllStringSubmatch(string(web.Stylesheet()), -1) {
		tokens[m[1]] = [2]string{m[2], m[3]}
	}
	text := []string{
		"ink paper", "ink surface", "ink sunken", "ink-soft paper", "ink-soft surface", "ink-soft sunken",
		"accent paper", "accent surface", "accent-strong surface", "accent-strong accent-soft", "accent accent-soft", "on-accent accent", "on-accent accent-strong",
		"good surface", "warn surface", "bad surface", "good paper", "warn paper", "bad paper", "bad bad-soft", "good good-soft", "warn warn-soft",
		"ink good-soft", "ink warn-soft", "ink bad-soft", "paper ink", "bad sunken",
	}
	shapes := []string{"edge surface", "edge paper", "accent sunken", "good-fill sunken", "warn-fill sunken", "bad sunken", "accent surface"}
	check := func(pairs []string, least float64) {
		for _, pair := range pairs {
			over, under, _ := strings.Cut(pair, " ")
			for theme, name := range []string{"light", "dark"} {
				a, b := tokens[over], tokens[under]
				if a[theme] == "" || b[theme] == "" {
					t.Fatalf("there is no token %s or %s", over, under)
				}
				if got := contrast(t, a[theme], b[theme]); got < least {
					t.Errorf("%s on %s in %s: %.2f, at least %.1f is needed", over, under, name, got, least)
				}
			}
		}
	}
	check(text, 4.5)
	check(shapes, 3)
}

// contrast is the ratio of WCAG 2.2, from relative luminances.
func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// Colours are named in the tokens alone, so that a theme cannot miss one.
func TestColoursComeFromTokens(t *testing.T) {
	css := string(web.Stylesheet())
	_, rest, found := strings.Cut(css, `:root[data-theme="light"]`)
	if !found {
		t.Fatal("the tokens do not come first")
	}
	if stray := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b`).FindAllString(rest, -1); len(stray) > 0 {
		t.Error(fmt.Sprint("colours outside the tokens: ", stray))
	}
	used := regexp.MustCompile(`var\(--([a-z0-9-]+)`).FindAllStringSubmatch(css, -1)
	for _, u := range used {
		if !strings.Contains(css, "--"+u[1]+":") {
			t.Errorf("--%s is used and not declared", u[1])
		}
	}
}
