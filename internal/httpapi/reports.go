package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance/report"
)

func (s *Server) registerReports() {
	read := partners.ActionRead
	route(s, operation(http.MethodPost, "/reports", "create-report", "Order a report as JSON, CSV, HTML or PDF", read, http.StatusCreated), s.createReport)
	route(s, operation(http.MethodGet, "/reports", "list-reports", "List reports, the newest first", read, http.StatusOK), s.listReports)
	route(s, operation(http.MethodGet, "/reports/{id}", "get-report", "Read a report's state, progress and totals", read, http.StatusOK), s.getReport)
	file := operation(http.MethodGet, "/reports/{id}/file", "get-report-file", "Download a report that is ready", read, http.StatusOK)
	file.Errors = append(file.Errors, http.StatusConflict)
	file.Responses = map[string]*huma.Response{"200": {Description: "The file, in the report's format.", Content: map[string]*huma.MediaType{
		"application/json": {}, "text/csv": {}, "text/html": {}, "application/pdf": {},
	}}}
	route(s, file, s.getReportFile)
	route(s, operation(http.MethodPost, "/reports/{id}/cancel", "cancel-report", "Stop making a report", read, http.StatusOK), s.cancelReport)
	route(s, operation(http.MethodDelete, "/reports/{id}", "delete-report", "Forget a report and its file", read, http.StatusNoContent), s.deleteReport)
	route(s, operation(http.MethodPost, "/report-schedules", "create-report-schedule", "Make a report every day, week or month at local midnight", read, http.StatusCreated), s.createSchedule)
	route(s, operation(http.MethodGet, "/report-schedules", "list-report-schedules", "List report schedules, the newest first", read, http.StatusOK), s.listSchedules)
	route(s, operation(http.MethodGet, "/report-schedules/{id}", "get-report-schedule", "Read a report schedule", read, http.StatusOK), s.getSchedule)
	route(s, operation(http.MethodDelete, "/report-schedules/{id}", "delete-report-schedule", "End a report schedule; its reports stay", read, http.StatusNoContent), s.deleteSchedule)
}

// scopeBody is a scope in its long form or its short one.
type scopeBody struct{ report.Scope }

// Schema implements huma.SchemaProvider.
func (scopeBody) Schema(huma.Registry) *huma.Schema {
	types := []any{}
	for _, t := range report.ScopeTypes {
		types = append(types, string(t))
	}
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, Description: "partner, campaign:<id>, campaigns:<id>,<id> or channel:<name>,<name>", Examples: []any{"partner"}},
		{Type: huma.TypeObject, Required: []string{"type"}, AdditionalProperties: false, Properties: map[string]*huma.Schema{
			"type": {Type: huma.TypeString, Enum: types}, "ids": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}},
		}},
	}}
}

type reportOrder struct {
	Scope       scopeBody `json:"scope"`
	Period      string    `json:"period,omitempty" enum:"yesterday,last_7_days,last_30_days,last_90_days,last_week,last_month,last_quarter,last_year,this_month,this_year" doc:"Local days; or from and to."`
	From        string    `json:"from,omitempty" doc:"A local date such as 2026-10-01, or an RFC 3339 time." example:"2026-10-01"`
	To          string    `json:"to,omitempty" doc:"Exclusive: the same kind as from." example:"2026-11-01"`
	Format      string    `json:"format,omitempty" enum:"json,csv,html,pdf" default:"json"`
	Granularity string    `json:"granularity,omitempty" enum:"day,hour,total" default:"day" doc:"Of the rows of JSON and CSV."`
	GroupBy     []string  `json:"group_by,omitempty" maxItems:"7" doc:"Dimensions that part the rows further: channel, source, ad, creative, audience, country, device."`
	KnownAt     time.Time `json:"known_at,omitempty" doc:"What had been recorded by then; without it what is settled now. The same definition with the same known_at is the same file to the byte."`
	At          time.Time `json:"at,omitempty" doc:"Only what had happened by then."`
	Lang        string    `json:"lang,omitempty" enum:"en,es" default:"en"`
	Timezone    string    `json:"timezone,omitempty" doc:"IANA zone of the days; without it each campaign's own."`
	AllowMixed  bool      `json:"allow_mixed,omitempty" doc:"Show several currencies, each by itself; they are never added up."`
	BOM         bool      `json:"bom,omitempty" doc:"Begin a CSV with a byte order mark, for spreadsheets that need one."`
}

