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
	Together string        // where several that are chosen are sent; empty: they may not be
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
	p.together("/suggestions/bulk")
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
func (v *visit) campaignSuggestions() error { return v.campaignSuggestionsWith(http.StatusOK, nil) }

func (v *visit) campaignSuggestionsWith(status int, refused *problem, decided ...decidedLine) error {
	s, err := v.one()
	if err != nil {
		return err
	}
	head, _, err := v.head(s, "suggestions")
	if err != nil {
		return err
	}
	p := suggestionsPage{
		Head: &head, Problem: refused, Decided: decided, MayAct: v.who.Can(partners.ActionOptimize), From: "/campaigns/" + s.ID.String() + "/suggestions",
	}
	items, _, err := v.d.Optimizer.Fresh(v.r.Context(), v.scope(), optimization.Query{Campaign: s.ID, Limit: 200})
	if err != nil {
		return err
	}
	v.sortSuggestions(&p, items, nil)
	p.together(p.From + "/bulk")
	return v.page(status, "suggestions", s.Name, "campaigns", p)
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
		ID: s.ID, Revision: s.Revision, Type: l.T("optimizer.type." + string(s.Type)), Why: s.Why(l.reader()),
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
		card.Evidence = append(card.Evidence, l.evidenceLine(e, s.Change.Currency()))
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
func (l *locale) evidenceLine(e optimization.Evidence, currency money.Currency) string {
	value := l.evidenceValue(e.Value, e.Unit, currency)
	if e.Against != nil {
		value += " (" + l.T("optimizer.against", "value", l.evidenceValue(*e.Against, e.Unit, currency)) + ")"
	}
	name := l.T("optimizer.evidence." + e.Metric)
	if e.Of != "" {
		name += " · " + l.Channel(e.Of)
	}
	if e.Sample == 0 { // an estimate that counts nothing
		return name + ": " + value
	}
	return name + ": " + value + " · " + l.T("optimizer.sample", "count", l.Count(e.Sample))
}

func (l *locale) evidenceValue(value float64, unit string, currency money.Currency) string {
	switch {
	case unit == "fraction":
		return l.Percent(int64(value*money.Unit), 2)
	case unit == "days" || unit == "count":
		return l.Count(int64(math.Round(value)))
	case unit == "money" && currency != "":
		return l.Money(int64(math.Round(value*money.Unit)), string(currency))
	}
	return l.Fixed(int64(value*money.Unit), 2)
}

func (l *locale) signedPercent(fraction float64) string {
	return l.signed(fraction, l.Percent(int64(math.Round(math.Abs(fraction)*1000))*1000, 1))
}

func (l *locale) signedDecimal(value float64) string {
	return l.signed(value, l.Fixed(int64(math.Abs(value)*money.Unit), 1))
}

// word is what a code is called within a sentence.
func (l *locale) word(code string) string {
	for _, prefix := range []string{"reach.factor.", "gender."} {
		if l.Has(prefix + code) {
			return strings.ToLower(l.T(prefix + code))
		}
	}
	return l.Or("word.", code, l.Channel(code))
}

// reader is the visitor as who reads the optimiser's sentences.
func (l *locale) reader() optimization.Reader {
	return optimization.Reader{
		Language: l.Lang,
		Money:    func(m money.Money) string { return l.Money(m.Micros, string(m.Currency)) },
		Percent:  l.significant,
		Number: func(value float64, decimals int) string {
			return l.Fixed(int64(math.Round(value*money.Unit)), decimals)
		},
		Word: l.word,
	}
}

// significant prints a share with up to three digits that say something: shares
// of impressions differ far behind the point.
func (l *locale) significant(share float64) string {
	percent, decimals := math.Abs(100*share), 0
	if percent > 0 {
		decimals = min(4, max(0, 2-int(math.Floor(math.Log10(percent)))))
	}
	for decimals > 0 && math.Mod(math.Round(percent*math.Pow10(decimals)), 10) == 0 {
		decimals--
	}
	return l.Percent(int64(math.Round(share*money.Unit)), decimals)
}
