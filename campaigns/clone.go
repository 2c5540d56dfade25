package campaigns

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// CloneTerms say how a clone differs from its original; what is zero is copied.
type CloneTerms struct {
	ID       uuid.UUID // reserved by the caller for a safe repetition; zero: a new one
	Name     string    // "": the original's with " (copy)"
	Timezone string
	Budget   *BudgetTerms // another currency needs goals without money, or Goals
	Goals    *Goals
}

// Clone makes a new draft like an existing campaign, with a budget of its own
// and without schedule, history and results.
func (s *Service) Clone(ctx context.Context, by event.Origin, id uuid.UUID, terms CloneTerms) (*Campaign, error) {
	original, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	_, funding, _, err := s.store.Facts(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	return s.Create(ctx, by, terms.of(original.state, funding))
}

func (t CloneTerms) of(o State, f Funding) NewCampaign {
	in := NewCampaign{
		ID: t.ID, Partner: o.Partner, Name: copyName(o.Name), Description: o.Description, Type: o.Type, Objective: o.Objective,
		Goals: o.Goals, Timezone: o.Timezone, Channels: o.Channels, Category: o.Category, Labels: o.Labels,
		Budget:    BudgetTerms{Amount: f.Limit, Kind: f.Kind, AutoPause: &f.AutoPause, Thresholds: f.Thresholds},
		creatives: o.Creatives, targeting: o.Targeting, clonedFrom: &o.ID,
	}
	set(&in.Budget, t.Budget)
	set(&in.Goals, t.Goals)
	if t.Name != "" {
		in.Name = t.Name
	}
	if t.Timezone != "" {
		in.Timezone = t.Timezone
	}
	return in
}

// copyName fits the suffix in, whatever the length of the name.
func copyName(name string) string {
	const suffix = " (copy)"
	if room := maxName - utf8.RuneCountInString(suffix); utf8.RuneCountInString(name) > room {
		name = strings.TrimSpace(string([]rune(name)[:room]))
	}
	return name + suffix
}
