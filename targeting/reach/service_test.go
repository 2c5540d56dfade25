package reach

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

var andes = event.Origin{Partner: uuid.MustParse("019a0000-0000-7000-8000-000000000001"), Kind: event.ActorKey, ID: "k"}

// desk is a partner's own world in memory.
type desk struct {
	factors *Factors
	kept    []Stored
	days    map[uuid.UUID][]Day
	whom    *targeting.Configuration
	broken  error // of the panels
}

func (d *desk) Factors(context.Context, uuid.UUID) (*Factors, error) {
	if d.factors == nil {
		return NoFactors(andes.Partner), nil
	}
	return d.factors, nil
}

func (d *desk) UpdateFactors(ctx context.Context, partner uuid.UUID, _ int64, change func(*Factors) error) (*Factors, error) {
	f, _ := d.Factors(ctx, partner)
	if err := change(f); err != nil {
		return nil, err
	}
	d.factors = f
	return f, nil
}

func (d *desk) Save(_ context.Context, s Stored) error { d.kept = append(d.kept, s); return nil }

func (d *desk) Latest(context.Context, uuid.UUID, int) ([]Stored, error) { return d.kept, nil }

func (d *desk) Of(_ context.Context, _, campaign uuid.UUID) (all []Stored, _ error) {
	for _, s := range d.kept {
		if s.Campaign == campaign {
			all = append(all, s)
		}
	}
	return all, nil
}

func (d *desk) Settle(_ context.Context, s Stored) error {
	for i := range d.kept {
		if d.kept[i].Campaign == s.Campaign && d.kept[i].At.Equal(s.At) {
			d.kept[i] = s
		}
	}
	return nil
}

func (d *desk) Partners(context.Context) ([]uuid.UUID, error) { return []uuid.UUID{andes.Partner}, nil }

func (d *desk) Campaign(context.Context, uuid.UUID, uuid.UUID) (Subject, error) {
	return Subject{Partner: andes.Partner, Name: "Summit", Targeting: d.whom}, nil
}

func (d *desk) Days(_ context.Context, _, campaign uuid.UUID) ([]Day, error) {
	return d.days[campaign], nil
}

func (d *desk) Index(context.Context, uuid.UUID, uuid.UUID) (*panel.Index, error) {
	return nil, panel.ErrNotFound
}

func (d *desk) Automatic(context.Context, uuid.UUID, []string) (*panel.Index, error) {
	return nil, d.broken
}

func (d *desk) service(providers ...Provider) *Service {
	return NewService(Config{Defaults: Standard(), Providers: providers, Panels: d, Factors: d, Record: d, Delivery: d, Now: func() time.Time { return noon }})
}

// said is a provider that says one thing.
type said struct {
	Supply
	err error
}

func (said) Name() string { return "example" }

func (s said) Shares(context.Context, Ask) (Supply, error) { return s.Supply, s.err }

func onTikTok() targeting.Configuration {
	return colombia(func(c *targeting.Configuration) { c.Platforms = []targeting.Platform{"tiktok"} })
}

func shareOf(e Estimate, criterion string) Factor {
	for _, f := range e.Factors {
		if f.Criterion == criterion {
			return f
		}
	}
	return Factor{}
}

func TestWhoseShareHolds(t *testing.T) {
	d := &desk{}
	told := said{Supply: Supply{Source: "Example Data", Shares: []Assumed{
		{targeting.ByPlatform, "tiktok", Share{0.42, 0.4, 0.44}, ""}, {targeting.ByInterest, "607", Share{2, 1, 3}, "no share"}, {targeting.ByBehavior, "x", Share{0.1, 0.1, 0.1}, "not asked"},
	}}}
	ask := func(s *Service) Estimate {
		t.Helper()
		e, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: onTikTok()})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if f := shareOf(ask(d.service()), "platforms"); f.Mid != 0.4 || f.Basis != Standard().Source {
		t.Errorf("the default: %+v", f)
	}
	e := ask(d.service(told))
	if f := shareOf(e, "platforms"); f.Mid != 0.42 || f.Basis != "Example Data" {
		t.Errorf("the provider: %+v", f)
	}
	if f := shareOf(e, "interests"); f.Mid != 0.6 {
		t.Errorf("what is no share holds: %+v", f)
	}
	e = ask(d.service(said{err: errors.New("down")}))
	if f := shareOf(e, "platforms"); f.Mid != 0.4 || !strings.Contains(strings.Join(e.Assumptions, " "), "example does not answer") {
		t.Errorf("a provider that is down: %+v, %v", f, e.Assumptions)
	}
	if _, err := d.service().SetFactors(t.Context(), andes, 1, []Assumed{{targeting.ByPlatform, Any, Share{0.2, 0.1, 0.3}, "Ours"}}, false); err != nil {
		t.Fatal(err)
	}
	if f := shareOf(ask(d.service(told)), "platforms"); f.Mid != 0.2 || f.Basis != "Ours" {
		t.Errorf("the partner's own: %+v", f)
	}
}

