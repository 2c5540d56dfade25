package optimization

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// street is a partner's campaigns with what money brings in each. It plays the
// services that an examiner reads.
type street struct {
	Campaigns
	shops []*shop
}

type shop struct {
	campaign campaigns.State
	budget   budgets.State
	half     float64 // the spend that brings half of most
	most     float64 // results of a day
	spends   float64 // of its limit
}

// opened adds a campaign that spends its daily budget.
func (s *street) opened(name string, daily int64, half, most float64) *shop {
	launched := at.AddDate(0, -3, 0)
	x := &shop{half: half, most: most, spends: 1}
	x.campaign = campaigns.State{
		ID: uuid.NewSHA1(uuid.Nil, []byte(name)), BudgetID: uuid.NewSHA1(uuid.Nil, []byte(name+" budget")), Name: name, Objective: campaigns.Conversions,
		Status: campaigns.Active, Currency: "USD", Timezone: "UTC", LaunchedAt: &launched,
	}
	x.budget = budgets.State{ID: x.campaign.BudgetID, Campaign: x.campaign.ID, Kind: budgets.KindDaily, Currency: "USD", Timezone: "UTC", Limit: daily * money.Unit}
	s.shops = append(s.shops, x)
	return x
}

func (s *street) of(campaign uuid.UUID) *shop {
	for _, x := range s.shops {
		if x.campaign.ID == campaign {
			return x
		}
	}
	return nil
}

func (s *street) Get(_ context.Context, _ event.Origin, id uuid.UUID) (*campaigns.Campaign, error) {
	return campaigns.Restore(s.of(id).campaign), nil
}

func (s *street) List(context.Context, event.Origin, campaigns.Query) (all []*campaigns.Campaign, next string, err error) {
	for _, x := range s.shops {
		all = append(all, campaigns.Restore(x.campaign))
	}
	return all, "", nil
}

func (s *street) ForCampaign(_ context.Context, _, campaign uuid.UUID) (*budgets.Budget, error) {
	return budgets.Restore(s.of(campaign).budget), nil
}

func (s *street) Metrics(_ context.Context, _, campaign uuid.UUID, q performance.Query) (performance.Result, error) {
	x, result := s.of(campaign), performance.Result{Campaign: campaign, KnownAt: at}
	random := rand.New(rand.NewPCG(7, uint64(x.campaign.ID[0])))
	for day := q.From; day.Before(q.To); day = day.AddDate(0, 0, 1) {
		spend := x.spends * float64(x.budget.Limit) / money.Unit * math.Exp(0.3*random.NormFloat64())
		item := performance.Item{From: day, To: day.AddDate(0, 0, 1), Group: map[string]string{"channel": "search"}}
		item.Spend, item.Conversions = int64(spend*money.Unit), int64(math.Round(x.most*spend/(x.half+spend)*(1+0.05*random.NormFloat64())))
		result.Items = append(result.Items, item)
	}
	return result, nil
}

