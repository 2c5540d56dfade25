package dashboard

import (
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// parseWhole reads a whole number as a form sends it.
func parseWhole(text string) (int64, error) { return strconv.ParseInt(strings.TrimSpace(text), 10, 64) }

// parseDecimal reads a number as the viewer writes it: 1.500,50 in Bogotá and
// 1,500.50 in Mexico. With both signs the later one is the decimal sign; a sign
// of thousands that stands where none can be is a decimal sign after all, so
// 12.5 is twelve and a half everywhere.
func (l *locale) parseDecimal(text string) (int64, error) {
	text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "%", "").Replace(text)
	comma, point := strings.LastIndex(text, ","), strings.LastIndex(text, ".")
	switch {
	case comma >= 0 && point >= 0:
		group := ","
		if comma > point {
			group = "."
		}
		text = strings.ReplaceAll(text, group, "")
	case l.groups(text, l.Group):
		text = strings.ReplaceAll(text, l.Group, "")
	}
	return money.ParseMicros(strings.Replace(text, ",", ".", 1))
}

// groups reports whether every part after a sign has three digits, as thousands
// do.
func (l *locale) groups(text, sign string) bool {
	parts := strings.Split(text, sign)
	if sign == "" || len(parts) < 2 || parts[0] == "" || parts[0] == "0" || len(parts[0]) > 3 {
		return false
	}
	for _, p := range parts[1:] {
		if len(p) != 3 {
			return false
		}
	}
	return true
}

// parseMoney reads an amount; the path of the mistake is "limit".
func (l *locale) parseMoney(text string, currency money.Currency) (money.Money, error) {
	micros, err := l.parseDecimal(text)
	if err != nil {
		return money.Money{}, notANumber("limit")
	}
	return money.New(micros, currency), nil
}

func notANumber(path string) error {
	return fault.ErrInvalid.WithFields(fault.Field{Path: path, Code: "not_a_number"})
}

// parseTime reads what a date and time control sends, in a zone.
func parseTime(text string, zone *time.Location) time.Time {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t
		}
	}
	return time.Time{}
}

// controlTime is a time as its control wants it.
func controlTime(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02T15:04")
}

// words parts what was entered at commas and lines.
func splitList(text string) []string {
	var all []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ';' }) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// parseGoals reads the rows of targets. A row without a metric and a value is
// no row; a rate is entered in percent.
func (l *locale) parseGoals(metrics, targets []string) (campaigns.Goals, fault.Fields) {
	var goals campaigns.Goals
	var wrong fault.Fields
	for i, metric := range metrics {
		text := ""
		if i < len(targets) {
			text = strings.TrimSpace(targets[i])
		}
		if metric == "" && text == "" {
			continue
		}
		path := "goals.target_metrics." + metric
		micros, err := l.parseDecimal(text)
		switch {
		case metric == "":
			wrong.Add("goals.target_metrics", "metric_missing", "", "")
		case text == "":
			wrong.Add(path, "target_missing", "", "")
		case err != nil:
			wrong.Add(path, "not_a_number", "", "")
		case kindOf(metric) == kindFraction:
			micros /= 100
		}
		goals.Targets = append(goals.Targets, campaigns.Target{Metric: campaigns.Metric(metric), Quantity: campaigns.Quantity{Micros: micros}})
	}
	return goals, wrong
}

// targetText is a target as it would be entered.
func (l *locale) targetText(t campaigns.Target) string {
	micros := t.Micros
	if kindOf(string(t.Metric)) == kindFraction {
		micros *= 100
	}
	return l.decimal(trimmed(micros))
}

// trimmed is a decimal without needless zeros.
func trimmed(micros int64) string {
	text := money.FormatMicros(micros)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
