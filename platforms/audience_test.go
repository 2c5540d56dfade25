package platforms_test

import (
	"context"
	"fmt"
	"slices"
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
	people = &crowd{n: 12_500}
	w.People, w.pusher.People = people, people
	campaign, d = w.draft("Summit")
	wanted, spared := newID(), newID()
	d.Targeting.CustomAudiences = []string{wanted.String(), "23840000000001", "buyers"}
	d.Targeting.Exclusions = []targeting.Exclusion{{Criterion: targeting.ByAudience, Values: []string{spared.String()}}}
	d.Audiences = []platforms.Audience{{ID: wanted, Name: "Customers", Size: 12_500, Version: 3}, {ID: spared, Name: "Staff", Size: 12_500, Version: 1, Excluded: true}}
	w.drafts.put(campaign, *d)
	return campaign, d, people
}

// members are the people at the platform, once it has worked up what it was sent.
func (w *world) members() int {
	w.pass(15 * time.Minute)
	return w.sandbox.Members(w.at())
}

// again makes the campaign as d, and lets the pusher bring it to the platform.
func (w *world) again(campaign, placed uuid.UUID, d *platforms.Draft) platforms.PlacementState {
	w.Helper()
	w.drafts.put(campaign, *d)
	w.must(w.Touch(w.Context(), w.by.Partner, campaign))
	w.must(w.pusher.Tick(w.Context()))
	return w.push(placed, platforms.IsCurrent)
}

func TestAudiencesAreBroughtToPlatforms(t *testing.T) { onBoth(t, audiencesAreBrought) }

func audiencesAreBrought(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0.1)
	campaign, d, people := w.aimed()
	d.Targeting.CustomAudiences = []string{d.Audiences[0].ID.String(), "buyers"}
	w.drafts.put(campaign, *d)
	placed := w.place(campaign, w.connect().ID)
	p := w.push(placed, platforms.IsCurrent)
	if got := p.LeftOut; !slices.Contains(got, "interests") || !slices.Contains(got, "custom_audiences") {
		t.Errorf("left out: %s", got)
	}
	if n := w.members(); n != 25_000 {
		t.Errorf("the platform has %d people", n)
	}
	for _, a := range d.Audiences {
		if o := object(p, a.Key()); o.Members != 12_500 || o.Filled != a.Version || len(w.sandbox.Count(w.at(), "audience")) != 2 {
			t.Errorf("%+v of %v", o, w.sandbox.Count(w.at(), "audience"))
		}
	}
	w.aims(p, d.Audiences[0].Key(), d.Audiences[1].Key())

	// Some have left, among them whoever asked to be forgotten: they leave the
	// platform.
	people.first, people.n = 20_000, 10_000
	d.Audiences[0].Version = 4
	w.drafts.put(campaign, *d)
	w.must(w.TouchAudience(t.Context(), w.by.Partner, d.Audiences[0].ID))
	w.must(w.pusher.Tick(t.Context()))
	w.push(placed, platforms.IsCurrent)
	if n := w.members(); n != 22_500 {
		t.Errorf("after others are in one audience, the platform has %d people", n)
	}

	// One that is no longer used is deleted there, and made anew when it is again.
	all := d.Audiences
	spared := d.Targeting.Exclusions
	d.Targeting.Exclusions, d.Audiences = nil, all[:1]
	w.again(campaign, placed, d)
	if n := w.members(); n != 10_000 {
		t.Errorf("after one audience is gone, the platform has %d people", n)
	}
	d.Targeting.Exclusions, d.Audiences = spared, all
	p = w.again(campaign, placed, d)
	if n := w.members(); n != 20_000 {
		t.Errorf("after it is back, the platform has %d people", n)
	}
	w.aims(p, all[0].Key(), all[1].Key())

	// Everybody leaves, and then the campaign ends.
	people.n = 0
	d.Audiences[0].Version = 5
	w.again(campaign, placed, d)
	if n := w.members(); n > 10_001 {
		t.Errorf("after everybody has left one audience, the platform has %d people", n)
	}
	_, err := w.End(t.Context(), w.by, placed, 0, false)
	w.must(err)
	w.push(placed, platforms.IsEnded)
	if n := w.members(); n != 0 || w.sandbox.Status(object(p, w.pick("ad_set", "ad_group")).External) != "PAUSED" {
		t.Errorf("after the end the platform has %d people", n)
	}
}

// aimedAtOurs is a campaign that names no audience of the platform's own, which
// nobody here can look for.
func (w *world) aimedAtOurs() (campaign uuid.UUID, d *platforms.Draft) {
	w.Helper()
	campaign, d, _ = w.aimed()
	d.Targeting.CustomAudiences = d.Targeting.CustomAudiences[:1]
	w.drafts.put(campaign, *d)
	return campaign, d
}

// aims holds the platform's object to whom the campaign is for and whom it spares.
func (w *world) aims(p platforms.PlacementState, wanted, spared string) {
	w.Helper()
	in, out := w.sandbox.Aims(object(p, w.pick("ad_set", "ad_group")).External)
	if fmt.Sprint(in, out) != fmt.Sprint([]string{object(p, wanted).External}, []string{object(p, spared).External}) {
		w.Errorf("it is for %v and spares %v", in, out)
	}
}

