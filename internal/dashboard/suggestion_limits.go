package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
)

// limitsCard is what the partner wants held of budgets by every suggestion.
type limitsCard struct {
	Revision int64
	Rows     []limitRow
	Fields   []field // of one more
}

type limitRow struct {
	Index    int
	Of, Says string
}

// mostLimited is among how many campaigns the form lets choose, the newest first.
const mostLimited = 100

func (v *visit) limitsCard(a optimization.Autonomy, wrong *mistakes) (*limitsCard, error) {
	found, _, err := v.d.Campaigns.List(v.r.Context(), v.by(), campaigns.Query{Limit: mostLimited})
	if err != nil {
		return nil, err
	}
	l, names := v.locale, map[string]string{"": v.locale.T("limits.every")}
	ids := []string{""}
	for _, c := range found {
		id := c.State().ID.String()
		names[id], ids = c.State().Name, append(ids, id)
	}
	card := &limitsCard{Revision: a.Revision}
	for i, x := range a.Limits {
		of := ""
		if x.Campaign != nil {
			of = x.Campaign.String()
		}
		name := names[of]
		if name == "" {
			name = of
		}
		if x.Channel != "" {
			name += " · " + l.Channel(x.Channel)
		}
		card.Rows = append(card.Rows, limitRow{i, name, l.limitWords(x)})
	}
	at := fmt.Sprintf("limits[%d]", len(a.Limits))
	f := form{l, func(name string) []string { return v.r.PostForm[name] }, wrong}
	card.Fields = []field{
		f.choose("limit_campaign", "select", false, ids, func(id string) string { return names[id] }, at+".campaign_id"),
		f.input("limit_channel", at+".channel").optional(),
		f.input("limit_floor", at+".floor").decimal().optional(), f.input("limit_ceiling", at+".ceiling").decimal().optional(),
		f.input("limit_least", at+".least_share_percent").number().optional(), f.input("limit_most", at+".most_share_percent").number().optional(),
		f.input("limit_step", at+".max_step_percent").number().optional(),
	}
	return card, nil
}

// limitWords says a limit.
func (l *locale) limitWords(x optimization.Limit) string {
	var said []string
	for key, amount := range map[string]*money.Money{"limits.floor": x.Floor, "limits.ceiling": x.Ceiling} {
		if amount != nil {
			said = append(said, l.T(key, "amount", l.Money(amount.Micros, string(amount.Currency))))
		}
	}
	for key, percent := range map[string]int{"limits.least": x.LeastShare, "limits.most": x.MostShare, "limits.step": x.MaxStep} {
		if percent > 0 {
			said = append(said, l.T(key, "percent", l.Percent(int64(percent)*10_000, 0)))
		}
	}
	slices.Sort(said)
	return strings.Join(said, " · ")
}

// saveLimits adds a limit, or takes one away.
func (v *visit) saveLimits() error {
	return v.changeAutonomy("optimizer_limits", func(want *optimization.Settings) error {
		want.Limits = slices.Clone(want.Limits)
		if gone := whole(v.r.PostFormValue("remove"), -1); gone >= 0 && gone < len(want.Limits) {
			want.Limits = slices.Delete(want.Limits, gone, gone+1)
			return nil
		}
		added, err := v.enteredLimit(fmt.Sprintf("limits[%d]", len(want.Limits)))
		want.Limits = append(want.Limits, added)
		return err
	})
}

// enteredLimit reads the form; its amounts are in the campaign's currency, or in
// the partner's where it is of every campaign.
func (v *visit) enteredLimit(at string) (optimization.Limit, error) {
	entered := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	x, currency := optimization.Limit{Channel: entered("limit_channel")}, v.partner.Currency
	if text := entered("limit_campaign"); text != "" {
		id, err := uuid.Parse(text)
		if err != nil {
			return x, campaigns.ErrNotFound
		}
		c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id)
		if err != nil {
			return x, err
		}
		x.Campaign, currency = &id, c.State().Currency
	}
	for _, side := range []struct {
		name, path string
		into       **money.Money
	}{{"limit_floor", "floor", &x.Floor}, {"limit_ceiling", "ceiling", &x.Ceiling}} {
		if text := entered(side.name); text != "" {
			micros, err := v.locale.parseDecimal(text)
			if err != nil {
				return x, notANumber(at + "." + side.path)
			}
			m := money.New(micros, currency)
			*side.into = &m
		}
	}
	for name, into := range map[string]*int{"limit_least": &x.LeastShare, "limit_most": &x.MostShare, "limit_step": &x.MaxStep} {
		if text := strings.TrimSuffix(entered(name), "%"); text != "" {
			*into = whole(text, -1)
		}
	}
	return x, nil
}
