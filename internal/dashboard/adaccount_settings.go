package dashboard

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// chosenInterest is one of ours and what it is at the platform; Theirs is empty
// while nobody has chosen.
type chosenInterest struct{ ID, Ours, Theirs string }

// interestSearch is a look for one of the platform's interests.
type interestSearch struct {
	ID, Ours, Words string
	Found           []platforms.PlatformInterest
	None            bool // nothing has the words
}

// accountInterests are those of an account: what was chosen, what campaigns wait
// for, and the search that is under way.
type accountInterests struct {
	Chosen, Missing []chosenInterest
	Search          *interestSearch
	Open            bool
}

// interestName is what the taxonomy calls one of its interests.
func (l *locale) interestName(id string) string {
	name := id
	if node, ok := taxonomy.Get(id); ok {
		name = node.Name()
	}
	return l.Or("interest.", id, name)
}

// interestsOf are those of an account. The platform is asked only when somebody
// searches.
func (v *visit) interestsOf(a platforms.AdAccountState) (accountInterests, error) {
	var all accountInterests
	missing, err := v.d.Platforms.Unnamed(v.r.Context(), a.Partner, a.ID)
	if err != nil {
		return all, err
	}
	for _, id := range missing {
		all.Missing = append(all.Missing, chosenInterest{ID: id, Ours: v.locale.interestName(id)})
	}
	for _, id := range slices.Sorted(maps.Keys(a.Settings.Interests)) {
		all.Chosen = append(all.Chosen, chosenInterest{id, v.locale.interestName(id), a.Settings.Interests[id].Name})
	}
	asked := v.r.URL.Query()
	if asked.Get("account") != a.ID.String() {
		return all, nil
	}
	all.Open = true
	if id := asked.Get("interest"); id != "" {
		all.Search = &interestSearch{ID: id, Ours: v.locale.interestName(id), Words: strings.TrimSpace(asked.Get("q"))}
		all.Search.Found, err = v.d.Platforms.Interests(v.r.Context(), a.Partner, a.ID, all.Search.Words)
		all.Search.None = err == nil && len(all.Search.Found) == 0
	}
	return all, err
}

// interestPath is the page on which an account's interests are chosen.
func interestPath(account uuid.UUID) string {
	return accountsPath + "?" + url.Values{"account": {account.String()}}.Encode() + "#interests-" + account.String()
}

// settingsFields are an account's settings as they are, for its platform.
func (v *visit) settingsFields(a platforms.AdAccountState) []field {
	s := a.Settings
	values := map[string]string{
		"ad_website": s.Website, "ad_page_id": s.Page, "ad_pixel_id": s.Pixel, "ad_login_id": s.Login, "ad_landscape": s.Landscape, "ad_square": s.Square,
	}
	f := form{v.locale, func(name string) []string { return []string{values[name]} }, nil}
	fields := []field{f.input("ad_website", "settings.website").kind("url")}
	if a.Platform == platforms.Meta {
		fields = append(fields, f.input("ad_page_id", "settings.page_id"), f.input("ad_pixel_id", "settings.pixel_id").optional())
	} else {
		fields = append(fields, f.input("ad_login_id", "settings.login_customer_id").optional(), f.input("ad_landscape", "settings.landscape_asset").optional(), f.input("ad_square", "settings.square_asset").optional())
	}
	for i := range fields { // one page has these fields once for every account
		fields[i].ID = fields[i].Name + "-" + a.ID.String()
	}
	return fields
}

// sentSettings are those of a form.
func (v *visit) sentSettings() platforms.Settings {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	return platforms.Settings{
		Website: get("ad_website"), Page: get("ad_page_id"), Pixel: get("ad_pixel_id"), Login: get("ad_login_id"), Landscape: get("ad_landscape"), Square: get("ad_square"),
	}
}

// chooseInterest says what an interest is at the platform, or takes it back when
// none is named.
func (v *visit) chooseInterest(account uuid.UUID) error {
	get := v.r.PostFormValue
	var theirs *platforms.PlatformInterest
	if get("external") != "" {
		theirs = &platforms.PlatformInterest{ID: get("external"), Name: get("name")}
	}
	_, err := v.d.Platforms.Means(v.r.Context(), v.by(), account, v.revision(), get("interest"), theirs, false)
	return err
}
