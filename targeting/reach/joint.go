package reach

import (
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

// PanelUsed is the panel that an estimate was counted in.
type PanelUsed struct {
	ID        uuid.UUID
	Name      string
	Automatic bool // it was not named: it is the partner's newest of these countries
	panel.Sampling
	Unknown float64 // share of the people of whom something asked for is missing
}

// count estimates by counting in a panel. What the panel has no column for is
// left to shares.
func (e *Estimator) count(ix *panel.Index, q panel.Question, automatic bool) (Estimate, error) {
	counted, err := ix.Count(q)
	if err != nil {
		return Estimate{}, err
	}
	state, s := ix.State(), ix.SamplingOf(counted, z90)
	out := e.begin(q.Configuration, JointCounts, e.say("People are counted in the panel %q: %d rows stand for %.0f people of the places asked for.", state.Name, s.Rows, counted.People.Weight))
	out.Panel = &PanelUsed{ID: state.ID, Name: state.Name, Automatic: automatic, Sampling: s}
	out.Population = int64(math.Round(counted.People.Weight))
	if counted.People.Weight > 0 {
		out.Panel.Unknown = counted.Unknown.Weight / counted.People.Weight
	}
	e.explain(&out, ix, counted)
	before := counted.People
	for _, step := range counted.Steps {
		out.Factors = append(out.Factors, e.conditional(ix, state.Name, step, before))
		before = step.Left
	}
	steps, in := len(out.Factors), e.crowd(q.Configuration, counted.People.Weight)
	if len(counted.Left) > 0 {
		out.Method = CountsAndShares
		e.leftovers(&out, q.Configuration, counted.Left, in)
	}
	out.span(counted.Hit.Weight, s, out.Factors[steps:])
	e.learned(&out, q.Configuration)
	in.bound(&out)
	return out, nil
}

// explain says what the range holds and what it does not.
func (e *Estimator) explain(out *Estimate, ix *panel.Index, c panel.Count) {
	say := func(format string, args ...any) {
		out.Assumptions = append(out.Assumptions, e.say(format, args...))
	}
	s := out.Panel.Sampling
	if ix.State().Complete {
		say("The panel is everybody and no sample: what is counted has no sampling error.")
	} else {
		say("The range is the error of a sample, for 80 of 100 samples like this one: effective size %.0f, design effect %.2f. Whom the panel could never ask is not in it.", s.EffectiveSize, s.DesignEffect)
	}
	if out.Panel.Unknown > 0 {
		say("Of %.1f %% of the people something that is asked for is not known; they are not counted where it is asked for, and not left out where it is excluded.", 100*out.Panel.Unknown)
	}
	if len(c.Left) > 0 {
		say("The panel knows nothing of %s: shares stand in for that, taken as independent of what is counted.", strings.Join(c.Left, ", "))
	}
	out.Assumptions = append(out.Assumptions, c.Notes...)
}

// conditional is the part that a criterion leaves of those whom the criteria
// before it have left: the parts multiply to the count.
func (e *Estimator) conditional(ix *panel.Index, name string, step panel.Step, before panel.Sum) Factor {
	f := Factor{Criterion: step.Criterion, Basis: e.say("Counted in %q, of those whom the criteria above leave: %d of %d rows.", name, step.Left.Rows, before.Rows)}
	if before.Weight == 0 {
		f.Share, f.Basis = all, e.say("Nobody in %q is left to count.", name)
		return f
	}
	s := ix.SamplingOf(panel.Count{People: before, Hit: step.Left}, z90)
	f.Share = Share{step.Left.Weight / before.Weight, s.Low / before.Weight, min(1, s.High/before.Weight)}
	return f
}

// span puts the sampling error and the widths of the shares together, as
// logarithms in squares.
func (out *Estimate) span(hit float64, s panel.Sampling, shares []Factor) {
	width, share := 0.0, 1.0
	for _, f := range shares {
		width += z90 * z90 * f.width() * f.width()
		share *= f.Mid
	}
	apart := func(end float64) float64 {
		if hit <= 0 || end <= 0 {
			return math.Inf(1)
		}
		d := math.Log(end / hit)
		return math.Sqrt(d*d + width)
	}
	mid := hit * share
	low, high := 0.0, s.High*share*math.Exp(math.Sqrt(width))
	if hit > 0 {
		low, high = mid*math.Exp(-apart(s.Low)), mid*math.Exp(apart(s.High))
	}
	out.Mid = int64(math.Round(mid))
	out.Low = min(out.Mid, int64(math.Floor(low+roundingError)))
	out.High = max(out.Mid, min(out.Population, int64(math.Ceil(high-roundingError))))
	out.Confidence = Low
	if out.Low > 0 {
		out.Confidence = confidence(math.Log(float64(out.High)/float64(out.Low)) / (2 * z90))
	}
}

// roundingError keeps exp(log(x)) from being another person.
const roundingError = 1e-6

// leftovers are the factors of what the panel does not know.
func (e *Estimator) leftovers(out *Estimate, c targeting.Configuration, left []string, in *crowd) {
	has := func(name string) bool { return slices.Contains(left, name) }
	if has(panel.Places) {
		e.placesWithin(out, c)
	}
	if has(panel.AgeRange) || has(string(targeting.ByGender)) {
		e.ageAndGender(out, c, has(panel.AgeRange), has(string(targeting.ByGender)))
	}
	for _, l := range c.Lists() {
		if has(string(l.Criterion)) {
			e.narrowBy(out, c, l, in)
		}
	}
	for _, x := range c.Exclusions {
		if has(panel.Not + string(x.Criterion)) {
			e.excludeBy(out, c, x, in)
		}
	}
}

// ageAndGender is the part of the population that is of some age or gender.
func (e *Estimator) ageAndGender(out *Estimate, c targeting.Configuration, age, gender bool) {
	var names []string
	ages, genders := (*targeting.AgeRange)(nil), []targeting.Gender(nil)
	if age {
		names, ages = append(names, panel.AgeRange), c.AgeRange
	}
	if gender {
		names, genders = append(names, string(targeting.ByGender)), c.Genders
	}
	codes := countriesOf(c)
	if len(codes) == 0 { // a panel of no named country is held against the world
		for code := range world() {
			codes = append(codes, code)
		}
	}
	var of, among int64
	for _, code := range codes {
		if facts := world()[code]; facts != nil {
			of, among = of+facts.count(ages, genders), among+facts.count(nil, nil)
		}
	}
	if among > 0 {
		share := float64(of) / float64(among)
		out.Factors = append(out.Factors, Factor{strings.Join(names, "_and_"), Share{share, share, share}, e.say("Population by age and gender; the panel does not know it.")})
	}
}
