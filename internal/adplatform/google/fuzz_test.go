package google

import (
	"slices"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/conformance"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

var access = platforms.Access{
	External: "1", Currency: "USD", Zone: time.UTC, Settings: platforms.Settings{Website: "https://a.example/"},
	Secret: platforms.Credentials{Token: "secret-token", ClientID: "id", ClientSecret: "hush", DeveloperToken: "dev"},
}

func sketch() platforms.Draft {
	return platforms.Draft{
		Name: "Boots", Type: campaigns.Search, Objective: campaigns.Traffic, Status: campaigns.Active, Budget: money.New(100*money.Unit, "USD"),
		Start: time.Unix(0, 0), End: time.Unix(1e6, 0), Targeting: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}},
		Creatives: []campaigns.Creative{{Name: "Summit", Format: "image", URL: "https://a.example/a.png"}},
	}
}

// seeds are what platforms are known to answer: what was asked for, a page for
// people, an error of each class, an empty page that has a next one, impossible
// figures, and half an answer.
var seeds = []struct {
	status     int
	kind, body string
}{
	{200, "application/json", `{"mutateOperationResponses":[{"campaignBudgetResult":{"resourceName":"customers/1/campaignBudgets/2"}},{"campaignResult":{"resourceName":"customers/1/campaigns/3"}},{"adGroupResult":{"resourceName":"customers/1/adGroups/4"}}]}`},
	{200, "application/json", `{"results":[{"resourceName":"customers/1/adGroupAds/4~5"}]}`}, {200, "application/json", `{"results":[{}],"partialFailureError":{"details":[{"errors":[{"message":"no","location":{"fieldPathElements":[{"index":0}]}}]}]}}`},
	{200, "application/json", `{"mutateOperationResponses":[{"userListResult":{"resourceName":"customers/1/userLists/7"}}]}`}, {200, "application/json", `{"resourceName":"customers/1/offlineUserDataJobs/8"}`},
	{200, "application/json", `{"results":[{"offlineUserDataJob":{"externalId":"8","status":"FAILED","failureReason":"UNKNOWN"}}]}`},
	{200, "application/json", `{}`}, {200, "application/json", ``}, {200, "application/json", `{"mutateOperationResponses":[{}]}`},
	{200, "text/html", "<!doctype html><title>Sorry</title>"}, {500, "text/html", "<html>"}, {502, "text/plain", "bad gateway"}, {500, "application/json", `{"error":{"status":"INTERNAL"}}`},
	{401, "application/json", `{"error":{"status":"UNAUTHENTICATED"}}`}, {429, "application/json", `{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"errors":[{"details":{"quotaErrorDetails":{"retryDelay":"30s"}}}]}]}}`},
	{400, "application/json", `{"error":{"status":"INVALID_ARGUMENT","message":"no"}}`}, {400, "application/json", `{"error":{}}`},
	{200, "application/json", `{"results":[],"nextPageToken":"x"}`}, {200, "application/json", `{"results":[{"segments":{"date":"2026-05-01","hour":-4},"metrics":{"impressions":"18446744073709551615000"}}]}`},
	{200, "application/json", `{"results":[{"segments":{"date":"2026-05-01","hour":3},"customer":{"currencyCode":"EUR"},"metrics":{"costMicros":"-12500000","conversions":0.5,"conversionsValue":1e300}}]}`},
	{200, "application/json", `{"results":[{"segme`}, {200, "application/json", `{"results":null,"nextPageToken":7}`}, {200, "application/json", `[]`}, {204, "", ""}, {302, "", ""},
}

// Whatever Google answers: nothing panics, every error is a Failure without the
// token, rows that are read are figures, and a creating call that was not plainly
// refused is never taken for one that can be sent again.
func FuzzAnswers(f *testing.F) {
	for _, s := range seeds {
		f.Add(s.status, s.kind, []byte(s.body))
	}
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		a := &conformance.Answer{Status: conformance.AnyStatus(status), Kind: kind, Body: body}
		c := New("https://ads.example", "v26", "https://token.example", a.Client(), time.Now)
		ctx, d := t.Context(), sketch()
		c.access[access.Secret.Token] = token{"bearer", time.Now().Add(time.Hour)}
		call := []platforms.Object{{Key: "budget", Kind: "budget", Call: callCampaign}, {Key: "campaign", Kind: "campaign", Call: callCampaign}, {Key: "ad_group", Kind: "ad_group", Call: callCampaign}}
		created(t, c, call, nil)
		created(t, c, []platforms.Object{{Key: "ad:Summit", Kind: "ad", Call: callAds}}, map[string]string{"ad_group": "4"})
		created(t, c, []platforms.Object{{Key: "audience:1", Name: "Customers", Kind: "audience", Call: callList}}, nil)
		held(t, c.Fill(ctx, access, "7", platforms.Filling{Replace: true, Members: func(visit func([]platforms.Member) error) error {
			return visit([]platforms.Member{{Email: "0123"}})
		}}))
		found, err := c.Find(ctx, access, "campaign", []string{"cm-1"})
		held(t, err)
		if slices.Contains(found["cm-1"], "") {
			t.Error("something without an id was found")
		}
		_, err = c.Standing(ctx, access, []platforms.Object{{Kind: "campaign", External: "1"}, {Kind: "audience", External: "7", Filling: 8}})
		held(t, err)
		_, err = c.Describe(ctx, access)
		held(t, err)
		held(t, c.Apply(ctx, access, d, map[string]string{"campaign": "1", "budget": "2", "ad_group": "4"}, []platforms.Object{{Kind: "audience", External: "7"}}))
		a.Calls = 0
		held(t, c.Delivery(ctx, access, 20_000, 20_001, func(p platforms.Page) error { return conformance.PossibleRows(t, p) }))
		if a.Calls > 10 {
			t.Errorf("one answer was asked for %d times", a.Calls)
		}
	})
}

// created holds a creating call to what may be said of it: each object has an id
// or a refusal. That it was not sent is only true of a token that is no longer to
// be had.
func created(t *testing.T, c *Client, call []platforms.Object, existing map[string]string) {
	t.Helper()
	outcomes, err := c.Create(t.Context(), access, sketch(), call, existing)
	held(t, err)
	if err == nil && len(outcomes) != len(call) {
		t.Errorf("%d outcomes of %d objects", len(outcomes), len(call))
	}
	for _, o := range outcomes {
		if (o.External == "") != (o.Refused != nil) {
			t.Errorf("outcome %+v", o)
		}
	}
}

func held(t *testing.T, err error) {
	t.Helper()
	conformance.Held(t, err, access.Secret.Token)
}
