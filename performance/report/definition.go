package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Format is what a report's file is.
type Format string

// The formats.
const (
	JSON Format = "json"
	CSV  Format = "csv"
	HTML Format = "html"
	PDF  Format = "pdf"
)

// Formats are all of them.
var Formats = []Format{JSON, CSV, HTML, PDF}

// MediaType is the file's Content-Type.
func (f Format) MediaType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case HTML:
		return "text/html; charset=utf-8"
	case PDF:
		return "application/pdf"
	}
	return "application/json"
}

// Granularities are the widths of a report's rows.
var Granularities = []string{"day", "hour", "total"}

// Langs are the languages of a report's words.
var Langs = []string{"en", "es"}

// Order asks for a report. Empty members take their defaults.
type Order struct {
	Scope Scope
	// Period names the days; or From and To bound them, as local dates
	// ("2026-10-01") or RFC 3339, half-open.
	Period, From, To string
	Format           Format   // json
	Granularity      string   // day
	GroupBy          []string // dimensions that part the rows further
	KnownAt          time.Time
	At               time.Time
	Lang             string // en
	Timezone         string // of the local days; each campaign's own when empty
	AllowMixed       bool   // show several currencies, each by itself
	BOM              bool   // csv: begin with a byte order mark, for spreadsheets that need one
}

// Definition is an order made definite: asked for again it means the same.
type Definition struct {
	Scope       Scope      `json:"scope"`
	Period      string     `json:"period,omitempty"`
	Dates       *Dates     `json:"dates,omitempty"` // or From and To
	From        *time.Time `json:"from,omitempty"`
	To          *time.Time `json:"to,omitempty"`
	Timezone    string     `json:"timezone,omitempty"`
	Format      Format     `json:"format"`
	Granularity string     `json:"granularity"`
	GroupBy     []string   `json:"group_by,omitempty"`
	KnownAt     time.Time  `json:"known_at"`
	At          *time.Time `json:"at,omitempty"`
	Lang        string     `json:"lang"`
	AllowMixed  bool       `json:"allow_mixed,omitempty"`
	BOM         bool       `json:"bom,omitempty"`
}

// longest bounds a report's period by its granularity, in days.
var longest = map[string]localday.Day{"day": 3660, "total": 36600, "hour": 400}

// definite checks an order. today is of the zone in which periods are named.
func (o Order) definite(today localday.Day) (Definition, error) {
	var wrong fault.Fields
	d := Definition{
		Scope: o.Scope.clean(&wrong), Timezone: o.Timezone, Format: cmp.Or(o.Format, JSON), Granularity: cmp.Or(o.Granularity, "day"),
		GroupBy: slices.Clone(o.GroupBy), KnownAt: o.KnownAt.UTC().Truncate(time.Microsecond), Lang: cmp.Or(o.Lang, "en"), AllowMixed: o.AllowMixed, BOM: o.BOM,
	}
	if !o.At.IsZero() {
		at := o.At.UTC().Truncate(time.Microsecond)
		d.At = &at
	}
	oneOf(&wrong, "format", string(d.Format), Formats)
	oneOf(&wrong, "granularity", d.Granularity, Granularities)
	oneOf(&wrong, "lang", d.Lang, Langs)
	if _, err := time.LoadLocation(d.Timezone); err != nil || d.Timezone == "Local" {
		wrong.Add("timezone", "unknown_timezone", "This time zone is not known.", "an IANA name such as America/Bogota")
	}
	for _, name := range d.GroupBy {
		if (&performance.Dimensions{}).Named(name) == nil {
			wrong.Add("group_by", "not_allowed", "This is not a dimension.", "channel, source, ad, creative, audience, country or device")
		}
	}
	o.bound(&d, today, &wrong)
	return d, wrong.Err()
}

func oneOf[T ~string](wrong *fault.Fields, path, value string, allowed []T) {
	if slices.Contains(allowed, T(value)) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	wrong.Add(path, "not_allowed", "This value is not known.", strings.Join(names, ", "))
}

// bound sets the period: a name, two local dates or two instants.
func (o Order) bound(d *Definition, today localday.Day, wrong *fault.Fields) {
	if o.Period != "" {
		dates, ok := datesOf(o.Period, today)
		if !ok {
			wrong.Add("period", "not_allowed", "This period is not known.", strings.Join(Periods, ", "))
		} else if o.From+o.To != "" {
			wrong.Add("period", "conflicting", "A period is named or bounded by from and to.", "period, or from and to")
		}
		d.Period, d.Dates = o.Period, &dates
		return
	}
	from, fromErr := localday.Parse(o.From)
	to, toErr := localday.Parse(o.To)
	length := to - from
	if fromErr == nil && toErr == nil {
		d.Dates = &Dates{from, to}
	} else if length = o.instants(d, wrong); length < 0 {
		return
	}
	switch most := longest[d.Granularity]; {
	case length <= 0:
		wrong.Add("to", "invalid_range", "from must be before to.", "a later date; the last day of a range is not part of it")
	case most > 0 && length > most:
		wrong.Add("to", "report_too_long", "The period is too long for rows of this width.", "10 years by day, 400 days by hour, 100 years as a total")
	}
}

// instants reads from and to as RFC 3339 and gives their length in days,
// rounded up; -1 when they are not.
func (o Order) instants(d *Definition, wrong *fault.Fields) localday.Day {
	const allowed = "two dates such as 2026-10-01, or two RFC 3339 times"
	from, err := time.Parse(time.RFC3339Nano, o.From)
	if err != nil {
		wrong.Add("from", "invalid_time", "This is neither a date nor a time like to is.", allowed)
	}
	to, toErr := time.Parse(time.RFC3339Nano, o.To)
	if toErr != nil {
		wrong.Add("to", "invalid_time", "This is neither a date nor a time like from is.", allowed)
	}
	if err != nil || toErr != nil {
		return -1
	}
	from, to = from.UTC().Truncate(time.Microsecond), to.UTC().Truncate(time.Microsecond)
	d.From, d.To = &from, &to
	if !from.Before(to) {
		return 0
	}
	return localday.Day(min(to.Sub(from).Hours()/24, 1<<20)) + 1
}

// FactsKey names the facts that reports of one scope and known_at share, in
// every format, language and period.
func (d Definition) FactsKey() string {
	text, _ := json.Marshal(struct { // plain values only
		Scope   Scope
		KnownAt time.Time
	}{d.Scope, d.KnownAt})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// FileName is what the file is called where it is saved.
func (d Definition) FileName() string {
	name := "report-" + string(d.Scope.Type)
	switch {
	case d.Dates != nil:
		name += "-" + d.Dates.From.String() + "-" + (d.Dates.To - 1).String()
	case d.From != nil:
		name += "-" + d.From.Format("2006-01-02") + "-" + d.To.Format("2006-01-02")
	}
	return name + "." + string(d.Format)
}
