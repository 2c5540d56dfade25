package performance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Service is what the rest of the program asks performance for.
type Service struct {
	ingester *Ingester
	subjects *subjects
	log      Reader
	now      func() time.Time
	counter  counter
}

// NewService answers from log and takes in through ingester. now is the clock
// that future events are measured by.
func NewService(ingester *Ingester, directory Directory, log Reader, now func() time.Time) *Service {
	return &Service{ingester: ingester, subjects: newSubjects(directory, now), log: log, now: now}
}

// Record takes in events of the partner by.Partner (of an administrator: those
// of one partner) and returns when they are durable. Bad events are refused by
// index and the others are taken; those are in one transaction, so that a crash
// leaves all of them or none. Sending events again is always safe.
//
// Its errors leave the outcome open or nothing taken: ErrBusy, ErrStopping,
// Unavailable from the store, or ctx's.
func (s *Service) Record(ctx context.Context, by event.Origin, events []Event) (Receipt, error) {
	r, refused, err := s.checked(ctx, by, events)
	if err != nil {
		return Receipt{}, err
	}
	if len(r.items) == 0 {
		var receipt Receipt
		receipt.Reject(refused...)
		s.counter.add(&receipt)
		return receipt, nil
	}
	receipt, err := s.ingester.submit(ctx, r)
	if err != nil {
		return Receipt{}, err
	}
	receipt = withRefused(receipt, refused)
	s.counter.add(&receipt)
	return receipt, nil
}

// Rehearsal takes nothing in: its Record answers what each event is refused
// for. What only the log could tell, duplicates and totals that would leave
// their range, is counted as accepted.
type Rehearsal struct{ service *Service }

// Rehearsal is the service with the checks only.
func (s *Service) Rehearsal() Rehearsal { return Rehearsal{s} }

// Record checks events as Service.Record does.
func (r Rehearsal) Record(ctx context.Context, by event.Origin, events []Event) (Receipt, error) {
	good, refused, err := r.service.checked(ctx, by, events)
	if err != nil {
		return Receipt{}, err
	}
	return withRefused(Receipt{Accepted: len(good.items)}, refused), nil
}

// checked parts events into those to take in and those that are refused.
func (s *Service) checked(ctx context.Context, by event.Origin, events []Event) (r *request, refused []Rejection, err error) {
	found, err := s.subjects.of(ctx, by.Partner, campaignsOf(events))
	if err != nil {
		return nil, nil, err
	}
	by.Partner = sender(by.Partner, found, events)
	r = &request{by: by, items: make([]item, 0, len(events))}
	latest := s.now().Add(FutureTolerance).UnixMicro()
	var scratch []byte
	for i := range events {
		e := &events[i]
		subject := found[e.Campaign]
		if subject != nil && subject.Partner != by.Partner {
			subject = nil
		}
		if code, detail := check(e, subject, latest); code != "" {
			refused = append(refused, Rejection{Index: i, Code: code, Detail: detail})
			continue
		}
		it := item{event: e, subject: subject, key: KeyOf(e.ID), index: int32(i)}
		it.print, scratch = Fingerprint(e, scratch)
		r.items = append(r.items, it)
	}
	return r, refused, nil
}

// sender is the partner that events are taken in for. An administrator's key
// has none, and sends for the partner of the first campaign it names.
func sender(partner uuid.UUID, found map[uuid.UUID]*Subject, events []Event) uuid.UUID {
	for i := 0; partner == uuid.Nil && i < len(events); i++ {
		if s := found[events[i].Campaign]; s != nil {
			partner = s.Partner
		}
	}
	return partner
}

// withRefused adds the events that never reached the commit.
func withRefused(receipt Receipt, refused []Rejection) Receipt {
	if len(refused) == 0 {
		return receipt
	}
	listed, hidden := slices.Concat(refused, receipt.Rejected), receipt.Refused-len(receipt.Rejected)
	slices.SortFunc(listed, func(a, b Rejection) int { return a.Index - b.Index })
	receipt.Rejected, receipt.Refused = nil, hidden
	receipt.Reject(listed...)
	return receipt
}

// campaignsOf lists each campaign once.
func campaignsOf(events []Event) []uuid.UUID {
	seen := map[uuid.UUID]struct{}{}
	var ids []uuid.UUID
	for i := range events {
		id := events[i].Campaign
		if _, ok := seen[id]; !ok {
			seen[id] = struct{}{}
			ids = append(ids, id)
		}
	}
	return ids
}

// check holds one event against its campaign and the limits. A sender's text
// has been checked where it was read; this also guards against importers.
func check(e *Event, s *Subject, latest int64) (code, detail string) {
	switch {
	case s == nil:
		return CodeCampaignNotFound, fmt.Sprintf("There is no campaign %s that this key may report for.", e.Campaign)
	case e.ID == "" || len(e.ID) > MaxIDBytes:
		return CodeRequired, fmt.Sprintf("event_id must have 1 to %d bytes.", MaxIDBytes)
	case e.OccurredAt > latest:
		return CodeInFuture, fmt.Sprintf("occurred_at %s is more than %s ahead of our clock. Check the sender's clock and send the event again when it has happened.",
			time.UnixMicro(e.OccurredAt).UTC().Format(time.RFC3339Nano), FutureTolerance)
	case e.Currency != "" && e.Currency != s.Currency:
		return CodeCurrencyMismatch, fmt.Sprintf("The event is in %q and its campaign in %s. Convert the amounts, or report to a campaign in that currency.", e.Currency, s.Currency)
	case e.Cause != "" && !KnownCause(e.Cause), len(e.Reference) > MaxTextBytes:
		return CodeUnknownCause, fmt.Sprintf("A restatement has one of the causes %s, and a reference of at most %d bytes.", strings.Join(Causes, ", "), MaxTextBytes)
	}
	given := e.Given()
	if given == 0 && len(e.Custom) == 0 {
		return CodeRequired, "The event has no values; give at least one metric or custom value."
	}
	e.Present = given
	for m := range NumMetrics {
		limit := int64(MaxCount)
		if m.IsDecimal() {
			limit = MaxMoney
		}
		if v := *e.At(m); v > limit || v < -limit {
			return CodeOutOfRange, fmt.Sprintf("%s is too large for one event.", m)
		}
	}
	return "", ""
}
