package panel

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// Question is whom to count: a configuration, which here needs neither places
// nor interests, and attributes of the panel's own.
type Question struct {
	targeting.Configuration
	Attributes        map[string]Match
	ExcludeAttributes map[string]Match
}

// Count is the answer to a Question.
type Count struct {
	People Sum    // in the countries asked for, or all
	Hit    Sum    // those who match
	Steps  []Step // what each criterion left, in their order
	// Unknown are people of whom something that was asked for is missing. They
	// are not among the hits.
	Unknown Sum
	// Left are the criteria that the panel has no column for, as Criteria of a
	// configuration, and AgeRange, Places and "not " before exclusions.
	Left  []string
	Notes []string
}

// Step is what was left after one criterion.
type Step struct {
	Criterion string
	Left      Sum
}

// Names of what has no targeting.Criterion.
const (
	AgeRange = "age_range"
	Places   = "places_within_countries"
	Not      = "not "
	// Attribute comes before the name of a column of the panel's own.
	Attribute = "attributes."
)

// ErrNotCovered refuses a country that no row of the panel lives in.
var ErrNotCovered = fault.New(fault.Invalid, "country_not_in_panel", "The panel has nobody of a country that is asked for.",
	"Leave the country out, name a panel that covers it, or estimate without a panel.")

// counting is one count under way.
type counting struct {
	ix      *Index
	q       Question
	now     *roaring.Bitmap
	unknown []*roaring.Bitmap
	out     Count
}

// Count counts. The errors are ErrNotCovered, and fault.ErrInvalid with every
// attribute that the panel does not have or cannot be asked in this way.
func (ix *Index) Count(q Question) (Count, error) {
	if err := ix.check(q); err != nil {
		return Count{}, err
	}
	c := counting{ix: ix, q: q}
	if err := c.start(); err != nil {
		return Count{}, err
	}
	people := c.now
	c.places()
	c.configuration()
	c.attributes()
	c.out.People, c.out.Hit = ix.sum(people), ix.sum(c.now)
	if len(c.unknown) > 0 {
		c.out.Unknown = ix.sum(roaring.And(people, roaring.FastOr(c.unknown...)))
	}
	return c.out, nil
}

// check refuses attributes that cannot be asked for, all at once.
func (ix *Index) check(q Question) error {
	var wrong fault.Fields
	for field, asked := range map[string]map[string]Match{"attributes": q.Attributes, "exclude_attributes": q.ExcludeAttributes} {
		for title, m := range asked {
			ix.checkMatch(&wrong, field+"."+title, Name(title), m)
		}
	}
	slices.SortFunc(wrong, func(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) })
	return wrong.Err()
}

func (ix *Index) checkMatch(wrong *fault.Fields, path, name string, m Match) {
	c := ix.columns[name]
	switch {
	case c == nil:
		wrong.Add(path, "unknown_attribute", "The panel has no such attribute.", strings.Join(slices.Sorted(maps.Keys(ix.columns)), ", "))
	case m.Values != nil && len(m.Values) == 0:
		wrong.Add(path, "required", "An empty list would ask for nobody.", "at least one value, or leave the attribute out")
	case m.Values != nil:
	case m.Min == nil && m.Max == nil:
		wrong.Add(path, "required", "The range has no end.", "min, max or both")
	case c.Kind != Number:
		wrong.Add(path, "not_a_number", "The values of this attribute are texts.", "a list of values")
	case m.Min != nil && m.Max != nil && *m.Min > *m.Max:
		wrong.Add(path+".max", "out_of_range", "The range ends before it begins.", "min or more")
	}
}

// start finds the people of the countries.
func (c *counting) start() error {
	excluded := c.q.Excluded(targeting.ByCountry)
	var parts []*roaring.Bitmap
	var missing []string
	for _, code := range countriesOf(c.q.Locations) {
		switch {
		case slices.Contains(excluded, code):
		case c.ix.Covers(code):
			parts = append(parts, c.ix.countries[code])
		default:
			missing = append(missing, code)
		}
	}
	if len(missing) > 0 {
		return ErrNotCovered.With("The panel has nobody of %s.", strings.Join(missing, ", ")).WithExtra("countries", slices.Sorted(maps.Keys(c.ix.countries)))
	}
	if c.now = anyOf(parts); len(c.q.Locations) > 0 {
		return nil
	}
	c.now = c.ix.everyone
	for _, code := range excluded {
		if rows := c.ix.countries[code]; rows != nil {
			c.now = roaring.AndNot(c.now, rows)
		}
	}
	return nil
}

func countriesOf(places []targeting.Location) []string {
	var codes []string
	for _, l := range places {
		if !slices.Contains(codes, l.Country) {
			codes = append(codes, l.Country)
		}
	}
	return codes
}

// places narrows to regions, cities and postal codes, where the panel knows of
// them all; a radius it never knows.
func (c *counting) places() {
	if !slices.ContainsFunc(c.q.Locations, func(l targeting.Location) bool { return l != targeting.Location{Country: l.Country} }) {
		return
	}
	var parts []*roaring.Bitmap
	for _, l := range c.q.Locations {
		rows := c.ix.countries[l.Country]
		if rows == nil {
			continue // its country is excluded
		}
		if l.RadiusKM > 0 {
			c.out.Left = append(c.out.Left, Places)
			return
		}
		for _, part := range []struct{ column, value string }{{"region", l.Region}, {"city", l.City}, {"postal_code", l.PostalCode}} {
			if part.value == "" {
				continue
			}
			column := c.ix.columns[part.column]
			if column == nil {
				c.out.Left = append(c.out.Left, Places)
				return
			}
			found, _ := column.match(Match{Values: []string{part.value}})
			rows = roaring.And(rows, found)
		}
		parts = append(parts, rows)
	}
	c.narrow(Places, anyOf(parts), nil)
}

