package dashboard

import (
	"context"
	"math"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
)

// Optimizer is optimization.Service.
type Optimizer interface {
	Fresh(ctx context.Context, partner uuid.UUID, q optimization.Query) ([]*optimization.Suggestion, string, error)
	List(ctx context.Context, partner uuid.UUID, q optimization.Query) ([]*optimization.Suggestion, string, error)
	Apply(ctx context.Context, by event.Origin, id uuid.UUID, p optimization.Parameters, o optimization.Options) (*optimization.Suggestion, error)
	Dismiss(ctx context.Context, by event.Origin, id uuid.UUID, why string, o optimization.Options) (*optimization.Suggestion, error)
	RollBack(ctx context.Context, by event.Origin, id uuid.UUID, why string, o optimization.Options) (*optimization.Suggestion, error)
	Review(ctx context.Context, partner, campaign uuid.UUID) (optimization.Review, error)
	Autonomy(ctx context.Context, partner uuid.UUID) (optimization.Autonomy, error)
	SetAutonomy(ctx context.Context, by event.Origin, want optimization.Settings, o optimization.Options) (optimization.Autonomy, error)
}

// suggestionsPage is what could be changed, of one campaign or of all.
type suggestionsPage struct {
	Head     *campaignHead // of one campaign
	Problem  *problem
	Open     []suggestionCard
	Past     []suggestionCard
	Decided  []decidedLine // what came of those that were chosen together
	Together bool          // several may be chosen
	MayAct   bool
	Autonomy *autonomyCard // on the page of all
	Limits   *limitsCard   // beside it
	From     string        // where to come back to
}

type suggestionCard struct {
	ID             uuid.UUID
	Revision       int64
	Type, Why      string
	Campaign, Href string
	Gain, Range    string
	Sure, Risk     string
	Evidence       []string
	Auto           string
	State          string
	Tone, Icon     string
	Note           string // how an applied one stands, or why it ended
	CanRollBack    bool
	Expires        string
	Edit           *field // what may be set otherwise before it is applied
	Unit           string
}

// autonomyCard is what the optimiser may do by itself, and its record.
type autonomyCard struct {
	Revision int64
	Types    []autonomyRow
	Fields   []field
}

type autonomyRow struct {
	Type, Name, Record string
	On, Trusted        bool
}

// suggestions shows those of all campaigns.
func (v *visit) suggestions() error { return v.suggestionsWith(http.StatusOK, nil, nil) }

func (v *visit) suggestionsWith(status int, refused *problem, wrong *mistakes, decided ...decidedLine) error {
	p := suggestionsPage{Problem: refused, Decided: decided, MayAct: v.who.Can(partners.ActionOptimize), From: "/suggestions"}
	items, _, err := v.d.Optimizer.List(v.r.Context(), v.scope(), optimization.Query{Limit: 200})
	if err != nil {
		return err
	}
	names, err := v.suggestedNames(items)
	if err != nil {
		return err
	}
	v.sortSuggestions(&p, items, names)
	p.Together = p.MayAct && len(p.Open) > 1
	a, err := v.d.Optimizer.Autonomy(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	p.Autonomy = v.autonomyCard(a, wrong)
	if p.Limits, err = v.limitsCard(a, wrong); err != nil {
		return err
	}
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	return v.page(status, "suggestions", v.locale.T("optimizer.title"), "suggestions", p)
}

// suggestedNames are the names of the campaigns that suggestions are about.
func (v *visit) suggestedNames(items []*optimization.Suggestion) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	for _, x := range items {
		id := x.State().Campaign
		if names[id] != "" {
			continue
		}
		c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id)
		if err != nil {
			return nil, err
		}
		names[id] = c.State().Name
	}
	return names, nil
}

// campaignSuggestions shows those of one campaign, as of about now.
func (v *visit) campaignSuggestions() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	head, _, err := v.head(s, "suggestions")
	if err != nil {
		return err
	}
	p := suggestionsPage{Head: &head, MayAct: v.who.Can(partners.ActionOptimize), From: "/campaigns/" + s.ID.String() + "/suggestions"}
	items, _, err := v.d.Optimizer.Fresh(v.r.Context(), v.scope(), optimization.Query{Campaign: s.ID, Limit: 200})
	if err != nil {
		return err
	}
	v.sortSuggestions(&p, items, nil)
	return v.page(http.StatusOK, "suggestions", s.Name, "campaigns", p)
}

// sortSuggestions divides what can be decided from what was.
func (v *visit) sortSuggestions(p *suggestionsPage, items []*optimization.Suggestion, names map[uuid.UUID]string) {
	for _, x := range items {
		card := v.suggestionCard(x, names)
		switch x.StatusAt(v.now) {
		case optimization.Open:
			p.Open = append(p.Open, card)
		case optimization.Superseded, optimization.Expired: // nobody's decision
		default:
			p.Past = append(p.Past, card)
		}
	}
}

