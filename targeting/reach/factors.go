package reach

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// Assumed is the share of one value of a criterion, and where it is from.
type Assumed struct {
	Criterion targeting.Criterion `json:"criterion"`
	Value     string              `json:"value"` // "*" is any that has none of its own
	Share
	Source string `json:"source"`
}

// Any is the value that stands for all that have no share of their own.
const Any = "*"

// The default shares of interests go by how deep they lie in the taxonomy, and
// are named by it: level:1 is the widest of the interests, intent:1 that of
// what people mean to buy.
const (
	levelPrefix  = "level:"
	intentPrefix = "intent:"
)

const (
	maxFactors = 500
	maxSource  = 300
)

// FactorsState is a partner's own shares as they are stored and shown.
type FactorsState struct {
	Partner   uuid.UUID `json:"partner_id"`
	Revision  int64     `json:"revision"`
	Factors   []Assumed `json:"factors"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Factors are a partner's own shares, which hold before all others.
type Factors struct {
	state FactorsState
	rec   event.Recorder
}

// NoFactors are those of a partner that has set none.
func NoFactors(partner uuid.UUID) *Factors {
	return &Factors{state: FactorsState{Partner: partner, Revision: 1, Factors: []Assumed{}}}
}

// RestoreFactors are stored ones.
func RestoreFactors(s FactorsState) *Factors { return &Factors{state: s} }

// State is a copy of what the store keeps.
func (f *Factors) State() FactorsState {
	s := f.state
	s.Factors = slices.Clone(s.Factors)
	return s
}

// PullEvents hands the pending events to the store.
func (f *Factors) PullEvents() []event.Event { return f.rec.Pull() }

// Replace makes these the partner's own shares, all of them; the error is
// fault.ErrInvalid with every one that is wrong.
func (f *Factors) Replace(by event.Origin, at time.Time, all []Assumed) error {
	if err := checkFactors(all); err != nil {
		return err
	}
	if slices.Equal(all, f.state.Factors) {
		return nil
	}
	before := f.state.Factors
	f.state.Factors, f.state.UpdatedAt = slices.Clone(all), at
	f.state.Revision++
	by.Partner = f.state.Partner
	f.rec.Record("reach_factors", f.state.Partner, f.state.Revision, at, by, FactorsChanged{f.state.Factors, before})
	return nil
}

// FactorsChanged is the body of reach_factors.changed events.
type FactorsChanged struct {
	Factors  []Assumed `json:"factors"`
	Previous []Assumed `json:"previous"`
}

// EventType is the event's public name.
func (FactorsChanged) EventType() string { return "reach_factors.changed" }

// Settable are the criteria that estimates rest on shares of; countries and
// genders are counted.
func Settable() []targeting.Criterion {
	counted := func(by targeting.Criterion) bool { return by == targeting.ByCountry || by == targeting.ByGender }
	return append(slices.DeleteFunc(slices.Clone(targeting.Criteria), counted), MatchRate)
}

func checkFactors(all []Assumed) error {
	var wrong fault.Fields
	if len(all) > maxFactors {
		wrong.Add("factors", "too_many", fmt.Sprintf("There are %d.", len(all)), fmt.Sprintf("at most %d", maxFactors))
	}
	seen := map[key]bool{}
	for i, a := range all {
		path := fmt.Sprintf("factors[%d]", i)
		a.check(&wrong, path)
		if at := (key{a.Criterion, a.Value}); seen[at] {
			wrong.Add(path, "duplicate", "The value has a share already.", "each value of a criterion once")
		} else {
			seen[at] = true
		}
	}
	return wrong.Err()
}

func (a Assumed) check(wrong *fault.Fields, path string) {
	if !slices.Contains(Settable(), a.Criterion) {
		wrong.Add(path+".criterion", "unknown_value", "There is no share to set for this.", "a list of a targeting configuration, such as interests or platforms, or regions, cities, postal_codes, match_rates")
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(a.Value)); n == 0 || n > 200 || !utf8.ValidString(a.Value) {
		wrong.Add(path+".value", "required", "A share belongs to a value.", "1 to 200 characters; * for all that have none of their own")
	}
	if !a.valid() {
		wrong.Add(path+".share", "out_of_range", "This is no share with a range.", "0 < low <= share <= high <= 1")
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(a.Source)); n == 0 || n > maxSource || !utf8.ValidString(a.Source) {
		wrong.Add(path+".source", "required", "A number without its source cannot be judged.", "1 to 300 characters: a study, a platform's statement, your own measurement")
	}
}

// key is one value of a criterion.
type key struct {
	by    targeting.Criterion
	value string
}

// shares are what is known of each value: a partner's own first, then what a
// data provider has said of it, then the defaults.
type shares struct {
	tongue
	own, supplied map[key]Assumed
	defaults      Defaults
}

// of is the share of a value and its source. kind is what the value counts as
// where nothing is known of itself.
func (s shares) of(by targeting.Criterion, value, kind string) (Share, string) {
	for _, level := range []map[key]Assumed{s.own, s.supplied} {
		for _, name := range s.names(by, value) {
			if a, ok := level[key{by, name}]; ok {
				return a.Share, s.word(a.Source)
			}
		}
	}
	return s.defaults.of(by, kind), s.word(s.defaults.sourceOf(by))
}

// names are what a value may stand under, its own first.
func (s shares) names(by targeting.Criterion, value string) []string {
	if by == targeting.ByInterest {
		return []string{value, s.defaults.depthName(value), Any}
	}
	return []string{value, Any}
}

// any is the share of people to whom one of the values applies, and the sources
// that it rests on.
func (s shares) any(by targeting.Criterion, values []string) (Share, string) {
	var joined Share
	var sources []string
	for i, v := range values {
		share, source := s.of(by, v, v)
		if i == 0 {
			joined = share
		} else {
			joined = joined.either(share)
		}
		if !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return joined, strings.Join(sources, " ")
}

// depthName is what the default share of an interest stands under.
func (d Defaults) depthName(id string) string {
	switch intent, depth := depthOf(id); {
	case depth == 0:
		return Any
	case intent:
		return intentPrefix + strconv.Itoa(min(depth, len(d.PurchaseIntent.Shares)))
	default:
		return levelPrefix + strconv.Itoa(min(depth, len(d.Interest.Shares)))
	}
}

// List are all the shares of the defaults, in the order of the criteria.
func (d Defaults) List() []Assumed {
	var all []Assumed
	for i, s := range d.Interest.Shares {
		all = append(all, Assumed{targeting.ByInterest, levelPrefix + strconv.Itoa(i+1), s, d.sourceOf(targeting.ByInterest)})
	}
	for i, s := range d.PurchaseIntent.Shares {
		all = append(all, Assumed{targeting.ByInterest, intentPrefix + strconv.Itoa(i+1), s, d.sourceOf(targeting.ByInterest)})
	}
	for _, by := range Settable() {
		first := len(all)
		for value, s := range d.Shares[by] {
			all = append(all, Assumed{by, value, s, d.sourceOf(by)})
		}
		slices.SortFunc(all[first:], func(a, b Assumed) int { return strings.Compare(a.Value, b.Value) })
	}
	return all
}
