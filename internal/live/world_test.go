package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/live"
	"github.com/hexabuilders/campaignd/partners"
)

// world is a service behind the hub: one partner's log and the state it leads
// to, keys, and a server.
type world struct {
	t      testing.TB
	hub    *live.Hub
	server *httptest.Server
	stop   context.CancelFunc

	partner, campaign uuid.UUID

	mu        sync.Mutex
	seq       int64
	notes     map[uuid.UUID]int // notifications so far, of each campaign
	clicks    map[uuid.UUID]int64
	keys      map[string]partners.Principal
	snapshots atomic.Int64
	delay     func() // runs inside each snapshot
	outage    error  // answers all questions about keys

	anyCampaign bool // every campaign is the partner's
}

func newWorld(t testing.TB, limits live.Limits) *world {
	t.Helper()
	w := &world{
		t: t, partner: uuid.Must(uuid.NewV7()), campaign: uuid.Must(uuid.NewV7()),
		notes: map[uuid.UUID]int{}, clicks: map[uuid.UUID]int64{}, keys: map[string]partners.Principal{},
	}
	w.keys["mine"] = partners.Principal{Partner: w.partner, Key: uuid.New(), Role: partners.RoleAnalyst}
	w.keys["other"] = partners.Principal{Partner: uuid.New(), Key: uuid.New(), Role: partners.RoleAnalyst}
	w.keys["ingest"] = partners.Principal{Partner: w.partner, Key: uuid.New(), Role: partners.RoleIngest}
	w.keys["admin"] = partners.Principal{Key: uuid.New(), Role: partners.RoleAdmin}
	w.start(limits)
	t.Cleanup(w.close)
	return w
}

// start begins a node; calling it again is a restart.
func (w *world) start(limits live.Limits) {
	hub, err := live.New(live.Config{
		Authenticate: w.authenticate, Owner: w.owner, Snapshot: w.snapshot, Refuse: refuse, Limits: limits,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = hub.Run(ctx) }()
	w.stop = func() { cancel(); <-done }
	w.hub, w.server = hub, httptest.NewServer(wrapped(hub))
}

// restart is a new process over the same log: it has seen nothing yet.
func (w *world) restart() {
	w.close()
	w.start(live.Limits{})
}

func (w *world) close() {
	w.stop()
	w.server.Close()
}

// wrapped is a middleware such as servers have: what is behind its writer is
// reached through Unwrap alone.
func wrapped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(&wrapper{w}, r) })
}

type wrapper struct{ inner http.ResponseWriter }

func (w *wrapper) Header() http.Header         { return w.inner.Header() }
func (w *wrapper) Write(b []byte) (int, error) { return w.inner.Write(b) }
func (w *wrapper) WriteHeader(status int)      { w.inner.WriteHeader(status) }
func (w *wrapper) Unwrap() http.ResponseWriter { return w.inner }

func refuse(rw http.ResponseWriter, _ *http.Request, err error) {
	status := map[fault.Kind]int{
		fault.Malformed: 400, fault.Unauthorized: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Unavailable: 503,
	}[fault.KindOf(err)]
	if status == 0 {
		status = 500
	}
	http.Error(rw, err.Error(), status)
}

func (w *world) authenticate(r *http.Request) (partners.Principal, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.outage != nil {
		return partners.Principal{}, w.outage
	}
	v, ok := w.keys[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return v, partners.ErrUnauthorized
	}
	return v, nil
}

func (w *world) owner(_ context.Context, viewer, campaign uuid.UUID) (uuid.UUID, error) {
	if campaign != w.campaign && !w.anyCampaign || viewer != uuid.Nil && viewer != w.partner {
		return uuid.Nil, live.ErrUnknownChannel
	}
	return w.partner, nil
}

// state is what a snapshot says; clients check what follows against it.
type state struct {
	Notes  int   `json:"notes"`
	Clicks int64 `json:"clicks"`
}

func (w *world) snapshot(_ context.Context, partner uuid.UUID, channel string) (json.RawMessage, int64, error) {
	w.snapshots.Add(1)
	if partner != w.partner {
		return nil, 0, errors.New("snapshot of another partner")
	}
	if w.delay != nil {
		w.delay()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var s state
	for id, n := range w.notes {
		if channel == "partner:"+partner.String() || channel == "campaign:"+id.String() {
			s.Notes += n
			s.Clicks += w.clicks[id]
		}
	}
	body, err := json.MarshalIndent(s, "", "  ")
	return body, w.seq, err
}

// next makes the partner's next event. The caller holds the lock.
func (w *world) next(kind, aggregate string, id uuid.UUID, data string) event.Event {
	w.seq++
	return event.Event{
		ID: uuid.New(), Partner: w.partner, Seq: w.seq, Type: kind, Aggregate: aggregate, AggregateID: id,
		RecordedAt: time.Now().UTC(), Data: json.RawMessage(data),
	}
}

// note launches something worth a notification; they are numbered.
func (w *world) note() event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes[w.campaign]++
	return w.next("campaign.updated", "campaign", w.campaign, fmt.Sprintf(`{"n":%d,"status":"ACTIVE"}`, w.notes[w.campaign]))
}

// click counts a click of each campaign, in one commit.
func (w *world) click(campaigns ...uuid.UUID) event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for _, id := range campaigns {
		w.clicks[id]++
		list = append(list, fmt.Sprintf(`{"campaign_id":%q,"currency":"USD","accepted":1,"delta":{"clicks":1},"totals":{"impressions":1000,"clicks":%d,"spend":"2.5"}}`, id, w.clicks[id]))
	}
	return w.next("performance.metrics_updated", "partner", w.partner, `{"campaigns":[`+strings.Join(list, ",")+`]}`)
}

// unseen is an event that live does not show.
func (w *world) unseen() event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next("partner.updated", "partner", w.partner, `{}`)
}

func (w *world) publish(events ...event.Event) {
	if err := w.hub.Publish(context.Background(), events); err != nil {
		w.t.Error(err)
	}
}

func (w *world) revoke(key string) partners.Principal {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.keys[key]
	delete(w.keys, key)
	return v
}

func (w *world) campaignPath(end string) string {
	return "/api/v1/campaigns/" + w.campaign.String() + "/" + end
}

// emit makes an event about the campaign, of any type.
func (w *world) emit(kind, aggregate string) event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.campaign
	if aggregate != "campaign" {
		id = uuid.New()
	}
	return w.next(kind, aggregate, id, fmt.Sprintf(`{"campaign_id":%q,"status":"PAUSED"}`, w.campaign))
}

func decode(t testing.TB, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
}
