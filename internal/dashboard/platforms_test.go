package dashboard

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/internal/adplatform/meta"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

// sketched are the world's campaigns as drafts.
type sketched struct{ w *world }

func (s sketched) Draft(ctx context.Context, partner, campaign uuid.UUID, _ int) (platforms.Draft, error) {
	c, err := s.w.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return platforms.Draft{}, err
	}
	st := c.State()
	return platforms.Draft{
		Name: st.Name, Type: st.Type, Objective: st.Objective, Status: st.Status, Start: st.Schedule.Start, End: st.Schedule.End,
		Budget: money.New(1000*money.Unit, st.Currency), Targeting: *st.Targeting, Creatives: st.Creatives,
	}, nil
}

// platformsOf is the use cases over the store and a sandbox of Meta.
func (w *world) platformsOf(db *sqlstore.DB) *platforms.Service {
	w.sandbox = sandbox.New(sandbox.Config{Seed: 1, Accounts: []sandbox.Account{{Platform: "meta", ID: "1000200030004000", Name: "Andes at Meta", Currency: "USD", Timezone: "America/Bogota", Token: "good"}}})
	server := httptest.NewServer(w.sandbox)
	w.t.Cleanup(server.Close)
	cipher, err := platforms.NewCipher(base64.StdEncoding.EncodeToString(make([]byte, 32)), rand.Reader)
	must(w.t, err)
	w.platforms = platforms.NewService(platforms.Config{
		Accounts: db.AdAccounts(), Placements: db.Placements(), Campaigns: sketched{w}, Cipher: cipher, Now: time.Now, NewID: newID,
		Connectors: map[platforms.Platform]platforms.Connector{platforms.Meta: meta.New(server.URL, "v26.0", exchange.NewClient(), time.Now)},
	})
	return w.platforms
}

func connectForm(token string) string {
	return url.Values{
		"ad_platform": {"meta_ads"}, "ad_external_id": {"act_1000200030004000"}, "ad_website": {"https://andes.example/"}, "ad_page_id": {"1"}, "ad_token": {token},
	}.Encode()
}

func TestAdPlatformsOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	status, body, _ := w.get("/settings/ad-accounts", who, "en")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	has(t, body, "No account is connected yet.", "Meta Ads", "Google Ads")
	status, body, _ = w.post("/settings/ad-accounts", who, connectForm("bad"))
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a bad token: %d", status)
	}
	has(t, body, "Session has expired", `value="act_1000200030004000"`)
	if regexp.MustCompile(`value="bad"`).MatchString(body) {
		t.Error("the token is shown again")
	}
	if status, body, _ = w.post("/settings/ad-accounts", who, connectForm("good")); status != http.StatusSeeOther {
		t.Fatalf("connect: %d %s", status, body)
	}
	_, body, _ = w.get("/settings/ad-accounts", who, "es")
	has(t, body, "Andes at Meta", "USD", "Aún sin datos")
	account := regexp.MustCompile(`/settings/ad-accounts/([0-9a-f-]{36})/pull`).FindStringSubmatch(body)[1]

	c := w.running("Navidad", campaigns.Social)
	setup := "/campaigns/" + c.ID.String() + "/setup"
	_, body, _ = w.get(setup, who, "en")
	has(t, body, "runs on no connected ad account", "Andes at Meta")
	place := url.Values{"place_account": {account}, "place_percent": {"60"}}.Encode()
	if status, body, _ = w.post("/campaigns/"+c.ID.String()+"/placements", who, place); status != http.StatusSeeOther {
		t.Fatalf("place: %d %s", status, body)
	}
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.DropBefore, Path: "/campaigns", Times: 1})
	must(t, platforms.NewPusher(w.platforms.Config, platforms.Usual).Tick(t.Context()))
	_, body, _ = w.get(setup, who, "en")
	has(t, body, "60% of the budget", "Unknown whether it exists", "The platform is searched for cm-", "It does not exist: make it again")
	placement := regexp.MustCompile(`/placements/([0-9a-f-]{36})/resolve`).FindStringSubmatch(body)[1]
	revision := regexp.MustCompile(`/resolve"><input type="hidden" name="revision" value="(\d+)"`).FindStringSubmatch(body)[1]
	form := url.Values{"revision": {revision}, "object": {"campaign"}, "act": {"release"}}.Encode()
	if status, body, _ = w.post("/campaigns/"+c.ID.String()+"/placements/"+placement+"/resolve", who, form); status != http.StatusSeeOther {
		t.Fatalf("release: %d %s", status, body)
	}
	_, body, _ = w.get("/campaigns/"+c.ID.String(), who, "en")
	has(t, body, `value="hour" aria-pressed="true"`) // what a platform reports is of an hour
	must(t, platforms.NewPusher(w.platforms.Config, platforms.Usual).Tick(t.Context()))
	_, body, _ = w.get(setup, who, "es")
	has(t, body, "Vídeo · Video 15 s", "Meta is still working up the video")
	w.sandbox.Advance(time.Minute)
	later := w.platforms.Config
	later.Now = func() time.Time { return time.Now().Add(time.Minute) }
	must(t, platforms.NewPusher(later, platforms.Usual).Tick(t.Context()))
	_, body, _ = w.get(setup, who, "es")
	has(t, body, "Al día", "En revisión", "Conjunto de anuncios")
	if len(w.sandbox.Count("meta", "campaign")) != 1 {
		t.Error("the campaign was not made, or twice")
	}
	if status, _, _ = w.post("/settings/ad-accounts/"+account+"/disconnect", who, "revision=1"); status != http.StatusConflict {
		t.Errorf("disconnected with a campaign on it: %d", status)
	}
	if status, _, _ = w.get("/settings/ad-accounts", w.session(partners.RoleAnalyst), "en"); status != http.StatusForbidden {
		t.Errorf("an analyst sees the accounts: %d", status)
	}
}

