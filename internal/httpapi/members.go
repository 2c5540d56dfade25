package httpapi

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// membersPatience is how long an upload's request waits for the members to be
// in before it is answered that they are on their way.
const membersPatience = 20 * time.Second

// membersBody is what became of an upload.
type membersBody struct {
	AudienceID uuid.UUID `json:"audience_id" format:"uuid"`
	State      string    `json:"state" enum:"processing,ready,too_small" doc:"Of the audience."`
	Size       int64     `json:"size" doc:"People in the audience."`
	AudienceUpload
}

// addMembers is POST /audiences/{id}/members: a stream of any length in flat
// memory, so that it is outside huma.
func (s *Server) addMembers(w http.ResponseWriter, r *http.Request) {
	if err := s.tryMembers(w, r); err != nil {
		WriteProblem(w, r, err)
	}
}

func (s *Server) tryMembers(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := principal(ctx).Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	query, err := readQuery(r, "validate_only")
	if err != nil {
		return err
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return audience.ErrNotFound
	}
	media, body := sniffMembers(r.Header.Get("Content-Type"), http.MaxBytesReader(w, r.Body, maxStream))
	upload, err := s.Audiences.Take(ctx, by(ctx), id, media, body, audience.TakeOptions{
		ID: reservedID(ctx), ValidateOnly: query.validateOnly, Patience: membersPatience,
	})
	if err != nil {
		return err
	}
	state, err := s.Audiences.Get(ctx, by(ctx).Partner, id)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if upload.Stage == audience.Applying {
		status = http.StatusAccepted
		w.Header().Set("Location", Base+"/audiences/"+id.String())
	}
	return writeJSON(w, status, membersBody{id, string(state.Status), state.Size, describeUpload(upload)})
}

// sniffMembers finds out what a body without a telling type is: NDJSON begins
// with a brace.
func sniffMembers(mediaType string, body io.Reader) (string, io.Reader) {
	switch media, _, _ := mime.ParseMediaType(mediaType); media {
	case "", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "application/json":
		buffered := bufio.NewReader(body)
		start, _ := buffered.Peek(64)
		if bytes.HasPrefix(bytes.TrimSpace(start), []byte("{")) {
			return "application/x-ndjson", buffered
		}
		return "text/csv", buffered
	}
	return mediaType, body
}

// describeMembers writes the operation into the contract by hand.
func (s *Server) describeMembers() {
	op := operation(http.MethodPost, "/audiences/{id}/members", "add-members", "Upload members, as a stream of any length", partners.ActionWriteCampaigns, http.StatusOK)
	op.Description += ` One person a line, named by any of email, phone (with country code), external_id and device_id, raw or as SHA-256; raw values are hashed as they are read and never kept. A file that has first_name, last_name, zip and country is matched by these too. Every further column is an attribute for segments and models; visited_at, visits, purchased_at, purchases and purchase_value say what the person did. As NDJSON also {"attributes":{...},"visits":["2026-03-01"],"purchases":[{"at":"2026-03-01","value":"19.90"}]}.

An upload is in as a whole or not at all: one that is cut leaves nothing, send it again. A bad line is refused by its number and the rest is taken. Answered 200 when the members are in, or 202 while they are being taken in: GET the audience to follow. Sending a file again changes nothing but how long the memberships last.`
	op.Parameters = []*huma.Param{
		{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"}}, validateOnlyParam, idempotencyKeyParam,
	}
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv": text, "application/x-ndjson": text, "application/json": text,
	}}
	answer := schemaOf[membersBody](s.api.OpenAPI().Components.Schemas)
	s.describe(&op, "200", answer)
	op.Responses["202"] = &huma.Response{Description: http.StatusText(http.StatusAccepted), Content: map[string]*huma.MediaType{"application/json": {Schema: answer}}}
}
