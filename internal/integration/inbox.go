package integration

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// What this service hears. Brokers have them with a dot in place of the slash.
const (
	TypeContract   = "onboarding/contract-activated"
	TypeValidation = "partner-management/partner-validation"

	TopicContract   = "onboarding.contract-activated"
	TopicValidation = "partner-management.partner-validation"
)

// ErrUnknownType is an event that nothing here follows from.
var ErrUnknownType = fault.New(fault.Invalid, "unknown_event_type", "No event of this type is taken in.",
	"Send "+TypeContract+" or "+TypeValidation+".")

// InboxStore remembers what was taken in.
type InboxStore interface {
	// Seen is the event of a source and id, or ok is false.
	Seen(ctx context.Context, source, id string) (in event.Inbound, ok bool, err error)
	// Note keeps an event; one that is there already stays.
	Note(ctx context.Context, in event.Inbound) error
	// Recent is a page of a partner's, of uuid.Nil everybody's, the latest first.
	Recent(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []event.Inbound, next string, err error)
}

// Partners is the part of partners.Service that the inbox needs.
type Partners interface {
	Get(ctx context.Context, id uuid.UUID) (*partners.Partner, error)
	Adopt(ctx context.Context, by event.Origin, id uuid.UUID, t partners.Terms, validateOnly bool) (*partners.Partner, partners.Adoption, error)
}

// Campaigns is the part of campaigns.Service that the inbox needs.
type Campaigns interface {
	Create(ctx context.Context, by event.Origin, in campaigns.NewCampaign) (*campaigns.Campaign, error)
}

// Inbox takes events of other services in, each once.
type Inbox struct {
	store     InboxStore
	partners  Partners
	campaigns Campaigns
	now       func() time.Time
}

// NewInbox takes in through the use cases of partners and campaigns.
func NewInbox(store InboxStore, p Partners, c Campaigns, now func() time.Time) *Inbox {
	return &Inbox{store: store, partners: p, campaigns: c, now: now}
}

// Received is a page of the events of a partner, of uuid.Nil everybody's, the
// latest first.
func (x *Inbox) Received(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []event.Inbound, next string, err error) {
	return x.store.Recent(ctx, partner, limit, cursor)
}

// Receive takes in one CloudEvent. The errors are ErrCloudEvent, ErrUnknownType,
// fault.ErrInvalid with the fields of data, and partners.ErrNotFound; after any
// of them, as with validateOnly, nothing has changed. A crash on the way leaves
// an event that can come again: each step is harmless when it was done.
func (x *Inbox) Receive(ctx context.Context, by event.Origin, body []byte, validateOnly bool) (event.Inbound, error) {
	e, err := ParseCloudEvent(body)
	if err != nil {
		return event.Inbound{}, err
	}
	read, known := readers[e.Type]
	if !known {
		return event.Inbound{}, ErrUnknownType.With("No event of the type %s is taken in.", printable(e.Type))
	}
	if before, ok, err := x.store.Seen(ctx, e.Source, e.ID); err != nil || ok {
		before.Outcome = event.Duplicate
		return before, err
	}
	said, err := read(e.Data)
	if err != nil {
		return event.Inbound{}, err
	}
	now := x.now().UTC().Truncate(time.Microsecond)
	in := event.Inbound{Source: e.Source, ID: e.ID, Type: e.Type, Partner: said.Partner, Outcome: event.Ignored, ReceivedAt: now}
	if !e.Time.IsZero() {
		in.Time = &e.Time
	}
	by = origin(by, e, said.Partner)
	p, err := x.partners.Get(ctx, said.Partner)
	if err != nil {
		return event.Inbound{}, err
	}
	if said.Terms != nil {
		if p, in.Outcome, err = x.adopt(ctx, by, p, e, said, now, validateOnly); err != nil {
			return event.Inbound{}, err
		}
	}
	if validateOnly {
		return in, nil
	}
	if in.Campaign, err = x.welcome(ctx, by, p, said); err != nil {
		return event.Inbound{}, err
	}
	return in, x.store.Note(ctx, in)
}

// adopt turns what was said into terms in the partner's currency.
func (x *Inbox) adopt(ctx context.Context, by event.Origin, p *partners.Partner, e CloudEvent, said statement, now time.Time, validateOnly bool) (*partners.Partner, event.Outcome, error) {
	terms, err := said.Terms(p.State().Currency)
	if err != nil {
		return nil, "", err
	}
	terms.Stamp = partners.Stamp{At: e.Time, Version: said.Version, Kind: e.Type, Event: e.ID}
	if terms.Stamp.Version == 0 {
		terms.Stamp.Version, _ = strconv.ParseInt(e.Sequence, 10, 64)
	}
	if e.Time.IsZero() {
		terms.Stamp.At = now
	}
	p, adoption, err := x.partners.Adopt(ctx, by, said.Partner, terms, validateOnly)
	if errors.Is(err, fault.ErrInvalid) {
		err = fault.ErrInvalid.WithFields(under("data", fault.As(err).Fields)...)
	}
	return p, event.Outcome(adoption), err
}

// under puts fields below a member.
func under(member string, fields []fault.Field) []fault.Field {
	for i := range fields {
		fields[i].Path = member + "." + fields[i].Path
	}
	return fields
}

// origin is the author of what follows from an event.
func origin(by event.Origin, e CloudEvent, partner uuid.UUID) event.Origin {
	if by.Kind == "" {
		by = event.Origin{Kind: event.ActorReaction, ID: e.Type, From: "integration"}
	}
	by.Partner, by.CorrelationID = partner, e.ID
	return by
}
