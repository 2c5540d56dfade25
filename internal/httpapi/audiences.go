package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

func (s *Server) registerAudiences() {
	s.registerOverlap()
	s.registerSegments()
	write := partners.ActionWriteCampaigns
	const at = "/audiences"
	route(s, operation(http.MethodPost, at, "create-audience", "Create an audience, to upload members to", write, http.StatusCreated), s.createAudience)
	route(s, operation(http.MethodGet, at, "list-audiences", "List audiences, the newest first", partners.ActionRead, http.StatusOK), s.listAudiences)
	route(s, operation(http.MethodGet, at+"/{id}", "get-audience", "Read an audience, with the progress of its last upload", partners.ActionRead, http.StatusOK), s.getAudience)
	route(s, operation(http.MethodPatch, at+"/{id}", "change-audience", "Change an audience's name, consent basis, membership life or minimum", write, http.StatusOK), s.changeAudience)
	route(s, operation(http.MethodDelete, at+"/{id}", "delete-audience", "Delete an audience; its people are forgotten unless they are in another", write, http.StatusNoContent), s.deleteAudience)
	route(s, operation(http.MethodPost, at+"/{id}/members/remove", "remove-members", "Take people out of one audience", write, http.StatusOK), s.removeMembers)
	route(s, operation(http.MethodPost, at+"/erase", "erase-people", "Forget people everywhere: every audience, attribute and upload", write, http.StatusOK), s.erasePeople)
	route(s, operation(http.MethodGet, at+"/attributes", "list-attributes", "The names of what is known of the people in audiences, for segments", partners.ActionRead, http.StatusOK), s.listAttributes)
}

type newAudience struct {
	Name           string `json:"name" minLength:"1" maxLength:"120" example:"Customers of 2026"`
	Description    string `json:"description,omitempty" maxLength:"1000"`
	ConsentBasis   string `json:"consent_basis,omitempty" enum:"not_stated,consent,contract,legitimate_interest" doc:"Why the members' data may be used. Recorded with the audience; not_stated unless given. Platforms are given only people who are in an audience that states it."`
	ConsentNote    string `json:"consent_note,omitempty" maxLength:"1000" doc:"Where it can be looked up."`
	MembershipDays *int   `json:"membership_days,omitempty" minimum:"0" maximum:"540" doc:"How many days a membership lasts after the day of its last upload (UTC); 540 unless given, 0 ends it with that day."`
	MinimumSize    *int64 `json:"minimum_size,omitempty" minimum:"1" maximum:"1000000" doc:"Below so many members the state is too_small; 100 unless given, as Meta asks."`
}

type audienceBody struct {
	ID             uuid.UUID       `json:"id" format:"uuid"`
	PartnerID      uuid.UUID       `json:"partner_id" format:"uuid"`
	Revision       int64           `json:"revision"`
	Name           string          `json:"name"`
	Description    string          `json:"description,omitempty"`
	Kind           string          `json:"kind" enum:"custom,segment,lookalike,cluster" doc:"Uploaded, or computed from what was."`
	State          string          `json:"state" enum:"processing,ready,too_small"`
	Size           int64           `json:"size" doc:"People in it."`
	MinimumSize    int64           `json:"minimum_size"`
	MembershipDays int             `json:"membership_days"`
	ConsentBasis   string          `json:"consent_basis"`
	ConsentNote    string          `json:"consent_note,omitempty"`
	Source         *audienceSource `json:"source,omitempty" doc:"What a computed one was made from."`
	Upload         *AudienceUpload `json:"upload,omitempty" doc:"The last upload; only when one audience is read."`
	CreatedAt      time.Time       `json:"created_at"`
	UpdatedAt      time.Time       `json:"updated_at"`
}

type audienceSource struct {
	ID     uuid.UUID `json:"id" format:"uuid"`
	Detail string    `json:"detail,omitempty"`
}