// aliases are the names that files have for what a configuration asks for,
// beside the criterion's own.
var aliases = map[string][]string{
	string(targeting.ByGender): {"gender", "sex"}, string(targeting.ByRegion): {"region"}, string(targeting.ByCity): {"city"},
	string(targeting.ByPostalCode): {"postal_code"}, string(targeting.ByLanguage): {"language"}, string(targeting.ByInterest): {"interest"},
	string(targeting.ByBehavior): {"behavior"}, string(targeting.ByAudience): {"custom_audience"}, string(targeting.ByLookalike): {"lookalike_audience"},
	string(targeting.ByJobTitle): {"job_title"}, string(targeting.ByIndustry): {"industry"}, string(targeting.ByCompanySize): {"company_size"},
	string(targeting.ByIncome): {"income_range"}, string(targeting.ByDevice): {"device_type", "device"}, string(targeting.ByPlatform): {"platform"},
	string(targeting.ByConnection): {"connection_type"},
}

// columnOf is the column that knows of a criterion; nil when none does.
func (ix *Index) columnOf(by targeting.Criterion) *axis {
	for _, name := range append([]string{string(by)}, aliases[string(by)]...) {
		if c := ix.columns[name]; c != nil {
			return c
		}
	}
	return nil
}

func (c *counting) configuration() {
	if r := c.q.AgeRange; r != nil {
		if ages := c.ix.columns[ageColumn]; ages != nil {
			low, high := float64(r.Min), float64(r.Max)
			m := Match{Min: &low, Max: &high}
			if r.Open() {
				m.Max = nil
			}
			rows, _ := ages.match(m)
			c.narrow(AgeRange, rows, ages)
		} else {
			c.out.Left = append(c.out.Left, AgeRange)
		}
	}
	for _, l := range c.q.Lists() {
		if len(l.Values) > 0 {
			c.criterion(string(l.Criterion), l.Criterion, l.Values, false)
		}
	}
	for _, x := range c.q.Exclusions {
		if x.Criterion != targeting.ByCountry {
			c.criterion(Not+string(x.Criterion), x.Criterion, x.Values, true)
		}
	}
}

func (c *counting) criterion(name string, by targeting.Criterion, values []string, exclude bool) {
	column := c.ix.columnOf(by)
	if column == nil {
		c.out.Left = append(c.out.Left, name)
		return
	}
	var rows *roaring.Bitmap
	var unmet []string
	if by == targeting.ByGender {
		rows = column.gendersOf(values)
		column = &axis{Column: column.Column, missing: c.ix.nobody} // who answers nothing is of unknown gender
	} else {
		rows, unmet = column.match(Match{Values: values})
	}
	c.note(name, unmet)
	c.apply(name, rows, column, exclude)
}

func (c *counting) attributes() {
	for _, title := range slices.Sorted(maps.Keys(c.q.Attributes)) {
		c.attribute(Attribute+title, c.ix.columns[Name(title)], c.q.Attributes[title], false)
	}
	for _, title := range slices.Sorted(maps.Keys(c.q.ExcludeAttributes)) {
		c.attribute(Not+Attribute+title, c.ix.columns[Name(title)], c.q.ExcludeAttributes[title], true)
	}
}

func (c *counting) attribute(name string, column *axis, m Match, exclude bool) {
	rows, unmet := column.match(m)
	c.note(name, unmet)
	c.apply(name, rows, column, exclude)
}

// apply takes or leaves the rows. What is missing is left where something is
// asked for, and stays where something is excluded.
func (c *counting) apply(name string, rows *roaring.Bitmap, column *axis, exclude bool) {
	if exclude {
		c.now = roaring.AndNot(c.now, rows)
		c.out.Steps = append(c.out.Steps, Step{name, c.ix.sum(c.now)})
		c.unknown = append(c.unknown, column.missing)
		return
	}
	c.narrow(name, rows, column)
}

func (c *counting) narrow(name string, rows *roaring.Bitmap, column *axis) {
	c.now = roaring.And(c.now, rows)
	c.out.Steps = append(c.out.Steps, Step{name, c.ix.sum(c.now)})
	if column != nil {
		c.unknown = append(c.unknown, column.missing)
	}
}

// note says which values nobody has: a slip of the pen looks like a small
// audience.
func (c *counting) note(name string, unmet []string) {
	if len(unmet) > 0 {
		quoted := make([]string, 0, 3)
		for _, v := range unmet[:min(3, len(unmet))] {
			quoted = append(quoted, quote(v))
		}
		more := cmp.Or(map[bool]string{true: " and others"}[len(unmet) > 3], "")
		c.out.Notes = append(c.out.Notes, fmt.Sprintf("Nobody in the panel has %s%s as %s.", strings.Join(quoted, ", "), more, strings.TrimPrefix(name, Not)))
	}
}
