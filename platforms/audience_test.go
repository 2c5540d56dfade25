package platforms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// crowd is People: so many, numbered from first.
type crowd struct{ first, n int }

func (c *crowd) Members(_ context.Context, _, _ uuid.UUID, _ platforms.Platform, visit func([]platforms.Member) error) error {
	const batch = 12_000 // more than a call may name
	for at := 0; at < c.n; at += batch {
		var part []platforms.Member
		for i := at; i < min(at+batch, c.n); i++ {
			part = append(part, platforms.Member{Email: identity.Of(fmt.Sprint("person ", c.first+i)).String()})
		}
		if err := visit(part); err != nil {
			return err
		}
	}
	return nil
}

// aimed is a campaign for one audience that spares another.
func (w *world) aimed() (campaign uuid.UUID, d *platforms.Draft, people *crowd) {
	people = &crowd{n: 25_000}
	w.People, w.pusher.People = people, people
	campaign, d = w.draft("Summit")
	wanted, spared := newID(), newID()
	d.Targeting.CustomAudiences = []string{wanted.String(), "23840000000001", "buyers"}
	d.Targeting.Exclusions = []targeting.Exclusion{{Criterion: targeting.ByAudience, Values: []string{spared.String()}}}
	d.Audiences = []platforms.Audience{{ID: wanted, Name: "Customers", Size: 25_000, Version: 3}, {ID: spared, Name: "Staff", Size: 25_000, Version: 1, Excluded: true}}
	w.drafts.put(campaign, *d)
	return campaign, d, people
}

func TestAudiencesAreBroughtToMeta(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0.1)
	campaign, d, people := w.aimed()
	d.Targeting.CustomAudiences = []string{d.Audiences[0].ID.String(), "buyers"}
	w.drafts.put(campaign, *d)
	placed := w.place(campaign, w.connect().ID)
	p := w.push(placed, platforms.IsCurrent)
	if got := strings.Join(p.LeftOut, " "); got != "interests custom_audiences" {
		t.Errorf("left out: %s", got)
	}
	if n := w.sandbox.Members("meta"); n != 50_000 {
		t.Errorf("Meta has %d people", n)
	}
	for _, a := range d.Audiences {
		if o := object(p, a.Key()); o.Members != 25_000 || o.Filled != a.Version || len(w.sandbox.Count("meta", "audience")) != 2 {
			t.Errorf("%+v of %v", o, w.sandbox.Count("meta", "audience"))
		}
	}
	spec := w.sandbox.Text(object(p, "ad_set").External, "targeting")
	var set struct{ In, Out []map[string]string }
	_ = json.Unmarshal([]byte(strings.NewReplacer("excluded_custom_audiences", "Out", "custom_audiences", "In").Replace(spec)), &set)
	if len(set.In) != 1 || len(set.Out) != 1 || set.In[0]["id"] != object(p, d.Audiences[0].Key()).External || set.Out[0]["id"] != object(p, d.Audiences[1].Key()).External {
		t.Errorf("targeting %s", spec)
	}

	// Some have left, among them whoever asked to be forgotten: they leave Meta.
	people.first, people.n = 20_000, 10_000
	d.Audiences[0].Version = 4
	w.drafts.put(campaign, *d)
	w.must(w.TouchAudience(t.Context(), w.by.Partner, d.Audiences[0].ID))
	w.must(w.pusher.Tick(t.Context()))
	if n := w.sandbox.Members("meta"); n != 35_000 {
		t.Errorf("after 15 000 have left one audience, Meta has %d people", n)
	}

	// An audience that is no longer used is deleted there.
	d.Targeting.Exclusions, d.Audiences = nil, d.Audiences[:1]
	w.drafts.put(campaign, *d)
	w.must(w.Touch(t.Context(), w.by.Partner, campaign))
	w.push(placed, platforms.IsCurrent)
	w.pass(10 * time.Minute)
	w.must(w.pusher.Tick(t.Context()))
	if n := w.sandbox.Members("meta"); n != 10_000 {
		t.Errorf("after one audience is gone, Meta has %d people", n)
	}
}

// Without its audience an ad set would be for everybody.
func TestNoAdSetIsMadeBeforeItsAudiences(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	campaign, d, _ := w.aimed()
	d.Targeting.CustomAudiences = d.Targeting.CustomAudiences[:1]
	w.drafts.put(campaign, *d)
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.ServerError, Method: "POST", Path: "customaudiences"})
	placed := w.place(campaign, w.connect().ID)
	for range 30 {
		w.must(w.pusher.Tick(t.Context()))
		w.pass(time.Minute)
	}
	if n := len(w.sandbox.Count("meta", "ad_set")); n != 0 || w.placement(placed).Started {
		t.Errorf("%d ad sets without their audience", n)
	}
	w.sandbox.Clear()
	p := w.push(placed, platforms.IsCurrent)
	if n := w.sandbox.Members("meta"); n != 50_000 || !p.Started {
		t.Errorf("Meta has %d people; started: %v", n, p.Started)
	}

	// A filling that breaks off stops the next change from being applied.
	d.Audiences[0].Version++
	w.drafts.put(campaign, *d)
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.HTML, Path: "/usersreplace", After: 1, Times: 1})
	w.must(w.Touch(t.Context(), w.by.Partner, campaign))
	w.must(w.pusher.Tick(t.Context()))
	if o := object(w.placement(placed), d.Audiences[0].Key()); o.Filled >= 0 {
		t.Errorf("a filling that broke off is noted as done: %+v", o)
	}
	w.pass(time.Minute)
	w.must(w.pusher.Tick(t.Context()))
	if o := object(w.placement(placed), d.Audiences[0].Key()); o.Filled != d.Audiences[0].Version || w.sandbox.Members("meta") != 50_000 {
		t.Errorf("not filled again: %+v, %d people", o, w.sandbox.Members("meta"))
	}
}