func (v *visit) suggestionCard(x *optimization.Suggestion, names map[uuid.UUID]string) suggestionCard {
	l, s, status := v.locale, x.State(), x.StatusAt(v.now)
	card := suggestionCard{
		ID: s.ID, Revision: s.Revision, Type: l.T("optimizer.type." + string(s.Type)), Why: optimization.Why(s.Finding, l.Lang),
		Campaign: names[s.Campaign], Href: "/campaigns/" + s.Campaign.String() + "/suggestions",
		Gain:  l.T("optimizer.gain", "percent", l.signedPercent(s.Impact.Relative), "metric", strings.ToLower(l.Metric(s.Impact.Metric))),
		Range: l.T("optimizer.range", "low", l.signedDecimal(s.Impact.Low), "high", l.signedDecimal(s.Impact.High), "metric", strings.ToLower(l.Metric(s.Impact.Metric))),
		Sure:  l.Percent(int64(math.Round(s.Confidence*100))*10_000, 0), Risk: l.T("optimizer.risk." + string(s.Risk)),
		State: l.T("optimizer.state." + string(status)), Tone: "quiet", Icon: "clock", CanRollBack: status == optimization.Applied,
		Expires: l.Day(s.ExpiresAt.In(v.now.Location())),
	}
	if s.Change.Transfer != nil {
		card.Type = l.T("optimizer.type.transfer")
	}
	card.Edit, card.Unit = l.editable(s)
	card.Auto = l.T("optimizer.auto.yes")
	if s.Blocked != "" {
		card.Auto = l.Or("optimizer.auto.", s.Blocked, l.T("optimizer.auto.guard"))
	}
	for _, e := range s.Evidence {
		card.Evidence = append(card.Evidence, l.evidenceLine(e))
	}
	if s.Change.Targeting != nil {
		card.Evidence = append(card.Evidence, l.T("optimizer.learning"))
	}
	switch status {
	case optimization.Applied:
		card.Tone, card.Icon = "good", "ok"
	case optimization.RolledBack:
		card.Tone, card.Icon = "warn", "MEDIUM"
	}
	card.Note = l.suggestionNote(s)
	return card
}

// editable is the field of what may be set otherwise, and its currency; nil when
// nothing may.
func (l *locale) editable(s optimization.State) (*field, string) {
	name, now := "amount", s.Change.Amount()
	if s.Change.Bid != nil {
		name, now = "bid", &s.Change.Bid.After
	}
	if now == nil {
		return nil, ""
	}
	f := &field{
		ID: name + "-" + s.ID.String(), Name: name, Label: l.T("optimizer.edit."+name, "currency", string(now.Currency)),
		Value: strings.Replace(now.Amount(), ".", l.Decimal, 1), Mode: "decimal", Hint: l.T("optimizer.edit." + name + ".hint"),
	}
	return f, string(now.Currency)
}

// suggestionNote says how an applied change stands, or why one ended.
func (l *locale) suggestionNote(s optimization.State) string {
	switch {
	case s.Graded != nil:
		return l.T("optimizer.grade."+string(s.Graded.Grade), "percent", l.signedPercent(s.Graded.Difference))
	case s.Status == optimization.Applied && s.Watch != nil && s.Watch.Since.Results > 0:
		return l.T("optimizer.watch", "percent", l.signedPercent(s.Watch.Test.Difference))
	case s.Status == optimization.Applied:
		return l.T("optimizer.watching")
	}
	return s.Reason
}

// evidenceLine is a figure that a suggestion rests on, with its sample.
func (l *locale) evidenceLine(e optimization.Evidence) string {
	value := l.evidenceValue(e.Value, e.Unit)
	if e.Against != nil {
		value += " (" + l.T("optimizer.against", "value", l.evidenceValue(*e.Against, e.Unit)) + ")"
	}
	name := l.T("optimizer.evidence." + e.Metric)
	if e.Of != "" {
		name += " · " + e.Of
	}
	if e.Sample == 0 { // an estimate that counts nothing
		return name + ": " + value
	}
	return name + ": " + value + " · " + l.T("optimizer.sample", "count", l.Count(e.Sample))
}

func (l *locale) evidenceValue(value float64, unit string) string {
	switch unit {
	case "fraction":
		return l.Percent(int64(value*money.Unit), 2)
	case "days", "count":
		return l.Count(int64(math.Round(value)))
	}
	return l.Fixed(int64(value*money.Unit), 2)
}

