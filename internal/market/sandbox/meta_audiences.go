package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
)

// maxBatch is how many people Meta takes in one call.
const maxBatch = 10_000

// filling is a session of batches that an audience is being filled with.
type filling struct {
	id      string
	next    int // the number of the batch that has to come
	replace bool
	members map[string]bool
}

// audienceSchemas are the keys that people may be named by, and how a value has
// to look.
var audienceSchemas = map[string]*regexp.Regexp{
	"EMAIL": regexp.MustCompile(`^([0-9a-f]{64})?$`), "PHONE": regexp.MustCompile(`^([0-9a-f]{64})?$`),
	"EXTERN_ID": regexp.MustCompile(`^.{0,100}$`), "MADID": regexp.MustCompile(`^[0-9a-f-]{0,36}$`),
}

// usersRequest is the body of a batch.
type usersRequest struct {
	Session *struct {
		ID    json.Number `json:"session_id"`
		Seq   int         `json:"batch_seq"`
		Last  bool        `json:"last_batch_flag"`
		Total int         `json:"estimated_num_total"`
	} `json:"session"`
	Payload struct {
		Schema []string   `json:"schema"`
		Data   [][]string `json:"data"`
	} `json:"payload"`
}

// fill takes a batch of people into an audience: to those who are there, or at
// the end of the session in their place.
func (g *graph) fill(t *thing, replace bool) (any, error) {
	var in usersRequest
	text, err := json.Marshal(g.params)
	if err != nil {
		return nil, err
	}
	if refused := strict(text, &in); refused != nil {
		return nil, badParam("%s", refused.message)
	}
	rows, err := membersIn(in)
	if err != nil {
		return nil, err
	}
	f, err := t.sessionFor(in, replace)
	if err != nil {
		return nil, err
	}
	f.next++
	for _, row := range rows {
		f.members[row] = true
	}
	if in.Session == nil || in.Session.Last {
		t.close(f)
	}
	return map[string]any{
		"audience_id": t.id, "session_id": f.id, "num_received": len(in.Payload.Data), "num_invalid_entries": 0, "invalid_entry_samples": map[string]any{},
	}, nil
}

func membersIn(in usersRequest) (rows []string, err error) {
	p := in.Payload
	if len(p.Schema) == 0 || len(p.Data) == 0 || len(p.Data) > maxBatch {
		return nil, badParam("payload must have a schema and 1 to %d rows of data", maxBatch)
	}
	for i, row := range p.Data {
		if len(row) != len(p.Schema) {
			return nil, badParam("payload.data row %d has %d values and the schema %d", i, len(row), len(p.Schema))
		}
		for j, key := range p.Schema {
			pattern := audienceSchemas[key]
			if pattern == nil {
				return nil, badParam("payload.schema has the unknown key %s", key)
			}
			if !pattern.MatchString(row[j]) {
				return nil, badParam("payload.data row %d: %s must be a SHA-256 in lower-case hexadecimal", i, key)
			}
		}
		rows = append(rows, fmt.Sprint(row))
	}
	return rows, nil
}

// sessionFor is the session that a batch belongs to: the one under way, or a new
// one, which begins with number 1. A batch without a session is one by itself.
func (t *thing) sessionFor(in usersRequest, replace bool) (*filling, error) {
	begin := &filling{next: 1, replace: replace, members: map[string]bool{}}
	if in.Session == nil {
		return begin, nil
	}
	begin.id = in.Session.ID.String()
	if t.filling == nil || t.filling.id != begin.id {
		t.filling = begin
	}
	if f := t.filling; in.Session.Seq != f.next || f.replace != replace {
		return nil, badParam("session %s expects batch_seq %d - got %d", f.id, f.next, in.Session.Seq)
	}
	return t.filling, nil
}

func (t *thing) close(f *filling) {
	if f.replace || t.members == nil {
		t.members = map[string]bool{}
	}
	maps.Copy(t.members, f.members)
	t.filling = nil
}

// Members is how many rows the audiences of an account's platform hold.
func (s *Sandbox) Members(platform string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	for _, t := range s.things {
		if t.kind == "audience" && t.account.Platform == platform && t.text("status") != "DELETED" && t.text("status") != "REMOVED" {
			n += len(t.members)
		}
	}
	return n
}

// knowsAudiences refuses a targeting with an audience that the account has not.
func (g *graph) knowsAudiences(v any) error {
	spec, _ := v.(map[string]any)
	for _, name := range []string{"custom_audiences", "excluded_custom_audiences"} {
		list, ok := spec[name].([]any)
		if spec[name] != nil && !ok {
			return badParam("targeting.%s must be an array", name)
		}
		for _, item := range list {
			one, _ := item.(map[string]any)
			id, _ := one["id"].(string)
			t := g.byID[id]
			if t == nil || t.kind != "audience" || t.account != g.account || t.text("status") == "DELETED" {
				return &metaError{
					status: http.StatusBadRequest, code: 100, sub: 1487301, message: "Invalid parameter",
					user: fmt.Sprintf("The custom audience %s in %s is not available in this ad account.", id, name),
				}
			}
		}
	}
	return nil
}

// audienceIDs are the ids in a list of audiences of a targeting.
func audienceIDs(v any) (ids []string) {
	list, _ := v.([]any)
	for _, item := range list {
		one, _ := item.(map[string]any)
		ids = append(ids, text(one["id"]))
	}
	return ids
}

// inUse reports whether an ad set that is not deleted has an audience.
func (s *Sandbox) inUse(audience *thing) bool {
	return slices.ContainsFunc(s.things, func(t *thing) bool {
		spec, _ := t.fields["targeting"].(map[string]any)
		for _, name := range []string{"custom_audiences", "excluded_custom_audiences"} {
			if slices.Contains(audienceIDs(spec[name]), audience.id) && t.text("status") != "DELETED" {
				return true
			}
		}
		return false
	})
}
