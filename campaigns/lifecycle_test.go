package campaigns_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
)

// table is the life cycle as the specification prints it; "" is refused.
var table = map[campaigns.Status]map[campaigns.Action]campaigns.Status{
	"DRAFT":     {"schedule": "SCHEDULED", "launch": "", "pause": "", "resume": "", "complete": "", "cancel": "CANCELLED"},
	"SCHEDULED": {"schedule": "SCHEDULED", "launch": "ACTIVE", "pause": "", "resume": "", "complete": "", "cancel": "CANCELLED"},
	"ACTIVE":    {"schedule": "", "launch": "", "pause": "PAUSED", "resume": "", "complete": "COMPLETED", "cancel": ""},
	"PAUSED":    {"schedule": "", "launch": "", "pause": "", "resume": "ACTIVE", "complete": "COMPLETED", "cancel": ""},
	"COMPLETED": {"schedule": "", "launch": "", "pause": "", "resume": "", "complete": "", "cancel": ""},
	"CANCELLED": {"schedule": "", "launch": "", "pause": "", "resume": "", "complete": "", "cancel": ""},
}

func TestEveryStatusAndAction(t *testing.T) {
	for _, from := range campaigns.Statuses {
		for _, action := range campaigns.Actions {
			t.Run(fmt.Sprintf("%s %s", from, action), func(t *testing.T) {
				w := newWorld(t)
				id := w.in(from)
				if to := table[from][action]; to != "" {
					w.takes(t, id, from, action, to)
					return
				}
				want := campaigns.ErrInvalidTransition
				if from == campaigns.Draft && action == campaigns.Launches {
					want = campaigns.ErrMustBeScheduledFirst
				}
				err := w.refusal(want, func() error { _, err := w.do(id, action); return err })
				if got := err.Extra["valid_actions"]; !reflect.DeepEqual(got, valid(from)) || err.Extra["campaign_status"] != from {
					t.Errorf("the refusal offers %v in %v, want %v", got, err.Extra["campaign_status"], valid(from))
				}
			})
		}
	}
}

func (w *world) takes(t *testing.T, id uuid.UUID, from campaigns.Status, action campaigns.Action, to campaigns.Status) {
	t.Helper()
	revision, events := w.state(id).Revision, len(w.log)
	c, err := w.do(id, action)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.State(); got.Status != to || got.Revision != revision+1 || len(w.log) != events+1 {
		t.Errorf("%s at revision %d with %d new events, want %s at %d with one", got.Status, got.Revision, len(w.log)-events, to, revision+1)
	}
	if got := c.ValidActions(); !reflect.DeepEqual(got, valid(to)) {
		t.Errorf("valid actions %v, want %v", got, valid(to))
	}
	if e := w.last(); e.AggregateID != id || e.Revision != revision+1 || e.Partner != by.Partner || e.Origin.ID != by.ID || !e.OccurredAt.Equal(w.now) {
		t.Errorf("event %+v", e)
	}
}

func valid(s campaigns.Status) []campaigns.Action {
	all := []campaigns.Action{}
	for _, a := range campaigns.Actions {
		if table[s][a] != "" {
			all = append(all, a)
		}
	}
	return all
}

func TestARefusalSaysWhatCanBeDone(t *testing.T) {
	w := newWorld(t)
	active, over := w.in(campaigns.Active), w.in(campaigns.Cancelled)
	err := w.refusal(campaigns.ErrInvalidTransition, func() error { _, err := w.Cancel(ctx, by, active, 0, ""); return err })
	if err.Detail != "A campaign that is ACTIVE cannot cancel. What can be done: pause or complete." {
		t.Error(err.Detail)
	}
	err = w.refusal(campaigns.ErrInvalidTransition, func() error { _, err := w.Launch(ctx, by, over, 0); return err })
	if err.Detail != "A campaign that is CANCELLED cannot launch. Nothing more can be done to it; clone it to run it again." {
		t.Error(err.Detail)
	}
}
