package httpapi_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// willing is a platform that has every account and takes every campaign.
type willing struct{}

func (willing) Describe(_ context.Context, a platforms.Access) (platforms.Description, error) {
	if a.Secret.Token == "expired" {
		return platforms.Description{}, &platforms.Failure{Class: platforms.Unauthorized, Code: "190", Message: "The session has expired.", RequestID: "r-1"}
	}
	return platforms.Description{Name: "Andes", Currency: "USD", Timezone: "America/Bogota"}, nil
}

func (willing) Delivery(context.Context, platforms.Access, localday.Day, localday.Day, func(platforms.Page) error) error {
	return nil
}

func (willing) Outline(platforms.Access, platforms.Draft) (platforms.Outline, error) {
	return platforms.Outline{}, nil
}

func (willing) Create(context.Context, platforms.Access, platforms.Draft, []platforms.Object, map[string]string) ([]platforms.Outcome, error) {
	return nil, nil
}

func (willing) Find(context.Context, platforms.Access, string, []string) (map[string][]string, error) {
	return nil, nil
}

func (willing) Apply(context.Context, platforms.Access, platforms.Draft, map[string]string, []platforms.Object) error {
	return nil
}

func (willing) Standing(context.Context, platforms.Access, []platforms.Object) (map[string]platforms.Standing, error) {
	return nil, nil
}

func (willing) Interests(_ context.Context, _ platforms.Access, words string) ([]platforms.PlatformInterest, error) {
	if words == "nothing" {
		return nil, &platforms.Failure{Class: platforms.Throttled, Code: "17", Message: "Too many calls.", RequestID: "r-2"}
	}
	return []platforms.PlatformInterest{{ID: "6003", Name: "Climbing", Path: "Sports", People: 46_000_000}}, nil
}

// sketched are campaigns as drafts that cost 100 USD.
type sketched struct{ *campaigns.Service }

func (s sketched) Draft(ctx context.Context, partner, campaign uuid.UUID, _ int) (platforms.Draft, error) {
	c, err := s.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return platforms.Draft{}, err
	}
	return platforms.Draft{Status: c.State().Status, Targeting: targeting.Configuration{Interests: []string{"410"}}, Budget: money.New(100*money.Unit, "USD")}, nil
}

func (w *world) newPlatforms() *platforms.Service {
	cipher, err := platforms.NewCipher(base64.StdEncoding.EncodeToString(make([]byte, 32)), rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	return platforms.NewService(platforms.Config{
		Accounts: w.db.AdAccounts(), Placements: w.db.Placements(), Campaigns: sketched{w.services.Campaigns}, Cipher: cipher,
		Connectors: map[platforms.Platform]platforms.Connector{platforms.Meta: willing{}}, Now: w.clock, NewID: newID,
	})
}

const metaAccount = `{"platform":"meta_ads","external_id":"act_1000200030004000","credentials":{"token":"a-secret-token"},"settings":{"website":"https://andes.example/","page_id":"1"}}`

func init() {
	bodies["connect-ad-account"] = metaAccount
	bodies["change-ad-account"] = `{"credentials":{"token":"another"}}`
	bodies["choose-ad-account-interest"] = `{"id":"6003106646578","name":"Climbing"}`
	bodies["place-campaign"] = `{"ad_account_id":"01a2139c-e0bb-7426-a1eb-3eff9af7a36b"}`
	bodies["resolve-placement"] = `{"object":"campaign","action":"release"}`
}

// placed connects an account and places a campaign on it.
func (h *house) placed(campaign string) (account, placement string) {
	h.Helper()
	account = h.call(h.manager, "POST", "/api/v1/ad-accounts", metaAccount).want(http.StatusCreated).str("id")
	placement = h.call(h.manager, "POST", "/api/v1/campaigns/"+campaign+"/placements", `{"ad_account_id":"`+account+`","budget_percent":60}`).want(http.StatusCreated).str("id")
	return account, placement
}

// What one of ours is at the platform is searched for there, chosen and taken back.
func TestInterestsOfAnAdAccountThroughHTTP(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	account, _ := h.placed(strings.TrimPrefix(h.active(), "/api/v1/campaigns/"))
	at := "/api/v1/ad-accounts/" + account + "/interests"
	found := h.call(h.manager, "GET", at+"?q=climb", nil).want(http.StatusOK)
	if found.str("items.0.id") != "6003" || found.at("items.0.people") != 46e6 || found.str("unnamed.0") != "410" {
		t.Errorf("found %s", found.text)
	}
	if none := h.call(h.manager, "GET", at, nil).want(http.StatusOK); len(none.at("items").([]any)) != 0 {
		t.Errorf("without words: %s", none.text)
	}
	h.call(h.manager, "GET", at+"?q=a", nil).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "GET", at+"?q=nothing", nil).refused(http.StatusServiceUnavailable, "platform_unreachable")
	h.call(h.analyst, "GET", at+"?q=climb", nil).want(http.StatusForbidden)
	h.call(h.manager, "PUT", at+"/999999", bodies["choose-ad-account-interest"]).refused(http.StatusUnprocessableEntity, "validation_failed")
	rehearsed := h.call(h.manager, "PUT", at+"/410?validate_only=true", bodies["choose-ad-account-interest"]).want(http.StatusOK)
	if rehearsed.str("settings.interests.410.name") != "Climbing" {
		t.Errorf("rehearsed %s", rehearsed.text)
	}
	if still := h.call(h.manager, "GET", at, nil).want(http.StatusOK); still.str("unnamed.0") != "410" {
		t.Errorf("a rehearsal has chosen: %s", still.text)
	}
	h.call(h.manager, "PUT", at+"/410", bodies["choose-ad-account-interest"], "If-Match", `"7"`).want(http.StatusPreconditionFailed)
	h.call(h.manager, "PUT", at+"/410", bodies["choose-ad-account-interest"]).want(http.StatusOK)
	if now := h.call(h.manager, "GET", at, nil).want(http.StatusOK); len(now.at("unnamed").([]any)) != 0 {
		t.Errorf("after it was chosen: %s", now.text)
	}
	if back := h.call(h.manager, "DELETE", at+"/410", nil).want(http.StatusOK); back.at("settings.interests") != nil {
		t.Errorf("after it was taken back: %s", back.text)
	}
}

