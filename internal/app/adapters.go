package app

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

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
