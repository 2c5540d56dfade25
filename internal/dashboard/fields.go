package dashboard

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// form makes controls from what was entered, or from what holds now, each with
// what is wrong with it.
type form struct {
	l     *locale
	value func(name string) []string
	wrong *mistakes
}

func (f form) one(name string) string {
	if all := f.value(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (f form) input(name string, paths ...string) field {
	return field{Name: name, Label: f.l.T("form." + name), Value: f.one(name), Error: f.wrong.take(paths...), Hint: f.hint(name)}
}

func (f form) hint(name string) string {
	if f.l.Has("form." + name + ".hint") {
		return f.l.T("form." + name + ".hint")
	}
	return ""
}

// choose is a control over fixed values; label names each of them.
func (f form) choose(name, control string, many bool, values []string, label func(string) string, paths ...string) field {
	c := f.input(name, paths...)
	c.Control, c.Many = control, many
	chosen := f.value(name)
	for _, v := range values {
		c.Options = append(c.Options, option{Value: v, Label: label(v), Chosen: slices.Contains(chosen, v)})
	}
	return c
}

func (f form) named(prefix string) func(string) string {
	return func(v string) string { return f.l.Or(prefix, v, v) }
}

func (c field) optional() field { c.Optional = true; return c }
func (c field) whole() field    { c.Whole = true; return c }
func (c field) decimal() field  { c.Mode = "decimal"; return c }
func (c field) number() field   { c.Mode = "numeric"; return c }
func (c field) leads(url, to string) field {
	c.HintURL, c.HintLink = url, to
	return c
}

func (c field) kind(t string) field {
	c.Type = t
	return c
}

// basics are the fields of what a campaign is.
func (f form) basics() []field {
	name := f.input("name", "name").whole()
	name.Max = 200
	return []field{
		name,
		f.choose("type", "choices", false, texts(campaigns.Types), f.named("type."), "type").whole(),
		f.choose("objective", "choices", false, texts(campaigns.Objectives), f.named("objective."), "objective").whole(),
		f.choose("category", "select", false, append([]string{""}, texts(campaigns.Categories)...), f.category, "special_category").optional(),
		f.input("channels", "channels").optional(),
		f.input("labels", "labels").optional(),
	}
}

func (f form) category(v string) string { return f.l.T("category." + v) }

// moneyFields are the budget's.
func (f form) moneyFields(currencies []string) []field {
	return []field{
		f.input("amount", "budget.amount", "amount").decimal(),
		f.choose("currency", "select", false, currencies, func(v string) string { return v }, "budget.currency"),
		f.choose("kind", "choices", false, texts(campaigns.BudgetKinds), f.named("budget.kind."), "budget.kind").whole(),
	}
}

// dates are the fields of a schedule, in the campaign's zone.
func (f form) dates() []field {
	return []field{
		f.input("start", "start", "schedule.start").kind("datetime-local"),
		f.input("end", "end", "schedule.end").kind("datetime-local"),
		f.choose("launch", "choices", false, texts(campaigns.LaunchModes), f.named("launch."), "launch", "schedule.launch").whole(),
	}
}

// What the audience form offers. Other countries, languages and interests are
// entered by their codes; what a campaign has beyond this is kept.
var (
	countries = []string{"CO", "MX", "AR", "CL", "PE", "EC", "BR", "ES", "US"}
	languages = []string{"es", "en", "pt"}
	// interests are ids of the IAB Audience Taxonomy 1.1.
	interests = []string{"243", "258", "268", "344", "348", "368", "406", "457", "467", "481", "534", "541", "583", "606", "607", "676", "687", "719", "733"}
)

// audience are the fields of a targeting.
func (f form) audience(campaign campaigns.Type) []field {
	fields := []field{
		f.choose("countries", "choices", true, countries, f.named("country."), "locations").whole(),
		f.input("more_countries").optional(),
		f.input("age_min", "age_range.min", "age_range").number().optional(),
		f.input("age_max", "age_range.max").number().optional(),
		f.choose("languages", "choices", true, languages, f.named("language."), "languages").optional().whole(),
		f.input("more_languages").optional(),
		f.choose("genders", "choices", true, texts(targeting.Genders), f.named("gender."), "genders").optional().whole(),
		f.choose("interests", "choices", true, interests, f.named("interest."), "interests").optional().whole(),
		f.input("more_interests").optional().leads("/interests", f.l.T("interests.title")),
		f.input("behaviors", "behaviors").optional(),
		f.input("custom_audiences", "custom_audiences"),
	}
	if campaign != campaigns.Email && campaign != campaigns.Retargeting {
		fields[len(fields)-1].Optional = true
	}
	if campaign != campaigns.Search {
		fields = append(fields, f.input("lookalike_audiences", "lookalike_audiences").optional(),
			f.input("frequency", "frequency_cap").number().optional(),
			f.choose("frequency_period", "select", false, texts(targeting.Periods), f.named("period.per_")).optional())
	}
	return append(fields, f.choose("devices", "choices", true, texts(targeting.DeviceTypes), f.named("device."), "device_types").optional().whole())
}

// readAudience puts what was entered into a configuration. A form without the
// narrowing part leaves alone what that shows: places within countries,
// exclusions, bids and the rest.
func (l *locale) readAudience(value func(string) []string, now targeting.Configuration, currency money.Currency) targeting.Configuration {
	one := func(name string) string { return strings.TrimSpace(strings.Join(value(name), ",")) }
	t := now
	t.Locations = nil
	for _, code := range plainCountries(value) {
		t.Locations = append(t.Locations, targeting.Location{Country: code})
	}
	t.Languages = append(slices.Clone(value("languages")), splitList(one("more_languages"))...)
	t.AgeRange = nil
	if one("age_min")+one("age_max") != "" {
		t.AgeRange = &targeting.AgeRange{Min: whole(one("age_min"), targeting.MinAge), Max: whole(one("age_max"), targeting.OpenAge)}
	}
	t.Genders, t.DeviceTypes = typed[targeting.Gender](value("genders")), typed[targeting.DeviceType](value("devices"))
	t.Interests = append(slices.Clone(value("interests")), each(splitList(one("more_interests")), interestID)...)
	t.Behaviors = listed(value("behaviors"), now.Behaviors)
	t.CustomAudiences, t.LookalikeAudiences = listed(value("custom_audiences"), now.CustomAudiences), listed(value("lookalike_audiences"), now.LookalikeAudiences)
	t.FrequencyCap = nil
	if one("frequency") != "" {
		period := targeting.Period(one("frequency_period"))
		if now.FrequencyCap != nil {
			period = cmp.Or(period, now.FrequencyCap.Period)
		}
		t.FrequencyCap = &targeting.FrequencyCap{Impressions: whole(one("frequency"), 0), Period: cmp.Or(period, "day")}
	}
	if one(narrowed) != "" {
		l.readNarrowing(value, &t, now, currency)
		return t
	}
	for _, p := range now.Locations {
		if p != (targeting.Location{Country: p.Country}) {
			t.Locations = append(t.Locations, p)
		}
	}
	for _, other := range now.Languages {
		if !slices.Contains(languages, other) && !slices.Contains(t.Languages, other) {
			t.Languages = append(t.Languages, other)
		}
	}
	return t
}

// whole is a number that was entered; -1, which no rule allows, for one that
// cannot be read.
func whole(text string, missing int) int {
	if text == "" {
		return missing
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// audienceValues is a configuration as its form would send it.
func (l *locale) audienceValues(t *targeting.Configuration) func(string) []string {
	values := map[string][]string{}
	if t == nil {
		t = &targeting.Configuration{}
	}
	l.narrowingValues(*t, values)
	for _, p := range t.Locations {
		switch {
		case p != (targeting.Location{Country: p.Country}):
		case slices.Contains(countries, p.Country):
			values["countries"] = append(values["countries"], p.Country)
		default:
			values["more_countries"] = []string{join(append(values["more_countries"], p.Country))}
		}
	}
	if t.AgeRange != nil {
		values["age_min"], values["age_max"] = []string{strconv.Itoa(t.AgeRange.Min)}, []string{strconv.Itoa(t.AgeRange.Max)}
	}
	var others, tongues []string
	for _, tag := range t.Languages {
		if slices.Contains(languages, tag) {
			values["languages"] = append(values["languages"], tag)
		} else {
			tongues = append(tongues, tag)
		}
	}
	values["more_languages"] = []string{join(tongues)}
	for _, id := range t.Interests {
		if slices.Contains(interests, id) {
			values["interests"] = append(values["interests"], id)
		} else {
			others = append(others, id)
		}
	}
	values["more_interests"] = []string{join(others)}
	values["genders"], values["devices"] = texts(t.Genders), texts(t.DeviceTypes)
	values["behaviors"], values["custom_audiences"], values["lookalike_audiences"] = []string{join(t.Behaviors)}, []string{join(t.CustomAudiences)}, []string{join(t.LookalikeAudiences)}
	values["frequency_period"] = []string{"day"}
	if t.FrequencyCap != nil {
		values["frequency_period"] = []string{string(t.FrequencyCap.Period)}
		values["frequency"] = []string{strconv.Itoa(t.FrequencyCap.Impressions)}
	}
	return func(name string) []string { return values[name] }
}

func each(all []string, change func(string) string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = change(s)
	}
	return out
}

func join(all []string) string { return strings.Join(all, ", ") }

// goalRows are the targets entered, and one empty row to go on.
func (f form) goalRows() *goalForm {
	g := &goalForm{}
	metrics, targets := f.value("goal_metric"), f.value("goal_target")
	for i := 0; i == 0 || i < len(metrics); i++ {
		row := goalRow{Index: i}
		metric := at(metrics, i)
		row.Target = at(targets, i)
		for _, m := range campaigns.Metrics {
			label := f.l.Metric(string(m))
			if m == campaigns.MetricCTR {
				label += " (%)"
			}
			row.Metrics = append(row.Metrics, option{Value: string(m), Label: label, Chosen: string(m) == metric})
		}
		if metric != "" {
			row.Error = f.wrong.take("goals.target_metrics." + metric)
		}
		g.Rows = append(g.Rows, row)
	}
	g.Error = f.wrong.take("goals.target_metrics", "goals")
	return g
}

// creativeRows are the creatives entered, at least one row.
func (f form) creativeRows(channels []string) []creativeForm {
	var rows []creativeForm
	names := f.value("creative_name")
	for i := 0; i == 0 || i < len(names); i++ {
		n := strconv.Itoa(i)
		cell := func(name string) field {
			c := f.input(name, "creatives["+n+"]."+strings.TrimPrefix(name, "creative_"))
			c.Value, c.ID, c.Optional = at(f.value(name), i), name+"-"+n, false
			return c
		}
		format, channel := cell("creative_format"), cell("creative_channel")
		format.Control, channel.Control = "select", "select"
		for _, v := range []string{"image", "video", "carousel", "text", "html"} {
			format.Options = append(format.Options, option{Value: v, Label: f.l.T("format." + v), Chosen: v == format.Value})
		}
		for _, v := range append([]string{""}, channels...) {
			label := f.l.Channel(v)
			if v == "" {
				label = f.l.T("form.every_channel")
			}
			channel.Options = append(channel.Options, option{Value: v, Label: label, Chosen: v == channel.Value})
		}
		rows = append(rows, creativeForm{Fields: []field{cell("creative_name"), format, cell("creative_url").kind("url"), channel}})
	}
	return rows
}

// readCreatives is what the rows hold; a row with neither name nor address is
// no creative.
func readCreatives(value func(string) []string) []campaigns.Creative {
	var all []campaigns.Creative
	for i, name := range value("creative_name") {
		c := campaigns.Creative{Name: strings.TrimSpace(name), URL: strings.TrimSpace(at(value("creative_url"), i)), Format: at(value("creative_format"), i), Channel: at(value("creative_channel"), i)}
		if c.Name+c.URL != "" {
			all = append(all, c)
		}
	}
	return all
}

// readDates is a schedule as entered, in a zone.
func readDates(value func(string) []string, zone *time.Location) campaigns.Schedule {
	return campaigns.Schedule{
		Start: parseTime(at(value("start"), 0), zone), End: parseTime(at(value("end"), 0), zone), Launch: campaigns.LaunchMode(at(value("launch"), 0)),
	}
}

func at(all []string, i int) string {
	if i < len(all) {
		return all[i]
	}
	return ""
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func typed[T ~string](values []string) []T {
	var out []T
	for _, v := range values {
		out = append(out, T(v))
	}
	return out
}