// A campaign whose audience was deleted does not run for everybody: it stops, and
// its people are deleted there.
func TestADeletedAudienceStopsTheCampaign(t *testing.T) { onBoth(t, aDeletedAudienceStopsTheCampaign) }

func aDeletedAudienceStopsTheCampaign(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	campaign, d := w.aimedAtOurs()
	account := w.connect().ID
	placed := w.place(campaign, account)
	w.push(placed, platforms.IsCurrent)
	all := d.Audiences
	d.Audiences, d.Missing = all[1:], []string{all[0].ID.String()}
	w.drafts.put(campaign, *d)
	w.must(w.TouchAudience(t.Context(), w.by.Partner, all[0].ID))
	w.must(w.pusher.Tick(t.Context()))
	p := w.placement(placed)
	if p.Problem == nil || p.Problem.Code != "campaign_unfit" || w.sandbox.Status(object(p, "campaign").External) != "PAUSED" {
		t.Errorf("problem %+v; the campaign is %s", p.Problem, w.sandbox.Status(object(p, "campaign").External))
	}
	if n := w.members(); n != 12_500 {
		t.Errorf("the platform has %d people", n)
	}
	if _, err := w.Place(t.Context(), w.by, platforms.NewPlacement{Campaign: campaign, Account: account, Percent: 0, ValidateOnly: true}); err == nil {
		t.Error("it was placed once more")
	}
	d.Targeting.CustomAudiences, d.Missing = nil, nil
	p = w.again(campaign, placed, d)
	if p.Problem != nil || w.sandbox.Status(object(p, "campaign").External) != w.pick("ACTIVE", "ENABLED") {
		t.Errorf("it does not go on: %+v", p.Problem)
	}
}

// What Google cannot work up is told, and sent once more after a while.
func TestAnUploadThatFailsIsToldAndRepeated(t *testing.T) {
	w := newWorld(t, platforms.Google, 0)
	campaign, d := w.aimedAtOurs()
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.JobFails, Times: 1})
	placed := w.place(campaign, w.connect().ID)
	w.push(placed, platforms.IsCurrent)
	if n := w.members(); n != 12_500 {
		t.Errorf("with one job that failed, Google has %d people", n)
	}
	w.must(w.pusher.Tick(t.Context()))
	if o := object(w.placement(placed), d.Audiences[0].Key()); o.Review != platforms.Rejected || len(o.Reasons) != 1 {
		t.Errorf("nobody is told: %+v", o)
	}
	for range 8 { // an hour and a half, less what members waits
		w.pass(11 * time.Minute)
		w.must(w.pusher.Tick(t.Context()))
	}
	if n := w.members(); n != 25_000 {
		t.Errorf("after an hour Google has %d people", n)
	}
	w.must(w.pusher.Tick(t.Context()))
	if o := object(w.placement(placed), d.Audiences[0].Key()); o.Review == platforms.Rejected || o.Delivery != "SUCCESS" {
		t.Errorf("the failure is still shown: %+v", o)
	}
}

// Without its audience an ad set or an ad group would be for everybody.
func TestNothingIsMadeBeforeItsAudiences(t *testing.T) { onBoth(t, nothingIsMadeBeforeItsAudiences) }

func nothingIsMadeBeforeItsAudiences(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	campaign, d := w.aimedAtOurs()
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.ServerError, Method: "POST", Path: w.pick("customaudiences", "googleAds:mutate")})
	placed := w.place(campaign, w.connect().ID)
	for range 30 {
		w.must(w.pusher.Tick(t.Context()))
		w.pass(time.Minute)
	}
	if n := len(w.sandbox.Count(w.at(), w.pick("ad_set", "ad_group"))); n != 0 || w.placement(placed).Started {
		t.Errorf("%d without their audience", n)
	}
	w.sandbox.Clear()
	p := w.push(placed, platforms.IsCurrent)
	if n := w.members(); n != 25_000 || !p.Started {
		t.Errorf("the platform has %d people; started: %v", n, p.Started)
	}

	// A filling that breaks off stops the next change from being applied.
	d.Audiences[0].Version++
	w.drafts.put(campaign, *d)
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.HTML, Path: w.pick("/usersreplace", ":addOperations"), After: 1, Times: 1})
	w.must(w.Touch(t.Context(), w.by.Partner, campaign))
	w.must(w.pusher.Tick(t.Context()))
	if o := object(w.placement(placed), d.Audiences[0].Key()); o.Filled >= 0 {
		t.Errorf("a filling that broke off is noted as done: %+v", o)
	}
	w.pass(time.Minute)
	w.must(w.pusher.Tick(t.Context()))
	if o := object(w.placement(placed), d.Audiences[0].Key()); o.Filled != d.Audiences[0].Version || w.members() != 25_000 {
		t.Errorf("not filled again: %+v, %d people", o, w.members())
	}
}
