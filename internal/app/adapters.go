package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/performance"
)

// subjects shows campaigns to the metrics path: performance.Directory over
// campaigns.Store.
type subjects struct{ store campaigns.Store }

// Subjects implements performance.Directory.
func (s subjects) Subjects(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	found := make(map[uuid.UUID]performance.Subject, len(ids))
	for _, id := range ids {
		c, err := s.store.Get(ctx, partner, id)
		if errors.Is(err, campaigns.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[id] = subject(c.State())
	}
	return found, nil
}

func subject(s campaigns.State) performance.Subject {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		zone = time.UTC // a zone that a later tz database has lost
	}
	targets := performance.Targets{}
	for _, t := range s.Goals.Targets {
		targets[string(t.Metric)] = t.Micros
	}
	return performance.Subject{Partner: s.Partner, Campaign: s.ID, Currency: string(s.Currency), Zone: zone, Targets: targets}
}

// idempotency is httpapi.Idempotency over the store.
type idempotency struct{ store sqlstore.Idempotency }

// Begin implements httpapi.Idempotency.
func (i idempotency) Begin(ctx context.Context, partner uuid.UUID, route, key string, body [32]byte) (httpapi.Attempt, error) {
	rec, err := i.store.Begin(ctx, partner, route, key, body, newID())
	if err != nil {
		return httpapi.Attempt{}, err
	}
	switch rec.State {
	case sqlstore.KeyBusy:
		return httpapi.Attempt{}, httpapi.ErrKeyBusy
	case sqlstore.KeyReused:
		return httpapi.Attempt{}, httpapi.ErrKeyReused
	case sqlstore.KeyDone:
		answer := &httpapi.Answer{Status: rec.Status, Header: http.Header{}, Body: rec.Body}
		return httpapi.Attempt{Reserved: rec.Reserved, Answer: answer}, json.Unmarshal([]byte(rec.Header), &answer.Header)
	default:
		return httpapi.Attempt{Reserved: rec.Reserved}, nil
	}
}

// Finish implements httpapi.Idempotency.
func (i idempotency) Finish(ctx context.Context, partner uuid.UUID, route, key string, answer httpapi.Answer) error {
	header, err := json.Marshal(answer.Header)
	if err != nil {
		return err
	}
	return i.store.Finish(ctx, partner, route, key, answer.Status, string(header), answer.Body)
}

// Abandon implements httpapi.Idempotency.
func (i idempotency) Abandon(ctx context.Context, partner uuid.UUID, route, key string) error {
	return i.store.Abandon(ctx, partner, route, key)
}
