package dashboard

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/feature/plural"

	"github.com/hexabuilders/campaignd/web"
)

// dictionary is the messages of one language: forms by key. A message without
// plural forms has the form "other" alone.
type dictionary map[string]map[string]string

func readDictionary(lang string) (dictionary, error) {
	raw, err := web.Messages(lang)
	if err != nil {
		return nil, err
	}
	d := make(dictionary, len(raw))
	for key, body := range raw {
		var one string
		forms := map[string]string{}
		if json.Unmarshal(body, &one) == nil {
			forms["other"] = one
		} else if err := json.Unmarshal(body, &forms); err != nil {
			return nil, fmt.Errorf("dashboard: message %q in %s: %w", key, lang, err)
		}
		d[key] = forms
	}
	return d, nil
}

// T is the message of a key with its {placeholders} filled: name, value, name,
// value. A key that does not exist is shown as itself; a test finds those.
func (l *locale) T(key string, args ...any) string {
	return l.fill(l.form(key, "other"), key, args)
}

// N is T in the plural form that n takes; {n} is n in the viewer's digits.
func (l *locale) N(key string, n int, args ...any) string {
	form := "other"
	if plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0) == plural.One {
		form = "one"
	}
	return l.fill(l.form(key, form), key, append([]any{"n", l.Count(int64(n))}, args...))
}

// Has reports whether a key is translated, for codes that come from elsewhere.
func (l *locale) Has(key string) bool { return l.words[key] != nil }

// Or is the message of prefix+code, or the fallback for a code that has none.
func (l *locale) Or(prefix, code, fallback string) string {
	if l.Has(prefix + code) {
		return l.T(prefix + code)
	}
	return fallback
}

// Channel names a channel, or another part of a budget that goes by a code of
// ours; what a partner named stays as it is written.
func (l *locale) Channel(code string) string {
	upper := strings.ToUpper(code)
	return l.Or("type.", upper, l.Or("objective.", upper, code))
}

// channels names several.
func (l *locale) channels(codes []string) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = l.Channel(code)
	}
	return strings.Join(names, ", ")
}

func (l *locale) form(key, form string) string {
	forms := l.words[key]
	if text, ok := forms[form]; ok {
		return text
	}
	return forms["other"]
}

func (l *locale) fill(text, key string, args []any) string {
	if text == "" {
		return key
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), fmt.Sprint(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// scriptWords are the messages that the browser's scripts say.
func scriptWords(l *locale) map[string]string {
	words := map[string]string{}
	for _, key := range []string{"live.connecting", "live.connected", "live.reconnecting", "live.stale", "figure.unknown", "chart.empty", "chart.failed", "reason.none"} {
		words[key] = l.T(key)
	}
	for code := range metricReasons {
		words["reason."+code] = l.Reason(code)
	}
	return words
}

// metricReasons are the codes for which a KPI is not known.
var metricReasons = map[string]bool{"no_data": true, "no_impressions": true, "no_clicks": true, "no_conversions": true, "no_spend": true, "no_reach": true}
