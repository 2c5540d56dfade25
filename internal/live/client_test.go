package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long a test waits for what has to come; only a failure waits it out.
const patience = time.Minute

// said is a message as a client reads it.
type said struct {
	Type string          `json:"type"`
	Seq  int64           `json:"seq"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

func (m said) note(t testing.TB) int {
	t.Helper()
	var d struct{ N, Notes int }
	if err := json.Unmarshal(m.Data, &d); err != nil {
		t.Fatalf("%s: %v", m.Data, err)
	}
	return d.N + d.Notes
}

// client reads one connection, of either transport.
type client struct {
	t    testing.TB
	read func(context.Context) (said, error)
	quit func()
	ids  []string // of Server-Sent Events
}

// receive returns the next message; it fails when none comes.
func (c *client) receive() said {
	c.t.Helper()
	m, err := c.tryReceive(patience)
	if err != nil {
		c.t.Fatalf("no message: %v", err)
	}
	return m
}

func (c *client) tryReceive(within time.Duration) (said, error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return c.read(ctx)
}

// expect receives and checks the type.
func (c *client) expect(kind string) said {
	c.t.Helper()
	m := c.receive()
	if m.Type != kind {
		c.t.Fatalf("got %s (%s), want %s", m.Type, m.Data, kind)
	}
	return m
}

const fresh = int64(-1)

// plain is a transport under test.
type plain struct {
	name string
	path string
	dial func(w *world, path, key string, last int64) (*client, int, error)
}

var transports = []plain{
	{"sse", "live", (*world).dialEvents},
	{"ws", "ws", (*world).dialSocket},
}

func (w *world) connect(p plain, last int64) *client {
	w.t.Helper()
	c, status, err := p.dial(w, w.campaignPath(p.path), "mine", last)
	if err != nil || c == nil {
		w.t.Fatalf("connect: status %d, %v", status, err)
	}
	w.t.Cleanup(c.quit)
	return c
}

var browser = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}

func (w *world) dialEvents(path, key string, last int64) (*client, int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		cancel()
		return nil, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if last != fresh {
		r.Header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
	}
	answer, err := browser.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		cancel()
		if err != nil {
			return nil, 0, err
		}
		_ = answer.Body.Close()
		return nil, answer.StatusCode, nil
	}
	c := &client{t: w.t, quit: func() { cancel(); _ = answer.Body.Close() }}
	lines := bufio.NewReader(answer.Body)
	c.read = func(ctx context.Context) (said, error) {
		stop := context.AfterFunc(ctx, cancel)
		defer stop()
		return readEvent(lines, &c.ids)
	}
	return c, http.StatusOK, nil
}

func readEvent(lines *bufio.Reader, ids *[]string) (m said, err error) {
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return m, err
		}
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			*ids = append(*ids, strings.TrimSpace(id))
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			err := json.Unmarshal([]byte(data), &m)
			return m, err
		}
	}
}

func (w *world) dialSocket(path, key string, last int64) (*client, int, error) {
	if last != fresh {
		path += "?last_seq=" + strconv.FormatInt(last, 10)
	}
	conn, answer, err := websocket.Dial(context.Background(), w.server.URL+path, &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + key}},
	})
	if err != nil {
		if answer != nil {
			return nil, answer.StatusCode, nil
		}
		return nil, 0, err
	}
	conn.SetReadLimit(1 << 20)
	c := &client{t: w.t, quit: func() { _ = conn.CloseNow() }}
	c.read = func(ctx context.Context) (m said, err error) {
		_, body, err := conn.Read(ctx)
		if err != nil {
			return m, err
		}
		err = json.Unmarshal(body, &m)
		return m, err
	}
	return c, http.StatusSwitchingProtocols, nil
}
