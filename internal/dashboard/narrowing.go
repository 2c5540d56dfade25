package dashboard

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// narrowing is the part of an audience's form that most campaigns leave alone.
type narrowing struct {
	Open               bool // something of it is entered, or wrong
	Fields             []field
	Places, Exclusions *repeated
}

// repeated are rows of a form of which there can be any number; there is always
// an empty one to fill.
type repeated struct {
	Name, Error string
	Rows        []creativeForm
}

// narrowed is the hidden control that says that a form had this part: what its
// controls do not send was then taken away, and not left out.
const narrowed = "narrowed"

// The controls of a row, and the paths of what they enter.
var (
	placeControls     = []string{"place_country", "place_region", "place_city", "place_postal_code", "place_point", "place_radius_km"}
	exclusionControls = []string{"exclusion_criterion", "exclusion_values"}
)

// narrowing are its controls. It comes before those of the audience, which take
// what is wrong with all places together.
func (f form) narrowing() *narrowing {
	named := func(by targeting.Criterion) func(string) string {
		return func(v string) string { return capital(by.Called(v, f.l.Lang)) }
	}
	n := &narrowing{Places: f.places(), Exclusions: f.exclusions()}
	n.Fields = []field{
		f.input("job_titles", "job_titles"), f.input("industries", "industries"),
		f.choose("company_sizes", "choices", true, texts(targeting.CompanySizes), named(targeting.ByCompanySize), "company_sizes").whole(),
		f.choose("income_ranges", "choices", true, texts(targeting.IncomeRanges), named(targeting.ByIncome), "income_ranges").whole(),
		f.choose("platforms", "choices", true, texts(targeting.Platforms), named(targeting.ByPlatform), "platforms").whole(),
		f.choose("connection_types", "choices", true, texts(targeting.ConnectionTypes), named(targeting.ByConnection), "connection_types").whole(),
	}
	n.Fields = append(n.Fields,
		f.choose("bid_type", "select", false, append([]string{""}, texts(targeting.BidTypes)...), f.named("bid."), "bid_strategy.type"),
		f.input("bid_amount", "bid_strategy").decimal())
	for i, c := range n.Fields {
		n.Fields[i] = c.optional()
		n.Fields[i].Quiet = true
		n.Open = n.Open || c.Error != "" || c.Value != ""
	}
	for _, rows := range []*repeated{n.Places, n.Exclusions} {
		n.Open = n.Open || rows.Error != "" || len(rows.Rows) > 1 || slices.ContainsFunc(rows.Rows[0].Fields, func(c field) bool {
			return c.Error != "" || c.Value != "" && c.Control != "select"
		})
	}
	return n
}

