package live_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/live"
	"github.com/hexabuilders/campaignd/partners"
)

func TestWhoMayWatchWhat(t *testing.T) {
	for _, p := range transports {
		w := newWorld(t, live.Limits{})
		w.publish(w.note())
		partnerPath := "/api/v1/partners/" + w.partner.String() + "/" + p.path
		unknown := "/api/v1/campaigns/" + uuid.NewString() + "/" + p.path
		open := w.connect(p, fresh) // an open channel must not answer for its owner
		tests := []struct {
			name, path, key string
			last            int64
			status          int
		}{
			{"own campaign", w.campaignPath(p.path), "mine", fresh, 200},
			{"own partner", partnerPath, "mine", fresh, 200},
			{"an administrator", w.campaignPath(p.path), "admin", fresh, 200},
			{"an administrator, partner", partnerPath, "admin", fresh, 200},
			{"another's campaign", w.campaignPath(p.path), "other", fresh, 404},
			{"another's partner", partnerPath, "other", fresh, 404},
			{"no such campaign", unknown, "mine", fresh, 404},
			{"no such campaign, admin", unknown, "admin", fresh, 404},
			{"not an id", "/api/v1/campaigns/7/" + p.path, "mine", fresh, 404},
			{"a role that does not read", w.campaignPath(p.path), "ingest", fresh, 403},
			{"no such key", w.campaignPath(p.path), "wrong", fresh, 401},
			{"a position that is none", w.campaignPath(p.path), "mine", -5, 400},
		}
		for _, x := range tests {
			t.Run(p.name+"/"+x.name, func(t *testing.T) {
				c, status, err := p.dial(w, x.path, x.key, x.last)
				if err != nil {
					t.Fatal(err)
				}
				if c != nil {
					defer c.quit()
					c.expect("snapshot")
				}
				if x.status == 200 != (c != nil) || c == nil && status != x.status {
					t.Fatalf("status %d, want %d", status, x.status)
				}
			})
		}
		open.quit()
	}
}

func TestAsManyConnectionsAsAllowed(t *testing.T) {
	each(t, live.Limits{Connections: 3, PerPartner: 2}, func(t *testing.T, w *world, p plain) {
		first := w.connect(p, fresh)
		w.connect(p, fresh)
		if c, status, _ := p.dial(w, w.campaignPath(p.path), "mine", fresh); c != nil || status != 503 {
			t.Fatalf("a third connection of one partner: status %d", status)
		}
		if c, status, _ := p.dial(w, w.campaignPath(p.path), "admin", fresh); c == nil {
			t.Fatalf("an administrator was kept out: status %d", status)
		} else {
			defer c.quit()
		}
		first.quit()
		eventually(t, func() bool {
			c, _, _ := p.dial(w, w.campaignPath(p.path), "mine", fresh)
			if c != nil {
				c.quit()
			}
			return c != nil
		})
	})
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not come to that")
}

// ended reads until the connection ends, and returns how.
func (c *client) ended(within time.Duration) error {
	for {
		if _, err := c.tryReceive(within); err != nil {
			return err
		}
	}
}

// stops checks that the connection ends, and that nobody comes back with its key.
func stops(t *testing.T, w *world, p plain, c *client) {
	t.Helper()
	err := c.ended(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("it did not end")
	}
	if code := websocket.CloseStatus(err); p.name == "ws" && code != live.CloseLapsed {
		t.Fatalf("closed with %v", err)
	}
	if again, status, _ := p.dial(w, w.campaignPath(p.path), "mine", fresh); again != nil || status != http.StatusUnauthorized {
		t.Fatalf("came back with status %d", status)
	}
}

func TestEndedCredentialEndsTheConnection(t *testing.T) {
	each(t, live.Limits{Recheck: 50 * time.Millisecond}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		c, operator := w.connect(p, fresh), w.connectAs(p, "admin")
		c.expect("snapshot")
		w.revoke("mine")
		stops(t, w, p, c)
		w.publish(w.note())
		operator.expect("snapshot")
		operator.expect("campaign_notification")
	})
}

func (w *world) connectAs(p plain, key string) *client {
	w.t.Helper()
	c, status, err := p.dial(w, w.campaignPath(p.path), key, fresh)
	if c == nil {
		w.t.Fatalf("status %d, %v", status, err)
	}
	w.t.Cleanup(c.quit)
	return c
}

// The event of the revocation comes before any cache of keys has forgotten it.
func TestRevokedKeyEndsTheConnectionAtOnce(t *testing.T) {
	each(t, live.Limits{Recheck: time.Hour}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		c := w.connect(p, fresh)
		c.expect("snapshot")
		w.publish(w.revocation(w.keys["mine"].Key))
		stops(t, w, p, c)
	})
}

func (w *world) revocation(key uuid.UUID) event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next("partner.key_revoked", "partner", w.partner, `{"key_id":"`+key.String()+`"}`)
}

func TestCentrifugeConnectionEndsWithItsCredential(t *testing.T) {
	ends := map[string]func(w *world){
		"found at the check": func(w *world) { w.revoke("mine") },
		"said by the log":    func(w *world) { w.publish(w.revocation(w.keys["mine"].Key)) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, live.Limits{Recheck: 50 * time.Millisecond})
			c := w.call("mine")
			c.subscribe(w.channel())
			end(w)
			var err error
			for err == nil {
				err = c.readMore()
			}
			if websocket.CloseStatus(err) != 3500 {
				t.Fatalf("closed with %v", err)
			}
		})
	}
}

// A connection is checked as what it was let in as.
func TestAnotherRoleEndsTheConnection(t *testing.T) {
	w := newWorld(t, live.Limits{Recheck: 20 * time.Millisecond})
	w.publish(w.note())
	c := w.connect(transports[1], fresh)
	w.mu.Lock()
	p := w.keys["mine"]
	p.Role = partners.RoleIngest
	w.keys["mine"] = p
	w.mu.Unlock()
	if code := websocket.CloseStatus(c.ended(patience)); code != live.CloseLapsed {
		t.Fatalf("closed with %d", code)
	}
}

func TestAnOutageOfTheStoreEndsNoConnection(t *testing.T) {
	w := newWorld(t, live.Limits{Recheck: 10 * time.Millisecond})
	w.publish(w.note())
	c := w.connect(transports[1], fresh)
	c.expect("snapshot")
	w.mu.Lock()
	w.outage = errors.New("the store does not answer")
	w.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	w.publish(w.note())
	c.expect("campaign_notification")
}
