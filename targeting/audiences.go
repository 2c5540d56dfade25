package targeting

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// KeptAudience is an audience of ours that a configuration names.
type KeptAudience struct {
	Path     string // "custom_audiences[0]", "exclusions[1].values[0]"
	Name     string // as it stands there
	ID       uuid.UUID
	Excluded bool
}

// KeptAudiences are the audiences kept here that the configuration names, by
// their ids; exclusions come last. Any other name is that of an audience which
// an ad platform keeps, and nothing is known of it here.
func (c Configuration) KeptAudiences() []KeptAudience {
	var all []KeptAudience
	add := func(path string, names []string, excluded bool) {
		for i, name := range names {
			if id, err := uuid.Parse(name); err == nil {
				all = append(all, KeptAudience{fmt.Sprintf("%s[%d]", path, i), name, id, excluded})
			}
		}
	}
	add(string(ByAudience), c.CustomAudiences, false)
	add(string(ByLookalike), c.LookalikeAudiences, false)
	for i, x := range c.Exclusions {
		if x.Criterion == ByAudience || x.Criterion == ByLookalike {
			add(fmt.Sprintf("exclusions[%d].values", i), x.Values, true)
		}
	}
	return all
}

// Called is the configuration with the names of audiences that are kept here in
// the place of their ids; what name does not know stays as it is.
func (c Configuration) Called(name func(uuid.UUID) (string, bool)) Configuration {
	called := func(ids []string) []string {
		return each(ids, func(text string) string {
			if id, err := uuid.Parse(text); err == nil {
				if known, ok := name(id); ok {
					return known
				}
			}
			return text
		})
	}
	c.CustomAudiences, c.LookalikeAudiences = called(c.CustomAudiences), called(c.LookalikeAudiences)
	c.Exclusions = slices.Clone(c.Exclusions)
	for i, x := range c.Exclusions {
		if x.Criterion == ByAudience || x.Criterion == ByLookalike {
			c.Exclusions[i].Values = called(x.Values)
		}
	}
	return c
}

// Missing is the refusal of an audience that is not there, or is somebody
// else's: which of the two, nobody learns.
func (a KeptAudience) Missing() fault.Field {
	return fault.Field{Path: a.Path, Code: "audience_not_found", Detail: "There is no such audience.", Allow: "the id of an audience of the partner; GET /api/v1/audiences lists them"}
}
