package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/segment"
)

func (s *Server) registerSegments() {
	write := partners.ActionWriteCampaigns
	const at = "/segments"
	create := operation(http.MethodPost, at, "create-segment", "Pick people by rules over what is known of them and what they did", write, http.StatusCreated)
	create.Description += ` The members are in the audience with the segment's id, which campaigns name like any other, and follow what changes: new uploads within seconds, days that pass at midnight UTC.

{"all":[{"attribute":"city","in":["Lima"]},{"attribute":"age","min":25,"max":40},{"behavior":"purchases","min":2,"window_days":90},{"not":{"behavior":"last_visit","max":7}}]}`
	route(s, create, s.createSegment)
	route(s, operation(http.MethodGet, at, "list-segments", "List segments, the newest first", partners.ActionRead, http.StatusOK), s.listSegments)
	route(s, operation(http.MethodPost, at+"/preview", "preview-segment", "How many a rule would pick, and which part of it costs most reach", partners.ActionRead, http.StatusOK), s.previewSegment)
	route(s, operation(http.MethodGet, at+"/{id}", "get-segment", "Read a segment", partners.ActionRead, http.StatusOK), s.getSegment)
	route(s, operation(http.MethodPatch, at+"/{id}", "change-segment", "Change a segment's name or rule; it is evaluated anew", write, http.StatusOK), s.changeSegment)
	route(s, operation(http.MethodDelete, at+"/{id}", "delete-segment", "Delete a segment and the audience of its members", write, http.StatusNoContent), s.deleteSegment)
}

// segmentRule shows segment.Rule in the contract, where it refers to itself.
type segmentRule struct{ segment.Rule }

// UnmarshalJSON reads the rule itself.
func (r *segmentRule) UnmarshalJSON(b []byte) error { return unmarshalKnown(b, &r.Rule) }

// MarshalJSON writes the rule itself.
func (r segmentRule) MarshalJSON() ([]byte, error) { return json.Marshal(r.Rule) }

// Schema implements huma.SchemaProvider.
func (segmentRule) Schema(r huma.Registry) *huma.Schema {
	const name, ref = "SegmentRule", "#/components/schemas/SegmentRule"
	if _, there := r.Map()[name]; !there {
		text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
		number := func(doc string) *huma.Schema {
			return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString}}, Description: doc}
		}
		list := func(doc string) *huma.Schema {
			return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Ref: ref}, Description: doc}
		}
		behavior := oneOf(segment.Behaviors)
		behavior.Description = "visits, purchases and purchase_value are sums; last_visit and last_purchase are days ago."
		r.Map()[name] = &huma.Schema{
			Type: huma.TypeObject, AdditionalProperties: false,
			Description: "Exactly one of all, any, not, attribute, behavior and audience. What is not known of somebody meets no condition, except {\"known\":false}.",
			Properties: map[string]*huma.Schema{
				"all": list("All of these hold."), "any": list("Any of these holds."), "not": {Ref: ref},
				"attribute":   text("A name of GET /audiences/attributes, with in, min, max or known."),
				"in":          {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: "Any of these values, as they were uploaded."},
				"known":       {Type: huma.TypeBoolean, Description: "Whether there is a value at all."},
				"behavior":    behavior,
				"window_days": {Type: huma.TypeInteger, Description: "The last so many days, today included; all that is kept without it."},
				"min":         number("Included."), "max": number("Included."),
				"audience": {Type: huma.TypeString, Format: "uuid", Description: "Who is in this uploaded audience."},
			},
		}
	}
	return &huma.Schema{Ref: ref}
}

type newSegment struct {
	Name        string      `json:"name" minLength:"1" maxLength:"120" example:"Loyal in Lima"`
	Description string      `json:"description,omitempty" maxLength:"1000"`
	AudienceID  *uuid.UUID  `json:"audience_id,omitempty" format:"uuid" doc:"The uploaded audience to pick from; everybody in uploaded audiences without it."`
	Rule        segmentRule `json:"rule"`
	MinimumSize *int64      `json:"minimum_size,omitempty" minimum:"1" maximum:"1000000" doc:"Below so many members its audience is too_small; 100 unless given."`
}

