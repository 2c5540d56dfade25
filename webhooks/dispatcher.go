package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/event"
)

// Dispatcher brings events to endpoints.
type Dispatcher struct {
	service *Service
	events  Events
}

// NewDispatcher works on the service's store and reads bodies from the log.
func NewDispatcher(s *Service, events Events) *Dispatcher { return &Dispatcher{s, events} }

// Body is what a receiver gets: the three members of Standard Webhooks, and
// where the event stands in the partner's feed.
type Body struct {
	ID          uuid.UUID       `json:"id"`
	Type        string          `json:"type"`
	Timestamp   time.Time       `json:"timestamp"` // when it happened
	Partner     uuid.UUID       `json:"partner_id"`
	Seq         int64           `json:"seq,omitempty"`
	Aggregate   string          `json:"aggregate"`
	AggregateID uuid.UUID       `json:"aggregate_id"`
	Data        json.RawMessage `json:"data"`
}

// Enqueue is the event log's handler: it stores a delivery for each event and
// endpoint that wants it. Handling events twice has the effect of once.
func (d *Dispatcher) Enqueue(ctx context.Context, events []event.Event) error {
	endpoints, err := d.service.Store.List(ctx, events[0].Partner)
	if err != nil || len(endpoints) == 0 {
		return err
	}
	at := d.service.now()
	var deliveries []Delivery
	for _, e := range events {
		for _, to := range endpoints {
			if to.state.Enabled && Wants(to.state.Events, e.Type) {
				deliveries = append(deliveries, newDelivery(to.state.ID, e, at))
			}
		}
	}
	return d.service.Outbox.Enqueue(ctx, deliveries)
}

const (
	round       = 200              // deliveries of one round
	perEndpoint = 20               // of them to one endpoint, so that a slow one holds up nobody
	atOnce      = 16               // requests under way
	claim       = 90 * time.Second // how long a node that died holds up what it had claimed
)

// SendDue sends what is due until nothing is. It may run on several nodes at
// once: each delivery is claimed before it is sent.
func (d *Dispatcher) SendDue(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := d.service.Outbox.Due(ctx, d.service.now(), round, perEndpoint)
		if err != nil || len(due) == 0 {
			return err
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(atOnce)
		for _, delivery := range due {
			group.Go(func() error { return d.send(ctx, delivery) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Purge forgets what is older than KeepFor.
func (d *Dispatcher) Purge(ctx context.Context) error {
	return d.service.Outbox.Purge(ctx, d.service.now().Add(-KeepFor))
}

func (d *Dispatcher) send(ctx context.Context, delivery Delivery) error {
	s := d.service
	ours, err := s.Outbox.Claim(ctx, delivery, s.now().Add(claim))
	if err != nil || !ours {
		return err
	}
	endpoint, err := s.Store.Get(ctx, delivery.Partner, delivery.Endpoint)
	if err != nil {
		return ignore(err, ErrNotFound) // deleted meanwhile
	}
	reply, err := d.post(ctx, endpoint.state, delivery)
	if errors.Is(err, errNoEvent) {
		delivery.giveUp(s.now(), errNoEvent.Error())
		return s.Outbox.Save(ctx, delivery)
	}
	if err != nil {
		return err
	}
	begun := s.now()
	if len(delivery.Tries) > 0 {
		begun = delivery.Tries[0].At
	}
	at := s.now()
	delivery.note(at, reply, rand.Float64())
	if err := s.Outbox.Save(ctx, delivery); err != nil {
		return err
	}
	return d.tell(ctx, endpoint.state, delivery, reply, at, begun)
}

// errNoEvent cannot happen while logs are only appended to. Should one have been
// cut, this delivery ends and holds up no other.
var errNoEvent = errors.New("the event is no longer in the log")

// post reads the event and sends it.
func (d *Dispatcher) post(ctx context.Context, to State, delivery Delivery) (Reply, error) {
	events, err := d.events.Read(ctx, delivery.Partner, delivery.Seq-1, 1)
	if err != nil {
		return Reply{}, err
	}
	if len(events) == 0 || events[0].ID != delivery.ID {
		return Reply{}, errNoEvent
	}
	e := events[0]
	body, err := json.Marshal(Body{ID: e.ID, Type: e.Type, Timestamp: e.OccurredAt, Partner: e.Partner, Seq: e.Seq,
		Aggregate: e.Aggregate, AggregateID: e.AggregateID, Data: e.Data})
	if err != nil {
		return Reply{}, err
	}
	at := d.service.now()
	return d.service.Sender.Send(ctx, sign(to.URL, e.ID.String(), at, body, to.signing(at))), nil
}

// tell notes at the endpoint what became of a try, where that is news.
func (d *Dispatcher) tell(ctx context.Context, to State, delivery Delivery, reply Reply, at, begun time.Time) error {
	const rarely = time.Minute // how exact DeliveredAt has to be
	if reply.OK() && to.FailingSince == nil && to.DeliveredAt != nil && at.Sub(*to.DeliveredAt) < rarely {
		return nil
	}
	by := event.Origin{Partner: to.Partner, Kind: event.ActorReaction, ID: "webhooks", From: "webhooks"}
	disabled := false // by this try: others of the same endpoint are under way
	after, err := d.service.Store.Update(ctx, to.Partner, to.ID, 0, func(e *Endpoint) error {
		if reply.OK() {
			e.Delivered(at)
			return nil
		}
		before := e.state.Enabled
		e.Failed(by, at, begun, reply.Status == statusGone, delivery.Status == Exhausted)
		disabled = before && !e.state.Enabled
		return nil
	})
	if err != nil {
		return ignore(err, ErrNotFound)
	}
	if disabled {
		slog.WarnContext(ctx, "webhook endpoint disabled", "endpoint", to.ID, "partner", to.Partner, "because", after.state.Because)
	}
	return nil
}

func ignore(err, sentinel error) error {
	if errors.Is(err, sentinel) {
		return nil
	}
	return err
}
