package optimization

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/insight"
)

// heard judges a delivery as targeting does.
type heard struct {
	delivery insight.Delivery
	people   insight.People
}

func (h heard) Campaign(context.Context, uuid.UUID, uuid.UUID, int) (insight.Campaign, error) {
	return insight.Judge(h.delivery, h.people), nil
}

// neighbourhood is a campaign that spends what it may, or not, with what is known
// of its people.
func neighbourhood(spends float64) (*street, *shop, heard) {
	s := &street{}
	x := s.opened("Cumbre", 100, 200, 60)
	t := targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, Interests: []string{"45"}, CustomAudiences: []string{"hikers", "buyers"}}
	x.campaign.Targeting = &t
	x.campaign.Goals = campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricCPA, Quantity: campaigns.Quantity{Micros: 40 * money.Unit}}}}
	x.spends = spends
	part := func(value string, conversions, spend int64) insight.Part {
		return insight.Part{Dimension: "audience", Value: value, Impressions: 100_000, Clicks: 5000, Conversions: conversions, Spend: spend * money.Unit}
	}
	return s, x, heard{
		delivery: insight.Delivery{From: at.AddDate(0, 0, -28), To: at, KnownAt: at, Currency: "USD", Targeting: &t, Parts: []insight.Part{part("hikers", 900, 1000), part("buyers", 100, 1000)}},
		people: func(c targeting.Configuration) (insight.Reach, bool) {
			if len(c.Interests) == 0 {
				return insight.Reach{Low: 200_000, Mid: 250_000, High: 300_000}, true
			}
			return insight.Reach{Low: 80_000, Mid: 100_000, High: 120_000}, true
		},
	}
}

func (s *street) heard(t *testing.T, x *shop, h heard, of Type) []Finding {
	t.Helper()
	found, err := NewExaminer(s, s, s, func() time.Time { return at }).Hear(h).Findings(t.Context(), uuid.Nil, x.campaign.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	var of1 []Finding
	for _, f := range found {
		if f.Type == of {
			of1 = append(of1, f)
		}
	}
	return of1
}

// hears is the only finding of a type.
func (s *street) hears(t *testing.T, x *shop, h heard, of Type) Finding {
	t.Helper()
	found := s.heard(t, x, h, of)
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	return found[0]
}

func TestAnAudienceThatCostsMoreIsLeftOut(t *testing.T) {
	s, x, h := neighbourhood(1)
	f := s.hears(t, x, h, TargetingRefinement)
	change := f.Change.Targeting
	if change.Field != "exclusions" || !reflect.DeepEqual(change.After, []string{"custom_audiences=buyers"}) || !change.Learning {
		t.Errorf("%+v", change)
	}
	if f.Impact.Relative <= 0 || f.Impact.Low <= 0 || f.Evidence[0].Value != 10 || f.evidence("reach", "80000–120000") == nil {
		t.Errorf("impact %+v, evidence %+v", f.Impact, f.Evidence)
	}
	if f.Change.touches()[0].direction != Decrease {
		t.Error("leaving out is not taken for narrowing")
	}
	if got := f.why(Plain("en")); got != "Leave out buyers: a result costs 9.0 times as much there as elsewhere." {
		t.Errorf("%q", got)
	}
}

func TestACriterionThatCostsReachIsGivenUp(t *testing.T) {
	s, x, h := neighbourhood(0.4)
	f := s.hears(t, x, h, AudienceExpansion)
	if c := f.Change.Targeting; c.Field != "interests" || len(c.After) != 0 || len(c.Whole.Interests) != 0 || f.Change.touches()[0].direction != Increase {
		t.Errorf("%+v", c)
	}
	if f.Confidence >= LeastConfidence || f.Impact.Low >= 0 || f.evidence("reach", "200000–300000") == nil {
		t.Errorf("%+v", f)
	}
	if len(f.why(Plain("es"))) < 20 {
		t.Error(f.why(Plain("es")))
	}
	s, x, h = neighbourhood(1)
	if found := s.heard(t, x, h, AudienceExpansion); len(found) != 0 {
		t.Errorf("of a campaign that spends its plan: %+v", found[0].Change.Targeting)
	}
}

// What a change sets in a field is what is read there, and to set back what was
// read restores the whole.
func TestFieldsAreSetAndSetBack(t *testing.T) {
	words := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,8}`), 0, 4, rapid.ID[string])
	rapid.Check(t, func(r *rapid.T) {
		before := targeting.Configuration{Locations: []targeting.Location{{Country: "CO", City: "Bogotá"}}, Interests: words.Draw(r, "interests"), Languages: words.Draw(r, "languages")}
		if excluded := words.Draw(r, "excluded"); len(excluded) > 0 {
			before.Exclusions = []targeting.Exclusion{{Criterion: targeting.ByAudience, Values: excluded}}
		}
		for _, field := range []string{"interests", "languages", "job_titles", fieldExclusions} {
			want := words.Draw(r, "want")
			if field == fieldExclusions {
				for i := range want {
					want[i] = "genders=" + want[i]
				}
			}
			was := fieldOf(before, field)
			after := withField(before, field, want)
			if got := fieldOf(after, field); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
				r.Fatalf("%s: %v, want %v", field, got, want)
			}
			back := withField(after, field, was)
			for _, f := range []string{"interests", "languages", "job_titles", fieldExclusions} {
				if !reflect.DeepEqual(fieldOf(back, f), fieldOf(before, f)) {
					r.Fatalf("%s is %v, was %v", f, fieldOf(back, f), fieldOf(before, f))
				}
			}
			if !reflect.DeepEqual(back.Locations, before.Locations) {
				r.Fatalf("the locations are %v", back.Locations)
			}
		}
	})
}

func TestTheSamePeopleAreLeftOutOnce(t *testing.T) {
	elsewhere := 2.5
	refined := func(of string, sample int64) Finding {
		return Finding{Type: TargetingRefinement, Evidence: []Evidence{{Metric: "result_cost", Of: of, Value: 18.5, Against: &elsewhere, Unit: "money", Sample: sample}}}
	}
	bid := bidding(10, 9)
	got := onceByPeople([]Finding{bid, refined("tv", 937), refined("CL", 937), refined("MX", 30), bid})
	if len(got) != 4 || got[1].Evidence[0].Of != "tv" || got[2].Evidence[0].Of != "MX" {
		t.Errorf("%+v", got)
	}
}
