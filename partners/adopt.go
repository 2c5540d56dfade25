package partners

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Stamp says what set a term of a partner, and how new that was.
type Stamp struct {
	At      time.Time `json:"at"`                // when it was said, by its sender's clock
	Version int64     `json:"version,omitempty"` // counts within Kind; 0: the sender gives none
	Kind    string    `json:"kind,omitempty"`    // the type of the event; "" a person
	Event   string    `json:"event,omitempty"`   // its id
}

// newer orders what two messages say about the same term: two of one sender by
// their versions, others by the time at which they were said. Ids decide
// between equals, so that in whatever order they come the same one holds.
func (s Stamp) newer(than Stamp) bool {
	if s.Kind == than.Kind && s.Version != 0 && than.Version != 0 && s.Version != than.Version {
		return s.Version > than.Version
	}
	if order := s.At.Compare(than.At); order != 0 {
		return order > 0
	}
	return cmp.Or(cmp.Compare(s.Kind, than.Kind), cmp.Compare(s.Event, than.Event)) > 0
}

// Terms are what another service says about a partner. What is absent stays.
type Terms struct {
	Stamp    Stamp
	Limits   LimitsPatch
	Contract *ContractPatch
	Flags    map[string]bool
}

// Adoption is what became of terms.
type Adoption string

// The outcomes.
const (
	Adopted    Adoption = "applied"    // at least one term is newer than what stood
	Superseded Adoption = "superseded" // newer terms stand already, or the same ones
)

// TermsAdopted lists what terms from another service changed. It is recorded
// also when they said what stood already: from then on an older message changes
// it no more.
type TermsAdopted struct {
	Stamp   Stamp          `json:"stamp"`
	Terms   []string       `json:"terms"` // those that are now as this message says
	Changes []event.Change `json:"changes"`
}

func (TermsAdopted) EventType() string { return "partner.terms_adopted" }

// Adopt takes each term that is newer than what set it before. The same
// messages leave the same partner behind, in whatever order and however often
// they come.
func (p *Partner) Adopt(by event.Origin, at time.Time, t Terms) (Adoption, error) {
	next := p.State()
	if next.Stamps == nil {
		next.Stamps = map[string]Stamp{}
	}
	if next.Flags == nil {
		next.Flags = map[string]bool{}
	}
	var taken []string
	take := func(term string, set func()) {
		if t.Stamp.newer(next.Stamps[term]) {
			set()
			next.Stamps[term] = t.Stamp
			taken = append(taken, term)
		}
	}
	if l := t.Limits.ActiveCampaigns; l.Given {
		take(termActive, func() { next.Limits.ActiveCampaigns = l.Value })
	}
	if l := t.Limits.DailyBudget; l.Given {
		take(termDaily, func() { next.Limits.DailyBudget = l.Value })
	}
	if l := t.Limits.MonthlyBudget; l.Given {
		take(termMonthly, func() { next.Limits.MonthlyBudget = l.Value })
	}
	if t.Contract != nil {
		take(termContract, func() { next.Contract = t.Contract.apply(next.Contract) })
	}
	for _, name := range slices.Sorted(maps.Keys(t.Flags)) {
		take(flagTerm(name), func() { next.Flags[name] = t.Flags[name] })
	}
	if len(taken) == 0 {
		return Superseded, nil
	}
	if err := next.validate(); err != nil {
		return "", err
	}
	changes := changed(p.state, next)
	next.UpdatedAt = at
	p.state = next
	p.record(by, at, TermsAdopted{Stamp: t.Stamp, Terms: taken, Changes: changes})
	return Adopted, nil
}

// The terms that carry a stamp.
const (
	termActive   = "limits.active_campaigns"
	termDaily    = "limits.daily_budget"
	termMonthly  = "limits.monthly_budget"
	termContract = "contract"
)

func flagTerm(name string) string { return "flags." + name }

// stampPatch notes that a person has set what the patch names: a message that
// is older than that changes it no more.
func (s *State) stampPatch(p Patch, at time.Time) {
	note := func(given bool, term string) {
		if !given {
			return
		}
		if s.Stamps == nil {
			s.Stamps = map[string]Stamp{}
		}
		s.Stamps[term] = Stamp{At: at}
	}
	if p.Limits != nil {
		note(p.Limits.ActiveCampaigns.Given, termActive)
		note(p.Limits.DailyBudget.Given, termDaily)
		note(p.Limits.MonthlyBudget.Given, termMonthly)
	}
	note(p.Contract != nil, termContract)
	for name := range p.Flags {
		note(true, flagTerm(name))
	}
}

// Adopt takes terms from another service to a partner. The errors are
// ErrNotFound and fault.ErrInvalid.
func (s *Service) Adopt(ctx context.Context, by event.Origin, id uuid.UUID, t Terms, validateOnly bool) (*Partner, Adoption, error) {
	var outcome Adoption
	change := func(p *Partner) (err error) {
		outcome, err = p.Adopt(by, s.now(), t)
		return err
	}
	if !validateOnly {
		p, err := s.store.Update(ctx, id, 0, change)
		return p, outcome, err
	}
	p, err := s.store.Get(ctx, id)
	if err == nil {
		err = change(p)
	}
	return p, outcome, err
}
