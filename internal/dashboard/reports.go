package dashboard

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance/report"
)

// Reports is report.Service.
type Reports interface {
	Create(ctx context.Context, by event.Origin, id uuid.UUID, o report.Order) (report.Report, error)
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (report.Report, error)
	List(ctx context.Context, by event.Origin, q report.Query) ([]report.Report, string, error)
	File(ctx context.Context, by event.Origin, id uuid.UUID) (report.Report, io.Reader, error)
	Cancel(ctx context.Context, by event.Origin, id uuid.UUID) (report.Report, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID) error
	Recur(ctx context.Context, by event.Origin, id uuid.UUID, every report.Recurrence, o report.Order) (report.Schedule, error)
	Recurring(ctx context.Context, by event.Origin, limit int, cursor string) ([]report.Schedule, string, error)
	EndSchedule(ctx context.Context, by event.Origin, id uuid.UUID) error
}

type reportsPage struct {
	Problem   *problem
	Fields    []field
	Reports   []reportRow
	Next      string
	Schedules []scheduleRow
	Busy      bool // something is being made: the page looks again by itself
}

type reportRow struct {
	ID, What, Period, Format, Known, State, Tone, Icon, Detail, Href, Size string
	At                                                                     time.Time
	Running, Ready, Again                                                  bool
	Scope, From, To, Lang, KnownAt                                         string
}

type scheduleRow struct{ ID, What, Every, Format, Next, Problem string }

// offeredPeriods are what the form offers.
var offeredPeriods = []string{"yesterday", "last_7_days", "last_30_days", "last_week", "last_month", "last_quarter", "this_month"}

func (v *visit) reports() error { return v.reportsWith(http.StatusOK, nil, nil) }

func (v *visit) reportsWith(status int, refused *problem, wrong *mistakes) error {
	ctx, by := v.r.Context(), v.by()
	found, next, err := v.d.Reports.List(ctx, by, report.Query{Limit: pageSize, Cursor: v.r.FormValue("cursor")})
	if err != nil {
		return err
	}
	schedules, _, err := v.d.Reports.Recurring(ctx, by, pageSize, "")
	if err != nil {
		return err
	}
	mine, _, err := v.d.Campaigns.List(ctx, by, campaigns.Query{Limit: pageSize})
	if err != nil {
		return err
	}
	names := map[string]string{"partner": v.locale.T("report.scope.partner")}
	scopes := []string{"partner"}
	for _, c := range mine {
		scope := "campaign:" + c.State().ID.String()
		names[scope] = c.State().Name
		scopes = append(scopes, scope)
	}
	p := reportsPage{Problem: refused, Fields: v.reportForm(scopes, names, wrong)}
	for _, r := range found {
		row := v.reportRow(r, names)
		p.Busy = p.Busy || row.Running
		p.Reports = append(p.Reports, row)
	}
	for _, s := range schedules {
		p.Schedules = append(p.Schedules, v.scheduleRow(s, names))
	}
	if next != "" {
		p.Next = "?cursor=" + next
	}
	return v.page(status, "reports", v.locale.T("nav.reports"), "reports", p)
}

func (v *visit) reportForm(scopes []string, names map[string]string, wrong *mistakes) []field {
	f := form{v.locale, func(name string) []string {
		if v.r.Method == http.MethodPost {
			return v.r.PostForm[name]
		}
		return map[string][]string{"report_period": {"last_month"}, "report_format": {"pdf"}, "report_lang": {v.locale.Lang}, "report_every": {"once"}}[name]
	}, wrong}
	return []field{
		f.choose("report_scope", "select", false, scopes, func(s string) string { return names[s] }, "scope"),
		f.choose("report_period", "select", false, offeredPeriods, f.named("report.period."), "period", "from", "to"),
		f.choose("report_format", "choices", false, []string{"pdf", "html", "csv", "json"}, f.named("report.format."), "format").whole(),
		f.choose("report_lang", "choices", false, []string{"es", "en"}, f.named("language."), "lang").whole(),
		f.choose("report_every", "choices", false, []string{"once", "daily", "weekly", "monthly"}, f.named("report.every."), "every").whole(),
	}
}

