package dashboard

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

// Platforms is platforms.Service.
type Platforms interface {
	Connect(ctx context.Context, by event.Origin, in platforms.NewAccount) (platforms.AdAccountState, error)
	List(ctx context.Context, partner uuid.UUID) ([]platforms.AdAccountState, error)
	Account(ctx context.Context, partner, id uuid.UUID) (platforms.AdAccountState, error)
	Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p platforms.AccountPatch) (platforms.AdAccountState, error)
	Disconnect(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) error
	Interests(ctx context.Context, partner, account uuid.UUID, words string) ([]platforms.PlatformInterest, error)
	Unnamed(ctx context.Context, partner, account uuid.UUID) ([]string, error)
	Means(ctx context.Context, by event.Origin, account uuid.UUID, revision int64, interest string, theirs *platforms.PlatformInterest, validateOnly bool) (platforms.AdAccountState, error)
	PullNow(ctx context.Context, by event.Origin, id uuid.UUID) (platforms.AdAccountState, error)
	PlacementsOf(ctx context.Context, partner uuid.UUID, q platforms.Whose) ([]platforms.PlacementState, error)
	Place(ctx context.Context, by event.Origin, in platforms.NewPlacement) (platforms.PlacementState, error)
	Placement(ctx context.Context, partner, id uuid.UUID) (platforms.PlacementState, error)
	Resolve(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, r platforms.Resolution) (platforms.PlacementState, error)
	End(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) (platforms.PlacementState, error)
}

// accountsPath is the page of the connected accounts.
const accountsPath = "/settings/ad-accounts"

// adAccountsPage is the partner's accounts at ad platforms.
type adAccountsPage struct {
	Tabs     []settingsTab
	Problem  *problem
	Accounts []adAccountCard
	Fields   []field // of a new account
}

type adAccountCard struct {
	platforms.AdAccountState
	Title, Tone, Icon, Condition string
	Facts                        []pair
	Refusals                     []platforms.BadRow
	Placed                       int
	Open                         bool    // some placements need a person
	Renew, Change                []field // a new token, other settings
	Interests                    accountInterests
	Expired                      bool
}

// adAccounts lists the accounts. A search for interests that the platform refuses
// says so above them.
func (v *visit) adAccounts() error {
	err := v.adAccountsWith(http.StatusOK, nil, nil)
	if v.r.URL.Query().Get("interest") == "" || err == nil {
		return err
	}
	status, refused, _ := v.refusal(err)
	if refused == nil {
		return err
	}
	v.r.URL.RawQuery = ""
	return v.adAccountsWith(status, refused, nil)
}

