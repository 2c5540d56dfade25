package dashboard

import (
	"context"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/insight"
)

// Insights is insight.Service.
type Insights interface {
	Campaign(ctx context.Context, partner, campaign uuid.UUID, days int) (insight.Campaign, error)
}

// responsesCard is who responds to a campaign and what wastes its money.
type responsesCard struct {
	Rows   []responseRow
	Ideas  []string
	TooFew string // how many parts have too little to be judged, and how much it takes
}

type responseRow struct{ Who, Text, Tone, Icon, Evidence string }

// responses is nil when nothing stands out, and when it cannot be told: the page
// is for changing the campaign, and does that without it.
func (v *visit) responses(s subject) *responsesCard {
	found, err := v.d.Insights.Campaign(v.r.Context(), v.scope(), s.ID, insight.Window)
	if err != nil {
		slog.WarnContext(v.r.Context(), "targeting insights not told", "error", err)
		return nil
	}
	l := v.locale
	c := &responsesCard{}
	few := 0
	for _, r := range found.Responses {
		row := responseRow{Who: l.T("response.of."+r.Dimension, "value", l.word(r.Value))}
		switch r.Verdict {
		case insight.Worse:
			row.Tone, row.Icon, row.Text = "bad", "down", l.T("response.worse")
			if r.Wasted != nil {
				row.Text = l.T("response.wasted", "amount", l.Money(r.Wasted.Micros, string(r.Wasted.Currency)))
			}
		case insight.Better:
			row.Tone, row.Icon, row.Text = "good", "up", l.T("response.better")
		case insight.TooFew:
			few++
			continue
		default:
			continue
		}
		row.Evidence = l.rests(r)
		c.Rows = append(c.Rows, row)
	}
	for _, idea := range found.Suggestions {
		if cost := idea.Expected.Cost; cost != nil {
			c.Ideas = append(c.Ideas, l.T("response.narrow", "what", l.T("response.of."+idea.Dimension, "value", l.word(idea.Value)), "change", l.Percent(shareOf(-cost.Value), 0)))
		} else if after := idea.Expected.After; after != nil && idea.Expected.Before.Mid > 0 {
			c.Ideas = append(c.Ideas, l.T("response.widen", "what", l.Or("reach.factor.", idea.Dimension, idea.Dimension), "times", l.Fixed(1_000_000*after.Mid/idea.Expected.Before.Mid, 1)))
		}
	}
	if len(c.Rows)+len(c.Ideas) == 0 {
		return nil
	}
	if few > 0 {
		c.TooFew = l.N("response.too_few", few, "conversions", l.Count(insight.MinConversions), "impressions", l.Count(insight.MinImpressions))
	}
	return c
}

// rests is what a verdict rests on: what a conversion costs here and
// elsewhere, or the share of clicks where there are too few conversions.
func (l *locale) rests(r insight.Response) string {
	for _, m := range slices.Backward(r.Measures) { // the cost of a conversion is last, and decides where it can
		if m.Verdict != r.Verdict || m.Here == nil || m.Rest == nil || m.Ratio == nil {
			continue
		}
		times := []any{"times", l.Fixed(shareOf(m.Ratio.Value), 2), "low", l.Fixed(shareOf(m.Ratio.Low), 2), "high", l.Fixed(shareOf(m.Ratio.High), 2)}
		switch m.Name {
		case insight.CostPerConversion:
			code := string(r.Cost.Currency)
			return l.T("response.evidence.cost", append(times, "n", l.Count(r.Conversions), "here", l.Money(shareOf(*m.Here), code), "rest", l.Money(shareOf(*m.Rest), code))...)
		case insight.CTR:
			return l.T("response.evidence.ctr", append(times, "n", l.Count(r.Impressions), "here", l.Percent(shareOf(*m.Here), 2), "rest", l.Percent(shareOf(*m.Rest), 2))...)
		}
	}
	return ""
}
