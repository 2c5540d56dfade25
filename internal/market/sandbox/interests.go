package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// interest is what people care for, as each platform numbers it. The numbers are
// invented, in the length of theirs.
type interest struct {
	name, path   string
	meta, google string
	market       bool // Google: about to buy it, rather than fond of it
	people       int64
}

// interests are those of the sandbox.
var interests = []interest{
	{"Climbing", "Hobbies and activities › Sports", "6003106646578", "80432", false, 46_000_000},
	{"Mountaineering", "Hobbies and activities › Sports", "6003092882217", "80433", false, 18_000_000},
	{"Hiking", "Hobbies and activities › Outdoors", "6002998123892", "80434", false, 160_000_000},
	{"Camping", "Hobbies and activities › Outdoors", "6003348604581", "80435", false, 210_000_000},
	{"Trail running", "Fitness and wellness", "6003397496347", "80436", false, 21_000_000},
	{"Running", "Fitness and wellness", "6003397496348", "80437", false, 240_000_000},
	{"Cycling", "Hobbies and activities › Sports", "6003122958658", "80438", false, 190_000_000},
	{"Outdoor recreation", "Hobbies and activities", "6003382999488", "80439", false, 310_000_000},
	{"Travel", "Hobbies and activities", "6004160395895", "80440", false, 900_000_000},
	{"Adventure travel", "Hobbies and activities › Travel", "6003225325061", "80441", false, 130_000_000},
	{"Winter sports", "Hobbies and activities › Sports", "6003324061606", "80442", false, 88_000_000},
	{"Outdoor clothing", "Shopping and fashion › Clothing", "6003188355978", "80520", true, 74_000_000},
	{"Hiking boots", "Shopping and fashion › Shoes", "6003415393053", "80521", true, 39_000_000},
	{"Backpacks and luggage", "Shopping and fashion › Bags", "6003456388203", "80522", true, 52_000_000},
	{"Technology", "Technology", "6003985771306", "80443", false, 800_000_000},
}

func (i interest) has(words string) bool {
	return strings.Contains(strings.ToLower(i.name), strings.ToLower(strings.TrimSpace(words)))
}

// searchInterests is Meta's search of what an ad set can be for.
func (g *graph) searchInterests() (any, error) {
	for name := range g.params {
		if !slices.Contains([]string{"q", "limit_type", "limit", "fields", "after"}, name) {
			return nil, badParam("Unexpected parameter %s", name)
		}
	}
	words := text(g.params["q"])
	if words == "" {
		return nil, badParam("The parameter q is required.")
	}
	if kind := text(g.params["limit_type"]); kind != "" && kind != "interests" {
		return nil, badParam("The sandbox has the limit_type interests.")
	}
	var items []any
	for _, i := range interests {
		if i.has(words) {
			items = append(items, map[string]any{
				"id": i.meta, "name": i.name, "type": "interests", "path": strings.Split("Interests › "+i.path+" › "+i.name, " › "),
				"audience_size_lower_bound": i.people * 17 / 20, "audience_size_upper_bound": i.people,
			})
		}
	}
	return g.page(items, 25)
}

// knowsPeople refuses a targeting that names what is not there.
func (g *graph) knowsPeople(targeting any) error {
	if err := g.knowsAudiences(targeting); err != nil {
		return err
	}
	return g.knowsInterests(targeting)
}

// knowsInterests refuses a targeting with an interest that Meta has not.
func (g *graph) knowsInterests(v any) error {
	spec, _ := v.(map[string]any)
	groups, ok := spec["flexible_spec"].([]any)
	if spec["flexible_spec"] != nil && !ok {
		return badParam("targeting.flexible_spec must be an array")
	}
	for _, group := range groups {
		one, _ := group.(map[string]any)
		list, ok := one["interests"].([]any)
		if !ok || len(list) == 0 || len(one) != 1 {
			return badParam("In the sandbox targeting.flexible_spec has interests and nothing else")
		}
		for _, item := range list {
			chosen, _ := item.(map[string]any)
			if id := fmt.Sprint(chosen["id"]); !slices.ContainsFunc(interests, func(i interest) bool { return i.meta == id }) {
				return &metaError{status: http.StatusBadRequest, code: 100, sub: 1487079, message: "Invalid parameter", user: "The interest " + id + " cannot be used for targeting."}
			}
		}
	}
	return nil
}

// googleInterests are Google's, as rows.
func googleInterests(a *account) (all []record) {
	for _, i := range interests {
		id, _ := strconv.ParseInt(i.google, 10, 64)
		all = append(all, record{
			"user_interest.user_interest_id": id, "user_interest.name": i.name, "user_interest.resource_name": "customers/" + a.ID + "/userInterests/" + i.google,
			"user_interest.taxonomy_type": map[bool]string{true: "IN_MARKET", false: "AFFINITY"}[i.market], "user_interest.launched_to_all": true,
		})
	}
	return all
}

type interestInfo struct {
	Category string `json:"userInterestCategory"`
}

func (m *mutation) checkInterest(i interestInfo) *googleError {
	for _, known := range interests {
		if i.Category == "customers/"+m.account.ID+"/userInterests/"+known.google {
			return nil
		}
	}
	return badArgument("criterionError", "INVALID_USER_INTEREST", "The user interest is not known.")
}

// Interests are the names of those that an ad set or an ad group is for.
func (s *Sandbox) Interests(id string) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byID[id]
	said := fmt.Sprint(t.fields["targeting"])
	for _, c := range s.things {
		if c.kind == "listed" && c.parent == t && c.text("status") != "REMOVED" {
			said += fmt.Sprint(c.fields["userInterest"])
		}
	}
	for _, i := range interests {
		if strings.Contains(said, i.meta) || strings.Contains(said, "userInterests/"+i.google) {
			names = append(names, i.name)
		}
	}
	return names
}
