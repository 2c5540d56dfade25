package dashboard

import (
	"strconv"

	"github.com/hexabuilders/campaignd/money"
)

// The kinds of number a page shows.
const (
	kindCount    = "count"    // a whole number
	kindMoney    = "money"    // micros of a currency
	kindFraction = "fraction" // micros, shown as a percentage
	kindTimes    = "times"    // micros, shown as a multiple: 3.2×
	kindPlain    = "plain"    // micros, shown as a number
)

// figure is one number and what it is. An unknown one says why: it is never 0.
type figure struct {
	Metric   string
	Kind     string
	Value    int64 // units of a count, micros of anything else
	Currency string
	Known    bool
	Reason   string // a code, when it is not known
}

// metricKinds says how each metric and KPI is counted.
var metricKinds = map[string]string{
	"impressions": kindCount, "clicks": kindCount, "conversions": kindCount, "leads": kindCount,
	"spend": kindMoney, "revenue": kindMoney, "cpc": kindMoney, "cpm": kindMoney, "cpa": kindMoney, "aov": kindMoney,
	"limit": kindMoney, "available": kindMoney, "overdelivery": kindMoney,
	"ctr": kindFraction, "cvr": kindFraction, "roi": kindFraction,
	"roas": kindTimes, "frequency": kindTimes, "brand_lift": kindPlain, "quality_score": kindPlain,
}

// costs are the metrics of which less is better.
var costs = map[string]bool{"cpc": true, "cpm": true, "cpa": true}

func known(metric string, value int64, code string) figure {
	return figure{Metric: metric, Kind: kindOf(metric), Value: value, Currency: code, Known: true}
}

func unknown(metric, reason, code string) figure {
	return figure{Metric: metric, Kind: kindOf(metric), Currency: code, Reason: reason}
}

func kindOf(metric string) string {
	if kind, ok := metricKinds[metric]; ok {
		return kind
	}
	return kindPlain
}

// Figure is the number itself, for a template that has what embeds it.
func (f figure) Figure() figure { return f }

// Plain is the exact value, as the API writes it.
func (f figure) Plain() string {
	if f.Kind == kindCount {
		return strconv.FormatInt(f.Value, 10)
	}
	return money.FormatMicros(f.Value)
}

// Decimals is how many decimals an amount of this currency shows.
func (f figure) Decimals() int { return money.Currency(f.Currency).Exponent() }

// Figure prints a number with its unit; a dash when it is not known.
func (l *locale) Figure(f figure) string {
	if !f.Known {
		return "–"
	}
	switch f.Kind {
	case kindCount:
		return l.Count(f.Value)
	case kindMoney:
		return l.Money(f.Value, f.Currency)
	case kindFraction:
		return l.Percent(f.Value, 2)
	case kindTimes:
		return l.Fixed(f.Value, 2) + "×"
	default:
		return l.Fixed(f.Value, 2)
	}
}

// Metric is a metric's name.
func (l *locale) Metric(name string) string { return l.Or("metric.", name, name) }

// Formula says how a metric is computed.
func (l *locale) Formula(name string) string { return l.Or("formula.", name, "") }

// Reason says why a number is not known.
func (l *locale) Reason(code string) string { return l.Or("reason.", code, l.T("reason.none")) }
