package optimization

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
)

// How often a campaign is looked at.
const (
	freshFor   = time.Minute      // when somebody asks
	everyWhile = 30 * time.Minute // when nobody does
	atOnce     = 20               // campaigns in one tick: an analysis takes part of a second
)

// memory is when this node looked at what partners have last: at each campaign,
// and, under the partner's own id, at all of them together.
type memory struct {
	mu     sync.Mutex
	looked map[uuid.UUID]map[uuid.UUID]time.Time // by partner
}

// due reports whether it is time to look again, and notes that somebody does.
func (m *memory) due(partner, at uuid.UUID, now time.Time, after time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last, ok := m.looked[partner][at]; ok && now.Sub(last) < after {
		return false
	}
	if m.looked == nil {
		m.looked = map[uuid.UUID]map[uuid.UUID]time.Time{}
	}
	if m.looked[partner] == nil {
		m.looked[partner] = map[uuid.UUID]time.Time{}
	}
	m.looked[partner][at] = now
	return true
}

// forget makes everything of a partner due.
func (m *memory) forget(partner uuid.UUID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.looked, partner)
}

// Fresh is List of one campaign, after an analysis of its data as of about now.
func (s *Service) Fresh(ctx context.Context, partner uuid.UUID, q Query) ([]*Suggestion, string, error) {
	c, err := s.hands.campaigns.Get(ctx, event.Origin{Partner: partner}, q.Campaign)
	if err != nil {
		return nil, "", err
	}
	if s.looked.due(c.State().Partner, q.Campaign, s.now(), freshFor) {
		if err := s.Analyse(ctx, partner, q.Campaign); err != nil {
			return nil, "", err
		}
	}
	return s.List(ctx, partner, q)
}

// Tick looks at the campaigns that nobody has asked about for a while.
func (s *Service) Tick(ctx context.Context) error { return s.tick(ctx, uuid.Nil, atOnce) }

// Refresh looks at all running campaigns of a partner now, such as after its
// history was brought in.
func (s *Service) Refresh(ctx context.Context, partner uuid.UUID) error {
	s.looked.forget(partner)
	return s.tick(ctx, partner, math.MaxInt)
}

