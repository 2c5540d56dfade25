package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/platforms"
)

// playPlatforms starts a sandbox, and a service that speaks to it.
func playPlatforms(t *testing.T, drop float64) (*sandbox.Sandbox, *process) {
	t.Helper()
	return playAt(t, sandbox.Config{Drop: drop})
}

func playAt(t *testing.T, config sandbox.Config) (*sandbox.Sandbox, *process) {
	t.Helper()
	config.Seed, config.Review = 1, time.Millisecond
	box := sandbox.New(config)
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return box, start(t, t.TempDir(), "--platform-sandbox", server.URL, "--platform-key", base64.StdEncoding.EncodeToString(key), "--platform-pull", "1s", "--platform-settle", "2s")
}

// socialCampaign makes a campaign of a type that Meta takes and launches it.
func (c caller) socialCampaign() string {
	c.t.Helper()
	return c.campaignSince("social", time.Now())
}

// campaignSince makes a campaign of the type that a channel has, and launches it.
func (c caller) campaignSince(channel string, start time.Time) string {
	c.t.Helper()
	id := c.must("POST", "/campaigns", map[string]any{
		"name": "Trail runners", "type": strings.ToUpper(channel), "objective": "CONVERSIONS",
		"goals":    map[string]any{"target_metrics": map[string]any{"conversions": 1000}},
		"budget":   map[string]any{"amount": "900000.00", "currency": "USD"},
		"timezone": "America/Bogota", "channels": []string{channel},
	})["id"].(string)
	path := "/campaigns/" + id
	c.must("PUT", path+"/targeting", map[string]any{"locations": []any{map[string]any{"country": "CO"}}, "behaviors": []string{"runners"}}, "If-Match", c.etag(path))
	c.must("PUT", path+"/creatives", []any{
		map[string]any{"name": "Summit", "format": "image", "url": "https://example.com/a.png", "channel": channel},
		map[string]any{"name": "Valley", "format": "image", "url": "https://example.com/b.png", "channel": channel},
	}, "If-Match", c.etag(path))
	c.must("POST", path+"/schedule", map[string]any{"start": start.UTC().Format(time.RFC3339), "end": time.Now().Add(240 * time.Hour).UTC().Format(time.RFC3339), "launch": "manual"})
	if got := c.must("POST", path+"/launch", nil)["status"]; got != "ACTIVE" {
		c.t.Fatalf("launched campaign is %v", got)
	}
	return id
}

const connectMeta = `{"platform":"meta_ads","external_id":"act_1000200030004000","credentials":{"token":"sandbox-meta-token"},"settings":{"website":"https://andes-outdoor.example/","page_id":"104000000000001"}}`

const connectGoogle = `{"platform":"google_ads","external_id":"123-456-7890","credentials":{"token":"sandbox-google-token","client_id":"id","client_secret":"hush","developer_token":"dev"},"settings":{"website":"https://andes-outdoor.example/"}}`

// The whole way with the program as it is shipped: connect, place, deliver, pull,
// pause by a budget that is used up, and what the platform then has.
func TestACampaignRunsAtASandboxedPlatform(t *testing.T) {
	box, p := playPlatforms(t, 0.1)
	_, manager := p.partner()
	account := manager.must("POST", "/ad-accounts", connectMeta)["id"].(string)
	campaign := manager.socialCampaign()
	placement := manager.must("POST", "/campaigns/"+campaign+"/placements", map[string]any{"ad_account_id": account})["id"].(string)
	eventually(t, "the platform has the campaign", func() bool {
		return manager.must("GET", "/placements/"+placement, nil)["progress"] == "current"
	})
	manager.must("POST", "/campaigns/"+campaign+"/pause", map[string]any{"reason": "lunch"}) // and our own events
	campaignAt := objectAt(t, manager, placement, "campaign")
	eventually(t, "a pause reaches the platform", func() bool { return box.Status(campaignAt) == "PAUSED" })
	manager.must("POST", "/campaigns/"+campaign+"/resume", nil)
	eventually(t, "a resumption reaches the platform", func() bool { return box.Status(campaignAt) == "ACTIVE" })
	box.Clear()
	if n := box.Count("meta", "campaign"); len(n) != 1 {
		t.Errorf("campaigns at the platform: %v", n)
	}
	if log := p.stderr.String(); strings.Contains(log, "sandbox-meta-token") {
		t.Error("the token is in the log")
	}
}

// objectAt is the platform's id of one object of a placement.
func objectAt(t *testing.T, manager caller, placement, key string) string {
	t.Helper()
	for _, o := range manager.must("GET", "/placements/"+placement, nil)["objects"].([]any) {
		if object := o.(map[string]any); object["key"] == key && object["state"] == string(platforms.Created) {
			return object["external_id"].(string)
		}
	}
	t.Fatalf("no %s exists", key)
	return ""
}

// Delivery at the platform becomes metric events, and spend on the budget.
func TestDeliveryIsPulledFromASandboxedPlatform(t *testing.T) {
	_, p := playPlatforms(t, 0)
	_, manager := p.partner()
	account := manager.must("POST", "/ad-accounts", connectMeta)["id"].(string)
	campaign := manager.socialCampaign()
	placement := manager.must("POST", "/campaigns/"+campaign+"/placements", map[string]any{"ad_account_id": account})["id"].(string)
	eventually(t, "the platform has the campaign", func() bool {
		return manager.must("GET", "/placements/"+placement, nil)["progress"] == "current"
	})
	eventually(t, "delivery is pulled", func() bool {
		all := manager.totals(campaign)
		return all["impressions"].(float64) > 0 && all["spend"].(map[string]any)["amount"] != "0.00"
	})
	eventually(t, "the budget knows the spend", func() bool {
		return manager.must("GET", "/campaigns/"+campaign+"/budget", nil)["settled"].(map[string]any)["amount"] != "0.00"
	})
}

