package dashboard

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/insight"
)

// Insights is insight.Service.
type Insights interface {
	Campaign(ctx context.Context, partner, campaign uuid.UUID, days int) (insight.Campaign, error)
}

// responsesCard is who responds to a campaign and what wastes its money.
type responsesCard struct {
	Rows  []responseRow
	Ideas []string
}

type responseRow struct{ Who, Text, Tone, Icon string }

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
	for _, r := range found.Responses {
		row := responseRow{Who: l.T("response.of."+r.Dimension, "value", r.Value)}
		switch r.Verdict {
		case insight.Worse:
			row.Tone, row.Icon, row.Text = "bad", "down", l.T("response.worse")
			if r.Wasted != nil {
				row.Text = l.T("response.wasted", "amount", l.Money(r.Wasted.Micros, string(r.Wasted.Currency)))
			}
		case insight.Better:
			row.Tone, row.Icon, row.Text = "good", "up", l.T("response.better")
		default:
			continue
		}
		c.Rows = append(c.Rows, row)
	}
	for _, idea := range found.Suggestions {
		if cost := idea.Expected.Cost; cost != nil {
			c.Ideas = append(c.Ideas, l.T("response.narrow", "what", l.T("response.of."+idea.Dimension, "value", idea.Value), "change", l.Percent(shareOf(-cost.Value), 0)))
		} else if after := idea.Expected.After; after != nil && idea.Expected.Before.Mid > 0 {
			c.Ideas = append(c.Ideas, l.T("response.widen", "what", l.Or("reach.factor.", idea.Dimension, idea.Dimension), "times", l.Fixed(1_000_000*after.Mid/idea.Expected.Before.Mid, 1)))
		}
	}
	if len(c.Rows)+len(c.Ideas) == 0 {
		return nil
	}
	return c
}