func (s *Service) tick(ctx context.Context, partner uuid.UUID, most int) error {
	done, cursor := 0, ""
	var partners []uuid.UUID
	for {
		items, next, err := s.hands.campaigns.List(ctx, event.Origin{Partner: partner}, campaigns.Query{Status: []campaigns.Status{campaigns.Active}, Limit: 200, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, c := range items {
			if !slices.Contains(partners, c.State().Partner) {
				partners = append(partners, c.State().Partner)
			}
			if done == most || !s.looked.due(c.State().Partner, c.State().ID, s.now(), everyWhile) {
				continue
			}
			if err := s.Analyse(ctx, c.State().Partner, c.State().ID); err != nil {
				return err
			}
			done++
		}
		if cursor = next; cursor == "" {
			return s.tickPortfolios(ctx, partners)
		}
	}
}

// tickPortfolios looks at the partners that have not been for a while.
func (s *Service) tickPortfolios(ctx context.Context, partners []uuid.UUID) error {
	for _, partner := range partners {
		if !s.looked.due(partner, partner, s.now(), everyWhile) {
			continue
		}
		if err := s.AnalysePortfolio(ctx, partner); err != nil {
			return err
		}
	}
	return nil
}

// Analyse brings a campaign's suggestions up to its data. What is found again
// stays as it was, what is found otherwise takes the place of the older one, and
// what is no longer found ends. A field whose change is under way or was changed
// a short time ago is left alone: its effect is not in the data yet.
func (s *Service) Analyse(ctx context.Context, partner, campaign uuid.UUID) error {
	c, err := s.hands.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return err
	}
	owner := c.State().Partner
	autonomy, err := s.Autonomy(ctx, owner)
	if err != nil {
		return err
	}
	found, err := s.analyst.Findings(ctx, partner, campaign, autonomy.Limits)
	if err != nil {
		return err
	}
	known, err := s.standing(ctx, owner, Query{Campaign: campaign}, func(c Change) bool { return c.Transfer == nil })
	if err != nil {
		return err
	}
	return s.bring(ctx, owner, autonomy, found, known, func(Finding) uuid.UUID { return campaign })
}

// AnalysePortfolio is Analyse of what could be moved between a partner's
// campaigns. Such a suggestion is filed under the campaign that gives.
func (s *Service) AnalysePortfolio(ctx context.Context, partner uuid.UUID) error {
	autonomy, err := s.Autonomy(ctx, partner)
	if err != nil {
		return err
	}
	found, err := s.analyst.Portfolio(ctx, partner, autonomy.Limits)
	if err != nil {
		return err
	}
	known, err := s.standing(ctx, partner, Query{Type: BudgetReallocation}, func(c Change) bool { return c.Transfer != nil })
	if err != nil {
		return err
	}
	return s.bring(ctx, partner, autonomy, found, known, func(f Finding) uuid.UUID { return f.Change.Transfer.From.Campaign })
}

// bring brings what is known up to what was found.
func (s *Service) bring(ctx context.Context, partner uuid.UUID, a Autonomy, found []Finding, known []*standing, of func(Finding) uuid.UUID) error {
	for _, f := range found {
		record := a.record(f.Type)
		f.Confidence = record.calibrated(f.Confidence)
		if err := s.take(ctx, partner, of(f), f, known, a.blocked(f, record), time.Duration(a.Cooldown)*time.Hour); err != nil {
			return err
		}
	}
	for _, old := range known {
		if old.State().Status == Open && !old.found {
			if err := s.supersede(ctx, partner, old.Suggestion, "The data no longer says so."); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing is what is known of a campaign's suggestions: those that are open,
// under way or applied, and those that were dismissed.
type standing struct {
	*Suggestion
	found bool
}

func (s *Service) standing(ctx context.Context, partner uuid.UUID, q Query, which func(Change) bool) ([]*standing, error) {
	var all []*standing
	q.Limit, q.Now = 200, s.now()
	for {
		items, next, err := s.store.List(ctx, partner, q)
		if err != nil {
			return nil, err
		}
		for _, x := range items {
			if which(x.State().Change) {
				all = append(all, &standing{Suggestion: x})
			}
		}
		if q.Cursor = next; next == "" {
			return all, nil
		}
	}
}

// take makes a suggestion of a finding unless there is one already, or it is too
// early.
func (s *Service) take(ctx context.Context, partner, campaign uuid.UUID, f Finding, known []*standing, blocked string, cooldown time.Duration) error {
	by, at := optimizer(partner), s.now()
	for _, old := range known {
		state := old.State()
		if state.Type != f.Type || state.Change.Field() != f.Change.Field() || !state.concerns(campaign, f.Change) {
			continue
		}
		switch status := old.StatusAt(at); {
		case status == Applying || status == Reverting:
			return nil
		case (status == Applied || status == RolledBack) && state.AppliedAt != nil && at.Sub(*state.AppliedAt) < state.Type.settle(cooldown):
			return nil
		case status == Dismissed && f.Change.again(state.Change) && at.Sub(*state.EndedAt) < Life:
			return nil
		case status == Open && state.Change.same(f.Change):
			old.found = true
			_, err := s.store.Update(ctx, partner, state.ID, 0, func(x *Suggestion) error {
				if x.state.Status == Open {
					x.block(by, at, blocked)
				}
				return nil
			})
			return err
		case status == Open && state.Campaign == campaign:
			old.found = true
			if err := s.supersede(ctx, partner, old.Suggestion, "A newer analysis suggests otherwise."); err != nil {
				return err
			}
		}
	}
	made, err := suggest(by, at, s.ids(), partner, campaign, f)
	if err != nil {
		return err
	}
	made.state.Blocked = blocked
	if err := s.store.Insert(ctx, made); !errors.Is(err, ErrExists) { // another node was quicker
		return err
	}
	return nil
}

// hold ends the open suggestions that new limits do not allow, and lets the next
// analysis find what they do.
func (s *Service) hold(ctx context.Context, partner uuid.UUID, limits Limits) error {
	s.looked.forget(partner)
	known, err := s.standing(ctx, partner, Query{Status: Open}, Change.ofMoney)
	if err != nil {
		return err
	}
	for _, old := range known {
		state := old.State()
		before, err := s.hands.capture(ctx, s.now(), state, state.Change)
		if err != nil { // it has moved on, and the next analysis says so
			continue
		}
		if limits.permit(state, state.Change, before) == nil {
			continue
		}
		if err := s.supersede(ctx, partner, old.Suggestion, "A limit that was set since does not allow it."); err != nil {
			return err
		}
	}
	return nil
}

// ofMoney reports whether limits are about a change.
func (c Change) ofMoney() bool { return c.ofBudget() || c.Bid != nil }

// concerns reports whether a change of a campaign would touch a campaign of the
// suggestion's.
func (s State) concerns(campaign uuid.UUID, c Change) bool {
	for _, id := range s.campaigns() {
		if id == campaign || c.Transfer != nil && id == c.Transfer.To.Campaign {
			return true
		}
	}
	return false
}

func (s *Service) supersede(ctx context.Context, partner uuid.UUID, old *Suggestion, why string) error {
	_, err := s.store.Update(ctx, partner, old.State().ID, 0, func(x *Suggestion) error {
		if x.state.Status == Open {
			x.end(optimizer(partner), s.now(), Superseded, why)
		}
		return nil
	})
	return err
}

func (a Autonomy) record(t Type) Record {
	for _, r := range a.Records {
		if r.Type == t {
			return r
		}
	}
	return Record{Type: t}
}
