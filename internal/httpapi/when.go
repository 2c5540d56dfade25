package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
)

// when is a moment of a query, or a date: the start of that local day of what is
// asked about.
type when struct {
	moment time.Time
	day    localday.Day
	dated  bool
}

const (
	allowMoment = "a moment of RFC 3339 such as 2026-11-01T00:00:00Z; a + of an offset is written %2B"
	allowWhen   = "a local date such as 2026-11-01, or " + allowMoment
)

var errNoTime = errors.New("neither a moment nor a date")

// Schema implements huma.SchemaProvider.
func (when) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Examples: []any{"2026-11-01"}}
}

// zoneOf finds a zone once it is needed.
type zoneOf func() (*time.Location, error)

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *when) UnmarshalText(text []byte) (err error) {
	if w.moment, err = time.Parse(time.RFC3339Nano, string(text)); err == nil {
		return nil
	}
	if w.day, err = localday.Parse(string(text)); err != nil {
		return errNoTime
	}
	w.dated = true
	return nil
}

// in is the moment; the zone is asked for only when it is a date.
func (w when) in(zone zoneOf) (time.Time, error) {
	if !w.dated {
		return w.moment, nil
	}
	loc, err := zone()
	if err != nil {
		return time.Time{}, err
	}
	start, _ := localday.Bounds(w.day, loc)
	return start, nil
}

// Span is a range of time, each end of which may be left out.
type Span struct {
	From when `query:"from" doc:"A moment of RFC 3339, or a local date: the start of that day in the zone of what is asked about."`
	To   when `query:"to" doc:"Exclusive; as from."`
}

func (r Span) in(zone zoneOf) (from, to time.Time, err error) {
	if from, err = r.From.in(zone); err != nil {
		return from, to, err
	}
	to, err = r.To.in(zone)
	return from, to, err
}

// campaignZone is where a campaign's days begin.
func (s *Server) campaignZone(ctx context.Context, partner, id uuid.UUID) zoneOf {
	return func() (*time.Location, error) {
		c, err := s.Campaigns.Get(ctx, event.Origin{Partner: partner}, id)
		if err != nil {
			return nil, err
		}
		return time.LoadLocation(c.State().Timezone)
	}
}

// partnerZone is where a partner's days begin; those of all partners together
// begin in UTC.
func (s *Server) partnerZone(ctx context.Context, id uuid.UUID) zoneOf {
	return func() (*time.Location, error) {
		if id == uuid.Nil {
			return time.UTC, nil
		}
		p, err := s.Partners.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		return time.LoadLocation(p.State().Timezone)
	}
}
