package influx

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// touched finds the buckets that the commits of a page have changed. whole says
// that the page cannot tell, because the log no longer names the campaigns.
func (m *Mirror) touched(ctx context.Context, partner uuid.UUID, seen int64, events []event.Event) (out map[uuid.UUID]buckets, whole bool, err error) {
	spans := map[uuid.UUID]performance.Span{}
	for _, e := range events {
		if e.Seq <= seen || e.Type != performance.TypeUpdated {
			continue
		}
		var data performance.Updated
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return nil, false, fmt.Errorf("event %s: %w", e.ID, err)
		}
		if len(data.Campaigns) == 0 {
			return nil, true, nil
		}
		at := e.RecordedAt.UnixMicro()
		for _, c := range data.Campaigns {
			span, ok := spans[c.Campaign]
			if !ok {
				span = performance.Everything
				span.KnownFrom = at
			}
			span.KnownTo = at + 1
			spans[c.Campaign] = span
		}
	}
	subjects, err := m.store.Subjects(ctx, partner, slices.Collect(maps.Keys(spans)))
	if err != nil {
		return nil, false, err
	}
	out = map[uuid.UUID]buckets{}
	for campaign, span := range spans {
		if out[campaign], err = m.bucketsIn(ctx, partner, campaign, subjects[campaign].Zone, span); err != nil {
			return nil, false, err
		}
	}
	return out, false, nil
}

func (m *Mirror) bucketsIn(ctx context.Context, partner, campaign uuid.UUID, zone *time.Location, span performance.Span) (buckets, error) {
	if zone == nil {
		return nil, fmt.Errorf("influx: campaign %s is in the log and not in the store", campaign)
	}
	out := buckets{performance.Minute: {}, performance.Hour: {}, performance.Day: {}}
	err := m.store.Replay(ctx, partner, campaign, span, 0, func(_ int64, events []performance.Event) error {
		last := int64(-1)
		for i := range events {
			minute := events[i].OccurredAt - modulo(events[i].OccurredAt, steps[performance.Minute])
			if minute == last {
				continue
			}
			last = minute
			out[performance.Minute][minute] = struct{}{}
			out[performance.Hour][minute-modulo(minute, steps[performance.Hour])] = struct{}{}
		}
		for i := range events { // a day may begin within a minute, long ago
			out[performance.Day][int64(localday.Of(time.UnixMicro(events[i].OccurredAt), zone))] = struct{}{}
		}
		return nil
	})
	return out, err
}

// modulo is never negative.
func modulo(a, b int64) int64 { return (a%b + b) % b }

const dayMicros = 86_400_000_000

// fill writes everything that a partner has, and returns the place in the log
// that it includes: the figures may be newer, never older. It goes by campaign
// and day, so that its memory does not grow with the history.
func (m *Mirror) fill(ctx context.Context, b *batch, partner uuid.UUID) (head int64, err error) {
	if head, err = m.Head(ctx, partner); err != nil {
		return 0, err
	}
	campaigns, err := m.store.Delivering(ctx, partner)
	if err != nil {
		return 0, err
	}
	for _, campaign := range campaigns {
		if err := m.fillCampaign(ctx, b, partner, campaign); err != nil {
			return 0, err
		}
	}
	if b.points > 0 {
		slog.InfoContext(ctx, "influx: filled from the store", "partner", partner, "campaigns", len(campaigns), "points", b.points)
	}
	return head, nil
}

func (m *Mirror) fillCampaign(ctx context.Context, b *batch, partner, campaign uuid.UUID) error {
	days, err := m.store.Rollups(ctx, partner, campaign, performance.Day, earliest/dayMicros, latest/dayMicros)
	if err != nil {
		return err
	}
	utc := map[int64]struct{}{} // the days of UTC that the local ones lie in
	for i := range days {
		if err := b.add(ctx, partner, campaign, &days[i]); err != nil {
			return err
		}
		for d := days[i].Start - 1; d <= days[i].Start+1; d++ {
			utc[d] = struct{}{}
		}
	}
	for _, d := range slices.Sorted(maps.Keys(utc)) {
		for _, width := range []performance.Bucket{performance.Hour, performance.Minute} {
			if err := m.copyRange(ctx, b, partner, campaign, width, d*dayMicros, (d+1)*dayMicros); err != nil {
				return err
			}
		}
	}
	return nil
}