// adAccountsWith is the page after something was refused.
func (v *visit) adAccountsWith(status int, refused *problem, wrong *mistakes) error {
	if err := v.who.Require(partners.ActionManagePlatforms); err != nil {
		return err
	}
	found, err := v.d.Platforms.List(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	p := adAccountsPage{Tabs: v.settingsTabs(accountsPath), Problem: refused}
	for _, a := range found {
		card, err := v.adAccountCard(a)
		if err != nil {
			return err
		}
		p.Accounts = append(p.Accounts, card)
	}
	f := form{v.locale, v.sent, wrong}
	p.Fields = append([]field{
		f.choose("ad_platform", "choices", false, texts(platforms.Platforms), f.named("platform."), "platform").whole(),
		f.input("ad_external_id", "external_id"), f.input("ad_website", "settings.website").kind("url"),
	}, f.credentials(platforms.Google)...)
	p.Fields = append(p.Fields, f.input("ad_page_id", "settings.page_id"), f.input("ad_pixel_id", "settings.pixel_id").optional(), f.input("ad_login_id", "settings.login_customer_id").optional(),
		f.input("ad_landscape", "settings.landscape_asset").optional(), f.input("ad_square", "settings.square_asset").optional())
	v.w.Header().Set("Cache-Control", "no-store")
	return v.page(status, "adaccounts", v.locale.T("adaccount.title"), "settings", p)
}

// credentials are the secret fields of a platform. They are never filled in again.
func (f form) credentials(of platforms.Platform) []field {
	secret := f
	secret.value = func(string) []string { return nil }
	token := secret.input("ad_token", "credentials.token").kind("password")
	if of != platforms.Google {
		return []field{token}
	}
	return []field{
		token, secret.input("ad_client_id", "credentials.client_id"),
		secret.input("ad_client_secret", "credentials.client_secret").kind("password"),
		secret.input("ad_developer_token", "credentials.developer_token").kind("password"),
	}
}

// sent is what the form held; Meta at first.
func (v *visit) sent(name string) []string {
	if v.r.Method == http.MethodPost {
		return v.r.PostForm[name]
	}
	if name == "ad_platform" {
		return []string{string(platforms.Meta)}
	}
	return nil
}

func (v *visit) adAccountCard(a platforms.AdAccountState) (adAccountCard, error) {
	l := v.locale
	card := adAccountCard{AdAccountState: a, Title: l.T("platform." + string(a.Platform)), Tone: "good", Icon: "ok", Condition: l.T("adaccount.connected")}
	card.Facts = []pair{
		{l.T("adaccount.number"), a.External}, {l.T("form.currency"), string(a.Currency)}, {l.T("form.timezone"), a.Timezone},
	}
	switch {
	case a.Status == platforms.TokenExpired:
		card.Tone, card.Icon, card.Condition, card.Expired = "bad", "CRITICAL", l.T("adaccount.expired"), true
	case a.Problem != nil:
		card.Tone, card.Icon, card.Condition = "warn", "MEDIUM", l.T("adaccount.failing", "why", a.Problem.Message)
	case a.LastPull == nil:
		card.Tone, card.Icon, card.Condition = "quiet", "clock", l.T("adaccount.new")
	}
	if p := a.LastPull; p != nil {
		from, _ := localday.Bounds(p.From, time.UTC)
		to, _ := localday.Bounds(p.To, time.UTC)
		card.Facts = append(card.Facts, pair{l.T("adaccount.pulled"), l.T("adaccount.pulled.what",
			"time", l.Stamp(p.At.In(v.now.Location())), "rows", l.Count(int64(p.Rows)), "posted", l.Count(int64(p.Posted)), "from", l.Day(from), "to", l.Day(to))})
		if p.Unplaced > 0 {
			card.Facts = append(card.Facts, pair{l.T("adaccount.unplaced"), l.Count(int64(p.Unplaced))})
		}
		card.Refusals = p.Refusals
	}
	if a.NextPullAt != nil {
		card.Facts = append(card.Facts, pair{l.T("adaccount.next"), l.Stamp(a.NextPullAt.In(v.now.Location()))})
	}
	placed, err := v.d.Platforms.PlacementsOf(v.r.Context(), v.scope(), platforms.Whose{Account: a.ID})
	for _, p := range placed {
		if p.Progress != platforms.IsEnded {
			card.Placed++
		}
		card.Open = card.Open || p.Progress == platforms.InConflict || p.Progress == platforms.IsUnknown || p.Progress == platforms.IsRefused
	}
	card.Facts = append(card.Facts, pair{l.T("adaccount.placed"), l.Count(int64(card.Placed))})
	f := form{l, func(string) []string { return nil }, nil}
	card.Renew, card.Change = f.credentials(a.Platform), v.settingsFields(a)
	for i := range card.Renew { // one page has these fields once for every account
		card.Renew[i].ID = card.Renew[i].Name + "-" + a.ID.String()
	}
	if err == nil {
		card.Interests, err = v.interestsOf(a)
	}
	return card, err
}

// secretOf reads the credentials of a form.
func (v *visit) secretOf() platforms.Credentials {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	return platforms.Credentials{
		Token: get("ad_token"), ClientID: get("ad_client_id"), ClientSecret: get("ad_client_secret"), DeveloperToken: get("ad_developer_token"),
	}
}

// connectAdAccount connects one.
func (v *visit) connectAdAccount() error {
	if err := v.who.Require(partners.ActionManagePlatforms); err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	_, err := v.d.Platforms.Connect(v.r.Context(), v.by(), platforms.NewAccount{
		Partner: v.scope(), Platform: platforms.Platform(get("ad_platform")), External: get("ad_external_id"), Secret: v.secretOf(), Settings: v.sentSettings(),
	})
	return v.afterAdAccount(err, "adaccount_connected")
}

func (v *visit) afterAdAccount(err error, done string) error {
	if err == nil {
		return v.done(accountsPath, done)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.adAccountsWith(status, refused, wrong)
}

// actOnAdAccount does one thing to an account.
func (v *visit) actOnAdAccount() error {
	if err := v.who.Require(partners.ActionManagePlatforms); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return platforms.ErrAccountNotFound
	}
	ctx, by, action := v.r.Context(), v.by(), v.r.PathValue("action")
	switch action {
	case "pull":
		_, err = v.d.Platforms.PullNow(ctx, by, id)
	case "renew":
		secret := v.secretOf()
		_, err = v.d.Platforms.Change(ctx, by, id, v.revision(), platforms.AccountPatch{Secret: &secret})
	case "settings":
		settings := v.sentSettings()
		_, err = v.d.Platforms.Change(ctx, by, id, v.revision(), platforms.AccountPatch{Settings: &settings})
	case "interest":
		if err = v.chooseInterest(id); err == nil {
			return v.done(interestPath(id), "adaccount_interest")
		}
	case "disconnect":
		err = v.d.Platforms.Disconnect(ctx, by, id, v.revision(), false)
	default:
		return errNoPage
	}
	return v.afterAdAccount(err, "adaccount_"+action)
}
