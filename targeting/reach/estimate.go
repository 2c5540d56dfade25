package reach

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

// Estimate is how many people a configuration can be shown to.
type Estimate struct {
	Low, Mid, High int64
	Confidence     Confidence
	Population     int64 // people of the ages and genders in the places' countries
	Factors        []Factor
	Assumptions    []string
	ValidUntil     time.Time
	Method         Method
	Panel          *PanelUsed // what was counted; nil when nothing was
	Unlearned      int64      // Mid before past estimates corrected it; 0 when none did
}

// Method is how an estimate was made.
type Method string

// The methods.
const (
	PopulationShares Method = "population_shares"             // people of the census times shares
	JointCounts      Method = "panel_joint_counts"            // counted in a panel
	CountsAndShares  Method = "panel_joint_counts_and_shares" // counted, times shares of what the panel does not know
)

// Confidence is how far the range reaches.
type Confidence string

// The degrees, by the width of the whole.
const (
	High   Confidence = "high"   // high / low under 1.5
	Medium Confidence = "medium" // under 5
	Low    Confidence = "low"
)

// Factor is what one criterion leaves of the people.
type Factor struct {
	Criterion string
	Share
	Basis string // what it rests on
}

// Life is how long an estimate is worth something: its facts change slowly, the
// platforms' inventories do not.
const Life = 30 * 24 * time.Hour

// Estimator estimates with a set of shares, one configuration at a time.
type Estimator struct {
	tongue
	shares  shares
	kept    kept
	met     meeting
	lessons []Lesson
	now     func() time.Time
}

// New makes an estimator.
func New(d Defaults, now func() time.Time) *Estimator {
	return &Estimator{shares: shares{defaults: d}, now: now}
}

// Estimate estimates a valid configuration; the errors are those of Validate.
func (e *Estimator) Estimate(c targeting.Configuration) (Estimate, error) {
	return e.Within(c)
}

// Within estimates whom a valid configuration reaches of the members of an
// audience of each list as well: what a configuration, whose own lists say "any
// of", cannot say. Each list has to be one that the estimator Counts.
func (e *Estimator) Within(c targeting.Configuration, members ...targeting.List) (Estimate, error) {
	if err := c.Validate(); err != nil {
		return Estimate{}, err
	}
	out := e.begin(c, PopulationShares,
		e.say("Criteria are taken as independent of each other: nothing better is known without a panel."),
		e.say("People under 13 are not counted."))
	connected := e.people(&out, c)
	in := e.crowd(c, online(c))
	e.narrow(&out, c, in)
	for _, l := range members {
		e.narrowBy(&out, c, l, in)
	}
	e.exclude(&out, c, in)
	width, share := 0.0, 1.0
	for _, f := range out.Factors {
		width += f.width() * f.width()
		if f.Criterion != internetUse && f.Criterion != placesWithin {
			share *= f.Mid
		}
	}
	width = math.Sqrt(width)
	mid := connected * share
	out.Mid = int64(math.Round(mid))
	out.Low = int64(math.Floor(mid * math.Exp(-z90*width)))
	out.High = int64(math.Min(math.Ceil(mid*math.Exp(z90*width)), float64(out.Population)))
	out.Low, out.High = min(out.Low, out.Mid), max(out.High, out.Mid)
	out.Confidence = confidence(width)
	e.learned(&out, c)
	in.bound(&out)
	return out, nil
}

// begin is an estimate that nothing was counted for yet.
func (e *Estimator) begin(c targeting.Configuration, m Method, assumptions ...string) Estimate {
	if r := c.AgeRange; r != nil && r.Open() && r.Max > targeting.OpenAge && r.Max < maxAge {
		assumptions = append(assumptions, e.say("Platforms' last bracket is 65 and over: up to %d includes everybody older.", r.Max))
	}
	return Estimate{ValidUntil: e.now().UTC().Add(Life).Truncate(time.Second), Method: m, Assumptions: assumptions}
}

func confidence(width float64) Confidence {
	switch ratio := math.Exp(2 * z90 * width); {
	case ratio < 1.5:
		return High
	case ratio < 5:
		return Medium
	}
	return Low
}

const (
	internetUse  = "internet_use"
	placesWithin = panel.Places
)

// people counts who lives in the places, and who of them is online. Places
// within one country are shares of it and together at most all of it; a country
// that is excluded counts nobody.
func (e *Estimator) people(out *Estimate, c targeting.Configuration) (online float64) {
	var counted, inside, connected, reached float64
	oldest, guessed := Year, []string(nil)
	for _, code := range countriesOf(c) {
		facts := world()[code]
		if facts == nil {
			out.Assumptions = append(out.Assumptions, e.say("Nothing is known of the population of %s; it counts nobody.", code))
			continue
		}
		n := float64(facts.count(c.AgeRange, c.Genders))
		part, basis := e.within(c, code)
		out.Population += int64(n)
		counted, inside = counted+n, inside+n*part.Mid
		connected, reached = connected+n*facts.internet, reached+n*facts.internet*part.Mid
		if facts.internetYear == 0 {
			guessed = append(guessed, code)
		} else {
			oldest = min(oldest, facts.internetYear)
		}
		if part != all {
			out.Factors = append(out.Factors, Factor{placesWithin, part, basis})
		}
	}
	if counted == 0 {
		return 0
	}
	use := connected / counted
	basis := e.say("Share of individuals using the Internet (ITU via World Bank), %d or newer.", oldest)
	if len(guessed) > 0 {
		basis = e.say("%s Not measured in %s: the median of the region.", basis, strings.Join(guessed, ", "))
	}
	spread := 0.02 + 0.01*float64(Year-oldest) + 0.1*float64(len(guessed))/float64(max(1, len(countriesOf(c))))
	out.Factors = append(out.Factors, Factor{internetUse, around(use, spread), basis})
	return reached
}