// AudienceUpload is how far an upload is.
type AudienceUpload struct {
	ID            uuid.UUID           `json:"id" format:"uuid"`
	Stage         string              `json:"stage" enum:"receiving,applying,applied,dropped" doc:"Until receiving is over nothing counts; from applying on it is taken in whatever happens; dropped leaves nothing."`
	Rows          int64               `json:"rows" doc:"Lines read."`
	Accepted      int64               `json:"accepted" doc:"Lines that name somebody."`
	Applied       int64               `json:"applied" doc:"Lines whose people are stored."`
	Added         int64               `json:"added" doc:"People who were not in the audience before."`
	RejectedTotal int64               `json:"rejected_total"`
	Rejected      []audienceRejection `json:"rejected" doc:"The first 100 lines that were refused."`
	IgnoredTotal  int64               `json:"ignored_total" doc:"Values that were left out of lines that were taken."`
	Ignored       []audienceRejection `json:"ignored" doc:"The first 100 of them."`
	StartedAt     time.Time           `json:"started_at"`
	UpdatedAt     time.Time           `json:"updated_at"`
	FinishedAt    *time.Time          `json:"finished_at,omitempty"`
}

// audienceRejection never repeats the value: it may be somebody's address.
type audienceRejection struct {
	Line   int    `json:"line" doc:"From 1, the header too."`
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func describeAudience(s audience.State) audienceBody {
	return audienceBody{
		ID: s.ID, PartnerID: s.Partner, Revision: s.Revision, Name: s.Name, Description: s.Description, Kind: string(s.Kind), State: string(s.Status),
		Size: s.Size, MinimumSize: s.MinimumSize, MembershipDays: s.MembershipDays, ConsentBasis: string(s.Basis), ConsentNote: s.BasisNote,
		Source: (*audienceSource)(s.Source), CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

func describeUpload(u audience.Upload) AudienceUpload {
	return AudienceUpload{
		ID: u.ID, Stage: string(u.Stage), Rows: u.Rows, Accepted: u.Accepted, Applied: u.Applied, Added: u.Added,
		RejectedTotal: u.RejectedN, Rejected: describeRejections(u.Rejected), IgnoredTotal: u.IgnoredN, Ignored: describeRejections(u.Ignored),
		StartedAt: u.StartedAt, UpdatedAt: u.UpdatedAt, FinishedAt: u.FinishedAt,
	}
}

func describeRejections(all []audience.Rejection) []audienceRejection {
	out := make([]audienceRejection, len(all))
	for i, r := range all {
		out[i] = audienceRejection(r)
	}
	return out
}

func (s *Server) createAudience(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body newAudience
}) (*created[audienceBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	state, err := s.Audiences.Create(ctx, author, audience.New{
		ID: reservedID(ctx), Name: b.Name, Description: b.Description, Basis: audience.Basis(b.ConsentBasis), BasisNote: b.ConsentNote,
		MembershipDays: b.MembershipDays, MinimumSize: b.MinimumSize, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &created[audienceBody]{Base + "/audiences/" + state.ID.String(), etag(state.Revision), describeAudience(state)}, nil
}

func (s *Server) listAudiences(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
	Kind  []string `query:"kind" doc:"Any of custom, segment, lookalike, cluster, separated by commas."`
	State []string `query:"state" doc:"Any of processing, ready, too_small, separated by commas."`
}) (*plain[list[partial[audienceBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	q := audience.Query{Limit: in.Limit, Cursor: in.Cursor}
	for _, k := range in.Kind {
		q.Kinds = append(q.Kinds, audience.Kind(k))
	}
	for _, st := range in.State {
		q.Statuses = append(q.Statuses, audience.Status(st))
	}
	found, next, err := s.Audiences.List(ctx, partner, q)
	if err != nil {
		return nil, err
	}
	return page(s, found, describeAudience, in.Fields, next)
}

func foundAudience(state audience.State, err error) (*found[audienceBody], error) {
	if err != nil {
		return nil, err
	}
	return &found[audienceBody]{etag(state.Revision), describeAudience(state)}, nil
}

func (s *Server) getAudience(ctx context.Context, in *ByID) (*found[audienceBody], error) {
	state, err := s.Audiences.Get(ctx, by(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := foundAudience(state, nil)
	if err != nil {
		return nil, err
	}
	upload, ok, err := s.Audiences.Progress(ctx, state.Partner, in.ID)
	if ok {
		described := describeUpload(upload)
		out.Body.Upload = &described
	}
	return out, err
}

type audiencePatch struct {
	Name           *string `json:"name,omitempty" minLength:"1" maxLength:"120"`
	Description    *string `json:"description,omitempty" maxLength:"1000"`
	ConsentBasis   *string `json:"consent_basis,omitempty" enum:"not_stated,consent,contract,legitimate_interest"`
	ConsentNote    *string `json:"consent_note,omitempty" maxLength:"1000"`
	MembershipDays *int    `json:"membership_days,omitempty" minimum:"0" maximum:"540" doc:"Holds for the members there are, from the next hour on."`
	MinimumSize    *int64  `json:"minimum_size,omitempty" minimum:"1" maximum:"1000000"`
}

func (s *Server) changeAudience(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body audiencePatch
}) (*found[audienceBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	b := in.Body
	return foundAudience(s.Audiences.Change(ctx, by(ctx), in.ID, revision, audience.Patch{
		Name: b.Name, Description: b.Description, Basis: (*audience.Basis)(b.ConsentBasis), BasisNote: b.ConsentNote,
		MembershipDays: b.MembershipDays, MinimumSize: b.MinimumSize, ValidateOnly: in.ValidateOnly,
	}))
}

func (s *Server) deleteAudience(ctx context.Context, in *deletion) (*struct{}, error) {
	rehearse := func(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p audience.Patch) (audience.State, error) {
		state, err := s.Audiences.Change(ctx, by, id, revision, p)
		if err == nil {
			err = state.Deletable()
		}
		return state, err
	}
	return deletes(ctx, in, audience.Patch{ValidateOnly: true}, rehearse, s.Audiences.Delete)
}

// audiencePerson names somebody, raw or as SHA-256. It is hashed at once and
// neither stored nor logged, which is why it stands in the body and never in a
// path.
type audiencePerson struct {
	Email      string `json:"email,omitempty" maxLength:"300"`
	Phone      string `json:"phone,omitempty" maxLength:"100" doc:"With the country code."`
	ExternalID string `json:"external_id,omitempty" maxLength:"300" doc:"Your own number for them, as it was uploaded."`
	DeviceID   string `json:"device_id,omitempty" maxLength:"100"`
}

type audiencePeople struct {
	People []audiencePerson `json:"people" minItems:"1" maxItems:"1000"`
}

func (b audiencePeople) persons() []identity.Person {
	all := make([]identity.Person, len(b.People))
	for i, p := range b.People {
		all[i] = identity.Person{Email: p.Email, Phone: p.Phone, ExternalID: p.ExternalID, DeviceID: p.DeviceID}
	}
	return all
}

type membersRemoved struct {
	Removed int `json:"removed" doc:"How many of them were members."`
}

func (s *Server) removeMembers(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body audiencePeople
}) (*plain[membersRemoved], error) {
	removed, err := s.Audiences.Remove(ctx, by(ctx), in.ID, in.Body.persons(), in.ValidateOnly)
	return &plain[membersRemoved]{membersRemoved{removed}}, err
}

type peopleErased struct {
	People    int `json:"people" doc:"How many were known and are forgotten now; whoever was not known is no error."`
	Audiences int `json:"audiences" doc:"In how many audiences they were."`
}

func (s *Server) erasePeople(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body audiencePeople
}) (*plain[peopleErased], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	done, err := s.Audiences.Erase(ctx, author, in.Body.persons(), in.ValidateOnly)
	return &plain[peopleErased]{peopleErased(done)}, err
}

type attributeNames struct {
	Items []string `json:"items"`
}

func (s *Server) listAttributes(ctx context.Context, in *ForPartner) (*plain[attributeNames], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	names, err := s.Audiences.Attributes(ctx, partner)
	if names == nil {
		names = []string{}
	}
	return &plain[attributeNames]{attributeNames{names}}, err
}