// platformAlerts are the alerts of a kind, in any state.
func (c caller) platformAlerts(kind string) (states []string) {
	c.t.Helper()
	for _, a := range c.must("GET", "/alerts?kind="+kind, nil)["items"].([]any) {
		states = append(states, a.(map[string]any)["state"].(string))
	}
	return states
}

// A token that expires in the middle of a pull stops the account and calls for a
// person, once; with the new one everything is there, and counted once.
//
// The platform's clock stands where the test puts it: a campaign that went on
// delivering could never be seen pulled to its end.
func TestATokenExpiresInMidPull(t *testing.T) {
	t.Run("Meta", func(t *testing.T) {
		t.Parallel()
		// The second page of a report is refused.
		tokenExpires(t, "meta", "social", connectMeta, sandbox.Fault{Kind: sandbox.BadToken, Path: "after="})
	})
	t.Run("Google", func(t *testing.T) {
		t.Parallel()
		// So is a new access token, once the old one was.
		tokenExpires(t, "google", "search", connectGoogle, sandbox.Fault{Kind: sandbox.BadToken, Path: "search"}, sandbox.Fault{Kind: sandbox.BadToken, Path: "token"})
	})
}

func tokenExpires(t *testing.T, platform, channel, connect string, faults ...sandbox.Fault) {
	began := time.Now()
	box, p := playAt(t, sandbox.Config{Now: func() time.Time { return began }})
	box.Advance(-15 * 24 * time.Hour)
	_, manager := p.partner()
	account := manager.must("POST", "/ad-accounts", connect)["id"].(string)
	campaign := manager.campaignSince(channel, time.Now().AddDate(0, 0, -14))
	placement := manager.must("POST", "/campaigns/"+campaign+"/placements", map[string]any{"ad_account_id": account})["id"].(string)
	eventually(t, "the platform runs the campaign", func() bool {
		return manager.must("GET", "/placements/"+placement, nil)["started"] == true
	})
	for _, fault := range faults {
		box.Order(fault)
	}
	box.CatchUp()
	at := "/ad-accounts/" + account
	eventually(t, "the account wants a new token", func() bool { return manager.must("GET", at, nil)["status"] == "token_expired" })
	eventually(t, "somebody is called", func() bool { return fmt.Sprint(manager.platformAlerts("token_expired")) == "[FIRING]" })
	if got := manager.platformAlerts("placement_unknown"); len(got) > 0 {
		t.Errorf("a token that expired left an outcome open: %v", got)
	}
	if part := manager.totals(campaign)["impressions"].(float64); part == 0 && platform == "meta" || part >= float64(box.Delivered(platform).Impressions) {
		t.Errorf("the first page brought %v impressions", part)
	}
	box.Clear()
	var renewed map[string]any
	if err := json.Unmarshal([]byte(connect), &renewed); err != nil {
		t.Fatal(err)
	}
	renewed = map[string]any{"credentials": renewed["credentials"]}
	manager.must("PATCH", at, renewed, "If-Match", manager.etag(at))
	eventually(t, "the call is over", func() bool { return fmt.Sprint(manager.platformAlerts("token_expired")) == "[RESOLVED]" })
	delivered := float64(box.Delivered(platform).Impressions)
	eventually(t, "everything is pulled", func() bool {
		return manager.totals(campaign)["impressions"].(float64) >= delivered
	})
	if got := manager.totals(campaign)["impressions"].(float64); got != delivered {
		t.Errorf("%v impressions are counted of %v delivered", got, delivered)
	}
}

// A lost answer calls for attention until the object is found; an ad that is
// rejected until it is changed.
func TestWhatPlatformsRefuseOrLoseIsAnAlert(t *testing.T) {
	box, p := playPlatforms(t, 0)
	_, manager := p.partner()
	account := manager.must("POST", "/ad-accounts", connectMeta)["id"].(string)
	campaign := manager.socialCampaign()
	box.Order(sandbox.Fault{Kind: sandbox.DropAfter, Path: "/campaigns", Times: 1})
	// The search finds nothing until the alert was seen: found sooner, the object
	// may be known again before anybody has looked.
	box.Order(sandbox.Fault{Kind: sandbox.ServerError, Method: "GET", Path: "/campaigns"})
	manager.must("POST", "/campaigns/"+campaign+"/placements", map[string]any{"ad_account_id": account})
	eventually(t, "an unknown outcome is an alert", func() bool { return fmt.Sprint(manager.platformAlerts("placement_unknown")) == "[FIRING]" })
	box.Clear()
	eventually(t, "it is over when the object is found", func() bool { return fmt.Sprint(manager.platformAlerts("placement_unknown")) == "[RESOLVED]" })
	path := "/campaigns/" + campaign
	manager.must("PUT", path+"/creatives", []any{map[string]any{"name": "Guaranteed summit", "format": "image", "url": "https://example.com/a.png", "channel": "social"}}, "If-Match", manager.etag(path))
	eventually(t, "a rejected ad is an alert", func() bool { return fmt.Sprint(manager.platformAlerts("placement_refused")) == "[FIRING]" })
	manager.must("PUT", path+"/creatives", []any{map[string]any{"name": "Summit", "format": "image", "url": "https://example.com/a.png", "channel": "social"}}, "If-Match", manager.etag(path))
	eventually(t, "the alert is over with the ad", func() bool { return fmt.Sprint(manager.platformAlerts("placement_refused")) == "[RESOLVED]" })
}
