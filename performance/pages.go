package performance

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Totals returns everything a campaign has delivered so far, from its running
// totals. It fails with ErrNotFound.
func (s *Service) Totals(ctx context.Context, partner, campaign uuid.UUID) (Totals, error) {
	subject, err := s.subject(ctx, partner, campaign)
	if err != nil {
		return Totals{}, err
	}
	cells, err := s.log.Totals(ctx, subject.Partner, campaign)
	if err != nil {
		return Totals{}, err
	}
	return sumOf(subject, cells), nil
}

func sumOf(subject Subject, channels []ChannelTotal) Totals {
	cells := make([]*Cell, len(channels))
	for i := range channels {
		cells[i] = &channels[i].Cell
	}
	return Sum(subject, cells...)
}

// PartnerTotals returns the totals of every campaign of the partner that has
// delivered anything, in the order of ids. They are not added up: their
// currencies may differ.
func (s *Service) PartnerTotals(ctx context.Context, partner uuid.UUID) ([]Totals, error) {
	channels, err := s.log.Totals(ctx, partner, uuid.Nil)
	if err != nil {
		return nil, err
	}
	of := map[uuid.UUID][]ChannelTotal{}
	var ids []uuid.UUID
	for _, c := range channels {
		if of[c.Campaign] == nil {
			ids = append(ids, c.Campaign)
		}
		of[c.Campaign] = append(of[c.Campaign], c)
	}
	subjects, err := s.subjects.of(ctx, partner, ids)
	if err != nil {
		return nil, err
	}
	var out []Totals
	for _, id := range ids {
		if subject := subjects[id]; subject != nil {
			out = append(out, sumOf(*subject, of[id]))
		}
	}
	return out, nil
}

// MaxRawEvents bounds a page of raw events.
const MaxRawEvents = 1000

var errPageFull = errors.New("performance: the page is full")

// Events returns a page of a campaign's log in the order of recorded_at, and
// within one commit of occurred_at. next is empty after the last page. It fails
// with ErrNotFound and ErrCursor.
func (s *Service) Events(ctx context.Context, partner, campaign uuid.UUID, cursor string, limit int) (events []RawEvent, next string, err error) {
	subject, err := s.subject(ctx, partner, campaign)
	if err != nil {
		return nil, "", err
	}
	from, skip, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 || limit > MaxRawEvents {
		limit = MaxRawEvents
	}
	span := Everything
	span.KnownFrom = from
	err = s.log.Replay(ctx, subject.Partner, campaign, span, 0, func(at int64, commit []Event) error {
		first := 0
		if at == from {
			first = min(skip, len(commit))
		}
		for i := first; i < len(commit); i++ {
			if len(events) == limit {
				next = strconv.FormatInt(at, 36) + "." + strconv.Itoa(i)
				return errPageFull
			}
			events = append(events, RawEvent{Event: commit[i], RecordedAt: time.UnixMicro(at).UTC()})
		}
		return nil
	})
	if errors.Is(err, errPageFull) {
		err = nil
	}
	return events, next, err
}

// parseCursor reads the commit and how many of its events were given out.
func parseCursor(cursor string) (from int64, skip int, err error) {
	if cursor == "" {
		return minMicros, 0, nil
	}
	commit, place, ok := strings.Cut(cursor, ".")
	from, err = strconv.ParseInt(commit, 36, 64)
	if err == nil {
		skip, err = strconv.Atoi(place)
	}
	if !ok || err != nil || skip < 0 {
		return 0, 0, ErrCursor.With("The cursor %q is not one of ours.", cursor)
	}
	return from, skip, nil
}
