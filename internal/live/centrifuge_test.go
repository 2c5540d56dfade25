package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hexabuilders/campaignd/internal/live"
)

// caller speaks the centrifuge protocol as its JavaScript client does.
type caller struct {
	t       testing.TB
	conn    *websocket.Conn
	id      int
	replies []reply // read, not yet asked for
}

type reply struct {
	ID    int `json:"id"`
	Error *struct {
		Code int `json:"code"`
	} `json:"error"`
	Subscribe *struct {
		Recovered    bool          `json:"recovered"`
		Epoch        string        `json:"epoch"`
		Offset       uint64        `json:"offset"`
		Data         said          `json:"data"`
		Publications []publication `json:"publications"`
	} `json:"subscribe"`
	Push *struct {
		Channel string       `json:"channel"`
		Pub     *publication `json:"pub"`
	} `json:"push"`
}

type publication struct {
	Data   said   `json:"data"`
	Offset uint64 `json:"offset"`
}

func (w *world) call(key string) *caller {
	w.t.Helper()
	conn, _, err := websocket.Dial(context.Background(), w.server.URL+"/connection/websocket", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + key}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	c := &caller{t: w.t, conn: conn}
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	c.ask(map[string]any{"connect": map[string]any{}})
	return c
}

// ask sends a command and waits for its reply.
func (c *caller) ask(command map[string]any) reply {
	c.t.Helper()
	c.id++
	command["id"] = c.id
	body, err := json.Marshal(command)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.conn.Write(context.Background(), websocket.MessageText, body); err != nil {
		c.t.Fatal(err)
	}
	return c.find(func(r reply) bool { return r.ID == c.id })
}

func (c *caller) subscribe(channel string, more ...any) reply {
	c.t.Helper()
	body := map[string]any{"channel": channel}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return c.ask(map[string]any{"subscribe": body})
}

func (c *caller) publication() publication {
	c.t.Helper()
	return *c.find(func(r reply) bool { return r.Push != nil && r.Push.Pub != nil }).Push.Pub
}

func (c *caller) find(match func(reply) bool) reply {
	c.t.Helper()
	for {
		for i, r := range c.replies {
			if match(r) {
				c.replies = append(c.replies[:i:i], c.replies[i+1:]...)
				return r
			}
		}
		if err := c.readMore(); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *caller) readMore() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, frame, err := c.conn.Read(ctx)
	if err != nil {
		return err
	}
	for _, line := range bytes.Split(bytes.TrimSpace(frame), []byte("\n")) {
		var r reply
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		c.replies = append(c.replies, r)
	}
	return nil
}

func (w *world) channel() string { return "campaign:" + w.campaign.String() }

func TestCentrifugeSubscriptionBeginsWithASnapshot(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note(), w.note())
	c := w.call("mine")
	got := c.subscribe(w.channel()).Subscribe
	if got == nil || got.Data.Type != "snapshot" || got.Data.Seq != 2 || got.Data.note(t) != 2 {
		t.Fatalf("subscribed with %+v", got)
	}
	w.publish(w.note(), w.click(w.campaign))
	first, second := c.publication(), c.publication()
	if first.Data.note(t) != 3 || first.Offset != got.Offset+1 {
		t.Fatalf("first publication %+v after %+v", first, got)
	}
	if second.Data.Type != "metrics_update" || second.Data.Seq != 4 {
		t.Fatalf("second publication %+v", second)
	}
}

func TestCentrifugeJoinsWithWhatCameAfterAnOlderSnapshot(t *testing.T) {
	w := newWorld(t, live.Limits{SnapshotLife: time.Minute})
	w.publish(w.note())
	w.call("mine").subscribe(w.channel())
	w.publish(w.note(), w.note())
	got := w.call("mine").subscribe(w.channel()).Subscribe
	if got.Data.Seq != 1 || len(got.Publications) != 2 || got.Publications[1].Data.note(t) != 3 {
		t.Fatalf("subscribed with %+v", got)
	}
}

func TestCentrifugeRecovery(t *testing.T) {
	w := newWorld(t, live.Limits{ChannelBytes: 1200})
	w.publish(w.note())
	c := w.call("mine")
	begun := c.subscribe(w.channel()).Subscribe
	_ = c.conn.CloseNow()
	w.publish(w.note(), w.note())

	back := w.call("mine").subscribe(w.channel(), "recover", true, "epoch", begun.Epoch, "offset", begun.Offset).Subscribe
	if !back.Recovered || len(back.Publications) != 2 || back.Publications[0].Data.note(t) != 2 {
		t.Fatalf("came back to %+v", back)
	}
	for range 20 { // more than the ring holds
		w.publish(w.note())
	}
	late := w.call("mine").subscribe(w.channel(), "recover", true, "epoch", begun.Epoch, "offset", begun.Offset).Subscribe
	if late.Recovered || late.Data.Seq != 23 || late.Data.note(t) != 23 {
		t.Fatalf("recovered from a history that is gone: %+v", late)
	}
	strange := w.call("mine").subscribe(w.channel(), "recover", true, "epoch", "another", "offset", late.Offset).Subscribe
	if strange.Recovered {
		t.Fatal("recovered from another epoch")
	}
}