func TestAdAccountsThroughHTTP(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	campaign := strings.TrimPrefix(h.active(), "/api/v1/campaigns/")
	h.call(h.manager, "POST", "/api/v1/ad-accounts?validate_only=true", metaAccount).want(http.StatusCreated)
	refused := h.call(h.manager, "POST", "/api/v1/ad-accounts", strings.Replace(metaAccount, "a-secret-token", "expired", 1))
	refused.refused(http.StatusUnprocessableEntity, "platform_refused")
	if refused.str("platform_code") != "190" || !strings.Contains(refused.str("detail"), "r-1") {
		t.Errorf("refused without the platform's words: %s", refused.text)
	}
	h.call(h.manager, "POST", "/api/v1/ad-accounts", `{"platform":"meta_ads","external_id":"x","credentials":{"token":"t"},"settings":{}}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	account, placement := h.placed(campaign)
	h.call(h.manager, "POST", "/api/v1/ad-accounts", metaAccount).refused(http.StatusConflict, "ad_account_connected")
	for _, path := range []string{"/ad-accounts", "/ad-accounts/" + account, "/ad-accounts/" + account + "/placements", "/campaigns/" + campaign + "/placements", "/placements/" + placement} {
		if answer := h.call(h.analyst, "GET", "/api/v1"+path, nil).want(http.StatusOK); strings.Contains(string(answer.text), "a-secret-token") || !strings.Contains(string(answer.text), account) {
			t.Errorf("%s: %s", path, answer.text)
		}
	}
	h.call(h.manager, "POST", "/api/v1/campaigns/"+campaign+"/placements", `{"ad_account_id":"`+account+`","budget_percent":40}`).refused(http.StatusConflict, "campaign_placed")
	h.call(h.manager, "POST", "/api/v1/campaigns/"+campaign+"/placements", `{"ad_account_id":"`+account+`","budget_percent":41}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "POST", "/api/v1/placements/"+placement+"/resolve", bodies["resolve-placement"]).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "POST", "/api/v1/ad-accounts/"+account+"/pull", nil).want(http.StatusAccepted)
	h.call(h.manager, "DELETE", "/api/v1/ad-accounts/"+account, nil, "If-Match", "*").refused(http.StatusConflict, "ad_account_in_use")
	h.call(h.manager, "DELETE", "/api/v1/placements/"+placement+"?validate_only=true", nil, "If-Match", `"99"`).refused(http.StatusPreconditionFailed, "stale_revision")
	if still := h.call(h.manager, "DELETE", "/api/v1/placements/"+placement+"?validate_only=true", nil, "If-Match", "*").want(http.StatusAccepted); still.at("ending") != nil {
		t.Error("a rehearsal ended the placement")
	}
	changed := h.call(h.manager, "PATCH", "/api/v1/ad-accounts/"+account, bodies["change-ad-account"], "If-Match", `"1"`).want(http.StatusOK)
	if changed.Header.Get("ETag") != `"2"` {
		t.Errorf("a new token: %s %s", changed.Header.Get("ETag"), changed.text)
	}
	h.call(h.manager, "PATCH", "/api/v1/ad-accounts/"+account, bodies["change-ad-account"], "If-Match", `"1"`).want(http.StatusPreconditionFailed)
	if ended := h.call(h.manager, "DELETE", "/api/v1/placements/"+placement, nil, "If-Match", "*").want(http.StatusAccepted); ended.at("ending") != true {
		t.Errorf("ending: %s", ended.text)
	}
	if partners.RoleFinance.Can(partners.ActionManagePlatforms) {
		t.Error("finance can connect ad accounts")
	}
}
