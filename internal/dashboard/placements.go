package dashboard

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

// placementsCard is where a campaign runs: on its Setup page.
type placementsCard struct {
	Items   []placementView
	URL     string // of the form that places the campaign; empty when there is none to fill in
	Fields  []field
	Connect bool // nothing is connected, and the visitor may connect
	Open    bool
}

type placementView struct {
	platforms.PlacementState
	Title, Account        string
	Tone, Icon, Condition string
	Notes                 []string
	Rows                  []objectView
	EndURL                string
	Interests             string // where somebody can choose them, while they are left out
	Unchosen              bool   // they are left out because nobody has chosen
}

type objectView struct {
	Name, Kind            string
	Tone, Icon, Condition string
	External              string
	Detail                []string
	Ways                  []way
}

// way is a decision that a person can take about an object.
type way struct{ URL, Object, Action, External, Label, Kind string }

// placements is the card; nil for who may not see it or has nothing to see.
func (v *visit) placements(s subject, back *edited) (*placementsCard, error) {
	ctx := v.r.Context()
	placed, err := v.d.Platforms.PlacementsOf(ctx, s.Partner, platforms.Whose{Campaign: s.ID})
	if err != nil {
		return nil, err
	}
	accounts, err := v.d.Platforms.List(ctx, s.Partner)
	if err != nil {
		return nil, err
	}
	names := map[uuid.UUID]platforms.AdAccountState{}
	for _, a := range accounts {
		names[a.ID] = a
	}
	card := &placementsCard{}
	taken := map[uuid.UUID]bool{}
	for _, p := range placed {
		card.Items = append(card.Items, v.placementView(s, p, names[p.Account]))
		taken[p.Account] = taken[p.Account] || p.Progress != platforms.IsEnded
	}
	may := v.who.Can(partners.ActionWriteCampaigns) && !s.Status.Over()
	card.Connect = len(accounts) == 0 && v.who.Can(partners.ActionManagePlatforms)
	var free []string
	for _, a := range accounts {
		if !taken[a.ID] && a.Currency == s.Currency {
			free = append(free, a.ID.String())
		}
	}
	if may && len(free) > 0 {
		card.URL = s.href() + "/placements"
		card.Fields = v.placeFields(free, names, back)
		card.Open = back != nil && back.part == "platforms"
	}
	return card, nil
}

func (v *visit) placeFields(free []string, names map[uuid.UUID]platforms.AdAccountState, back *edited) []field {
	f := form{l: v.locale, wrong: &mistakes{l: v.locale}, value: func(name string) []string {
		if name == "place_percent" {
			return []string{"100"}
		}
		return nil
	}}
	if back != nil && back.part == "platforms" {
		f.value, f.wrong = back.value, back.wrong
	}
	label := func(id string) string {
		a := names[uuid.MustParse(id)]
		return v.locale.T("platform."+string(a.Platform)) + " · " + a.Name
	}
	return []field{f.choose("place_account", "select", false, free, label, "ad_account_id"), f.input("place_percent", "budget_percent").number()}
}

// progressLook is how urgent each word is.
var progressLook = map[platforms.Progress][2]string{
	platforms.InConflict: {"bad", "CRITICAL"}, platforms.IsUnknown: {"warn", "MEDIUM"}, platforms.IsRefused: {"bad", "CRITICAL"},
	platforms.IsWaiting: {"quiet", "clock"}, platforms.IsPushing: {"quiet", "clock"}, platforms.IsCurrent: {"good", "ok"}, platforms.IsEnded: {"quiet", "PAUSED"},
}

func (v *visit) placementView(s subject, p platforms.PlacementState, a platforms.AdAccountState) placementView {
	l := v.locale
	look := progressLook[p.Progress]
	view := placementView{
		PlacementState: p, Title: l.T("platform." + string(p.Platform)), Account: a.Name, Tone: look[0], Icon: look[1], Condition: l.T("placement." + string(p.Progress)),
	}
	if p.Waiting != "" && p.Progress != platforms.IsEnded {
		view.Notes = append(view.Notes, l.T("placement.waiting."+p.Waiting))
	}
	left := slices.Clone(p.LeftOut)
	if s.Targeting != nil {
		_, chosen := a.Settings.InterestsOf(platforms.Draft{Targeting: *s.Targeting})
		view.Unchosen = !chosen && p.Progress != platforms.IsEnded
	}
	if view.Unchosen {
		left = slices.DeleteFunc(left, func(part string) bool { return part == "interests" })
		if v.who.Can(partners.ActionManagePlatforms) {
			view.Interests = interestPath(p.Account)
		}
	}
	if len(left) > 0 {
		view.Notes = append(view.Notes, l.T("placement.left_out", "parts", l.parts(left)))
	}
	if p.Problem != nil {
		view.Notes = append(view.Notes, l.T("placement.problem", "why", p.Problem.Message))
	}
	at := s.href() + "/placements/" + p.ID.String()
	if v.who.Can(partners.ActionWriteCampaigns) && p.Progress != platforms.IsEnded {
		view.EndURL = at + "/end"
	}
	for _, o := range p.Objects {
		view.Rows = append(view.Rows, v.objectView(o, at))
	}
	return view
}

