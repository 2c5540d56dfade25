package httpapi

import (
	"context"
	"mime"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

func (s *Server) registerPanels() {
	read, write := partners.ActionRead, partners.ActionWriteCampaigns
	const at = "/panels"
	route(s, operation(http.MethodGet, at, "list-panels", "List panels, the newest first; those that are loading say how far they are", read, http.StatusOK), s.listPanels)
	route(s, operation(http.MethodGet, at+"/{id}", "get-panel", "Read a panel: its progress, attributes, countries and effective size", read, http.StatusOK), s.getPanel)
	route(s, operation(http.MethodPatch, at+"/{id}", "change-panel", "Rename a panel, or say whether it answers unasked", write, http.StatusOK), s.changePanel)
	route(s, operation(http.MethodDelete, at+"/{id}", "delete-panel", "Delete a panel with its rows; one that is loading stops", write, http.StatusNoContent), s.deletePanel)
	s.describePanelLoad()
}

// panelFormats are the media types of the two formats.
var panelFormats = map[string]panel.Format{
	"text/csv": panel.CSV, "application/csv": panel.CSV, "text/plain": panel.CSV, "text/tab-separated-values": panel.CSV, "application/octet-stream": panel.CSV, "": panel.CSV,
	"application/x-ndjson": panel.NDJSON, "application/ndjson": panel.NDJSON, "application/jsonl": panel.NDJSON, "application/x-jsonlines": panel.NDJSON,
}

// loadPanel is POST /panels. It reads a file as it comes, so that it is outside
// huma.
func (s *Server) loadPanel(w http.ResponseWriter, r *http.Request) {
	if err := s.tryPanel(w, r); err != nil {
		WriteProblem(w, r, err)
	}
}

func (s *Server) tryPanel(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := principal(ctx).Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	query, err := readQuery(r, "partner_id", "validate_only", "name", "country", "automatic", "complete")
	if err != nil {
		return err
	}
	author, err := byFor(ctx, query.partner)
	if err != nil {
		return err
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	format, known := panelFormats[media]
	if !known {
		return errMediaType.With("A panel comes as text/csv or application/x-ndjson.")
	}
	in, err := s.panelIn(r)
	if err != nil {
		return err
	}
	in.ID, in.ValidateOnly = reservedID(ctx), query.validateOnly
	state, err := s.Panels.Load(ctx, author, in, format, http.MaxBytesReader(w, r.Body, maxStream))
	if err != nil {
		return err
	}
	at := Base + "/panels/" + state.ID.String()
	if query.partner != uuid.Nil {
		at += "?partner_id=" + query.partner.String()
	}
	w.Header().Set("Location", at)
	w.Header().Set("ETag", etag(state.Revision))
	return writeJSON(w, http.StatusCreated, state)
}

// panelIn reads what the query says of the file.
func (s *Server) panelIn(r *http.Request) (in panel.New, err error) {
	values := r.URL.Query()
	in = panel.New{Name: values.Get("name"), Country: values.Get("country"), Automatic: true}
	if !values.Has("name") {
		in.Name = "Panel of " + s.opts.Now().UTC().Format("2006-01-02 15:04")
	}
	for name, into := range map[string]*bool{"automatic": &in.Automatic, "complete": &in.Complete} {
		if text := values.Get(name); text != "" {
			if *into, err = strconv.ParseBool(text); err != nil {
				return in, errMalformed.WithFields(fault.Field{Path: name, Code: "schema", Detail: "This is neither true nor false.", Allow: "true or false"})
			}
		}
	}
	return in, nil
}

// describePanelLoad writes the operation into the contract by hand.
func (s *Server) describePanelLoad() {
	op := operation(http.MethodPost, "/panels", "load-panel", "Load a file of weighted people", partners.ActionWriteCampaigns, http.StatusCreated)
	op.Description += " A row is a person: weight (how many people it stands for; 1 without), country, age, gender and any attributes. Cells are trimmed; an empty one or ? is missing, and a bar separates several values. The file is read as it comes and answered when it can be counted; GET /panels shows how far it is. A row that cannot be taken is refused by its line and the rest is taken. With an Idempotency-Key the file is held in memory first, and is bound by the usual size of a body."
	text := &huma.Schema{Type: huma.TypeString}
	flag := &huma.Schema{Type: huma.TypeBoolean}
	op.Parameters = []*huma.Param{
		{Name: "name", In: "query", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(200)}, Description: "By which people tell it from others.", Example: "Household survey 2026"},
		{Name: "country", In: "query", Schema: text, Description: "ISO 3166-1 alpha-2 code of rows that name no country.", Example: "CO"},
		{Name: "automatic", In: "query", Schema: flag, Description: "false: reach estimates are counted in it only when they name it."},
		{Name: "complete", In: "query", Schema: flag, Description: "true: the file is everybody and no sample, so that its counts have no sampling error."},
		partnerIDParam, validateOnlyParam, idempotencyKeyParam,
	}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv":             {Schema: text, Example: "weight,country,age,gender,occupation\n1290.5,US,39,male,Adm-clerical\n"},
		"application/x-ndjson": {Schema: text, Example: `{"weight":1290.5,"country":"US","age":39,"gender":"male","occupation":"Adm-clerical"}` + "\n"},
	}}
	s.describe(&op, "201", schemaOf[panel.State](s.api.OpenAPI().Components.Schemas))
}

func (s *Server) listPanels(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[panel.State]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Panels.List(ctx, partner, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, items, func(p panel.State) panel.State { return p }, in.Fields, next)
}

func foundPanel(state panel.State, err error) (*found[panel.State], error) {
	if err != nil {
		return nil, err
	}
	return &found[panel.State]{etag(state.Revision), state}, nil
}

func (s *Server) getPanel(ctx context.Context, in *struct {
	ByID
	ForPartner
}) (*found[panel.State], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	return foundPanel(s.Panels.Get(ctx, partner, in.ID))
}

type panelPatch struct {
	Name      *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Automatic *bool   `json:"automatic,omitempty" doc:"Whether reach estimates inside its countries are counted in it unasked."`
}

func (s *Server) changePanel(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body panelPatch
}) (*found[panel.State], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return foundPanel(s.Panels.Change(ctx, by(ctx), in.ID, revision, panel.Patch{Name: in.Body.Name, Automatic: in.Body.Automatic, ValidateOnly: in.ValidateOnly}))
}

func (s *Server) deletePanel(ctx context.Context, in *deletion) (*struct{}, error) {
	return deletes(ctx, in, panel.Patch{ValidateOnly: true}, s.Panels.Change, s.Panels.Delete)
}

// Location is a place that is narrowed by a radius or by none: 0 would be read
// as none, and the campaign shown to more people than was meant.
type Location struct{ targeting.Location }

// TransformSchema implements huma.SchemaTransformer.
func (Location) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	none := 0.0
	s.Properties["radius_km"].ExclusiveMinimum = &none
	return s
}

// attributeMatch is how a panel.Match looks.
type attributeMatch struct{}

// Schema implements huma.SchemaProvider.
func (attributeMatch) Schema(huma.Registry) *huma.Schema {
	number := &huma.Schema{Type: huma.TypeNumber}
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeArray, Description: "Any of these values.", Items: &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}, {Type: huma.TypeBoolean}}}},
		{
			Type: huma.TypeObject, Description: "A number between these, both included.", AdditionalProperties: false,
			Properties: map[string]*huma.Schema{"min": number, "max": number},
		},
	}}
}