func (o reportOrder) order() report.Order {
	return report.Order{
		Scope: o.Scope.Scope, Period: o.Period, From: o.From, To: o.To, Format: report.Format(o.Format), Granularity: o.Granularity, GroupBy: o.GroupBy,
		KnownAt: o.KnownAt, At: o.At, Lang: o.Lang, Timezone: o.Timezone, AllowMixed: o.AllowMixed, BOM: o.BOM,
	}
}

// reportFailure is why a report could not be made, and what to do.
type reportFailure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"`
}

// reportProgress counts campaigns read, of all that have to be, and rows written.
type reportProgress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
	Rows  int `json:"rows"`
}

// reportJob is a report as it is read.
type reportJob struct {
	ID         uuid.UUID       `json:"id"`
	Revision   int64           `json:"revision" doc:"1: what is ordered does not change. How far it is, state and progress tell."`
	PartnerID  uuid.UUID       `json:"partner_id"`
	ScheduleID *uuid.UUID      `json:"schedule_id,omitempty"`
	State      report.State    `json:"state" enum:"queued,running,ready,failed,cancelled,expired"`
	Progress   reportProgress  `json:"progress"`
	Scope      string          `json:"scope" doc:"In its short form."`
	Format     report.Format   `json:"format" enum:"json,csv,html,pdf"`
	KnownAt    time.Time       `json:"known_at" doc:"What the report knows; ask with it for the same bytes again."`
	Definition json.RawMessage `json:"definition"`
	Totals     json.RawMessage `json:"totals" doc:"By currency, once it is ready."`
	Size       int64           `json:"size" doc:"Bytes of the file."`
	SHA256     string          `json:"sha256,omitempty"`
	File       string          `json:"file,omitempty" doc:"Where the file is read, once it is ready."`
	Problem    *reportFailure  `json:"problem,omitempty" doc:"Why it failed, and what to do."`
	CreatedAt  time.Time       `json:"created_at"`
	CreatedBy  string          `json:"created_by,omitempty"`
	FinishedAt *time.Time      `json:"finished_at,omitempty"`
	ExpiresAt  *time.Time      `json:"expires_at,omitempty" doc:"The file is kept until then."`
}

func describeReport(r report.Report) reportJob {
	definition, _ := json.Marshal(r.Definition) // plain values
	totals, _ := json.Marshal(r.Totals)
	job := reportJob{
		ID: r.ID, Revision: 1, PartnerID: r.Partner, ScheduleID: r.Schedule, State: r.State, Progress: reportProgress(r.Progress), Scope: r.Definition.Scope.String(), Format: r.Definition.Format,
		KnownAt: r.Definition.KnownAt, Definition: definition, Totals: totals, Size: r.Size, SHA256: r.SHA256, Problem: (*reportFailure)(r.Problem),
		CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, FinishedAt: r.FinishedAt, ExpiresAt: r.ExpiresAt,
	}
	if r.State == report.Ready {
		job.File = Base + "/reports/" + r.ID.String() + "/file"
	}
	return job
}

type reportMade struct {
	Location string `header:"Location" doc:"Where the report is read."`
	Body     reportJob
}

func (s *Server) createReport(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body reportOrder
}) (*reportMade, error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	create := s.Reports.Create
	if in.ValidateOnly {
		create = s.Reports.Plan
	}
	r, err := create(ctx, author, reservedID(ctx), in.Body.order())
	if err != nil {
		return nil, err
	}
	return &reportMade{Base + "/reports/" + r.ID.String(), describeReport(r)}, nil
}