func TestCentrifugeGapInTheFeedMakesClientsComeBack(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	c := w.call("mine")
	begun := c.subscribe(w.channel()).Subscribe
	w.note() // never published
	w.publish(w.note())
	var err error
	for err == nil {
		err = c.readMore()
	}
	if code := websocket.CloseStatus(err); code != 3010 {
		t.Fatalf("closed with %v", err)
	}
	back := w.call("mine").subscribe(w.channel(), "recover", true, "epoch", begun.Epoch, "offset", begun.Offset).Subscribe
	if back.Recovered || back.Data.note(t) != 3 {
		t.Fatalf("came back to %+v", back)
	}
}

// A node that has just started has seen nothing of the log; its first event
// must not disturb those whose snapshot includes all that came before.
func TestCentrifugeFirstEventAfterAStart(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.note()
	c := w.call("mine")
	c.subscribe(w.channel())
	w.publish(w.note(), w.note())
	for n := 2; n <= 3; n++ {
		if p := c.publication(); p.Data.note(t) != n {
			t.Fatalf("%+v, want note %d", p, n)
		}
	}
}

// What comes while the library is adding the client to the channel is neither
// in the snapshot nor published to the client: a newer snapshot must follow.
func TestCentrifugeLosesNothingWhileSubscribing(t *testing.T) {
	w := newWorld(t, live.Limits{SnapshotLife: time.Nanosecond})
	w.publish(w.note())
	quit := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
				w.publish(w.note())
				time.Sleep(200 * time.Microsecond)
			}
		}
	}()
	for range 40 {
		c := w.call("mine")
		got := c.subscribe(w.channel()).Subscribe
		seen := got.Data.note(t)
		for _, p := range got.Publications {
			if n := p.Data.note(t); n != seen+1 {
				t.Errorf("note %d after %d in the reply", n, seen)
			}
			seen++
		}
		follow(t, c, seen)
		_ = c.conn.CloseNow()
	}
	close(quit)
	<-done
}

// follow reads some publications; a jump must be healed by a newer snapshot.
func follow(t *testing.T, c *caller, seen int) {
	t.Helper()
	missing, healed := 0, 0
	for range 20 {
		p := c.publication().Data
		n := p.note(t)
		switch {
		case p.Type == "snapshot":
			healed = max(healed, n)
		case n > seen+1:
			missing = max(missing, n-1)
		}
		seen = max(seen, n)
	}
	if healed < missing {
		t.Fatalf("notes up to %d were jumped over, and the snapshots said only %d", missing, healed)
	}
}

func TestCentrifugeRefusals(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	refusals := map[string]struct {
		key, channel string
		code         int
	}{
		"another partner's campaign": {"other", w.channel(), 102},
		"another partner":            {"other", "partner:" + w.partner.String(), 102},
		"no such kind":               {"mine", "budget:" + w.partner.String(), 102},
		"not an id":                  {"mine", "campaign:1", 102},
		"another spelling":           {"mine", "campaign:{" + w.campaign.String() + "}", 102},
	}
	for name, x := range refusals {
		t.Run(name, func(t *testing.T) {
			if got := w.call(x.key).subscribe(x.channel); got.Error == nil || got.Error.Code != x.code {
				t.Fatalf("got %+v", got)
			}
		})
	}
	c := w.call("mine")
	c.subscribe(w.channel())
	for _, command := range []string{"publish", "history", "presence"} {
		if got := c.ask(map[string]any{command: map[string]any{"channel": w.channel(), "data": map[string]any{}}}); got.Error == nil {
			t.Errorf("%s was allowed", command)
		}
	}
}

func TestCentrifugeCredentials(t *testing.T) {
	w := newWorld(t, live.Limits{})
	dial := func(header http.Header) (*websocket.Conn, int) {
		conn, answer, err := websocket.Dial(context.Background(), w.server.URL+"/connection/websocket", &websocket.DialOptions{HTTPHeader: header})
		if err == nil {
			t.Cleanup(func() { _ = conn.CloseNow() })
		}
		return conn, answer.StatusCode
	}
	for key, status := range map[string]int{"wrong": 401, "ingest": 403} {
		if _, got := dial(http.Header{"Authorization": {"Bearer " + key}}); got != status {
			t.Errorf("key %s: status %d, want %d", key, got, status)
		}
	}
	for token, code := range map[string]websocket.StatusCode{"wrong": 3500, "": 3500, "ingest": 3507} {
		conn, _ := dial(nil)
		c := &caller{t: t, conn: conn}
		_ = conn.Write(context.Background(), websocket.MessageText, []byte(`{"id":1,"connect":{"token":"`+token+`"}}`))
		if err := c.readMore(); websocket.CloseStatus(err) != code {
			t.Errorf("token %q: closed with %v, want %d", token, err, code)
		}
	}
	conn, _ := dial(nil)
	c := &caller{t: t, conn: conn}
	c.ask(map[string]any{"connect": map[string]any{"token": "mine"}})
	if got := c.subscribe(w.channel()).Subscribe; got == nil {
		t.Error("a token in the connect command was not taken")
	}
}
