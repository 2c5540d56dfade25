package campaigns_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// patches name each field of a patch with a value that no campaign of these
// tests has.
func patches(t testing.TB) map[string]campaigns.Patch {
	return map[string]campaigns.Patch{
		"name": {Name: ptr("Summer")}, "description": {Description: ptr("Hot")}, "labels": {Labels: &[]string{"a"}},
		"goals": {Goals: ptr(goals(t, `"ctr":0.5`))}, "schedule": {End: ptr(dates.End.Add(time.Hour))},
		"type": {Type: ptr(campaigns.Video)}, "objective": {Objective: ptr(campaigns.Sales)},
		"special_category": {Category: ptr(campaigns.Credit)}, "channels": {Channels: &[]string{"meta"}},
	}
}

// TestWhatMayChangeWhen states the whole of it: every field in every status.
func TestWhatMayChangeWhen(t *testing.T) {
	always := []string{"name", "description", "labels"}
	may := map[campaigns.Status][]string{
		"DRAFT":     append([]string{"goals", "type", "objective", "special_category", "channels"}, always...),
		"SCHEDULED": append([]string{"goals", "type", "objective", "special_category", "channels", "schedule"}, always...),
		"ACTIVE":    append([]string{"goals", "schedule"}, always...),
		"PAUSED":    append([]string{"goals", "schedule"}, always...),
		"COMPLETED": always, "CANCELLED": always,
	}
	for _, status := range campaigns.Statuses {
		for field, patch := range patches(t) {
			t.Run(string(status)+" "+field, func(t *testing.T) {
				w := newWorld(t)
				id := w.in(status)
				if slices.Contains(may[status], field) {
					must(t)(w.Patch(ctx, by, id, 0, patch))
					if e := data[campaigns.Updated](w); e.Changes[0].Field != field || e.Changes[0].Before == nil {
						t.Errorf("%+v", e)
					}
					return
				}
				err := w.refusal(campaigns.ErrLocked, func() error { _, err := w.Patch(ctx, by, id, 0, patch); return err })
				if !strings.HasPrefix(err.Fields[0].Path, field) || err.Fields[0].Code != "locked" || !strings.HasPrefix(err.Fields[0].Allow, "while the campaign is ") {
					t.Errorf("%+v", err.Fields)
				}
			})
		}
	}
}

func TestSendingWhatIsAlreadySoChangesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.state(w.in(campaigns.Active))
	events := len(w.log)
	same := must(t)(w.Patch(ctx, by, s.ID, s.Revision, campaigns.Patch{
		Name: &s.Name, Description: &s.Description, Labels: &s.Labels, Goals: &s.Goals, End: &s.Schedule.End, Type: &s.Type,
		Objective: &s.Objective, Category: &s.Category, Channels: &s.Channels, Currency: &s.Currency, Timezone: &s.Timezone,
	}))
	if same.State().Revision != s.Revision || len(w.log) != events {
		t.Error("a patch without a difference is a change")
	}
}

func TestCurrencyAndZoneNeverChange(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	err := w.refusal(fault.ErrInvalid, func() error {
		_, err := w.Patch(ctx, by, id, 0, campaigns.Patch{Currency: ptr(money.Currency("EUR")), Timezone: ptr("Europe/Madrid")})
		return err
	})
	if got := wrong(err); got != "currency immutable, timezone immutable" || !strings.Contains(err.Fields[0].Allow, "clone") {
		t.Errorf("%s: %+v", got, err.Fields)
	}
}

func TestPatchesThatCannotBe(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Scheduled)
	err := w.refusal(fault.ErrInvalid, func() error {
		_, err := w.Patch(ctx, by, id, 0, campaigns.Patch{
			Name: ptr(""), Type: ptr(campaigns.Type("RADIO")), Objective: ptr(campaigns.Conversions), End: ptr(start.Add(-time.Hour)), Labels: &[]string{"a", "a"},
		})
		return err
	})
	if got := wrong(err); got != "name required, type unknown_value, labels[1] duplicate, goals.target_metrics objective_target_missing, schedule.end out_of_range" {
		t.Error(got)
	}
}

func TestChannelsFollowTheTypeUntilTheyAreChosen(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	channels := func(p campaigns.Patch) string {
		return strings.Join(must(t)(w.Patch(ctx, by, id, 0, p)).State().Channels, " ")
	}
	if got := channels(campaigns.Patch{Type: ptr(campaigns.Video)}); got != "video" {
		t.Errorf("after the type: %s", got)
	}
	if got := channels(campaigns.Patch{Channels: &[]string{"tiktok"}}); got != "tiktok" {
		t.Errorf("chosen: %s", got)
	}
	if got := channels(campaigns.Patch{Type: ptr(campaigns.Search)}); got != "tiktok" {
		t.Errorf("chosen before the type changed: %s", got)
	}
	if got := channels(campaigns.Patch{Channels: &[]string{}}); got != "search" {
		t.Errorf("given back: %s", got)
	}
}

func TestACampaignThatRunsMayEndLaterOrEarlier(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	w.now = dates.Start.Add(24 * time.Hour)
	for _, end := range []time.Time{dates.End.Add(time.Hour), w.now.Add(time.Hour)} {
		if s := must(t)(w.Patch(ctx, by, id, 0, campaigns.Patch{End: &end})).State(); !s.DueAt().Equal(end) {
			t.Errorf("due at %s, want %s", s.DueAt(), end)
		}
	}
	w.refuses(fault.ErrInvalid, func() error { _, err := w.Patch(ctx, by, id, 0, campaigns.Patch{End: &w.now}); return err })
}
