package httpapi

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// Importer files the reports of ad platforms.
type Importer interface {
	// Start takes in a report for the partner by.Partner and answers with an
	// import that is running. It has read the file when it returns.
	Start(ctx context.Context, by event.Origin, order ImportOrder, file io.Reader) (Import, error)
	// Import is how far a partner's import is.
	Import(ctx context.Context, partner, id uuid.UUID) (Import, error)
}

// ImportOrder says what a report is and where its rows go.
type ImportOrder struct {
	ID            uuid.UUID `json:"-"` // reserved for a safe repetition
	Platform      string    `json:"platform" enum:"google_ads,meta_ads,microsoft_ads,tiktok_ads"`
	Campaign      uuid.UUID `json:"campaign_id,omitempty" doc:"Where all its rows go. Without it each of the platform's campaigns has one of its own."`
	CreateMissing *bool     `json:"create_missing,omitempty" doc:"false refuses the rows of campaigns that have none of ours; otherwise drafts are made for them."`
	Force         bool      `json:"force,omitempty" doc:"true counts also rows whose delivery is pulled from a connected ad account. Without it they are refused with pulled_already, because they would count twice."`
	ValidateOnly  bool      `json:"-"` // read the header and take nothing
}

// Import is one report on its way in.
type Import struct {
	ID         uuid.UUID         `json:"id"`
	Revision   int64             `json:"revision" doc:"1: what is imported does not change. How far it is, state and progress tell."`
	PartnerID  uuid.UUID         `json:"partner_id"`
	Platform   string            `json:"platform"`
	State      string            `json:"state" enum:"running,completed,failed,interrupted"`
	Progress   ImportProgress    `json:"progress"`
	Totals     ImportTotals      `json:"totals" doc:"Over the rows that were taken now or before, to be held against what the platform shows."`
	Campaigns  []ImportPlace     `json:"campaigns" doc:"Where the rows of each of the platform's campaigns went."`
	Rejections []ImportRejection `json:"rejections" doc:"The first of the rows that were refused."`
	Error      *ImportError      `json:"error,omitempty" doc:"Why it failed."`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	FinishedAt *time.Time        `json:"finished_at,omitempty"`
}

