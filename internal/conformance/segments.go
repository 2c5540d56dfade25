package conformance

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
	"github.com/hexabuilders/campaignd/targeting/segment"
)

// Segments holds the store of segments to its port, over that of people.
func Segments(t *testing.T, b Backend) {
	cases{
		"a segment picks whom its rule names":               segmentPicks,
		"of two changes of one revision one wins":           segmentStale,
		"another partner's segment is as a missing one":     segmentForeign,
		"only what has changed is read again":               segmentIncremental,
		"another day is another answer":                     segmentAges,
		"whoever is erased is in no segment":                segmentErased,
		"a preview says which part of a rule costs most":    segmentPreview,
		"a segment is deleted with its audience":            segmentDeleted,
		"a segment of an audience that is deleted is empty": segmentBaseless,
	}.run(t, b)
}

// shop is a crowd whose people have attributes and buy.
type shop struct {
	*crowd
	segments *segment.Service
	all      uuid.UUID
}

func (w world) shop() *shop {
	w.Helper()
	s := &shop{crowd: w.crowd()}
	s.segments = segment.NewService(w.Segments, s.Service, s.Config.Now, newID)
	s.all = s.audience("All", 540)
	today := w.Now().UTC()
	day := func(ago int) string { return today.AddDate(0, 0, -ago).Format(time.DateOnly) }
	s.upload(s.all, "email,city,age,visited_at,purchased_at,purchase_value",
		"a@example.com,Lima,20,"+day(1)+","+day(2)+",10.50",
		"a@example.com,Lima,20,,"+day(40)+",100",
		"b@example.com,Lima,40,"+day(9)+",,",
		"c@example.com,Quito,60,,"+day(3)+",99.99",
		"d@example.com,,,,,")
	return s
}

func number(text string) *segment.Number {
	var n segment.Number
	if err := n.UnmarshalJSON([]byte(text)); err != nil {
		panic(err)
	}
	return &n
}

func (s *shop) segment(name string, r segment.Rule) segment.State {
	s.Helper()
	made, err := s.segments.Create(s.Context(), s.by, segment.New{Name: name, Rule: r})
	s.must(err)
	s.equal(name, made.Size, s.size(made.ID))
	return made
}

var no, yes = false, true

func segmentPicks(w world) {
	s := w.shop()
	lima := segment.Rule{Attribute: "city", In: []string{"Lima", "Cali"}}
	for name, tt := range map[string]struct {
		rule segment.Rule
		want int64
	}{
		"in Lima":                 {lima, 2},
		"not in Lima":             {segment.Rule{Not: &lima}, 2},
		"30 to 60":                {segment.Rule{Attribute: "age", Min: number("30"), Max: number(`"60.0"`)}, 2},
		"no age":                  {segment.Rule{Attribute: "age", Known: &no}, 1},
		"some age":                {segment.Rule{Attribute: "age", Known: &yes}, 3},
		"nothing of the kind":     {segment.Rule{Attribute: "shoe", Min: number("1")}, 0},
		"bought":                  {segment.Rule{Behavior: segment.Purchases, Min: number("1")}, 2},
		"bought nothing":          {segment.Rule{Behavior: segment.Purchases, Max: number("0")}, 2},
		"bought often":            {segment.Rule{Behavior: segment.Purchases, Min: number("2")}, 1},
		"bought twice lately":     {segment.Rule{Behavior: segment.Purchases, Min: number("2"), WindowDays: 30}, 0},
		"spent 110.50":            {segment.Rule{Behavior: segment.PurchaseValue, Min: number("110.5")}, 1},
		"spent 110.51":            {segment.Rule{Behavior: segment.PurchaseValue, Min: number("110.51")}, 0},
		"bought in three days":    {segment.Rule{Behavior: segment.LastPurchase, Max: number("2")}, 1},
		"has not come for a week": {segment.Rule{Behavior: segment.LastVisit, Min: number("7")}, 1},
		"in an audience":          {segment.Rule{All: []segment.Rule{{Audience: s.all}, lima}}, 2},
		"any":                     {segment.Rule{Any: []segment.Rule{lima, {Attribute: "city", In: []string{"Quito"}}}}, 3},
	} {
		s.equal(name, s.segment(name, tt.rule).Size, tt.want)
	}
	all, _, err := s.segments.List(s.Context(), s.id, 3, "")
	s.must(err)
	s.equal("page", len(all), 3)
}

func segmentStale(w world) {
	s := w.shop()
	made := s.segment("In Lima", segment.Rule{Attribute: "city", In: []string{"Lima"}})
	results := together(4, func(i int) error {
		name := fmt.Sprint("Number ", i)
		_, err := s.segments.Change(s.Context(), s.by, made.ID, 1, segment.Patch{Name: &name})
		return err
	})
	s.equal("winners", s.tally(results, nil, segment.ErrStale), 1)
	rule := segment.Rule{Attribute: "city", In: []string{"Quito"}}
	changed, err := s.segments.Change(s.Context(), s.by, made.ID, 2, segment.Patch{Rule: &rule})
	s.must(err)
	s.equal("size", changed.Size, int64(1))
}

