package meta

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// batchMembers is how many people one call may name.
const batchMembers = 10_000

// nobody is in the place of everybody who has left: a hash that no address has.
var nobody = strings.Repeat("0", 64)

var _ platforms.Filler = (*Client)(nil)

// Fill implements platforms.Filler: one session of batches, the last of which
// says so. Members are added, or take the place of those who were in.
func (c *Client) Fill(ctx context.Context, a platforms.Access, audience string, f platforms.Filling) error {
	s := session{Client: c, access: a, path: audience + "/users", filling: f}
	if f.Replace {
		s.path += "replace"
	}
	err := f.Members(func(batch []platforms.Member) error {
		for part := range slices.Chunk(batch, batchMembers) {
			if err := s.add(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.held == nil {
		if !f.Replace {
			return nil
		}
		s.held = [][]string{{nobody, ""}} // Meta takes no list without a row
	}
	return s.send(ctx, true)
}

// session holds one batch back: which is the last is known after it.
type session struct {
	*Client
	access  platforms.Access
	path    string
	filling platforms.Filling
	number  int
	held    [][]string
}

func (s *session) add(ctx context.Context, members []platforms.Member) error {
	if s.held != nil {
		if err := s.send(ctx, false); err != nil {
			return err
		}
	}
	s.held = make([][]string, len(members))
	for i, m := range members {
		s.held[i] = []string{m.Email, m.Phone}
	}
	return nil
}

func (s *session) send(ctx context.Context, last bool) error {
	s.number++
	var answer struct {
		Received int `json:"num_received"`
		Invalid  int `json:"num_invalid_entries"`
	}
	request, err := s.post(ctx, s.access, s.path, map[string]any{
		"session": map[string]any{"session_id": s.filling.Session, "batch_seq": s.number, "last_batch_flag": last, "estimated_num_total": s.filling.Total},
		"payload": map[string]any{"schema": []string{"EMAIL", "PHONE"}, "data": s.held},
	}, &answer)
	if err == nil && answer.Received != len(s.held) {
		err = &platforms.Failure{Class: platforms.Unknown, Message: "Meta has not received all members of the batch.", RequestID: request}
	}
	return err
}

func audienceBody(d platforms.Draft) map[string]any {
	return map[string]any{"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY", "description": clip("For "+d.Name, 100)}
}

// forget deletes an audience that is no longer used: it holds people's data. One
// that is gone is no failure.
func (c *Client) forget(ctx context.Context, a platforms.Access, audience string) error {
	var answer struct {
		Success bool `json:"success"`
	}
	_, err := c.call(ctx, a, http.MethodDelete, audience, nil, &answer)
	var f *platforms.Failure
	if errors.As(err, &f) && f.Code == "100/33" {
		return nil
	}
	return err
}

// setAudiences names in an ad set's targeting whom it is for and whom it spares.
// An ad set without one of its audiences would be for everybody, so that one
// which is not there yet stops it.
func setAudiences(spec map[string]any, d platforms.Draft, existing map[string]string) error {
	in, out := []map[string]string{}, []map[string]string{}
	for _, id := range slices.Concat(d.Targeting.CustomAudiences, d.Targeting.LookalikeAudiences) {
		if theirs(id) {
			in = append(in, map[string]string{"id": id})
		}
	}
	for _, e := range d.Targeting.Exclusions {
		if e.Criterion == targeting.ByAudience || e.Criterion == targeting.ByLookalike {
			for _, id := range e.Values {
				if theirs(id) {
					out = append(out, map[string]string{"id": id})
				}
			}
		}
	}
	for _, a := range d.Audiences {
		id := existing[a.Key()]
		switch {
		case id == "":
			return &platforms.Failure{Class: platforms.NotSent, Message: "The audience " + a.Name + " is not at Meta yet."}
		case a.Excluded:
			out = append(out, map[string]string{"id": id})
		default:
			in = append(in, map[string]string{"id": id})
		}
	}
	if len(in) > 0 {
		spec["custom_audiences"] = in
	}
	if len(out) > 0 {
		spec["excluded_custom_audiences"] = out
	}
	return nil
}

// theirs reports whether a name is Meta's own id of an audience: digits.
func theirs(name string) bool {
	return name != "" && strings.Trim(name, "0123456789") == ""
}

// sayable reports whether Meta can be told of all of some audiences.
func sayable(names []string, kept []platforms.Audience) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !theirs(name) && !slices.ContainsFunc(kept, func(a platforms.Audience) bool { return a.ID.String() == name })
	})
}