func (s *Server) listReports(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
	State    []report.State `query:"state" doc:"Any of these, separated by commas."`
	Schedule uuid.UUID      `query:"schedule_id"`
}) (*plain[list[partial[reportJob]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Reports.List(ctx, author, report.Query{States: in.State, Schedule: in.Schedule, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(s, found, describeReport, in.Fields, next)
}

func plainReport(r report.Report, err error) (*plain[reportJob], error) {
	if err != nil {
		return nil, err
	}
	return &plain[reportJob]{describeReport(r)}, nil
}

func (s *Server) getReport(ctx context.Context, in *ByID) (*plain[reportJob], error) {
	return plainReport(s.Reports.Get(ctx, by(ctx), in.ID))
}

func (s *Server) getReportFile(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	r, file, err := s.Reports.File(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", r.Definition.Format.MediaType())
		hc.SetHeader("Content-Disposition", `attachment; filename="`+r.Definition.FileName()+`"`)
		hc.SetHeader("Content-Length", strconv.FormatInt(r.Size, 10))
		hc.SetHeader("ETag", `"`+r.SHA256+`"`)
		hc.SetHeader("X-Content-Type-Options", "nosniff")
		if _, err := io.Copy(hc.BodyWriter(), file); err != nil { // shorter than its Content-Length
			slog.WarnContext(hc.Context(), "report not sent whole", "report_id", r.ID, "error", err)
		}
	}}, nil
}

// aboutReport is a request about one report or schedule.
type aboutReport struct {
	ByID
	Write
	Retryable
}

func (s *Server) cancelReport(ctx context.Context, in *aboutReport) (*plain[reportJob], error) {
	if in.ValidateOnly {
		return s.getReport(ctx, &in.ByID)
	}
	return plainReport(s.Reports.Cancel(ctx, by(ctx), in.ID))
}

func (s *Server) deleteReport(ctx context.Context, in *struct {
	ByID
	Write
}) (*struct{}, error) {
	if in.ValidateOnly {
		_, err := s.Reports.Get(ctx, by(ctx), in.ID)
		return nil, err
	}
	return nil, s.Reports.Delete(ctx, by(ctx), in.ID)
}

type reportSchedule struct {
	ID        uuid.UUID         `json:"id"`
	Revision  int64             `json:"revision" doc:"1: a schedule does not change. Delete it and make another."`
	PartnerID uuid.UUID         `json:"partner_id"`
	Every     report.Recurrence `json:"every" enum:"daily,weekly,monthly"`
	Scope     string            `json:"scope"`
	Format    report.Format     `json:"format" enum:"json,csv,html,pdf"`
	Timezone  string            `json:"timezone"`
	NextAt    time.Time         `json:"next_at" doc:"The local midnight at which the next report is made."`
	Problem   *reportFailure    `json:"last_problem,omitempty" doc:"Why the last one could not be ordered; the next is tried all the same."`
	CreatedAt time.Time         `json:"created_at"`
}

func describeSchedule(x report.Schedule) reportSchedule {
	return reportSchedule{x.ID, 1, x.Partner, x.Every, x.Scope.String(), x.Format, x.Timezone, x.NextAt(), (*reportFailure)(x.Last), x.CreatedAt}
}

type scheduleMade struct {
	Location string `header:"Location"`
	Body     reportSchedule
}

func (s *Server) createSchedule(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body struct {
		Every       report.Recurrence `json:"every" enum:"daily,weekly,monthly" doc:"daily: of yesterday; weekly: on Monday, of the last week; monthly: on the first, of the last month."`
		Scope       scopeBody         `json:"scope"`
		Format      string            `json:"format,omitempty" enum:"json,csv,html,pdf" default:"json"`
		Granularity string            `json:"granularity,omitempty" enum:"day,hour,total" default:"day"`
		GroupBy     []string          `json:"group_by,omitempty" maxItems:"7"`
		Lang        string            `json:"lang,omitempty" enum:"en,es" default:"en"`
		Timezone    string            `json:"timezone,omitempty" doc:"IANA zone whose midnights these are; without it the partner's."`
		AllowMixed  bool              `json:"allow_mixed,omitempty"`
	}
}) (*scheduleMade, error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	b, create := in.Body, s.Reports.Recur
	if in.ValidateOnly {
		create = s.Reports.PlanSchedule
	}
	made, err := create(ctx, author, reservedID(ctx), b.Every, report.Order{
		Scope: b.Scope.Scope, Format: report.Format(b.Format), Granularity: b.Granularity, GroupBy: b.GroupBy, Lang: b.Lang, Timezone: b.Timezone, AllowMixed: b.AllowMixed,
	})
	if err != nil {
		return nil, err
	}
	return &scheduleMade{Base + "/report-schedules/" + made.ID.String(), describeSchedule(made)}, nil
}

func (s *Server) listSchedules(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[reportSchedule]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Reports.Recurring(ctx, author, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, found, describeSchedule, in.Fields, next)
}

func (s *Server) getSchedule(ctx context.Context, in *ByID) (*plain[reportSchedule], error) {
	found, err := s.Reports.Schedule(ctx, by(ctx), in.ID)
	return &plain[reportSchedule]{describeSchedule(found)}, err
}

func (s *Server) deleteSchedule(ctx context.Context, in *struct {
	ByID
	Write
}) (*struct{}, error) {
	if in.ValidateOnly {
		_, err := s.Reports.Schedule(ctx, by(ctx), in.ID)
		return nil, err
	}
	return nil, s.Reports.EndSchedule(ctx, by(ctx), in.ID)
}
