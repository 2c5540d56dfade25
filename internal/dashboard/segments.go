package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/segment"
)

// Segments is segment.Service.
type Segments interface {
	Create(ctx context.Context, by event.Origin, in segment.New) (segment.State, error)
	Analyse(ctx context.Context, partner, base uuid.UUID, r segment.Rule) (segment.Analysis, error)
	List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]segment.State, string, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error
}

type segmentsPage struct {
	Problem    *problem
	Segments   []segmentRow
	Next       string
	Fields     []field
	Conditions []conditionRow
	What, How  []option
	Preview    *segmentPreview
	May        bool
}

// segmentPreview is whom the rule that was entered would pick, and what each of
// its conditions costs.
type segmentPreview struct {
	Size, Of int64
	Advice   string
	Parts    []previewPart
}

type previewPart struct{ Rule, Alone, Without string }

type segmentRow struct {
	ID, Name, Rule string
	Size, Revision int64
	Evaluated      *time.Time
}

// conditionRow is one line of the form: what, how, and the value.
type conditionRow struct {
	Index       int
	Value, Days string
	What, How   []option
}

// behaviourMark tells a behaviour from an attribute of its name.
const behaviourMark = "#"

var conditionOps = []string{"is", "min", "max", "known", "unknown"}

func (v *visit) segments() error { return v.segmentsWith(http.StatusOK, nil, nil, nil) }

func (v *visit) segmentsWith(status int, preview *segmentPreview, refused *problem, wrong *mistakes) error {
	ctx := v.r.Context()
	found, next, err := v.d.Segments.List(ctx, v.scope(), pageSize, v.r.URL.Query().Get("cursor"))
	if err != nil {
		return err
	}
	bases, err := v.d.Audiences.All(ctx, v.scope(), audience.Custom)
	if err != nil {
		return err
	}
	ids, names := []string{""}, map[string]string{"": v.locale.T("segment.everybody")}
	for _, b := range bases {
		ids, names[b.ID.String()] = append(ids, b.ID.String()), b.Name
	}
	f := form{v.locale, func(name string) []string { return v.r.PostForm[name] }, wrong}
	p := segmentsPage{Problem: refused, Preview: preview, May: v.who.Can(partners.ActionWriteCampaigns), Fields: []field{
		f.input("segment_name", "name").whole(),
		f.choose("segment_base", "select", false, ids, func(id string) string { return names[id] }, "audience_id").whole(),
	}}
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	if p.Conditions, err = v.conditionRows(); err != nil {
		return err
	}
	for _, s := range found {
		row := segmentRow{ID: s.ID.String(), Name: s.Name, Size: s.Size, Revision: s.Revision, Rule: v.locale.ruleText(s.Rule)}
		if s.EvaluatedAt != nil {
			at := s.EvaluatedAt.In(v.now.Location())
			row.Evaluated = &at
		}
		p.Segments = append(p.Segments, row)
	}
	if next != "" {
		p.Next = "?cursor=" + next
	}
	return v.page(status, "segments", v.locale.T("segment.tab"), "audiences", p)
}

// conditionRows are what was entered, or one empty line.
func (v *visit) conditionRows() ([]conditionRow, error) {
	attributes, err := v.d.Audiences.Attributes(v.r.Context(), v.scope())
	if err != nil {
		return nil, err
	}
	entered := v.r.PostForm
	rows := make([]conditionRow, max(1, len(entered["what"])))
	at := func(name string, i int) string {
		if all := entered[name]; i < len(all) {
			return all[i]
		}
		return ""
	}
	for i := range rows {
		r := conditionRow{Index: i, Value: at("value", i), Days: at("days", i)}
		for _, b := range segment.Behaviors {
			name := behaviourMark + string(b)
			r.What = append(r.What, option{Value: name, Label: v.locale.T("segment.behavior." + string(b)), Chosen: at("what", i) == name})
		}
		for _, name := range attributes {
			r.What = append(r.What, option{Value: name, Label: name, Chosen: at("what", i) == name})
		}
		for _, op := range conditionOps {
			r.How = append(r.How, option{Value: op, Label: v.locale.T("segment.op." + op), Chosen: cmp.Or(at("how", i), "min") == op})
		}
		rows[i] = r
	}
	return rows, nil
}

