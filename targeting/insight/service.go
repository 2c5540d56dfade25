package insight

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Subject is the campaign whose targeting is judged.
type Subject struct {
	Partner   uuid.UUID
	Currency  money.Currency
	Targeting *targeting.Configuration // nil: none yet
}

// Source is what a campaign's insights rest on.
type Source interface {
	// Subject is a campaign; a partner of uuid.Nil finds every partner's.
	Subject(ctx context.Context, partner, campaign uuid.UUID) (Subject, error)
	// Parts are what a campaign brought by audience, device or country, and up to
	// when that was known.
	Parts(ctx context.Context, partner, campaign uuid.UUID, dimension string, from, to time.Time) ([]Part, time.Time, error)
	// People estimates the reach of a targeting.
	People(ctx context.Context, partner uuid.UUID, c targeting.Configuration) (Reach, bool)
}

// Service is the use cases of targeting insights.
type Service struct {
	source Source
	now    func() time.Time
}

// NewService puts the use cases on a source.
func NewService(source Source, now func() time.Time) *Service { return &Service{source, now} }

// MaxWindow is how many days back evidence may reach: audiences and prices
// change.
const MaxWindow = 90

// Campaign judges the targeting of a campaign by what it brought in the last
// days, 1 to MaxWindow. The errors are fault.ErrInvalid and those of the source.
func (s *Service) Campaign(ctx context.Context, partner, campaign uuid.UUID, days int) (Campaign, error) {
	if days < 1 || days > MaxWindow {
		return Campaign{}, fault.ErrInvalid.WithFields(fault.Field{Path: "days", Code: "out_of_range", Detail: "The window has 1 to 90 days.", Allow: "1 to 90"})
	}
	subject, err := s.source.Subject(ctx, partner, campaign)
	if err != nil {
		return Campaign{}, err
	}
	to := s.now().UTC().Truncate(time.Microsecond)
	d := Delivery{From: to.AddDate(0, 0, -days), To: to, Currency: subject.Currency, Targeting: subject.Targeting}
	for _, dimension := range []string{"audience", "device", "country"} {
		parts, known, err := s.source.Parts(ctx, subject.Partner, campaign, dimension, d.From, d.To)
		if err != nil {
			return Campaign{}, err
		}
		if dimension == "audience" {
			parts = Split(parts)
		}
		d.Parts, d.KnownAt = append(d.Parts, parts...), known
	}
	return Judge(d, func(c targeting.Configuration) (Reach, bool) { return s.source.People(ctx, subject.Partner, c) }), nil
}
