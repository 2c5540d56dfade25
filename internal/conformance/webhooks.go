package conformance

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/webhooks"
)

// WebhookStore is where endpoints and their deliveries are kept.
type WebhookStore interface {
	webhooks.Store
	webhooks.Outbox
}

// Webhooks holds the store of webhooks to its ports.
func Webhooks(t *testing.T, b Backend) {
	cases{
		"an endpoint is read as it was stored":                 webhookStored,
		"of two changes of one revision one wins":              webhookStale,
		"a partner has at most 20 endpoints":                   webhookMost,
		"another partner's endpoint is as a missing one":       webhookForeign,
		"an event is delivered once to an endpoint":            deliveryOnce,
		"a delivery is claimed once":                           deliveryClaimed,
		"a slow endpoint leaves room for others":               deliveryFair,
		"disabled endpoints have nothing due":                  deliveryDisabled,
		"deliveries are listed by state, the newest first":     deliveryList,
		"what an endpoint is deleted with is gone":             webhookDeleted,
		"old deliveries are forgotten":                         deliveryPurged,
		"what was delivered is noted without another revision": webhookQuiet,
	}.run(t, b)
}

// hooked is a partner with the service of webhooks over the backend.
type hooked struct {
	world
	*webhooks.Service
	id uuid.UUID
}

func (w world) hooked() hooked {
	w.Helper()
	return hooked{w, webhooks.NewService(webhooks.Config{
		Store: w.Webhooks, Outbox: w.Webhooks, Now: w.Now, NewID: newID, Random: zeros{},
	}), w.partner()}
}

// zeros is a source of secrets that are all alike.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func (h hooked) endpoint() webhooks.State {
	h.Helper()
	by := operator
	by.Partner = h.id
	made, _, err := h.Create(h.Context(), by, webhooks.New{Partner: h.id, URL: "https://example.com/hook", Events: []string{"*"}})
	h.must(err)
	return made
}

func (h hooked) enqueue(to webhooks.State, n int) []webhooks.Delivery {
	h.Helper()
	var all []webhooks.Delivery
	for i := range n {
		at := h.now().Add(time.Duration(i-n) * time.Second)
		all = append(all, webhooks.Delivery{ID: newID(), Partner: h.id, Endpoint: to.ID, Seq: int64(i + 1), Type: "alert.raised", Status: webhooks.Pending, NextAt: &at, CreatedAt: at})
	}
	h.must(h.Webhooks.Enqueue(h.Context(), all))
	return all
}

// due are the due deliveries of this partner: the backend is shared.
func (h hooked) due() []webhooks.Delivery {
	h.Helper()
	all, err := h.Webhooks.Due(h.Context(), h.now(), 10_000, 3)
	h.must(err)
	var mine []webhooks.Delivery
	for _, d := range all {
		if d.Partner == h.id {
			mine = append(mine, d)
		}
	}
	return mine
}

func webhookStored(w world) {
	h := w.hooked()
	made := h.endpoint()
	got, err := h.Webhooks.Get(h.Context(), h.id, made.ID)
	h.must(err)
	if diff := cmp.Diff(made, got.State()); diff != "" {
		h.Error(diff)
	}
	by := operator
	by.Partner = h.id
	rotated, _, err := h.Rotate(h.Context(), by, made.ID)
	h.must(err)
	h.equal("secrets", len(rotated.Secrets), 2)
	again, err := h.Webhooks.Get(h.Context(), uuid.Nil, made.ID) // an administrator
	h.must(err)
	if diff := cmp.Diff(rotated, again.State()); diff != "" {
		h.Error(diff)
	}
	h.sawOnly(h.id, "partner.created", "webhook.created", "webhook.secret_rotated")
}

func webhookStale(w world) {
	h := w.hooked()
	made, off := h.endpoint(), false
	by := operator
	by.Partner = h.id
	results := together(8, func(int) error {
		_, err := h.Change(h.Context(), by, made.ID, 1, webhooks.Patch{Enabled: &off})
		return err
	})
	h.equal("winners", h.tally(results, nil, webhooks.ErrStale), 1)
}

func webhookMost(w world) {
	h := w.hooked()
	by := operator
	by.Partner = h.id
	results := together(webhooks.MaxEndpoints+5, func(int) error {
		_, _, err := h.Create(h.Context(), by, webhooks.New{Partner: h.id, URL: "https://example.com/", Events: []string{"*"}})
		return err
	})
	h.equal("made", h.tally(results, nil, webhooks.ErrTooMany), webhooks.MaxEndpoints)
	found, err := h.List(h.Context(), h.id)
	h.must(err)
	h.equal("listed", len(found), webhooks.MaxEndpoints)
}

func webhookForeign(w world) {
	h, stranger := w.hooked(), w.hooked()
	made := h.endpoint()
	_, err := h.Webhooks.Get(h.Context(), stranger.id, made.ID)
	h.is(err, webhooks.ErrNotFound)
	_, err = h.Webhooks.Update(h.Context(), stranger.id, made.ID, 0, func(*webhooks.Endpoint) error { return nil })
	h.is(err, webhooks.ErrNotFound)
	h.is(h.Webhooks.Delete(h.Context(), stranger.id, made.ID, 0, func(*webhooks.Endpoint) {}), webhooks.ErrNotFound)
	sent := h.enqueue(made, 1)
	_, err = h.Webhooks.Delivery(h.Context(), stranger.id, made.ID, sent[0].ID)
	h.is(err, webhooks.ErrNotFound)
}

