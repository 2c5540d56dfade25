package campaigns_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	w := newWorld(t)
	err := w.refusal(fault.ErrInvalid, func() error {
		_, err := w.Create(ctx, admin, campaigns.NewCampaign{
			Name: " ", Description: strings.Repeat("x", 4001), Type: "RADIO", Objective: "FAME", Category: "medicine", Timezone: "Atlantis/City",
			Channels: []string{"a", "a", ""}, Labels: []string{strings.Repeat("é", 65), "\x00"},
			Budget: campaigns.BudgetTerms{Kind: "weekly", Thresholds: []int{50, 50, 0, 101}},
		})
		return err
	})
	want := []string{
		"partner_id required", "name required", "description too_long", "type unknown_value", "objective unknown_value",
		"special_category unknown_value", "channels[1] duplicate", "channels[2] required", "labels[0] too_long", "labels[1] not_text",
		"timezone unknown_timezone", "budget.currency unknown_currency", "budget.amount out_of_range", "budget.kind unknown_value",
		"budget.thresholds[1] out_of_range", "budget.thresholds[2] out_of_range", "budget.thresholds[3] out_of_range",
		"goals.target_metrics required",
	}
	if got := strings.Split(wrong(err), ", "); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for _, f := range err.Fields {
		if f.Detail == "" || f.Allow == "" {
			t.Errorf("%s says neither why nor what is allowed", f.Path)
		}
	}
}

func TestEachBound(t *testing.T) {
	for _, c := range []struct {
		want string
		edit func(*campaigns.NewCampaign)
	}{
		{"name too_long", func(n *campaigns.NewCampaign) { n.Name = strings.Repeat("ñ", 201) }},
		{"", func(n *campaigns.NewCampaign) { n.Name = strings.Repeat("ñ", 200) }},
		{"name not_text", func(n *campaigns.NewCampaign) { n.Name = "a\xff" }},
		{"labels too_many", func(n *campaigns.NewCampaign) { n.Labels = make([]string, 51) }},
		{"timezone unknown_timezone", func(n *campaigns.NewCampaign) { n.Timezone = "" }},
		{"timezone unknown_timezone", func(n *campaigns.NewCampaign) { n.Timezone = "Local" }},
		{"timezone unknown_timezone", func(n *campaigns.NewCampaign) { n.Timezone = "../../etc/passwd" }},
		{"budget.amount out_of_range", func(n *campaigns.NewCampaign) { n.Budget.Amount.Micros = -1 }},
		{"budget.amount out_of_range", func(n *campaigns.NewCampaign) { n.Budget.Amount = money.New(1e18+1, "USD") }},
		{"", func(n *campaigns.NewCampaign) { n.Budget.Amount = money.New(1e18, "USD") }},
		{"budget.thresholds too_many", func(n *campaigns.NewCampaign) { n.Budget.Thresholds = make([]int, 21) }},
		{"type unknown_value", func(n *campaigns.NewCampaign) { n.Type = campaigns.Type(strings.Repeat("X", 1<<20)) }},
	} {
		in := spring(t)
		c.edit(&in)
		_, err := newWorld(t).Create(ctx, by, in)
		if got := wrong(err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("a wrong megabyte comes back in an error of %d bytes", len(err.Error()))
		}
	}
}

func TestADraftBeginsWithWhatWasAsked(t *testing.T) {
	w := newWorld(t)
	in := spring(t)
	in.Name, in.Category, in.Budget.AutoPause, in.Budget.Thresholds = "  Spring ", "HOUSING", ptr(false), []int{80}
	s := must(t)(w.Create(ctx, by, in)).State()
	if s.Name != "Spring" || s.Status != campaigns.Draft || s.Revision != 1 || s.Currency != "USD" || s.Category != campaigns.Housing ||
		s.Partner != by.Partner || !slices.Equal(s.Channels, []string{"social"}) || s.Labels == nil || s.Creatives == nil || !s.CreatedAt.Equal(start) {
		t.Errorf("%+v", s)
	}
	b := w.budgets[s.ID]
	if b.ID != s.BudgetID || b.ID == uuid.Nil || b.Limit != usd(1000) || b.Kind != campaigns.BudgetTotal || b.AutoPause ||
		!slices.Equal(b.Thresholds, []int{80}) || b.By != by || !b.At.Equal(start) {
		t.Errorf("%+v", b)
	}
	if e := data[campaigns.Created](w); e.Budget != usd(1000) || e.Name != "Spring" || len(e.Changes) == 0 || e.Changes[0].Before != "" {
		t.Errorf("%+v", e)
	}
	plain := must(t)(w.Create(ctx, by, spring(t))).State()
	if b := w.budgets[plain.ID]; !b.AutoPause || b.Thresholds != nil {
		t.Errorf("a budget that asks for nothing: %+v", b)
	}
}

func TestASpecialCategoryInAnyLetters(t *testing.T) {
	for sent, want := range map[campaigns.Category]campaigns.Category{
		"HOUSING": campaigns.Housing, "Credit": campaigns.Credit, "none": campaigns.Ordinary, "NONE": campaigns.Ordinary, "": campaigns.Ordinary,
	} {
		in := spring(t)
		in.Category = sent
		if s := must(t)(newWorld(t).Create(ctx, by, in)).State(); s.Category != want {
			t.Errorf("%q became %q, want %q", sent, s.Category, want)
		}
	}
}

func TestChannelsOfEveryType(t *testing.T) {
	for _, kind := range campaigns.Types {
		in := spring(t)
		in.Type = kind
		if s := must(t)(newWorld(t).Create(ctx, by, in)).State(); len(s.Channels) == 0 {
			t.Errorf("a %s campaign has no channel", kind)
		}
	}
}

func TestARepeatedCreateMakesOneCampaign(t *testing.T) {
	w := newWorld(t)
	in := spring(t)
	in.ID = uuid.Must(uuid.NewV7())
	first := must(t)(w.Create(ctx, by, in))
	must(t)(w.Patch(ctx, by, in.ID, 0, campaigns.Patch{Name: ptr("Renamed")}))
	again := must(t)(w.Create(ctx, by, in))
	if again.State().ID != first.State().ID || again.State().Name != "Renamed" || len(w.states) != 1 {
		t.Errorf("%+v", again.State())
	}
	if _, err := w.Create(ctx, other, in); !errors.Is(err, campaigns.ErrExists) {
		t.Errorf("another partner's id: %v", err)
	}
}

func TestWhoseCampaignItIs(t *testing.T) {
	w := newWorld(t)
	in := spring(t)
	in.Partner = other.Partner
	err := w.refusal(fault.ErrInvalid, func() error { _, err := w.Create(ctx, by, in); return err })
	if got := wrong(err); got != "partner_id not_allowed" {
		t.Error(got)
	}
	s := must(t)(w.Create(ctx, admin, in)).State()
	if e := w.last(); s.Partner != other.Partner || e.Partner != other.Partner || e.Origin.ID != "admin" {
		t.Errorf("%+v %+v", s, e)
	}
}