// capital is a text that begins with a capital letter, unless it is written in
// a way of its own, as iOS is.
func capital(text string) string {
	if strings.ToLower(text) != text {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	if first == utf8.RuneError {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// rows are as many as were entered, each made by row.
func (f form) rows(name string, controls []string, row func(i int, cell func(name string, paths ...string) field) []field) *repeated {
	out := &repeated{Name: name}
	most := 1
	for _, c := range controls {
		most = max(most, len(f.value(c)))
	}
	for i := range most {
		out.Rows = append(out.Rows, creativeForm{row(i, func(name string, paths ...string) field {
			c := f.input(name, paths...)
			c.Value, c.ID = at(f.value(name), i), name+"-"+strconv.Itoa(i)
			return c.optional()
		})})
		for j := range out.Rows[i].Fields {
			out.Rows[i].Fields[j].Quiet = true
		}
	}
	return out
}

func (f form) places() *repeated {
	before := len(plainCountries(f.value))
	return f.rows("places", placeControls, func(i int, cell func(string, ...string) field) []field {
		if !entered(f.value, placeControls, i) {
			before-- // it is no place, and the next one has its number
		}
		path := "locations[" + strconv.Itoa(before+i) + "]."
		fields := make([]field, len(placeControls))
		for k, name := range placeControls {
			fields[k] = cell(name, path+strings.TrimPrefix(name, "place_"))
		}
		return fields
	})
}

func (f form) exclusions() *repeated {
	before := 0
	rows := f.rows("exclusions", exclusionControls, func(i int, cell func(string, ...string) field) []field {
		if strings.TrimSpace(at(f.value("exclusion_values"), i)) == "" {
			before--
		}
		path := "exclusions[" + strconv.Itoa(before+i) + "]"
		by := cell("exclusion_criterion", path+".criterion")
		by.Control = "select"
		for _, c := range targeting.Criteria {
			by.Options = append(by.Options, option{string(c), f.l.Or("reach.factor.", string(c), string(c)), string(c) == by.Value})
		}
		return []field{by, cell("exclusion_values", path)}
	})
	rows.Error = f.wrong.take("exclusions")
	return rows
}

// entered reports whether a row has anything in it.
func entered(value func(string) []string, controls []string, i int) bool {
	return slices.ContainsFunc(controls, func(name string) bool { return strings.TrimSpace(at(value(name), i)) != "" })
}

// plainCountries are those that were chosen as a whole.
func plainCountries(value func(string) []string) []string {
	return append(slices.Clone(value("countries")), splitList(strings.ToUpper(strings.Join(value("more_countries"), ",")))...)
}

// readNarrowing puts what was entered into a configuration. now is what held
// before: values with commas in them are kept while nobody touches them.
func (l *locale) readNarrowing(value func(string) []string, t *targeting.Configuration, now targeting.Configuration, currency money.Currency) {
	for i := range value("place_country") {
		if entered(value, placeControls, i) {
			t.Locations = append(t.Locations, l.readPlace(func(name string) string { return strings.TrimSpace(at(value("place_"+name), i)) }))
		}
	}
	t.JobTitles, t.Industries = listed(value("job_titles"), now.JobTitles), listed(value("industries"), now.Industries)
	t.CompanySizes, t.IncomeRanges = typed[targeting.CompanySize](value("company_sizes")), typed[targeting.IncomeRange](value("income_ranges"))
	t.Platforms, t.ConnectionTypes = typed[targeting.Platform](value("platforms")), typed[targeting.ConnectionType](value("connection_types"))
	t.Exclusions = nil
	for i, text := range value("exclusion_values") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		x := targeting.Exclusion{Criterion: targeting.Criterion(at(value("exclusion_criterion"), i))}
		var before []string
		for _, had := range now.Exclusions {
			if had.Criterion == x.Criterion && join(had.Values) == text {
				before = had.Values
			}
		}
		if x.Values = listed([]string{text}, before); x.Criterion == targeting.ByInterest {
			x.Values = each(x.Values, interestID)
		}
		t.Exclusions = append(t.Exclusions, x)
	}
	t.BidStrategy = l.readBid(at(value("bid_type"), 0), strings.TrimSpace(at(value("bid_amount"), 0)), currency)
}

// readPlace reads a row. What is no number becomes one that no rule allows, and
// so does a radius of 0: it would else be read as none.
func (l *locale) readPlace(one func(string) string) targeting.Location {
	p := targeting.Location{Country: strings.ToUpper(one("country")), Region: one("region"), City: one("city"), PostalCode: one("postal_code")}
	if text := one("radius_km"); text != "" {
		p.RadiusKM = -1
		if micros, err := l.parseDecimal(text); err == nil && micros != 0 {
			p.RadiusKM = float64(micros) / money.Unit
		}
	}
	if text := one("point"); text != "" {
		latitude, longitude, _ := strings.Cut(text, ",")
		p.Point = &targeting.Point{Latitude: degrees(latitude), Longitude: degrees(longitude)}
	}
	return p
}

// degrees are written with a point in every language: the comma parts them.
func degrees(text string) float64 {
	const nowhere = 1000
	d, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return nowhere
	}
	return d
}

func (l *locale) readBid(kind, amount string, currency money.Currency) *targeting.BidStrategy {
	if kind == "" && amount == "" {
		return nil
	}
	b := &targeting.BidStrategy{Type: targeting.BidType(kind)}
	if amount != "" {
		micros, _ := l.parseDecimal(amount) // 0, which cannot be bid, for what is no number
		m := money.New(micros, currency)
		b.Amount = &m
	}
	return b
}

// listed parts what was entered at commas, unless it is what held before.
func listed(entered, before []string) []string {
	text := strings.Join(entered, ",")
	if len(before) > 0 && text == join(before) {
		return before
	}
	return splitList(text)
}

// narrowingValues are a configuration's as the form would send them.
func (l *locale) narrowingValues(t targeting.Configuration, values map[string][]string) {
	for _, p := range t.Locations {
		if p == (targeting.Location{Country: p.Country}) {
			continue
		}
		row := map[string]string{"country": p.Country, "region": p.Region, "city": p.City, "postal_code": p.PostalCode}
		if p.RadiusKM != 0 {
			row["radius_km"] = l.decimal(strconv.FormatFloat(p.RadiusKM, 'f', -1, 64))
		}
		if p.Point != nil {
			row["point"] = strconv.FormatFloat(p.Point.Latitude, 'f', -1, 64) + ", " + strconv.FormatFloat(p.Point.Longitude, 'f', -1, 64)
		}
		for _, name := range placeControls {
			values[name] = append(values[name], row[strings.TrimPrefix(name, "place_")])
		}
	}
	values["job_titles"], values["industries"] = []string{join(t.JobTitles)}, []string{join(t.Industries)}
	values["company_sizes"], values["income_ranges"] = texts(t.CompanySizes), texts(t.IncomeRanges)
	values["platforms"], values["connection_types"] = texts(t.Platforms), texts(t.ConnectionTypes)
	for _, x := range t.Exclusions {
		values["exclusion_criterion"] = append(values["exclusion_criterion"], string(x.Criterion))
		values["exclusion_values"] = append(values["exclusion_values"], join(x.Values))
	}
	if b := t.BidStrategy; b != nil {
		values["bid_type"] = []string{string(b.Type)}
		if b.Amount != nil {
			values["bid_amount"] = []string{l.decimal(trimmed(b.Amount.Micros))}
		}
	}
}