func deliveryOnce(w world) {
	h := w.hooked()
	sent := h.enqueue(h.endpoint(), 3)
	done := sent[0]
	done.Status, done.NextAt, done.Tries = webhooks.Delivered, nil, []webhooks.Try{{At: h.now(), Status: 200, Millis: 3}}
	h.must(h.Webhooks.Save(h.Context(), done))
	h.must(h.Webhooks.Enqueue(h.Context(), sent)) // the same events handled again
	got, err := h.Webhooks.Delivery(h.Context(), h.id, done.Endpoint, done.ID)
	h.must(err)
	if diff := cmp.Diff(done, got); diff != "" {
		h.Error(diff)
	}
	h.equal("due", len(h.due()), 2)
}

func deliveryClaimed(w world) {
	h := w.hooked()
	h.enqueue(h.endpoint(), 1)
	due := h.due()
	h.equal("due", len(due), 1)
	claims := together(8, func(int) bool {
		ours, err := h.Webhooks.Claim(h.Context(), due[0], h.now().Add(time.Minute))
		h.must(err)
		return ours
	})
	won := 0
	for _, ours := range claims {
		if ours {
			won++
		}
	}
	h.equal("claims", won, 1)
	h.equal("due while claimed", len(h.due()), 0)
}

func deliveryFair(w world) {
	h := w.hooked()
	slow, quick := h.endpoint(), h.endpoint()
	h.enqueue(slow, 20)
	h.enqueue(quick, 2)
	count := map[uuid.UUID]int{}
	for _, d := range h.due() {
		count[d.Endpoint]++
	}
	h.equal("of the slow one", count[slow.ID], 3)
	h.equal("of the quick one", count[quick.ID], 2)
}

func deliveryDisabled(w world) {
	h := w.hooked()
	to, off, on := h.endpoint(), false, true
	h.enqueue(to, 2)
	by := operator
	by.Partner = h.id
	_, err := h.Change(h.Context(), by, to.ID, 0, webhooks.Patch{Enabled: &off})
	h.must(err)
	h.equal("due", len(h.due()), 0)
	_, err = h.Change(h.Context(), by, to.ID, 0, webhooks.Patch{Enabled: &on})
	h.must(err)
	h.equal("due when enabled", len(h.due()), 2)
}

func deliveryList(w world) {
	h := w.hooked()
	to := h.endpoint()
	sent := h.enqueue(to, 5)
	failed := sent[2]
	failed.Status, failed.NextAt = webhooks.Exhausted, nil
	h.must(h.Webhooks.Save(h.Context(), failed))
	all := pages(h.world, func(cursor string) ([]webhooks.Delivery, string, error) {
		return h.Deliveries(h.Context(), h.id, to.ID, webhooks.DeliveryQuery{Limit: 2, Cursor: cursor})
	}, func() {})
	h.equal("all", len(all), 5)
	h.equal("newest first", all[0].ID, sent[4].ID)
	some, _, err := h.Deliveries(h.Context(), h.id, to.ID, webhooks.DeliveryQuery{Statuses: []webhooks.Status{webhooks.Exhausted}})
	h.must(err)
	h.equal("failed", len(some), 1)
}

func webhookDeleted(w world) {
	h := w.hooked()
	to := h.endpoint()
	h.enqueue(to, 2)
	by := operator
	by.Partner = h.id
	h.is(h.Delete(h.Context(), by, to.ID, 7), webhooks.ErrStale)
	h.must(h.Delete(h.Context(), by, to.ID, 1))
	_, err := h.Get(h.Context(), h.id, to.ID)
	h.is(err, webhooks.ErrNotFound)
	h.equal("due", len(h.due()), 0)
	h.sawOnly(h.id, "partner.created", "webhook.created", "webhook.deleted")
}

func deliveryPurged(w world) {
	h := w.hooked()
	to := h.endpoint()
	sent := h.enqueue(to, 1)
	h.must(h.Webhooks.Purge(h.Context(), sent[0].CreatedAt))
	_, err := h.Webhooks.Delivery(h.Context(), h.id, to.ID, sent[0].ID)
	h.must(err)
	h.must(h.Webhooks.Purge(h.Context(), sent[0].CreatedAt.Add(time.Microsecond)))
	_, err = h.Webhooks.Delivery(h.Context(), h.id, to.ID, sent[0].ID)
	h.is(err, webhooks.ErrNotFound)
}

func webhookQuiet(w world) {
	h := w.hooked()
	made, at := h.endpoint(), w.now()
	after, err := h.Webhooks.Update(h.Context(), h.id, made.ID, 0, func(e *webhooks.Endpoint) error { e.Delivered(at); return nil })
	h.must(err)
	h.equal("revision", after.State().Revision, int64(1))
	read, err := h.Get(h.Context(), h.id, made.ID)
	h.must(err)
	h.equal("delivered", *read.DeliveredAt, at)
}
