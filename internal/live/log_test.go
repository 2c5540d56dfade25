package live_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/live"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

// TestARealKeyIsRevokedWhileItsSocketIsOpen goes through the real store, log
// and relay. The key is revoked on one node, and the socket is on another, whose
// cache of keys still believes it.
func TestARealKeyIsRevokedWhileItsSocketIsOpen(t *testing.T) {
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	node := func() *partners.Service {
		return partners.NewService(db.Partners(), db.Keys(), time.Now, uuid.New, rand.Reader)
	}
	service, elsewhere := node(), node()
	p, err := service.Create(t.Context(), event.Origin{}, partners.NewPartner{Name: "Andes", Timezone: "America/Bogota", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	partner := p.State().ID
	key, secret, err := service.IssueKey(t.Context(), event.Origin{}, partner, partners.NewKey{Role: partners.RoleAnalyst})
	if err != nil {
		t.Fatal(err)
	}
	hub, err := live.New(live.Config{
		Authenticate: func(r *http.Request) (partners.Principal, error) {
			return elsewhere.Authenticate(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		},
		Owner: func(context.Context, uuid.UUID, uuid.UUID) (uuid.UUID, error) {
			return uuid.Nil, live.ErrUnknownChannel
		},
		Snapshot: func(ctx context.Context, partner uuid.UUID, _ string) (json.RawMessage, int64, error) {
			heads, err := db.Log().Heads(ctx)
			return json.RawMessage(`{}`), heads[partner], err
		},
		Refuse: refuse,
		Limits: live.Limits{Recheck: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	following := make(chan error, 2)
	go func() { following <- relay.Follow(ctx, db.Log(), hub.Publish) }()
	go func() { following <- hub.Run(ctx) }()
	defer func() {
		cancel()
		for range 2 {
			if err := <-following; err != nil {
				t.Error(err)
			}
		}
	}()
	server := httptest.NewServer(hub)
	defer server.Close()

	w := &world{t: t, server: server}
	path := "/api/v1/partners/" + partner.String() + "/ws"
	c, status, err := w.dialSocket(path, secret, fresh)
	if c == nil {
		t.Fatalf("%d, %v", status, err)
	}
	defer c.quit()
	if first := c.expect("snapshot"); first.Seq != 2 {
		t.Fatalf("snapshot at %d", first.Seq)
	}
	if err := service.RevokeKey(t.Context(), event.Origin{}, partner, key.ID); err != nil {
		t.Fatal(err)
	}
	if code := websocket.CloseStatus(c.ended(patience)); code != live.CloseLapsed {
		t.Fatalf("closed with %d", code)
	}
	if again, status, _ := w.dialSocket(path, secret, fresh); again != nil || status != http.StatusUnauthorized {
		t.Fatalf("came back with status %d", status)
	}
}