// around is a share with a range of some parts of itself.
func around(mid, part float64) Share {
	return Share{mid, mid * (1 - part), math.Min(1, mid*(1+part))}
}

// narrow multiplies what each list leaves.
func (e *Estimator) narrow(out *Estimate, c targeting.Configuration, in *crowd) {
	if slices.Contains(c.Genders, "unknown") && len(c.Genders) == 1 {
		out.Assumptions = append(out.Assumptions, e.say("A census knows no unknown gender: nobody is counted."))
	}
	for _, l := range c.Lists() {
		if len(l.Values) > 0 && l.Criterion != targeting.ByGender { // genders are counted
			e.narrowBy(out, c, l, in)
		}
	}
}

func (e *Estimator) narrowBy(out *Estimate, c targeting.Configuration, l targeting.List, in *crowd) {
	if e.Counts(l) {
		share, basis := in.narrow(l.Values)
		out.Factors = append(out.Factors, Factor{string(l.Criterion), share, basis})
		return
	}
	share, basis := e.shares.any(l.Criterion, l.Values)
	switch l.Criterion {
	case targeting.ByPlatform:
		if in.inside != nil && len(networksOf(c)) == len(c.Platforms) {
			share, basis = all, e.say("The members counted above are those whom these networks find: they use them.")
		}
	case targeting.ByLanguage:
		share = e.languages(c, l.Values)
		basis = e.say("Languages of the countries, the most spoken first. %s", basis)
	case targeting.ByAudience, targeting.ByLookalike:
		basis = e.say("The size of the audience is not known here. %s", basis)
	}
	out.Factors = append(out.Factors, Factor{string(l.Criterion), share, basis})
}

// languages is the share of people who speak one of them, over the countries by
// their people who are online: those are whom it narrows.
func (e *Estimator) languages(c targeting.Configuration, tags []string) Share {
	var sum Share
	people := 0.0
	for _, code := range countriesOf(c) {
		facts := world()[code]
		if facts == nil {
			continue
		}
		n, spoken := float64(facts.count(c.AgeRange, c.Genders))*facts.internet, Share{}
		for i, tag := range tags {
			s, _ := e.shares.of(targeting.ByLanguage, tag, spokenAs(facts.languages, tag))
			if i == 0 {
				spoken = s
			} else {
				spoken = spoken.either(s)
			}
		}
		sum = Share{sum.Mid + n*spoken.Mid, sum.Low + n*spoken.Low, sum.High + n*spoken.High}
		people += n
	}
	if people == 0 {
		return all
	}
	return Share{sum.Mid / people, sum.Low / people, sum.High / people}
}

// spokenAs is how a language stands in a country: first, listed or neither.
func spokenAs(languages []string, tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	for i, l := range languages {
		if spoken, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(l)), "-"); spoken == base {
			if i == 0 {
				return "first"
			}
			return "listed"
		}
	}
	return "*"
}

// exclude takes away those to whom an exclusion applies; countries are gone
// already, and what is excluded as a whole leaves nobody.
func (e *Estimator) exclude(out *Estimate, c targeting.Configuration, in *crowd) {
	for _, x := range c.Exclusions {
		if x.Criterion != targeting.ByCountry {
			e.excludeBy(out, c, x, in)
		}
	}
}

func (e *Estimator) excludeBy(out *Estimate, c targeting.Configuration, x targeting.Exclusion, in *crowd) {
	if e.Counts(targeting.List(x)) {
		share, basis := in.leave(x.Values)
		out.Factors = append(out.Factors, Factor{panel.Not + string(x.Criterion), share, basis})
		return
	}
	share, basis := e.shares.any(x.Criterion, x.Values)
	if x.Criterion == targeting.ByGender {
		share, basis = e.genders(c, x.Values), e.say("Population by gender.")
	}
	out.Factors = append(out.Factors, Factor{panel.Not + string(x.Criterion), share.without(), basis})
}

// genders is the share of the people counted who are of one of them.
func (e *Estimator) genders(c targeting.Configuration, excluded []string) Share {
	var of, among int64
	var gone []targeting.Gender
	for _, g := range excluded {
		if len(c.Genders) == 0 || slices.Contains(c.Genders, targeting.Gender(g)) {
			gone = append(gone, targeting.Gender(g))
		}
	}
	for _, code := range countriesOf(c) {
		if facts := world()[code]; facts != nil {
			among += facts.count(c.AgeRange, c.Genders)
			if len(gone) > 0 {
				of += facts.count(c.AgeRange, gone)
			}
		}
	}
	if among == 0 {
		return Share{}
	}
	share := float64(of) / float64(among)
	return Share{share, share, share}
}