// parts names parts of a targeting as the form does.
func (l *locale) parts(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = strings.ToLower(l.Or("form.", name, name))
	}
	return strings.Join(words, ", ")
}

// objectLook is how an object's state is shown.
var objectLook = map[platforms.ObjectState][2]string{
	platforms.Planned: {"quiet", "clock"}, platforms.Claimed: {"quiet", "clock"}, platforms.Created: {"good", "ok"},
	platforms.Open: {"warn", "MEDIUM"}, platforms.Declined: {"bad", "CRITICAL"}, platforms.Conflict: {"bad", "CRITICAL"},
}

func (v *visit) objectView(o platforms.Object, at string) objectView {
	l := v.locale
	look := objectLook[o.State]
	_, name, _ := strings.Cut(o.Key, ":")
	row := objectView{Name: cmp.Or(o.Name, name), Kind: l.T("object." + o.Kind), Tone: look[0], Icon: look[1], Condition: l.T("object.state." + string(o.State)), External: o.External}
	if o.State == platforms.Created && o.Review != "" {
		row.Condition = l.T("object.review." + string(o.Review))
		if o.Review == platforms.Rejected {
			row.Tone, row.Icon = "bad", "CRITICAL"
		}
	}
	if o.Retired {
		row.Tone, row.Icon, row.Condition = "quiet", "PAUSED", l.T("object.retired")
	}
	row.Detail = append(row.Detail, o.Reasons...)
	if o.Delivery != "" && o.State == platforms.Created && !o.Retired {
		row.Detail = append(row.Detail, l.T("object.delivery", "word", o.Delivery))
	}
	if o.Kind == "audience" && o.Filled > 0 {
		row.Detail = append(row.Detail, l.T("object.members", "n", l.Count(o.Members)))
	}
	if o.Problem != nil && o.State != platforms.Created {
		row.Detail = append(row.Detail, o.Problem.Message)
		if o.Problem.RequestID != "" {
			row.Detail = append(row.Detail, l.T("object.request", "id", o.Problem.RequestID))
		}
	}
	if o.State == platforms.Open {
		row.Detail = append(row.Detail, l.T("object.looking", "reference", o.Reference, "n", l.Count(int64(o.Looks))))
	}
	if v.who.Can(partners.ActionWriteCampaigns) {
		row.Ways = v.ways(o, at+"/resolve")
	}
	return row
}

// ways are the decisions that an object's state leaves to a person.
func (v *visit) ways(o platforms.Object, at string) []way {
	l := v.locale
	switch o.State {
	case platforms.Conflict:
		var all []way
		for _, id := range o.Candidates {
			all = append(all, way{at, o.Key, string(platforms.Adopt), id, l.T("object.adopt", "id", id), "primary"})
		}
		return all
	case platforms.Open:
		return []way{{at, o.Key, string(platforms.Release), "", l.T("object.release"), "danger"}}
	case platforms.Declined:
		return []way{{at, o.Key, string(platforms.Retry), "", l.T("object.retry"), "primary"}}
	}
	return nil
}

// placeCampaign puts the campaign on an account.
func (v *visit) placeCampaign() error {
	return v.save("platforms", func(s subject, value func(string) []string) (string, error) {
		account, err := uuid.Parse(at(value("place_account"), 0))
		if err != nil {
			return "", platforms.ErrAccountNotFound
		}
		percent, err := parseWhole(at(value("place_percent"), 0))
		if err != nil {
			percent = 0 // which no placement can have
		}
		_, err = v.d.Platforms.Place(v.r.Context(), v.by(), platforms.NewPlacement{Campaign: s.ID, Account: account, Percent: int(percent)})
		return "placed", err
	})
}

// actOnPlacement ends a placement, or decides about one of its objects.
func (v *visit) actOnPlacement() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("placement"))
	if err != nil {
		return platforms.ErrPlacementNotFound
	}
	p, err := v.d.Platforms.Placement(v.r.Context(), s.Partner, id)
	if err == nil && p.Campaign != s.ID {
		err = platforms.ErrPlacementNotFound
	}
	if err != nil {
		return err
	}
	done := "placement_resolved"
	switch v.r.PathValue("action") {
	case "end":
		done = "placement_ended"
		_, err = v.d.Platforms.End(v.r.Context(), v.by(), id, v.revision(), false)
	case "resolve":
		_, err = v.d.Platforms.Resolve(v.r.Context(), v.by(), id, v.revision(), platforms.Resolution{
			Key: v.r.PostFormValue("object"), Action: platforms.Action(v.r.PostFormValue("act")), External: v.r.PostFormValue("external"),
		})
	default:
		return errNoPage
	}
	if err == nil {
		return v.done(s.href()+"/setup#platforms", done)
	}
	status, refused, _ := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.setupPage(status, s, refused, nil)
}
