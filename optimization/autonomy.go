package optimization

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Autonomy is what a partner lets the optimiser do, and what came of what it did.
type Autonomy struct {
	Settings
	Records []Record `json:"records"` // of every type, in the order of Types
}

// Autonomy is a partner's.
func (s *Service) Autonomy(ctx context.Context, partner uuid.UUID) (Autonomy, error) {
	set, err := s.settings.Settings(ctx, partner)
	if err != nil {
		return Autonomy{}, err
	}
	records, err := s.store.Records(ctx, partner)
	if err != nil {
		return Autonomy{}, err
	}
	a := Autonomy{Settings: set}
	for _, t := range Types {
		r := records[t]
		r.Type = t
		a.Records = append(a.Records, r)
	}
	return a, nil
}

// SetAutonomy changes what by's partner lets the optimiser do.
func (s *Service) SetAutonomy(ctx context.Context, by event.Origin, want Settings, o Options) (Autonomy, error) {
	if err := s.checkSettings(ctx, by, want); err != nil {
		return Autonomy{}, err
	}
	at := s.now()
	change := func(now Settings) (Settings, error) {
		want.Revision, want.UpdatedAt = now.Revision+1, &at
		return want, nil
	}
	if o.ValidateOnly {
		a, err := s.Autonomy(ctx, by.Partner)
		if err == nil && o.Revision != 0 && o.Revision != a.Revision {
			err = ErrStaleSettings
		}
		a.Automatic, a.MaxStep, a.Cooldown, a.Limits = want.Automatic, want.MaxStep, want.Cooldown, want.Limits
		return a, err
	}
	if _, err := s.settings.SetSettings(ctx, by, at, o.Revision, change); err != nil {
		return Autonomy{}, err
	}
	if err := s.hold(ctx, by.Partner, want.Limits); err != nil {
		return Autonomy{}, err
	}
	return s.Autonomy(ctx, by.Partner)
}

// checkSettings reports every setting that cannot be, and limits of campaigns
// that the partner does not have.
func (s *Service) checkSettings(ctx context.Context, by event.Origin, want Settings) error {
	if err := want.check(); err != nil {
		return err
	}
	var wrong fault.Fields
	for i, l := range want.Limits {
		if l.Campaign == nil {
			continue
		}
		c, err := s.hands.campaigns.Get(ctx, event.Origin{Partner: by.Partner}, *l.Campaign)
		switch {
		case err == nil:
			l.checkCurrency(c.State().Currency, fmt.Sprintf("limits[%d]", i), &wrong)
		case errors.Is(err, campaigns.ErrNotFound):
			wrong.Add(fmt.Sprintf("limits[%d].campaign_id", i), "unknown_value", "The partner has no such campaign.", "the id of a campaign; leave it out for every campaign")
		default:
			return err
		}
	}
	return wrong.Err()
}
