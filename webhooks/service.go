package webhooks

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Config is what the Service needs.
type Config struct {
	Store  Store
	Outbox Outbox
	Sender Sender
	Policy Policy
	Now    func() time.Time
	NewID  func() uuid.UUID
	Random io.Reader
}

// Service is the use cases of endpoints.
type Service struct{ Config }

// NewService puts the use cases on a store and a sender.
func NewService(c Config) *Service { return &Service{c} }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Create makes an endpoint and returns its secret, which cannot be read again.
// The errors are fault.ErrInvalid and ErrTooMany.
func (s *Service) Create(ctx context.Context, by event.Origin, in New) (State, string, error) {
	if err := s.Policy.check(in.URL, in.Description, in.Events); err != nil {
		return State{}, "", err
	}
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	if in.ValidateOnly {
		return open(by, s.now(), in, "").State(), "", nil
	}
	secret, err := newSecret(s.Random)
	if err != nil {
		return State{}, "", err
	}
	e := open(by, s.now(), in, secret)
	if err := s.Store.Insert(ctx, e); err != nil {
		return State{}, "", err
	}
	return e.State(), secret, nil
}

// Get is an endpoint of the partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (State, error) {
	e, err := s.Store.Get(ctx, partner, id)
	if err != nil {
		return State{}, err
	}
	return e.State(), nil
}

// List is the partner's endpoints, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID) ([]State, error) {
	found, err := s.Store.List(ctx, partner)
	if err != nil {
		return nil, err
	}
	states := make([]State, len(found))
	for i, e := range found {
		states[i] = e.State()
	}
	return states, nil
}

// Change applies a patch; its errors are ErrNotFound, ErrStale and
// fault.ErrInvalid.
func (s *Service) Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p Patch) (State, error) {
	if p.ValidateOnly {
		e, err := s.Store.Get(ctx, by.Partner, id)
		if err == nil && revision != 0 && revision != e.state.Revision {
			err = ErrStale
		}
		if err == nil {
			err = e.Change(by, s.now(), p, s.Policy)
		}
		if err != nil {
			return State{}, err
		}
		return e.State(), nil
	}
	e, err := s.Store.Update(ctx, by.Partner, id, revision, func(e *Endpoint) error { return e.Change(by, s.now(), p, s.Policy) })
	if err != nil {
		return State{}, err
	}
	return e.State(), nil
}

// Delete ends an endpoint with all that was on its way.
func (s *Service) Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error {
	return s.Store.Delete(ctx, by.Partner, id, revision, func(e *Endpoint) { e.Delete(by, s.now()) })
}

// Rotate makes a new secret and returns it; the old one signs beside it for
// Overlap.
func (s *Service) Rotate(ctx context.Context, by event.Origin, id uuid.UUID) (State, string, error) {
	secret, err := newSecret(s.Random)
	if err != nil {
		return State{}, "", err
	}
	e, err := s.Store.Update(ctx, by.Partner, id, 0, func(e *Endpoint) error { e.Rotate(by, s.now(), secret); return nil })
	if err != nil {
		return State{}, "", err
	}
	return e.State(), secret, nil
}

// Test sends a webhook.test to the endpoint at once and returns what came back.
// It is not tried again, and an endpoint that is disabled is tried too.
func (s *Service) Test(ctx context.Context, by event.Origin, id uuid.UUID) (Try, error) {
	e, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil {
		return Try{}, err
	}
	at, message := s.now(), s.NewID()
	body, err := json.Marshal(Body{ID: message, Type: "webhook.test", Timestamp: at, Partner: e.state.Partner,
		Aggregate: "webhook", AggregateID: id, Data: json.RawMessage(`{"message":"It works."}`)})
	if err != nil {
		return Try{}, err
	}
	r := s.Sender.Send(ctx, sign(e.state.URL, message.String(), at, body, e.state.signing(at)))
	return Try{At: at, Status: r.Status, Error: r.Error, Answer: r.Answer, Millis: r.Duration.Milliseconds()}, nil
}

// Deliveries is a page of an endpoint's log, or ErrNotFound.
func (s *Service) Deliveries(ctx context.Context, partner, id uuid.UUID, q DeliveryQuery) ([]Delivery, string, error) {
	e, err := s.Store.Get(ctx, partner, id)
	if err != nil {
		return nil, "", err
	}
	return s.Outbox.Deliveries(ctx, e.state.Partner, id, q)
}

// Redeliver makes one delivery due again, whatever became of it, with the same
// webhook-id. Its errors are ErrNotFound and ErrDisabled.
func (s *Service) Redeliver(ctx context.Context, by event.Origin, id, delivery uuid.UUID, validateOnly bool) (Delivery, error) {
	e, err := s.enabled(ctx, by.Partner, id)
	if err != nil {
		return Delivery{}, err
	}
	d, err := s.Outbox.Delivery(ctx, e.state.Partner, id, delivery)
	if err != nil || validateOnly {
		return d, err
	}
	d.again(s.now())
	return d, s.Outbox.Save(ctx, d)
}

// RedeliverFailed makes all failed deliveries since a moment due again, and
// returns how many; with validateOnly it only counts them.
func (s *Service) RedeliverFailed(ctx context.Context, by event.Origin, id uuid.UUID, since time.Time, validateOnly bool) (count int, err error) {
	e, err := s.enabled(ctx, by.Partner, id)
	if err != nil {
		return 0, err
	}
	q := DeliveryQuery{Statuses: []Status{Exhausted}, Limit: 500}
	for {
		page, next, err := s.Outbox.Deliveries(ctx, e.state.Partner, id, q)
		if err != nil {
			return count, err
		}
		for _, d := range page {
			if d.CreatedAt.Before(since) {
				return count, nil
			}
			count++
			if validateOnly {
				continue
			}
			d.again(s.now())
			if err := s.Outbox.Save(ctx, d); err != nil {
				return count, err
			}
		}
		if q.Cursor = next; next == "" {
			return count, nil
		}
	}
}

func (s *Service) enabled(ctx context.Context, partner, id uuid.UUID) (*Endpoint, error) {
	e, err := s.Store.Get(ctx, partner, id)
	if err == nil && !e.state.Enabled {
		err = ErrDisabled
	}
	return e, err
}
