package campaigns_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

func ptr[T any](v T) *T { return &v }

// goals reads {"target_metrics":{...}} from its inside.
func goals(t testing.TB, targets string) campaigns.Goals {
	t.Helper()
	var g campaigns.Goals
	if err := json.Unmarshal([]byte(`{"target_metrics":{`+targets+`}}`), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func spring(t testing.TB) campaigns.NewCampaign {
	return campaigns.NewCampaign{
		Name: "Spring", Type: campaigns.Social, Objective: campaigns.Traffic, Goals: goals(t, `"clicks":1000,"cpc":"0.50"`),
		Budget: campaigns.BudgetTerms{Amount: usd(1000)}, Timezone: "America/Bogota",
	}
}

func colombia() targeting.Configuration {
	return targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, Interests: []string{"607"}}
}

var (
	banner = []campaigns.Creative{{Name: "banner", Format: "image", URL: "https://example.com/b.png"}}
	dates  = campaigns.Schedule{Start: start.Add(time.Hour), End: start.Add(10 * 24 * time.Hour)}
)

// must is a use case that works.
func must(t testing.TB) func(*campaigns.Campaign, error) *campaigns.Campaign {
	return func(c *campaigns.Campaign, err error) *campaigns.Campaign {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// draft has everything but a schedule.
func (w *world) draft() uuid.UUID {
	w.t.Helper()
	id := must(w.t)(w.Create(ctx, by, spring(w.t))).State().ID
	must(w.t)(w.SetTargeting(ctx, by, id, 0, colombia()))
	must(w.t)(w.SetCreatives(ctx, by, id, 0, banner))
	return id
}

// in is a campaign brought to a status along the table.
func (w *world) in(s campaigns.Status) uuid.UUID {
	w.t.Helper()
	id, ok := w.draft(), must(w.t)
	path := map[campaigns.Status][]campaigns.Action{
		campaigns.Draft:     nil,
		campaigns.Scheduled: {campaigns.Schedules},
		campaigns.Active:    {campaigns.Schedules, campaigns.Launches},
		campaigns.Paused:    {campaigns.Schedules, campaigns.Launches, campaigns.Pauses},
		campaigns.Completed: {campaigns.Schedules, campaigns.Launches, campaigns.Completes},
		campaigns.Cancelled: {campaigns.Cancels},
	}
	for _, a := range path[s] {
		ok(w.do(id, a))
	}
	if got := w.state(id).Status; got != s {
		w.t.Fatalf("the campaign is %s, want %s", got, s)
	}
	return id
}

// do is an action with ordinary input.
func (w *world) do(id uuid.UUID, a campaigns.Action) (*campaigns.Campaign, error) {
	switch a {
	case campaigns.Schedules:
		again := dates
		again.Start = again.Start.Add(time.Duration(len(w.log)) * time.Second) // another one each time
		return w.Schedule(ctx, by, id, 0, again)
	case campaigns.Launches:
		return w.Launch(ctx, by, id, 0)
	case campaigns.Pauses:
		return w.Pause(ctx, by, id, 0, "holiday")
	case campaigns.Resumes:
		return w.Resume(ctx, by, id, 0)
	case campaigns.Completes:
		return w.Complete(ctx, by, id, 0, "done")
	case campaigns.Cancels:
		return w.Cancel(ctx, by, id, 0, "changed our mind")
	}
	panic("no such action: " + a)
}

func (w *world) state(id uuid.UUID) campaigns.State {
	w.t.Helper()
	return must(w.t)(w.Get(ctx, uuid.Nil, id)).State()
}

func (w *world) last() event.Event { return w.log[len(w.log)-1] }

// data reads the body of the last event, which must be of the type.
func data[T event.Data](w *world) (body T) {
	w.t.Helper()
	e := w.last()
	if e.Type != body.EventType() {
		w.t.Fatalf("the last event is %s, want %s", e.Type, body.EventType())
	}
	if err := json.Unmarshal(e.Data, &body); err != nil {
		w.t.Fatal(err)
	}
	return body
}

// refuses runs what must fail with the sentinel and change nothing.
func (w *world) refuses(want error, attempt func() error) {
	w.t.Helper()
	_ = w.refusal(want, attempt) // not about what it says
}

// refusal is what refuses was told.
func (w *world) refusal(want error, attempt func() error) *fault.Error {
	w.t.Helper()
	before, events := snapshot(w), len(w.log)
	err := attempt()
	if !errors.Is(err, want) {
		w.t.Fatalf("got %v, want %v", err, want)
	}
	if len(w.log) != events || snapshot(w) != before {
		w.t.Fatalf("a refused request has changed something: %v", w.log[events:])
	}
	return fault.As(err)
}

func snapshot(w *world) string {
	var all []string
	for id, body := range w.states {
		all = append(all, id.String()+string(body))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// wrong are the paths and codes of the fields that an error names.
func wrong(err error) string {
	e := fault.As(err)
	if e == nil {
		return ""
	}
	all := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		all[i] = f.Path + " " + f.Code
	}
	return strings.Join(all, ", ")
}