type (
	// ImportProgress counts bytes and rows.
	ImportProgress struct {
		Bytes      int64 `json:"bytes"`
		BytesTotal int64 `json:"bytes_total"`
		Rows       int   `json:"rows"`
		Accepted   int   `json:"accepted"`
		Duplicates int   `json:"duplicates" doc:"Taken by an earlier import."`
		Rejected   int   `json:"rejected"`
	}
	// ImportTotals are sums; null is what the report does not speak of.
	ImportTotals struct {
		Spend       *money.Money `json:"spend"`
		Impressions int64        `json:"impressions"`
		Clicks      int64        `json:"clicks"`
		Conversions *int64       `json:"conversions"`
		Revenue     *money.Money `json:"revenue"`
	}
	// ImportPlace is where a platform's campaign was filed.
	ImportPlace struct {
		External   string    `json:"external" doc:"The platform's campaign."`
		CampaignID uuid.UUID `json:"campaign_id"`
		Name       string    `json:"name"`
		Created    bool      `json:"created" doc:"As a draft, by this import."`
		Rows       int       `json:"rows"`
	}
	// ImportRejection is a row that was refused.
	ImportRejection struct {
		Line   int    `json:"line"`
		Column string `json:"column,omitempty"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	// ImportError is why an import failed.
	ImportError struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Fix    string `json:"fix,omitempty"`
	}
)

func (s *Server) registerImports() {
	route(s, operation(http.MethodGet, "/imports/{id}", "get-import", "How far an import is, with its totals", partners.ActionRead, http.StatusOK), s.getImport)
}

func (s *Server) getImport(ctx context.Context, in *struct {
	ByID
	ForPartner
}) (*plain[Import], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	job, err := s.Imports.Import(ctx, partner, in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[Import]{job}, nil
}

var errNoFile = fault.New(fault.Malformed, "no_report", "There is no report in the request.",
	"Send the file as text/csv with ?platform=, as the part named file of multipart/form-data, or as the member data of JSON.")

// startImport is POST /imports. It takes a file in three ways, so that it is
// outside huma.
func (s *Server) startImport(w http.ResponseWriter, r *http.Request) {
	if err := s.tryImport(w, r); err != nil {
		WriteProblem(w, r, err)
	}
}

func (s *Server) tryImport(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := principal(ctx).Require(partners.ActionWriteMetrics); err != nil {
		return err
	}
	query, err := readQuery(r, "partner_id", "validate_only", "platform", "campaign_id", "create_missing", "force")
	if err != nil {
		return err
	}
	author, err := byFor(ctx, query.partner)
	if err != nil {
		return err
	}
	order, file, err := readOrder(w, r, s.opts.MaxBody)
	if err != nil {
		return err
	}
	order.ID, order.ValidateOnly = reservedID(ctx), query.validateOnly
	job, err := s.Imports.Start(ctx, author, order, file)
	if err != nil {
		return err
	}
	at := Base + "/imports/" + job.ID.String()
	if query.partner != uuid.Nil {
		at += "?partner_id=" + query.partner.String()
	}
	w.Header().Set("Location", at)
	return writeJSON(w, http.StatusCreated, job)
}

// readOrder reads what the three forms of the request say. A file is read as
// the importer asks for it.
func readOrder(w http.ResponseWriter, r *http.Request, maxJSON int64) (ImportOrder, io.Reader, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch media {
	case "multipart/form-data":
		return orderInForm(w, r)
	case "application/json":
		return orderInJSON(w, r, maxJSON)
	case "text/csv", "application/csv", "application/octet-stream", "text/plain":
		order, err := orderIn(r.URL.Query().Get)
		return order, http.MaxBytesReader(w, r.Body, maxStream), err
	}
	return ImportOrder{}, nil, errMediaType.With("A report comes as text/csv, multipart/form-data or application/json.")
}

func orderInJSON(w http.ResponseWriter, r *http.Request, limit int64) (ImportOrder, io.Reader, error) {
	var body struct {
		ImportOrder
		Data string `json:"data"`
	}
	text, err := readBody(w, r, limit)
	if err != nil {
		return body.ImportOrder, nil, err
	}
	if err := unmarshalKnown(text, &body); err != nil {
		return body.ImportOrder, nil, errMalformed.WithFields(fault.Field{Path: "body", Code: "schema", Detail: sentence(err.Error())})
	}
	if body.Data == "" {
		return body.ImportOrder, nil, errNoFile
	}
	return body.ImportOrder, strings.NewReader(body.Data), nil
}

// maxParts bounds what comes before the file.
const maxParts = 10

// orderInForm reads the fields before the part named file, which is last.
func orderInForm(w http.ResponseWriter, r *http.Request) (ImportOrder, io.Reader, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxStream)
	form, err := r.MultipartReader()
	if err != nil {
		return ImportOrder{}, nil, errMalformed.With("The form cannot be read.").Wrap(err)
	}
	fields := map[string]string{}
	for range maxParts {
		part, err := form.NextPart()
		if err != nil {
			return ImportOrder{}, nil, errNoFile.Wrap(err)
		}
		if part.FormName() == "file" {
			order, err := orderIn(func(name string) string { return fields[name] })
			return order, part, err
		}
		value, err := io.ReadAll(io.LimitReader(part, 1024))
		if err != nil {
			return ImportOrder{}, nil, errNoFile.Wrap(err)
		}
		fields[part.FormName()] = string(value)
	}
	return ImportOrder{}, nil, errNoFile
}

// orderIn reads an order from named texts.
func orderIn(get func(name string) string) (ImportOrder, error) {
	create := get("create_missing") != "false"
	order := ImportOrder{Platform: get("platform"), CreateMissing: &create, Force: get("force") == "true"}
	var err error
	order.Campaign, err = parseID("campaign_id", get("campaign_id"))
	return order, err
}

// describeImport writes the operation into the contract by hand.
func (s *Server) describeImport() {
	op := operation(http.MethodPost, "/imports", "start-import", "Import the report of an ad platform", partners.ActionWriteMetrics, http.StatusCreated)
	op.Description += " The file is taken in whole and its rows are then filed in the background: GET the Location to follow. Sending a file again is safe, every row counts once. In a form the fields come before the file."
	registry := s.api.OpenAPI().Components.Schemas
	fields := schemaOf[ImportOrder](registry)
	fields = registry.SchemaFromRef(fields.Ref)
	op.Parameters = append(importParams(fields), partnerIDParam, validateOnlyParam, idempotencyKeyParam)
	with := func(name string, file *huma.Schema) *huma.MediaType {
		all := map[string]*huma.Schema{name: file}
		for field, schema := range fields.Properties {
			all[field] = schema
		}
		return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, Properties: all, Required: []string{"platform", name}}}
	}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv":            {Schema: &huma.Schema{Type: huma.TypeString}},
		"multipart/form-data": with("file", &huma.Schema{Type: huma.TypeString, Format: "binary"}),
		"application/json":    with("data", &huma.Schema{Type: huma.TypeString, Description: "The text of the file."}),
	}}
	s.describe(&op, "201", schemaOf[Import](registry))
}

// importParams are the order's members as parameters, for a body that is
// nothing but the file.
func importParams(fields *huma.Schema) []*huma.Param {
	var params []*huma.Param
	for _, name := range names(fields.Properties) {
		params = append(params, &huma.Param{Name: name, In: "query", Schema: fields.Properties[name], Description: "With text/csv."})
	}
	return params
}