// A panel that nobody asked for must not keep an estimate from being made.
func TestABrokenPanelIsPassedOver(t *testing.T) {
	d := &desk{broken: panel.ErrDamaged}
	e, err := d.service().Estimate(t.Context(), andes.Partner, Request{Configuration: colombia(nil)})
	if err != nil || e.Method != PopulationShares {
		t.Errorf("%+v %v", e, err)
	}
	_, err = d.service().Estimate(t.Context(), andes.Partner, Request{Configuration: colombia(nil), Attributes: map[string]panel.Match{"x": {Values: []string{"y"}}}})
	if !errors.Is(err, panel.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// curve is a campaign whose impressions fall on people at random.
func curve(people float64, perDay int64, days int) []Day {
	var all []Day
	for i := 1; i <= days; i++ {
		impressions := perDay * int64(i)
		all = append(all, Day{
			Impressions: impressions, Spend: money.New(impressions*2000, "USD"), // 2.00 a thousand
			Reach: int64(math.Round(people * -math.Expm1(-float64(impressions)/people))),
		})
	}
	return all
}

// What is read from the delivery of an audience of any size is its size.
func TestTheAudienceIsReadFromItsDelivery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := float64(rapid.IntRange(1000, 5_000_000).Draw(t, "people"))
		frequency := rapid.Float64Range(1.5, 12).Draw(t, "frequency")
		days := curve(people, int64(people*frequency/10), 10)
		if got := float64(impliedBy(days[9])); math.Abs(got/people-1) > 0.02 {
			t.Fatalf("%.0f people of %.0f", got, people)
		}
		if got, _ := fit(days); math.Abs(got/people-1) > 0.02 {
			t.Fatalf("%.0f people of %.0f by the curve", got, people)
		}
	})
	if impliedBy(Day{Impressions: 1000, Reach: 990}) != 0 || impliedBy(Day{}) != 0 {
		t.Error("everybody was new, and still the audience is known")
	}
}

func TestTheBudgetOfAReach(t *testing.T) {
	campaign, c := uuid.New(), colombia(nil)
	d := &desk{days: map[uuid.UUID][]Day{campaign: curve(100_000, 30_000, 10)}, whom: &c}
	last := d.days[campaign][9]
	got, err := d.service().Budget(t.Context(), andes.Partner, campaign, last.Reach)
	if err != nil || !got.Observed || math.Abs(float64(got.Mid.Micros)/float64(last.Spend.Micros)-1) > 0.05 || got.Low.Micros >= got.Mid.Micros {
		t.Errorf("what was reached costs what was spent: %+v %v", got, err)
	}
	more, err := d.service().Budget(t.Context(), andes.Partner, campaign, 99_000)
	if err != nil || more.Mid.Micros <= got.Mid.Micros || more.High != nil || more.NextCost.Micros <= got.NextCost.Micros || more.Mid.Micros%10_000 != 0 {
		t.Errorf("%+v %v", more, err)
	}
	for target, want := range map[int64]error{0: fault.ErrInvalid, 150_000: ErrUnreachable} {
		if _, err := d.service().Budget(t.Context(), andes.Partner, campaign, target); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", target, err, want)
		}
	}
	d.days[campaign] = nil
	if _, err := d.service().Budget(t.Context(), andes.Partner, campaign, 1); !errors.Is(err, ErrNoCurve) {
		t.Errorf("%v", err)
	}
}

func TestPastEstimatesAreHeldAgainstDelivery(t *testing.T) {
	inside, above, below, open, silent := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	d := &desk{days: map[uuid.UUID][]Day{
		inside: curve(100_000, 30_000, 10), above: curve(900_000, 300_000, 10), below: curve(2_000, 1000, 10), open: {{Impressions: 100, Reach: 99}},
		silent: {{Impressions: 5000}},
	}}
	for _, id := range []uuid.UUID{inside, above, below, open, silent} {
		d.kept = append(d.kept, Stored{Campaign: id, Low: 50_000, Mid: 100_000, High: 200_000})
	}
	c, err := d.service().Calibration(t.Context(), andes.Partner)
	if err != nil || c.Judged != 3 || c.Inside != 1 || len(c.Campaigns) != 4 {
		t.Fatalf("%+v %v", c, err)
	}
	for i, want := range []Verdict{Inside, Above, Below, Open} {
		if c.Campaigns[i].Verdict != want {
			t.Errorf("%+v, want %s", c.Campaigns[i], want)
		}
	}
	if want := math.Cbrt(1 * 9 * 0.02); math.Abs(c.Ratio/want-1) > 0.05 {
		t.Errorf("ratio %v, want %v", c.Ratio, want)
	}
}

func TestFactorsThatAreNone(t *testing.T) {
	all := []Assumed{
		{"star", "x", Share{0.1, 0.1, 0.1}, "s"}, {targeting.ByGender, "male", Share{0.1, 0.1, 0.1}, "s"}, {targeting.ByPlatform, " ", Share{0.1, 0.1, 0.1}, "s"},
		{targeting.ByPlatform, "x", Share{0.1, 0.2, 0.3}, "s"}, {targeting.ByPlatform, "x", Share{math.NaN(), 0.1, 0.2}, ""},
	}
	_, err := (&desk{}).service().SetFactors(t.Context(), andes, 0, all, true)
	if e := fault.As(err); e == nil || len(e.Fields) != 7 {
		t.Errorf("%v", err)
	}
}
