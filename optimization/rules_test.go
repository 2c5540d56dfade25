package optimization

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

var at = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func usd(units int64) money.Money { return money.New(units*money.Unit, "USD") }

func moving(from, to string, relative float64) Finding {
	return Finding{
		Type: BudgetReallocation, Confidence: 0.9, Risk: RiskLow, Change: Change{Move: &Move{from, to, usd(10)}},
		Impact: Impact{Metric: "conversions", Mean: relative, Low: 0, High: 2 * relative, Relative: relative},
	}
}

func transferring(from, to uuid.UUID, relative float64) Finding {
	f := moving("a", "b", relative)
	f.Change = Change{Transfer: &Transfer{Party{from, uuid.New(), "from"}, Party{to, uuid.New(), "to"}, usd(10)}}
	return f
}

func bidding(before, after int64) Finding {
	return Finding{Type: BidAdjustment, Confidence: 0.9, Risk: RiskMedium, Change: Change{Bid: &Bid{"target_cpa", usd(before), usd(after)}}}
}

func made(t *testing.T, campaign uuid.UUID, f Finding) *Suggestion {
	t.Helper()
	s, err := suggest(event.Origin{}, at, uuid.New(), uuid.New(), campaign, f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A model that answers with anything but a sane figure makes no suggestion.
func TestAbsurdAnswersChangeNothing(t *testing.T) {
	for name, f := range map[string]func(*Finding){
		"a NaN effect":               func(f *Finding) { f.Impact.Mean = math.NaN() },
		"an infinite bound":          func(f *Finding) { f.Impact.High = math.Inf(1) },
		"a hundred times the result": func(f *Finding) { f.Impact.Relative, f.Impact.Mean, f.Impact.High = 100, 100, 200 },
		"more than sure":             func(f *Finding) { f.Confidence = 1.2 },
		"a negative confidence":      func(f *Finding) { f.Confidence = -0.1 },
		"a negative amount":          func(f *Finding) { f.Change.Move.Amount.Micros = -5 },
		"a negative transfer": func(f *Finding) {
			*f = transferring(uuid.New(), uuid.New(), 0.1)
			f.Change.Transfer.Amount.Micros = -1
		},
		"a move to itself":           func(f *Finding) { f.Change.Move.To = f.Change.Move.From },
		"an interval upside down":    func(f *Finding) { f.Impact.Low = 9 },
		"NaN evidence":               func(f *Finding) { f.Evidence = []Evidence{{Value: math.NaN()}} },
		"a bid of a hundred times":   func(f *Finding) { *f = bidding(1, 100) },
		"a negative bid":             func(f *Finding) { *f = bidding(1, -1) },
		"a creative above the whole": func(f *Finding) { f.Change = Change{Creatives: []Rotation{{After: 130}}} },
	} {
		found := moving("a", "b", 0.1)
		f(&found)
		if _, err := suggest(event.Origin{}, at, uuid.New(), uuid.New(), uuid.New(), found); !errors.Is(err, ErrAbsurd) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpposingChangesGiveWay(t *testing.T) {
	campaign := uuid.New()
	there, back := made(t, campaign, moving("display", "search", 0.3)), made(t, campaign, moving("search", "video", 0.1))
	// A transfer and a move of the same campaign's channels are of two fields; two
	// transfers that share a campaign are of one.
	give := made(t, campaign, transferring(campaign, uuid.New(), 0.1))
	take := made(t, uuid.New(), transferring(uuid.New(), campaign, 0.5))
	if got := arbitrate([]*Suggestion{give, take}); len(got.losers) != 1 || got.losers[0].loser != give {
		t.Errorf("of two transfers: %+v", got)
	}
	up, down := made(t, campaign, bidding(10, 12)), made(t, campaign, bidding(10, 9))
	elsewhere := made(t, uuid.New(), moving("search", "display", 0.2))
	got := arbitrate([]*Suggestion{up, back, there, elsewhere, down})
	chosen := map[*Suggestion]bool{}
	for _, x := range got.chosen {
		chosen[x] = true
	}
	if !chosen[there] || chosen[back] || chosen[up] || !chosen[down] || !chosen[elsewhere] {
		t.Errorf("chosen: %v", chosen)
	}
	if len(got.losers) != 2 || got.losers[0].winner == nil {
		t.Errorf("losers: %+v", got.losers)
	}
}

// Of what is chosen no two touch the same field of a campaign, and whatever lost
// lost to something that touches one of its fields and goes no later.
func TestArbitrationLeavesEveryFieldToOne(t *testing.T) {
	campaigns := []uuid.UUID{uuid.New(), uuid.New()}
	rapid.Check(t, func(r *rapid.T) {
		var ready []*Suggestion
		for range rapid.IntRange(0, 12).Draw(r, "n") {
			f := bidding(10, rapid.Int64Range(8, 12).Filter(func(v int64) bool { return v != 10 }).Draw(r, "bid"))
			if rapid.Bool().Draw(r, "move") {
				names := rapid.Permutation([]string{"a", "b", "c"}).Draw(r, "channels")
				f = moving(names[0], names[1], rapid.Float64Range(0, 1).Draw(r, "effect"))
			}
			ready = append(ready, made(t, rapid.SampledFrom(campaigns).Draw(r, "campaign"), f))
		}
		got, taken := arbitrate(ready), map[string]bool{}
		for _, x := range got.chosen {
			for _, field := range x.State().fields() {
				if taken[field] {
					r.Fatalf("%s is changed twice", field)
				}
				taken[field] = true
			}
		}
		for _, l := range got.losers {
			if l.loser.State().direction().Beats(l.winner.State().direction()) {
				r.Fatalf("%s gave way to %s", l.loser.State().direction(), l.winner.State().direction())
			}
		}
		if len(got.chosen)+len(got.losers) != len(ready) {
			r.Fatalf("%d and %d of %d", len(got.chosen), len(got.losers), len(ready))
		}
	})
}

func TestWhatMayHappenByItself(t *testing.T) {
	allowed := Settings{Automatic: Types, MaxStep: 20, Cooldown: 24}
	unsure, risky, first := moving("a", "b", 0.1), moving("a", "b", 0.1), moving("a", "b", 0.1)
	unsure.Confidence, risky.Risk = 0.79, RiskHigh
	first.Change = Change{Divide: []Share{{"a", usd(1)}}}
	for _, c := range []struct {
		name     string
		settings Settings
		finding  Finding
		record   Record
		want     string
	}{
		{"everything holds", allowed, moving("a", "b", 0.1), Record{}, ""},
		{"nothing was allowed", DefaultSettings(), moving("a", "b", 0.1), Record{}, BlockedOff},
		{"unsure", allowed, unsure, Record{}, BlockedConfidence},
		{"a poor record", allowed, moving("a", "b", 0.1), Record{Improved: 2, Worse: 2}, BlockedRecord},
		{"a short record", allowed, moving("a", "b", 0.1), Record{Improved: 1, Worse: 2}, ""},
		{"risky", allowed, risky, Record{}, BlockedRisk},
		{"the first division", allowed, first, Record{}, BlockedFirst},
		{"a bid step of a fifth", allowed, bidding(10, 12), Record{}, ""},
		{"a bid step of a half", allowed, bidding(10, 15), Record{}, BlockedStep},
	} {
		if got := c.settings.blocked(c.finding, c.record); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestConfidenceLearnsFromTheRecord(t *testing.T) {
	if got := (Record{}).calibrated(0.9); got != 0.9 {
		t.Errorf("without a record %g", got)
	}
	if got := (Record{Improved: 2, Worse: 8}).calibrated(0.9); got != 0.55 {
		t.Errorf("with a poor record %g", got)
	}
	if got := (Record{Improved: 50}).calibrated(1); got != mostSure {
		t.Errorf("with a perfect one %g", got)
	}
}

func TestJudge(t *testing.T) {
	before := Outcome{Results: 400, Spend: 2000}
	for _, c := range []struct {
		name       string
		before     Outcome
		after      Outcome
		dispersion float64
		want       Grade
	}{
		{"much better", before, Outcome{Results: 500, Spend: 2000}, 1, Improved},
		{"much worse", before, Outcome{Results: 300, Spend: 2000}, 1, Worse},
		{"a little better is noise", before, Outcome{Results: 430, Spend: 2000}, 1, Inconclusive},
		{"better, in a noisy campaign", before, Outcome{Results: 500, Spend: 2000}, 20, Inconclusive},
		{"too little before", Outcome{Results: 20, Spend: 100}, Outcome{Results: 500, Spend: 1000}, 1, Inconclusive},
		{"nothing after", before, Outcome{}, 1, Inconclusive},
	} {
		if got := judge(c.before, c.after, c.dispersion, at, at); got.Grade != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestAWorseChangeIsSeen(t *testing.T) {
	before := Outcome{Results: 400, Spend: 2000}
	if w := look(before, Outcome{Results: 90, Spend: 1000}, 1, at, at); !w.Worse {
		t.Errorf("%+v", w)
	}
	if w := look(before, Outcome{Results: 205, Spend: 1000}, 1, at, at); w.Worse {
		t.Errorf("%+v", w)
	}
	if w := look(Outcome{Results: 5, Spend: 20}, Outcome{Results: 0, Spend: 1000}, 1, at, at); w.Worse {
		t.Errorf("from five results: %+v", w)
	}
}

func TestParametersStayWithinTheEvidence(t *testing.T) {
	move, bid := moving("a", "b", 0.1).Change, bidding(10, 12).Change
	amount := func(units int64) *money.Money { m := usd(units); return &m }
	euros := money.New(1, "EUR")
	for _, c := range []struct {
		name   string
		change Change
		p      Parameters
		ok     bool
	}{
		{"as suggested", move, Parameters{}, true},
		{"less", move, Parameters{Amount: amount(4)}, true},
		{"three times", move, Parameters{Amount: amount(30)}, false},
		{"nothing", move, Parameters{Amount: amount(0)}, false},
		{"another currency", move, Parameters{Amount: &euros}, false},
		{"a bid for a move", move, Parameters{Bid: amount(3)}, false},
		{"another bid", bid, Parameters{Bid: amount(8)}, true},
		{"the present bid", bid, Parameters{Bid: amount(10)}, false},
		{"a tenth of the bid", bid, Parameters{Bid: amount(1)}, false},
	} {
		if _, err := c.change.with(c.p); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestEveryFindingHasASentence(t *testing.T) {
	against := 4.0
	costs := []Evidence{{Metric: "next_result_cost", Of: "search", Value: 4.1}, {Metric: "next_result_cost", Of: "display", Value: 9.8}, {Metric: "result_cost", Value: 3, Against: &against}}
	for _, language := range []string{"en", "es", "fr"} {
		for _, f := range []Finding{
			{Change: Change{Move: &Move{"display", "search", usd(300)}}, Evidence: costs}, {Change: Change{Move: &Move{"display", "search", usd(300)}}},
			{Change: Change{Divide: []Share{{"a", usd(1)}, {"b", usd(2)}}}}, {Change: bidding(10, 12).Change, Evidence: costs}, {Change: bidding(10, 9).Change, Evidence: costs},
			{Change: Change{Targeting: &Audience{Field: "device_types"}}, Evidence: []Evidence{{Metric: "result_cost", Of: "tv", Value: 9, Against: &against}}},
			{Change: Change{Targeting: &Audience{Field: "age_range", After: []string{"20", "50"}}}, Evidence: []Evidence{{Metric: "spent_of_plan", Value: 0.4}}},
			{Change: Change{Creatives: []Rotation{{"A", 50, 90}}}, Evidence: []Evidence{{Metric: "result_rate", Of: "A", Value: 0.02, Against: &against}}},
		} {
			if got := f.why(Plain(language)); len(got) < 20 {
				t.Errorf("%s: %q for %+v", language, got, f.Change)
			}
		}
	}
	got := (Finding{Change: Change{Move: &Move{"display", "search", usd(300)}}, Evidence: costs}).why(Plain("en"))
	across := Finding{Change: Change{Transfer: &Transfer{Party{Name: "display"}, Party{Name: "search"}, usd(300)}}, Evidence: costs}
	if want, said := "Move 300.00 USD from the campaign “display” to “search”: the next result costs 4.10 USD there against 9.80 USD here.", across.why(Plain("en")); said != want {
		t.Errorf("%q", said)
	}
	if want := "Move 300.00 USD from display to search: the next result costs 4.10 USD there against 9.80 USD here."; got != want {
		t.Errorf("%q", got)
	}
}

// Curves that agree are believed less than they agree, and never turned around.
func TestCurvesAreBelievedLessThanTheyAgree(t *testing.T) {
	last := -1.0
	for i := range 101 {
		sure := float64(i) / 100
		got := believed(sure)
		if got < last || got < 0 || got > 1 || (got-0.5)*(sure-0.5) < 0 || math.Abs(got-0.5) > math.Abs(sure-0.5) {
			t.Errorf("believed(%g) is %g after %g", sure, got, last)
		}
		last = got
	}
}