type segmentBody struct {
	ID          uuid.UUID   `json:"id" format:"uuid" doc:"Also of the audience that holds its members."`
	PartnerID   uuid.UUID   `json:"partner_id" format:"uuid"`
	Revision    int64       `json:"revision"`
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	AudienceID  *uuid.UUID  `json:"audience_id,omitempty" format:"uuid"`
	Rule        segmentRule `json:"rule"`
	Size        int64       `json:"size" doc:"People it picked when it was last evaluated."`
	EvaluatedAt *time.Time  `json:"evaluated_at,omitempty"`
	CreatedAt   time.Time   `json:"created_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
}

func describeSegment(s segment.State) segmentBody {
	return segmentBody{
		ID: s.ID, PartnerID: s.Partner, Revision: s.Revision, Name: s.Name, Description: s.Description, AudienceID: idOrNone(s.Base),
		Rule: segmentRule{s.Rule}, Size: s.Size, EvaluatedAt: s.EvaluatedAt, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

func idOrNone(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func idOf(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

func (s *Server) createSegment(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body newSegment
}) (*created[segmentBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	state, err := s.Segments.Create(ctx, author, segment.New{
		ID: reservedID(ctx), Name: b.Name, Description: b.Description, Base: idOf(b.AudienceID), Rule: b.Rule.Rule, MinimumSize: b.MinimumSize, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &created[segmentBody]{Base + "/segments/" + state.ID.String(), etag(state.Revision), describeSegment(state)}, nil
}

func (s *Server) listSegments(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[segmentBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Segments.List(ctx, partner, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, found, describeSegment, in.Fields, next)
}

func foundSegment(state segment.State, err error) (*found[segmentBody], error) {
	if err != nil {
		return nil, err
	}
	return &found[segmentBody]{etag(state.Revision), describeSegment(state)}, nil
}

func (s *Server) getSegment(ctx context.Context, in *ByID) (*found[segmentBody], error) {
	return foundSegment(s.Segments.Get(ctx, by(ctx).Partner, in.ID))
}

type segmentPatch struct {
	Name        *string      `json:"name,omitempty" minLength:"1" maxLength:"120"`
	Description *string      `json:"description,omitempty" maxLength:"1000"`
	Rule        *segmentRule `json:"rule,omitempty"`
}

func (s *Server) changeSegment(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body segmentPatch
}) (*found[segmentBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	p := segment.Patch{Name: in.Body.Name, Description: in.Body.Description, ValidateOnly: in.ValidateOnly}
	if in.Body.Rule != nil {
		p.Rule = &in.Body.Rule.Rule
	}
	return foundSegment(s.Segments.Change(ctx, by(ctx), in.ID, revision, p))
}

func (s *Server) deleteSegment(ctx context.Context, in *deletion) (*struct{}, error) {
	return deletes(ctx, in, segment.Patch{ValidateOnly: true}, s.Segments.Change, s.Segments.Delete)
}

type segmentQuestion struct {
	AudienceID *uuid.UUID  `json:"audience_id,omitempty" format:"uuid"`
	Rule       segmentRule `json:"rule"`
}

type segmentPreview struct {
	Size       int64         `json:"size" doc:"How many it picks."`
	Of         int64         `json:"of" doc:"How many it picks from."`
	Rules      []segmentPart `json:"rules" doc:"The parts of the outermost all, or the rule itself."`
	Suggestion *segmentPart  `json:"suggestion,omitempty" doc:"The part that costs most reach; absent when leaving one part out changes nothing."`
}

type segmentPart struct {
	Path    string `json:"path" example:"rule.all[1]"`
	Size    int64  `json:"size" doc:"How many meet this part alone."`
	Without int64  `json:"without" doc:"How many the rule would pick without it."`
	Cost    int64  `json:"cost" doc:"How many more that is."`
}

func (s *Server) previewSegment(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body segmentQuestion
}) (*plain[segmentPreview], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	a, err := s.Segments.Analyse(ctx, partner, idOf(in.Body.AudienceID), in.Body.Rule.Rule)
	if err != nil {
		return nil, err
	}
	out := segmentPreview{Size: a.Size, Of: a.Of, Rules: make([]segmentPart, len(a.Parts))}
	for i, p := range a.Parts {
		out.Rules[i] = segmentPart{p.Path, p.Alone, p.Without, p.Cost}
	}
	if a.Costliest >= 0 {
		out.Suggestion = &out.Rules[a.Costliest]
	}
	return &plain[segmentPreview]{out}, nil
}
