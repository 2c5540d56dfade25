package segment

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Behavior is something that a person did.
type Behavior string

// The behaviours. Those with an amount of days look back from today.
const (
	Visits        Behavior = "visits"         // how many
	Purchases     Behavior = "purchases"      // how many: frequency
	PurchaseValue Behavior = "purchase_value" // their sum, in the partner's currency: monetary value
	LastVisit     Behavior = "last_visit"     // days ago
	LastPurchase  Behavior = "last_purchase"  // days ago: recency
)

// Behaviors are all the behaviours.
var Behaviors = []Behavior{Visits, Purchases, PurchaseValue, LastVisit, LastPurchase}

// Number is a bound in micros, so that amounts are compared exactly. JSON has
// it as a number or a decimal string.
type Number int64

// UnmarshalJSON reads either form.
func (n *Number) UnmarshalJSON(b []byte) error {
	text := string(b)
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	micros, err := money.ParseMicros(text)
	*n = Number(micros)
	return err
}

// MarshalJSON writes a decimal string.
func (n Number) MarshalJSON() ([]byte, error) {
	return json.Marshal(n.String())
}

// String is the number without needless decimals.
func (n Number) String() string {
	if n%money.Unit == 0 {
		return fmt.Sprint(int64(n) / money.Unit)
	}
	return money.FormatMicros(int64(n))
}

// Rule is one node: exactly one of All, Any, Not, Attribute, Behavior and
// Audience is given.
type Rule struct {
	All []Rule `json:"all,omitempty"`
	Any []Rule `json:"any,omitempty"`
	Not *Rule  `json:"not,omitempty"`

	Attribute string   `json:"attribute,omitempty"`
	In        []string `json:"in,omitempty"`    // any of these values, as they were uploaded
	Known     *bool    `json:"known,omitempty"` // whether there is a value at all

	Behavior   Behavior `json:"behavior,omitempty"`
	WindowDays int      `json:"window_days,omitempty"` // the last so many days, today included; 0: all that is kept

	Min *Number `json:"min,omitempty"` // of a number, both included
	Max *Number `json:"max,omitempty"`

	Audience uuid.UUID `json:"audience,omitzero"` // who is in this uploaded audience
}

// Limits of a rule.
const (
	maxDepth      = 6
	maxConditions = 50
	maxIn         = 500
	maxWindow     = 1095
	maxText       = 200
)

// check notes everything that is wrong with a rule, by path.
func (r *Rule) check(wrong *fault.Fields, path string, depth int, left *int) {
	if depth > maxDepth {
		wrong.Add(path, "too_deep", "Rules are nested too deeply.", fmt.Sprintf("at most %d levels", maxDepth))
		return
	}
	kinds := r.kinds()
	if len(kinds) != 1 {
		wrong.Add(path, "one_of", "A rule is one thing.", "exactly one of all, any, not, attribute, behavior and audience")
		return
	}
	if *left--; *left < 0 {
		if *left == -1 {
			wrong.Add(path, "too_many", "There are too many conditions.", fmt.Sprintf("at most %d", maxConditions))
		}
		return
	}
	switch kinds[0] {
	case "all", "any":
		for i := range r.children() {
			r.children()[i].check(wrong, fmt.Sprintf("%s.%s[%d]", path, kinds[0], i), depth+1, left)
		}
		r.only(wrong, path)
	case "not":
		r.Not.check(wrong, path+".not", depth+1, left)
		r.only(wrong, path)
	case "attribute":
		r.checkAttribute(wrong, path)
	case "behavior":
		r.checkBehavior(wrong, path)
	default:
		r.only(wrong, path)
	}
}

func (r *Rule) children() []Rule {
	if len(r.All) > 0 {
		return r.All
	}
	return r.Any
}