func (l *locale) signedPercent(fraction float64) string {
	return l.signed(fraction, l.Percent(int64(math.Round(math.Abs(fraction)*1000))*1000, 1))
}

func (l *locale) signedDecimal(value float64) string {
	return l.signed(value, l.Fixed(int64(math.Abs(value)*money.Unit), 1))
}

func (v *visit) autonomyCard(a optimization.Autonomy, wrong *mistakes) *autonomyCard {
	l := v.locale
	entered := func(name string) []string {
		return []string{l.Count(int64(map[string]int{"optimizer_step": a.MaxStep, "optimizer_cooldown": a.Cooldown}[name]))}
	}
	if wrong != nil {
		entered = func(name string) []string { return v.r.PostForm[name] }
	}
	f := form{l, entered, wrong}
	card := &autonomyCard{Revision: a.Revision, Fields: []field{
		f.input("optimizer_step", "max_step_percent").number(), f.input("optimizer_cooldown", "cooldown_hours").number(),
	}}
	for _, r := range a.Records {
		row := autonomyRow{Type: string(r.Type), Name: l.T("optimizer.type." + string(r.Type)), Trusted: r.Trusted()}
		for _, t := range a.Automatic {
			row.On = row.On || t == r.Type
		}
		row.Record = l.T("optimizer.record", "improved", l.Count(int64(r.Improved)), "worse", l.Count(int64(r.Worse)),
			"unclear", l.Count(int64(r.Inconclusive+r.Confounded)), "back", l.Count(int64(r.RolledBack)))
		card.Types = append(card.Types, row)
	}
	return card
}

// decideSuggestion applies, dismisses or rolls back one.
func (v *visit) decideSuggestion() error {
	if err := v.who.Require(partners.ActionOptimize); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return optimization.ErrNotFound
	}
	ctx, by, o, action := v.r.Context(), v.by(), optimization.Options{Revision: v.revision()}, v.r.PathValue("action")
	switch action {
	case "apply":
		var p optimization.Parameters
		if p, err = v.preferred(); err == nil {
			_, err = v.d.Optimizer.Apply(ctx, by, id, p, o)
		}
	case "dismiss":
		_, err = v.d.Optimizer.Dismiss(ctx, by, id, v.r.PostFormValue("reason"), o)
	case "rollback":
		o.Revision = 0 // a watch that has looked again must not stop it
		_, err = v.d.Optimizer.RollBack(ctx, by, id, v.r.PostFormValue("reason"), o)
	default:
		return errNoPage
	}
	back := v.r.PostFormValue("from")
	if back != "/suggestions" && (!strings.HasPrefix(back, "/campaigns/") || !strings.HasSuffix(back, "/suggestions")) {
		back = "/suggestions"
	}
	if err == nil {
		return v.done(back, "optimizer_"+action)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.suggestionsWith(status, refused, wrong)
}

// preferred is what was set otherwise in the form of a suggestion.
func (v *visit) preferred() (p optimization.Parameters, err error) {
	for name, into := range map[string]**money.Money{"amount": &p.Amount, "bid": &p.Bid} {
		text := strings.TrimSpace(v.r.PostFormValue(name))
		if text == "" {
			continue
		}
		micros, err := v.locale.parseDecimal(text)
		if err != nil {
			return p, notANumber("parameters." + name)
		}
		m := money.New(micros, money.Currency(v.r.PostFormValue("currency")))
		*into = &m
	}
	return p, nil
}

// saveAutonomy sets what the optimiser may do by itself.
func (v *visit) saveAutonomy() error {
	return v.changeAutonomy("optimizer_settings", func(want *optimization.Settings) error {
		want.MaxStep, want.Cooldown = whole(v.r.PostFormValue("optimizer_step"), -1), whole(v.r.PostFormValue("optimizer_cooldown"), -1)
		want.Automatic = []optimization.Type{}
		for _, t := range v.r.PostForm["automatic"] {
			want.Automatic = append(want.Automatic, optimization.Type(t))
		}
		return nil
	})
}

// changeAutonomy sets the optimiser's settings to what they are after a change,
// or shows the page with what is wrong.
func (v *visit) changeAutonomy(done string, change func(*optimization.Settings) error) error {
	if err := v.who.Require(partners.ActionOptimize); err != nil {
		return err
	}
	a, err := v.d.Optimizer.Autonomy(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	want := a.Settings
	if err = change(&want); err == nil {
		_, err = v.d.Optimizer.SetAutonomy(v.r.Context(), v.by(), want, optimization.Options{Revision: v.revision()})
	}
	if err == nil {
		return v.done("/suggestions", done)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.suggestionsWith(status, refused, wrong)
}