func (v *visit) reportRow(r report.Report, names map[string]string) reportRow {
	d, l := r.Definition, v.locale
	row := reportRow{
		ID: r.ID.String(), What: l.scopeName(d.Scope, names), Format: strings.ToUpper(string(d.Format)), At: r.CreatedAt.In(v.now.Location()),
		Known: l.T("report.known", "time", l.Stamp(d.KnownAt.In(v.now.Location()))), State: l.T("report.state." + string(r.State)), Tone: "quiet", Icon: "clock",
		Href: "/reports/" + r.ID.String() + "/file",
	}
	if d.Dates != nil {
		row.Period = l.Day(dayTime(int64(d.Dates.From))) + " – " + l.Day(dayTime(int64(d.Dates.To)-1))
	} else if d.From != nil {
		row.Period = l.Stamp(*d.From) + " – " + l.Stamp(*d.To)
	}
	switch r.State {
	case report.Ready:
		row.Tone, row.Icon, row.Ready, row.Size = "good", "ok", true, l.fileSize(r.Size)
	case report.Queued, report.Running:
		row.Running = true
		if r.Progress.Total > 0 {
			row.Detail = l.T("report.progress", "done", l.Count(int64(r.Progress.Done)), "total", l.Count(int64(r.Progress.Total)))
		}
	case report.Failed:
		row.Tone, row.Icon = "bad", "CRITICAL"
		if r.Problem != nil {
			row.Detail = l.Or("refusal.", r.Problem.Code, r.Problem.Detail)
		}
	}
	return row
}

// dayTime is a local day as a time that shows its date.
func dayTime(day int64) time.Time { return time.Unix(day*24*60*60, 0).UTC() }

func (l *locale) fileSize(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return l.Fixed(bytes*1_000_000>>20, 1) + " MB"
	case bytes >= 1<<10:
		return l.Count(bytes>>10) + " KB"
	}
	return strconv.FormatInt(bytes, 10) + " B"
}

func (l *locale) scopeName(s report.Scope, names map[string]string) string {
	if name, ok := names[s.String()]; ok {
		return name
	}
	return l.Or("report.scope.", string(s.Type), s.String())
}

func (v *visit) scheduleRow(s report.Schedule, names map[string]string) scheduleRow {
	row := scheduleRow{
		ID: s.ID.String(), What: v.locale.scopeName(s.Scope, names), Every: v.locale.T("report.every." + string(s.Every)), Format: strings.ToUpper(string(s.Format)),
		Next: v.locale.T("report.next", "time", v.locale.Stamp(s.NextAt().In(v.now.Location()))),
	}
	if s.Last != nil {
		row.Problem = v.locale.Or("refusal.", s.Last.Code, s.Last.Detail)
	}
	return row
}

// orderReport makes a report, or a schedule of it.
func (v *visit) orderReport() error {
	o := report.Order{
		Scope: report.ParseScope(v.r.PostFormValue("report_scope")), Period: v.r.PostFormValue("report_period"),
		Format: report.Format(v.r.PostFormValue("report_format")), Lang: v.r.PostFormValue("report_lang"),
	}
	every, done := v.r.PostFormValue("report_every"), "report"
	var err error
	if every == "" || every == "once" {
		_, err = v.d.Reports.Create(v.r.Context(), v.by(), v.d.NewID(), o)
	} else {
		done = "report_schedule"
		_, err = v.d.Reports.Recur(v.r.Context(), v.by(), v.d.NewID(), report.Recurrence(every), o)
	}
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.reportsWith(status, refused, wrong)
	}
	return v.done("/reports", done)
}

// reportFile sends a report's file; a page is shown in the browser.
func (v *visit) reportFile() error {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return report.ErrNotFound
	}
	r, file, err := v.d.Reports.File(v.r.Context(), v.by(), id)
	if err != nil {
		return err
	}
	header := v.w.Header()
	header.Set("Content-Type", r.Definition.Format.MediaType())
	header.Set("Content-Length", strconv.FormatInt(r.Size, 10))
	header.Set("Content-Disposition", `attachment; filename="`+r.Definition.FileName()+`"`)
	_, err = io.Copy(v.w, file)
	return err
}

// actOnReport does one thing to a report.
func (v *visit) actOnReport() error {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return report.ErrNotFound
	}
	ctx, by, action := v.r.Context(), v.by(), v.r.PathValue("action")
	switch action {
	case "cancel":
		_, err = v.d.Reports.Cancel(ctx, by, id)
	case "delete":
		err = v.d.Reports.Delete(ctx, by, id)
	case "end": // a schedule
		err = v.d.Reports.EndSchedule(ctx, by, id)
	case "again":
		err = v.again(id)
	default:
		return errNoPage
	}
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.reportsWith(status, refused, wrong)
	}
	return v.done("/reports", "report_"+action)
}

// again orders a report's period as it is known now.
func (v *visit) again(id uuid.UUID) error {
	r, err := v.d.Reports.Get(v.r.Context(), v.by(), id)
	if err != nil {
		return err
	}
	d := r.Definition
	o := report.Order{Scope: d.Scope, Format: d.Format, Granularity: d.Granularity, GroupBy: d.GroupBy, Lang: d.Lang, Timezone: d.Timezone, AllowMixed: d.AllowMixed, BOM: d.BOM}
	if d.Dates != nil {
		o.From, o.To = d.Dates.From.String(), d.Dates.To.String()
	} else {
		o.From, o.To = d.From.Format(time.RFC3339Nano), d.To.Format(time.RFC3339Nano)
	}
	_, err = v.d.Reports.Create(v.r.Context(), v.by(), v.d.NewID(), o)
	return err
}