// kinds are what a rule says it is.
func (r *Rule) kinds() (kinds []string) {
	for _, k := range []struct {
		name  string
		given bool
	}{
		{"all", len(r.All) > 0}, {"any", len(r.Any) > 0}, {"not", r.Not != nil}, {"attribute", r.Attribute != ""},
		{"behavior", r.Behavior != ""}, {"audience", r.Audience != uuid.Nil},
	} {
		if k.given {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// only refuses what belongs to another kind of rule.
func (r *Rule) only(wrong *fault.Fields, path string) {
	if r.In != nil || r.Known != nil || r.Min != nil || r.Max != nil || r.WindowDays != 0 {
		wrong.Add(path, "not_allowed", "in, known, min, max and window_days belong to attribute and behavior.", "leave them out here")
	}
}

func (r *Rule) checkAttribute(wrong *fault.Fields, path string) {
	if utf8.RuneCountInString(r.Attribute) > maxText {
		wrong.Add(path+".attribute", "too_long", "No attribute has such a name.", "GET /api/v1/audiences/attributes lists them")
	}
	if r.WindowDays != 0 {
		wrong.Add(path+".window_days", "not_allowed", "An attribute has no days.", "with behavior only")
	}
	if len(r.In) == 0 && r.Known == nil && r.Min == nil && r.Max == nil {
		wrong.Add(path, "required", "The condition says nothing about the attribute.", "in, min, max or known")
	}
	if len(r.In) > maxIn {
		wrong.Add(path+".in", "too_many", fmt.Sprintf("There are %d values.", len(r.In)), fmt.Sprintf("at most %d", maxIn))
	}
	r.checkBounds(wrong, path)
}

func (r *Rule) checkBehavior(wrong *fault.Fields, path string) {
	if !slices.Contains(Behaviors, r.Behavior) {
		wrong.Add(path+".behavior", "unknown_value", "Nothing of this kind is known.", "visits, purchases, purchase_value, last_visit or last_purchase")
	}
	if r.In != nil || r.Known != nil {
		wrong.Add(path, "not_allowed", "in and known belong to attributes.", "min and max here")
	}
	if r.Min == nil && r.Max == nil {
		wrong.Add(path, "required", "The condition has no bound.", "min or max")
	}
	if r.WindowDays < 0 || r.WindowDays > maxWindow {
		wrong.Add(path+".window_days", "out_of_range", "Nothing is kept for so long.", fmt.Sprintf("1 to %d, or nothing", maxWindow))
	}
	r.checkBounds(wrong, path)
}

func (r *Rule) checkBounds(wrong *fault.Fields, path string) {
	if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		wrong.Add(path+".max", "out_of_range", "It lies below min.", "min or more")
	}
}

// within reports whether a number lies between the bounds.
func (r *Rule) within(micros int64) bool {
	return (r.Min == nil || micros >= int64(*r.Min)) && (r.Max == nil || micros <= int64(*r.Max))
}

// meets reports whether a value of an attribute meets the condition.
func (r *Rule) meets(word string) bool {
	if r.Known != nil && !*r.Known {
		return false
	}
	if len(r.In) > 0 && !slices.Contains(r.In, word) {
		return false
	}
	if r.Min == nil && r.Max == nil {
		return true
	}
	micros, err := money.ParseMicros(word)
	return err == nil && r.within(micros)
}

// mention is an audience that a rule names, and where.
type mention struct {
	path     string
	audience uuid.UUID
}

func (r *Rule) audiences(into []mention, path string) []mention {
	if r.Audience != uuid.Nil {
		into = append(into, mention{path + ".audience", r.Audience})
	}
	for i := range r.All {
		into = r.All[i].audiences(into, fmt.Sprintf("%s.all[%d]", path, i))
	}
	for i := range r.Any {
		into = r.Any[i].audiences(into, fmt.Sprintf("%s.any[%d]", path, i))
	}
	if r.Not != nil {
		into = r.Not.audiences(into, path+".not")
	}
	return into
}

// needs is what a rule reads.
type needs struct {
	attributes []string
	behaviour  bool
	dated      bool // another day can change who matches
	audiences  []uuid.UUID
}

func (r *Rule) needs() needs {
	var n needs
	r.gather(&n)
	slices.Sort(n.attributes)
	n.attributes = slices.Compact(n.attributes)
	return n
}

func (r *Rule) gather(n *needs) {
	for i := range r.All {
		r.All[i].gather(n)
	}
	for i := range r.Any {
		r.Any[i].gather(n)
	}
	switch {
	case r.Not != nil:
		r.Not.gather(n)
	case r.Attribute != "":
		n.attributes = append(n.attributes, r.Attribute)
	case r.Behavior != "":
		n.behaviour = true
		n.dated = n.dated || r.WindowDays > 0 || r.Behavior == LastVisit || r.Behavior == LastPurchase
	case r.Audience != uuid.Nil:
		n.audiences = append(n.audiences, r.Audience)
	}
}
