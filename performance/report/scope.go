package report

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// ScopeType is what a report is about.
type ScopeType string

// The types of scope.
const (
	ScopeCampaign  ScopeType = "campaign"  // one
	ScopeCampaigns ScopeType = "campaigns" // several, named
	ScopePartner   ScopeType = "partner"   // all of the partner's
	ScopeChannel   ScopeType = "channel"   // all of the partner's, on some channels only
)

// ScopeTypes are all of them.
var ScopeTypes = []ScopeType{ScopeCampaign, ScopeCampaigns, ScopePartner, ScopeChannel}

// MaxScopeIDs bounds the campaigns or channels that a scope names.
const MaxScopeIDs = 500

// Scope is what a report covers. IDs are campaigns, or names of channels; a
// partner's needs none.
type Scope struct {
	Type ScopeType `json:"type"`
	IDs  []string  `json:"ids,omitempty"`
}

// ParseScope reads the short form: "partner", "campaign:ID", "campaigns:ID,ID"
// or "channel:NAME,NAME".
func ParseScope(text string) Scope {
	kind, rest, _ := strings.Cut(strings.TrimSpace(text), ":")
	s := Scope{Type: ScopeType(kind)}
	for id := range strings.SplitSeq(rest, ",") {
		if id = strings.TrimSpace(id); id != "" {
			s.IDs = append(s.IDs, id)
		}
	}
	return s
}

// String is the short form.
func (s Scope) String() string {
	if len(s.IDs) == 0 {
		return string(s.Type)
	}
	return string(s.Type) + ":" + strings.Join(s.IDs, ",")
}

// UnmarshalJSON reads {"type","ids"} or the short form.
func (s *Scope) UnmarshalJSON(b []byte) error {
	var short string
	if json.Unmarshal(b, &short) == nil {
		*s = ParseScope(short)
		return nil
	}
	type plain Scope
	return json.Unmarshal(b, (*plain)(s))
}

// clean checks the scope and puts its ids in the one order that they have.
func (s Scope) clean(wrong *fault.Fields) Scope {
	switch {
	case !slices.Contains(ScopeTypes, s.Type):
		wrong.Add("scope", "not_allowed", "This is not a scope.", "partner, campaign:<id>, campaigns:<id>,<id> or channel:<name>")
		return s
	case s.Type == ScopePartner:
		s.IDs = nil // its one id, if given, is the key's own partner
		return s
	case len(s.IDs) == 0 || len(s.IDs) > MaxScopeIDs || s.Type == ScopeCampaign && len(s.IDs) != 1:
		wrong.Add("scope.ids", "out_of_range", "A campaign scope has one id, the others 1 to 500.", "ids, separated by commas in the short form")
		return s
	}
	ids := slices.Clone(s.IDs)
	for i, id := range ids {
		if s.Type == ScopeChannel {
			ids[i] = strings.ToLower(strings.TrimSpace(id))
			continue
		}
		parsed, err := uuid.Parse(id)
		if err != nil {
			wrong.Add("scope.ids", "invalid_id", "This is not an id.", "a campaign's UUID")
		}
		ids[i] = parsed.String()
	}
	slices.Sort(ids)
	s.IDs = slices.Compact(ids)
	return s
}

// campaigns are the ids of the campaigns that the scope names; none for all.
func (s Scope) campaigns() []uuid.UUID {
	if s.Type != ScopeCampaign && s.Type != ScopeCampaigns {
		return nil
	}
	ids := make([]uuid.UUID, len(s.IDs))
	for i, id := range s.IDs {
		ids[i] = uuid.MustParse(id) // clean has
	}
	return ids
}

// covers reports whether delivery on a channel belongs to the scope.
func (s Scope) covers(channel string) bool {
	return s.Type != ScopeChannel || slices.Contains(s.IDs, strings.ToLower(channel))
}