// enteredRule is the form's conditions, all of which have to hold.
func (v *visit) enteredRule() (segment.Rule, error) {
	var all []segment.Rule
	what, how, values, days := v.r.PostForm["what"], v.r.PostForm["how"], v.r.PostForm["value"], v.r.PostForm["days"]
	for i := range min(len(what), len(how), len(values), len(days)) {
		r, err := condition(what[i], how[i], strings.TrimSpace(values[i]), strings.TrimSpace(days[i]))
		if err != nil {
			return segment.Rule{}, err
		}
		all = append(all, r)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return segment.Rule{All: all}, nil
}

// condition reads one line. A number is read as the API reads it, and refused
// in its words.
func condition(what, how, value, days string) (r segment.Rule, err error) {
	behaviour, isBehaviour := strings.CutPrefix(what, behaviourMark)
	if isBehaviour {
		r.Behavior = segment.Behavior(behaviour)
		if days != "" {
			if r.WindowDays, err = strconv.Atoi(days); err != nil {
				r.WindowDays = -1 // refused, and not taken for all days
			}
		}
	} else {
		r.Attribute = what
	}
	switch how {
	case "known", "unknown":
		known := how == "known"
		r.Known = &known
	case "min", "max":
		var n segment.Number
		if err := n.UnmarshalJSON([]byte(value)); err != nil {
			return r, err
		}
		if r.Min = &n; how == "max" {
			r.Min, r.Max = nil, &n
		}
	default:
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				r.In = append(r.In, part)
			}
		}
	}
	return r, nil
}

// ruleText is a rule in a few words; one that the form cannot say is shown as
// the API has it.
func (l *locale) ruleText(r segment.Rule) string {
	parts := r.All
	if len(parts) == 0 {
		parts = []segment.Rule{r}
	}
	words := make([]string, len(parts))
	for i, p := range parts {
		what := p.Attribute
		if p.Behavior != "" {
			what = l.T("segment.behavior." + string(p.Behavior))
		}
		switch {
		case what == "":
			text, err := json.Marshal(r)
			if err != nil {
				return ""
			}
			return string(text)
		case p.Known != nil:
			words[i] = what + " " + l.T("segment.op."+map[bool]string{true: "known", false: "unknown"}[*p.Known])
		default:
			words[i] = what + l.boundsText(p)
		}
	}
	return strings.Join(words, " · ")
}

func (l *locale) boundsText(p segment.Rule) (text string) {
	if len(p.In) > 0 {
		text += " " + l.T("segment.op.is") + " " + strings.Join(p.In[:min(len(p.In), 5)], ", ")
	}
	if p.Min != nil {
		text += " " + l.T("segment.op.min") + " " + p.Min.String()
	}
	if p.Max != nil {
		text += " " + l.T("segment.op.max") + " " + p.Max.String()
	}
	if p.WindowDays > 0 {
		text += " (" + l.N("audience.days", p.WindowDays) + ")"
	}
	return text
}

// enteredSegment is the form as a segment.
func (v *visit) enteredSegment() (in segment.New, err error) {
	if base := v.r.PostFormValue("segment_base"); base != "" {
		if in.Base, err = uuid.Parse(base); err != nil {
			return in, audience.ErrNotFound
		}
	}
	in.Name = v.r.PostFormValue("segment_name")
	in.Rule, err = v.enteredRule()
	return in, err
}

func (v *visit) createSegment() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	in, err := v.enteredSegment()
	if err == nil {
		_, err = v.d.Segments.Create(v.r.Context(), v.by(), in)
	}
	if err != nil {
		return v.segmentsRefused(err)
	}
	return v.done("/audiences/segments", "segment")
}

// previewSegment counts whom the form's rule picks, and keeps nothing.
func (v *visit) previewSegment() error {
	in, err := v.enteredSegment()
	var a segment.Analysis
	if err == nil {
		a, err = v.d.Segments.Analyse(v.r.Context(), v.scope(), in.Base, in.Rule)
	}
	if err != nil {
		return v.segmentsRefused(err)
	}
	return v.segmentsWith(http.StatusOK, v.previewOf(in.Rule, a), nil, nil)
}

func (v *visit) previewOf(r segment.Rule, a segment.Analysis) *segmentPreview {
	l, p := v.locale, &segmentPreview{Size: a.Size, Of: a.Of}
	parts := r.All
	if len(parts) == 0 {
		parts = []segment.Rule{r}
	}
	for i, part := range a.Parts {
		p.Parts = append(p.Parts, previewPart{
			l.ruleText(parts[i]), l.T("segment.preview.alone", "n", l.Count(part.Alone)), l.T("segment.preview.without", "n", l.Count(part.Cost)),
		})
	}
	if a.Costliest >= 0 && len(parts) > 1 {
		p.Advice = l.T("segment.preview.advice", "rule", l.ruleText(parts[a.Costliest]), "n", l.Count(a.Parts[a.Costliest].Cost))
	}
	return p
}

func (v *visit) segmentsRefused(err error) error {
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.segmentsWith(status, nil, refused, wrong)
}

func (v *visit) deleteSegment() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return segment.ErrNotFound
	}
	if err := v.d.Segments.Delete(v.r.Context(), v.by(), id, v.revision()); err != nil {
		return v.segmentsRefused(err)
	}
	return v.done("/audiences/segments", "segment_delete")
}

// chosenAudiences are those that the address names, of those there are.
func (v *visit) chosenAudiences(all []audience.State) (chosen []audience.State) {
	named := v.r.URL.Query()["audience"]
	for _, s := range all {
		if slices.Contains(named, s.ID.String()) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// gone reports whether an audience was deleted while the page was made.
func gone(err error) bool { return errors.Is(err, audience.ErrNotFound) }