// Who targets an interest is told that the platform has its own, searches them
// there and chooses; settings that ads are made with are changed on the same page.
func TestInterestsAndSettingsOfAnAdAccount(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	if status, body, _ := w.post("/settings/ad-accounts", who, connectForm("good")); status != http.StatusSeeOther {
		t.Fatalf("connect: %d %s", status, body)
	}
	_, body, _ := w.get("/settings/ad-accounts", who, "en")
	account := regexp.MustCompile(`/settings/ad-accounts/([0-9a-f-]{36})/pull`).FindStringSubmatch(body)[1]
	c := w.running("Navidad", campaigns.Social)
	if status, body, _ := w.post("/campaigns/"+c.ID.String()+"/placements", who, url.Values{"place_account": {account}, "place_percent": {"60"}}.Encode()); status != http.StatusSeeOther {
		t.Fatalf("place: %d %s", status, body)
	}
	ours := c.Targeting.Interests[0]
	_, body, _ = w.get("/campaigns/"+c.ID.String()+"/setup", who, "en")
	has(t, body, "It is shown without its interests", "/settings/ad-accounts?account="+account)
	_, body, _ = w.get("/settings/ad-accounts?account="+account, who, "es")
	has(t, body, "Intereses: ", "Sin elegir")
	search := "/settings/ad-accounts?account=" + account + "&interest=" + ours + "&q="
	_, body, _ = w.get(search+"nobody+knows+this", who, "en")
	has(t, body, "The platform has none with these words.")
	status, _, _ := w.get(search+"x", who, "en")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("one letter: %d", status)
	}
	_, body, _ = w.get(search+"hik", who, "en")
	has(t, body, "Hiking boots", "160,000,000 people")
	form := url.Values{"revision": {"1"}, "interest": {ours}, "external": {"6002998123892"}, "name": {"Hiking"}}
	if status, body, _ := w.post("/settings/ad-accounts/"+account+"/interest", who, form.Encode()); status != http.StatusSeeOther {
		t.Fatalf("choose: %d %s", status, body)
	}
	settings := url.Values{"revision": {"2"}, "ad_website": {"https://andes.example/boots"}, "ad_page_id": {"1"}}.Encode()
	if status, body, _ := w.post("/settings/ad-accounts/"+account+"/settings", who, settings); status != http.StatusSeeOther {
		t.Fatalf("settings: %d %s", status, body)
	}
	_, body, _ = w.get("/settings/ad-accounts?account="+account, who, "en")
	has(t, body, "Take back", `value="https://andes.example/boots"`)
	if status, body, _ := w.post("/settings/ad-accounts/"+account+"/interest", who, url.Values{"revision": {"3"}, "interest": {ours}}.Encode()); status != http.StatusSeeOther {
		t.Fatalf("take back: %d %s", status, body)
	}
	_, body, _ = w.get("/settings/ad-accounts?account="+account, who, "en")
	has(t, body, "Not chosen yet")
}
