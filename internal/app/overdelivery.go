package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// delivered is budgets.Deliveries over the metrics.
type delivered struct{ metrics *performance.Service }

// PlatformDays implements budgets.Deliveries.
func (d delivered) PlatformDays(ctx context.Context, b *budgets.Budget, from, to localday.Day) ([]budgets.PlatformDay, error) {
	s := b.State()
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		zone = time.UTC
	}
	start, _ := localday.Bounds(from, zone)
	end, _ := localday.Bounds(to, zone)
	found, err := d.metrics.Metrics(ctx, s.Partner, s.Campaign, performance.Query{From: start, To: end, Granularity: "day", GroupBy: []string{"source"}})
	if errors.Is(err, performance.ErrNotFound) { // nothing was delivered with a metric
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	days := make([]budgets.PlatformDay, len(found.Items))
	for i, item := range found.Items {
		days[i] = budgets.PlatformDay{Day: localday.Of(item.From, zone), Platform: item.Group["source"], Spend: item.Spend}
	}
	return days, nil
}

// alertOverdelivery tells what platforms announce from what nobody expects: the
// one is how they even out a month, the other has to be looked into.
func (r *reactions) alertOverdelivery(ctx context.Context, by event.Origin, e event.Event, data budgets.Overdelivered) error {
	if data.Amount.IsNegative() {
		return nil // a refund gives back what lay beyond the limit
	}
	n := performance.Notice{
		Campaign: data.Campaign, Kind: performance.AlertOverdelivery, Severity: performance.SeverityHigh,
		Title:  "Platforms spent beyond the budget",
		Detail: fmt.Sprintf("%s in all lies beyond the limit; the latest part of it was spent on %s.", data.Overdelivery, data.Day),
		Facts:  map[string]any{"overdelivery": data.Overdelivery, "day": data.Day, "abnormal": true},
	}
	if r.announced(ctx, e, data.Day) {
		n.Severity, n.Facts["abnormal"] = performance.SeverityLow, false
		n.Title = "Platforms spent beyond the daily limit, as they announce"
		n.Detail += " That is within what these platforms say they may do on a day and in a month."
	}
	return r.alerts.Notify(ctx, by, e, n)
}

// announced reports whether all that lies beyond a day's limit is what the
// platforms announce. When that cannot be found out it is not: the alert must
// not wait, and rather says too much.
func (r *reactions) announced(ctx context.Context, e event.Event, day localday.Day) bool {
	_, found, err := r.overruns.Find(ctx, e.Partner, e.AggregateID, day, day+1)
	if err != nil {
		slog.WarnContext(ctx, "overdelivery not judged", "budget", e.AggregateID, "error", err)
		return false
	}
	return len(found) == 1 && !found[0].Abnormal
}