func (s *street) portfolio(t *testing.T, limits Limits) []Finding {
	t.Helper()
	found, err := NewExaminer(s, s, s, func() time.Time { return at }).Portfolio(t.Context(), uuid.Nil, limits)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// crowded has one campaign that has bought nearly all there is, and one that has
// hardly begun.
func crowded() (s *street, full, fresh *shop) {
	s = &street{}
	full, fresh = s.opened("Full", 200, 20, 100), s.opened("Fresh", 100, 400, 400)
	return s, full, fresh
}

func TestMoneyMovesToTheCampaignWhereItBringsMore(t *testing.T) {
	s, full, fresh := crowded()
	found := s.portfolio(t, nil)
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	f := found[0]
	move := f.Change.Transfer
	if move.From.Campaign != full.campaign.ID || move.To.Campaign != fresh.campaign.ID || f.Type != BudgetReallocation {
		t.Errorf("%+v", move)
	}
	if move.Amount.Micros <= 0 || move.Amount.Micros > step(fresh.budget.Limit) || move.Amount.Micros%10_000 != 0 {
		t.Errorf("it moves %s", move.Amount)
	}
	if f.Confidence < LeastConfidence || f.Impact.Low <= 0 {
		t.Errorf("confidence %g, impact %+v", f.Confidence, f.Impact)
	}
	if again := s.portfolio(t, nil); !again[0].Change.same(f.Change) {
		t.Error("the same data say something else")
	}
}

func TestWhatIsNotMovedBetweenCampaigns(t *testing.T) {
	for name, change := range map[string]func(full, fresh *shop){
		"another currency":  func(_, fresh *shop) { fresh.campaign.Currency, fresh.budget.Currency = "EUR", "EUR" },
		"another objective": func(_, fresh *shop) { fresh.campaign.Objective = campaigns.Traffic },
		"another kind":      func(full, _ *shop) { full.budget.Kind = budgets.KindMonthly },
		"a divided budget is given nothing": func(_, fresh *shop) {
			fresh.budget.Channels = []budgets.ChannelShare{{Channel: "search", Limit: fresh.budget.Limit}}
		},
		"what channels have is not given": func(full, _ *shop) {
			full.budget.Channels = []budgets.ChannelShare{{Channel: "search", Limit: full.budget.Limit}}
		},
		"nothing is gained": func(full, fresh *shop) {
			fresh.half, fresh.most, fresh.budget.Limit = full.half, full.most, full.budget.Limit
		},
	} {
		s, full, fresh := crowded()
		change(full, fresh)
		if found := s.portfolio(t, nil); len(found) != 0 {
			t.Errorf("%s: %+v", name, found[0].Change.Transfer)
		}
	}
}

func TestTransfersKeepToThePartnersLimits(t *testing.T) {
	s, full, fresh := crowded()
	floor, ceiling := usd(197), usd(105)
	for name, c := range map[string]struct {
		limit Limit
		most  int64
	}{
		"a floor":   {Limit{Campaign: &full.campaign.ID, Floor: &floor}, 3},
		"a ceiling": {Limit{Campaign: &fresh.campaign.ID, Ceiling: &ceiling}, 5},
		"a step":    {Limit{MaxStep: 2}, 2},
	} {
		found := s.portfolio(t, Limits{c.limit})
		if len(found) != 1 || found[0].Change.Transfer.Amount.Micros > c.most*money.Unit {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if found := s.portfolio(t, Limits{{Campaign: &full.campaign.ID, Floor: &full200}}); len(found) != 0 {
		t.Errorf("below a floor: %+v", found[0].Change.Transfer)
	}
}

var full200 = usd(200)

// Whatever the limits are, what they allow they allow: the span holds the present
// amount, and an amount is refused exactly outside it, with the limit that says so.
func TestLimitsRefuseWhatIsOutsideTheirSpan(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var limits Limits
		amount := rapid.Int64Range(1, 1000)
		for range rapid.IntRange(0, 4).Draw(r, "limits") {
			l := Limit{Channel: "search", MaxStep: rapid.IntRange(0, 100).Draw(r, "step"), MostShare: rapid.IntRange(0, 100).Draw(r, "most")}
			if rapid.Bool().Draw(r, "floor") {
				m := usd(amount.Draw(r, "least"))
				l.Floor = &m
			}
			limits = append(limits, l)
		}
		h := held{campaign: uuid.New(), channel: "search", now: usd(amount.Draw(r, "now")), whole: 1000 * money.Unit}
		low, high := limits.span(h)
		if h.now.Micros < low.micros || h.now.Micros > high.micros {
			r.Fatalf("%d is outside %d to %d", h.now.Micros, low.micros, high.micros)
		}
		after := amount.Draw(r, "after") * money.Unit
		err := limits.allow(h, after)
		if inside := after >= low.micros && after <= high.micros; inside != (err == nil) {
			r.Fatalf("%d of %d to %d: %v", after, low.micros, high.micros, err)
		}
		if err != nil && (!errors.Is(err, ErrLimit) || fault.As(err).Extra["limit_field"] == "") {
			r.Fatal(err)
		}
	})
}