func segmentForeign(w world) {
	s, stranger := w.shop(), w.shop()
	made := s.segment("In Lima", segment.Rule{Attribute: "city", In: []string{"Lima"}})
	_, err := stranger.segments.Get(s.Context(), stranger.id, made.ID)
	s.is(err, segment.ErrNotFound)
	_, err = stranger.segments.Change(s.Context(), stranger.by, made.ID, 0, segment.Patch{})
	s.is(err, segment.ErrNotFound)
	s.is(stranger.segments.Delete(s.Context(), stranger.by, made.ID, 0), segment.ErrNotFound)
	_, err = stranger.segments.Create(s.Context(), stranger.by, segment.New{Name: "Theirs", Base: s.all, Rule: made.Rule})
	if err == nil {
		s.Error("a segment of another partner's audience was made")
	}
}

func segmentIncremental(w world) {
	s := w.shop()
	made := s.segment("Not in Lima", segment.Rule{Not: &segment.Rule{Attribute: "city", In: []string{"Lima"}}})
	s.equal("at first", made.Size, int64(2))
	s.upload(s.all, "email", "new@example.com") // of whom nothing is known
	s.upload(s.all, "email,city", "c@example.com,Lima")
	due, err := s.Segments.Due(s.Context(), audience.DayOf(s.world.Now()), 1000)
	s.must(err)
	found := false
	for _, d := range due {
		found = found || d.State().ID == made.ID
	}
	s.equal("due", found, true)
	s.must(s.segments.EvaluateDue(s.Context()))
	after, err := s.segments.Get(s.Context(), s.id, made.ID)
	s.must(err)
	s.equal("after", after.Size, int64(2)) // d and the new one
	s.equal("revision", after.Revision, int64(1))
}

func segmentAges(w world) {
	s := w.shop()
	made := s.segment("Bought lately", segment.Rule{Behavior: segment.LastPurchase, Max: number("5")})
	s.equal("at first", made.Size, int64(2))
	s.ago = -3 * 24 * time.Hour
	after, err := s.segments.Evaluate(s.Context(), s.id, made.ID)
	s.must(err)
	s.equal("three days later", after.Size, int64(1))
}

func segmentErased(w world) {
	s := w.shop()
	made := s.segment("In Lima", segment.Rule{Attribute: "city", In: []string{"Lima"}})
	found, err := s.Erase(s.Context(), s.by, []identity.Person{{Email: "a@example.com"}}, false)
	s.must(err)
	s.equal("audiences", found.Audiences, 2)
	s.equal("before it is evaluated", s.size(made.ID), int64(1))
	after, err := s.segments.Evaluate(s.Context(), s.id, made.ID)
	s.must(err)
	s.equal("after", after.Size, int64(1))
}

func segmentPreview(w world) {
	s := w.shop()
	got, err := s.segments.Analyse(s.Context(), s.id, uuid.Nil, segment.Rule{All: []segment.Rule{
		{Attribute: "city", In: []string{"Lima"}}, {Attribute: "age", Max: number("60")}, {Behavior: segment.Purchases, Min: number("1")},
	}})
	s.must(err)
	s.equal("size", got.Size, int64(1))
	s.equal("of", got.Of, int64(4))
	s.equal("city", got.Parts[0], segment.Part{Path: "rule.all[0]", Alone: 2, Without: 2, Cost: 1})
	s.equal("age", got.Parts[1], segment.Part{Path: "rule.all[1]", Alone: 3, Without: 1, Cost: 0})
	s.equal("purchases", got.Parts[2], segment.Part{Path: "rule.all[2]", Alone: 2, Without: 2, Cost: 1})
	s.equal("costliest", got.Costliest, 0)
}

func segmentDeleted(w world) {
	s := w.shop()
	made := s.segment("In Lima", segment.Rule{Attribute: "city", In: []string{"Lima"}})
	s.is(s.segments.Delete(s.Context(), s.by, made.ID, 7), segment.ErrStale)
	s.must(s.segments.Delete(s.Context(), s.by, made.ID, 1))
	_, err := s.segments.Get(s.Context(), s.id, made.ID)
	s.is(err, segment.ErrNotFound)
	_, err = s.Get(s.Context(), s.id, made.ID)
	s.is(err, audience.ErrNotFound)
}

func segmentBaseless(w world) {
	s := w.shop()
	base := s.audience("Some", 30)
	s.upload(base, "email", "a@example.com", "c@example.com")
	made, err := s.segments.Create(s.Context(), s.by, segment.New{Name: "Some in Lima", Base: base, Rule: segment.Rule{Attribute: "city", In: []string{"Lima"}}})
	s.must(err)
	s.equal("size", made.Size, int64(1))
	s.must(s.Delete(s.Context(), s.by, base, 0))
	after, err := s.segments.Evaluate(s.Context(), s.id, made.ID)
	s.must(err)
	s.equal("size after", after.Size, int64(0))
}
