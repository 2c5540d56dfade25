package meta

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/conformance"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

var access = platforms.Access{External: "1", Currency: "USD", Zone: time.UTC, Settings: platforms.Settings{Website: "https://a.example/", Page: "1"}, Secret: platforms.Credentials{Token: "secret-token"}}

func sketch() platforms.Draft {
	return platforms.Draft{
		Name: "Boots", Type: campaigns.Social, Objective: campaigns.Traffic, Status: campaigns.Active, Budget: money.New(100*money.Unit, "USD"),
		Start: time.Unix(0, 0), End: time.Unix(1e6, 0), Targeting: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}},
		Creatives: []campaigns.Creative{{Name: "Summit", Format: "image", URL: "https://a.example/a.png"}}, Audiences: []platforms.Audience{{ID: uuid.Max, Name: "Customers"}},
	}
}

// seeds are what platforms are known to answer: what was asked for, a page for
// people, an error of each class, an empty page that has a next one, impossible
// figures, and half an answer.
var seeds = []struct {
	status     int
	kind, body string
}{
	{200, "application/json", `{"id":"123"}`}, {200, "application/json", `{"success":true}`}, {200, "application/json", `{}`}, {200, "application/json", ``},
	{200, "text/html", "<!doctype html><title>Sorry</title>"}, {500, "text/html", "<html>"}, {502, "text/plain", "bad gateway"},
	{500, "application/json", `{"error":{"code":2,"message":"Service temporarily unavailable","is_transient":true}}`},
	{400, "application/json", `{"error":{"code":190,"message":"expired"}}`}, {400, "application/json", `{"error":{"code":80004,"message":"slow down"}}`},
	{400, "application/json", `{"error":{"code":100,"error_subcode":33,"message":"no"}}`}, {400, "application/json", `{"error":{}}`},
	{200, "application/json", `{"id":"4","picture":"https://a.example/4.jpg","status":{"video_status":"ready"}}`}, {200, "application/json", `{"status":{"video_status":"ready"}}`},
	{200, "application/json", `{"data":[{"title":"cm-1"},{"id":"4","title":"cm-1"}]}`},
	{200, "application/json", `{"data":[],"paging":{"cursors":{"after":"x"},"next":"https://evil.example/"}}`},
	{200, "application/json", `{"data":[{"campaign_id":"1","ad_id":"2","date_start":"2026-05-01","impressions":"18446744073709551615000","hourly_stats_aggregated_by_advertiser_time_zone":"01:00:00 - 01:59:59"}]}`},
	{200, "application/json", `{"data":[{"campaign_id":"1","ad_id":"2","date_start":"2026-05-01","spend":"-12.50","account_currency":"EUR","hourly_stats_aggregated_by_advertiser_time_zone":"01:00:00 - 01:59:59"}]}`},
	{200, "application/json", `{"data":[{"campaign_id":"1","spend":"1e99","actions":[{"action_type":"purchase","value":1e400}]}]`}, {200, "application/json", `{"data":[{"spe`},
	{200, "application/json", `{"data":null,"paging":null,"id":12,"name":{},"currency":[]}`}, {200, "application/json", `[]`}, {204, "", ""}, {302, "", ""},
}

// Whatever Meta answers: nothing panics, every error is a Failure without the
// token, rows that are read are figures, and a creating call that was not plainly
// refused is never taken for one that can be sent again.
func FuzzAnswers(f *testing.F) {
	for _, s := range seeds {
		f.Add(s.status, s.kind, []byte(s.body))
	}
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		a := &conformance.Answer{Status: conformance.AnyStatus(status), Kind: kind, Body: body}
		c := New("https://graph.example", "v26.0", a.Client(), time.Now)
		ctx, d := t.Context(), sketch()
		created, err := c.Create(ctx, access, d, []platforms.Object{{Key: "campaign", Kind: "campaign", Reference: "cm-1"}}, nil)
		held(t, err)
		if err == nil && (len(created) != 1 || created[0].External == "") {
			t.Errorf("created %+v", created)
		}
		if fail := (*platforms.Failure)(nil); errors.As(err, &fail) && fail.Class == platforms.NotSent {
			t.Errorf("an answered call counts as not sent: %v", err)
		}
		c.pace.until = map[string]time.Time{}
		found, err := c.Find(ctx, access, "campaign", []string{"cm-1"})
		held(t, err)
		c.pace.until = map[string]time.Time{}
		videos, err := c.Find(ctx, access, "video", []string{"cm-1"})
		held(t, err)
		if slices.Contains(slices.Concat(found["cm-1"], videos["cm-1"]), "") {
			t.Error("something without an id was found")
		}
		c.pace.until = map[string]time.Time{}
		picture, err := c.still(ctx, access, "4")
		held(t, err)
		if err == nil && picture == "" {
			t.Error("a video without a picture counts as worked up")
		}
		c.pace.until = map[string]time.Time{}
		_, err = c.Standing(ctx, access, []platforms.Object{{Kind: "ad", External: "1"}})
		held(t, err)
		c.pace.until = map[string]time.Time{}
		held(t, c.Apply(ctx, access, d, map[string]string{"campaign": "1", "ad_set": "2", d.Audiences[0].Key(): "3"}, nil))
		c.pace.until = map[string]time.Time{}
		held(t, c.Fill(ctx, access, "3", platforms.Filling{Members: func(visit func([]platforms.Member) error) error { return visit(make([]platforms.Member, 2)) }}))
		c.pace.until, a.Calls = map[string]time.Time{}, 0
		held(t, c.Delivery(ctx, access, 20_000, 20_001, func(p platforms.Page) error { return conformance.PossibleRows(t, p) }))
		if a.Calls > 10 {
			t.Errorf("one answer was asked for %d times", a.Calls)
		}
	})
}

func held(t *testing.T, err error) {
	t.Helper()
	conformance.Held(t, err, access.Secret.Token)
}
