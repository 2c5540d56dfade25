package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// answers is the store of idempotency keys as the API wants it.
type answers struct{ store sqlstore.Idempotency }

func (a answers) Begin(ctx context.Context, partner uuid.UUID, route, key string, body [32]byte) (httpapi.Attempt, error) {
	rec, err := a.store.Begin(ctx, partner, route, key, body, newID())
	switch {
	case err != nil:
		return httpapi.Attempt{}, err
	case rec.State == sqlstore.KeyReused:
		return httpapi.Attempt{}, httpapi.ErrKeyReused
	case rec.State == sqlstore.KeyBusy:
		return httpapi.Attempt{}, httpapi.ErrKeyBusy
	case rec.State == sqlstore.KeyDone:
		var header http.Header
		err = json.Unmarshal([]byte(rec.Header), &header)
		return httpapi.Attempt{Answer: &httpapi.Answer{Status: rec.Status, Header: header, Body: rec.Body}}, err
	}
	return httpapi.Attempt{Reserved: rec.Reserved}, nil
}

func (a answers) Finish(ctx context.Context, partner uuid.UUID, route, key string, answer httpapi.Answer) error {
	header, err := json.Marshal(answer.Header)
	if err != nil {
		return err
	}
	return a.store.Finish(ctx, partner, route, key, answer.Status, string(header), answer.Body)
}

func (a answers) Abandon(ctx context.Context, partner uuid.UUID, route, key string) error {
	return a.store.Abandon(ctx, partner, route, key)
}

// desk is an importer that counts lines.
type desk struct {
	now func() time.Time

	mu    sync.Mutex
	taken map[uuid.UUID]httpapi.Import
}

var errNoImport = fault.New(fault.NotFound, "import_not_found", "There is no such import.", "Check the id.")

func (d *desk) Start(_ context.Context, by event.Origin, order httpapi.ImportOrder, file io.Reader) (httpapi.Import, error) {
	text, err := io.ReadAll(file)
	if err != nil {
		return httpapi.Import{}, err
	}
	if order.Platform != "meta_ads" {
		return httpapi.Import{}, fault.ErrInvalid.WithFields(fault.Field{Path: "platform", Code: "unknown_value", Detail: "There is no such platform.", Allow: "meta_ads"})
	}
	job := httpapi.Import{
		ID: order.ID, Revision: 1, PartnerID: by.Partner, Platform: order.Platform, State: "running",
		Progress:  httpapi.ImportProgress{BytesTotal: int64(len(text)), Rows: bytes.Count(text, []byte("\n"))},
		Campaigns: []httpapi.ImportPlace{}, Rejections: []httpapi.ImportRejection{}, CreatedAt: d.now(), UpdatedAt: d.now(),
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken == nil {
		d.taken = map[uuid.UUID]httpapi.Import{}
	}
	if !order.ValidateOnly {
		d.taken[job.ID] = job
	}
	return job, nil
}

func (d *desk) Import(_ context.Context, partner, id uuid.UUID) (httpapi.Import, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	job, ok := d.taken[id]
	if !ok || job.PartnerID != partner {
		return httpapi.Import{}, errNoImport
	}
	return job, nil
}
