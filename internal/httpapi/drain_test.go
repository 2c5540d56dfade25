package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/internal/httpapi"
)

// A client that writes all it has before it reads is told why it was refused,
// rather than that the connection was reset.
func TestRefusalsReachThoseWhoAreStillSending(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	server := httptest.NewServer(httpapi.Drained(h.api))
	t.Cleanup(server.Close)
	const size = 40 << 20
	for _, c := range []struct {
		name, path, key, media, framing string
		status                          int
		code                            string
	}{
		{"longer than is taken", "/metrics", h.ingest, "application/json", "length", http.StatusRequestEntityTooLarge, "body_too_large"},
		{"longer than is taken, in chunks", "/metrics", h.ingest, "application/json", "chunks", http.StatusRequestEntityTooLarge, "body_too_large"},
		{"a document", "/campaigns", h.manager, "application/json", "length", http.StatusRequestEntityTooLarge, "body_too_large"},
		{"without a key that holds", "/metrics", "cmk_no", "application/json", "length", http.StatusUnauthorized, "invalid_key"},
		{"nowhere", "/metrix", h.manager, "application/json", "chunks", http.StatusNotFound, "no_such_route"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			framing := fmt.Sprintf("Content-Length: %d", size)
			if c.framing == "chunks" {
				framing = "Transfer-Encoding: chunked"
			}
			_, err = fmt.Fprintf(conn, "POST /api/v1%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\n%s\r\n\r\n", c.path, c.key, c.media, framing)
			if err != nil {
				t.Fatal(err)
			}
			piece := bytes.Repeat([]byte("["), 1<<20)
			for range size / len(piece) {
				if c.framing == "chunks" {
					_, err = fmt.Fprintf(conn, "%x\r\n%s\r\n", len(piece), piece)
				} else {
					_, err = conn.Write(piece)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if c.framing == "chunks" {
				_, _ = io.WriteString(conn, "0\r\n\r\n")
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != c.status || !strings.Contains(string(text), `"code":"`+c.code+`"`) {
				t.Errorf("%v: %d %s", err, answer.StatusCode, text)
			}
			if !answer.Close {
				t.Error("the connection is kept, so that a client that listens sends on")
			}
		})
	}
}

// Somebody who sends without end is not listened to without end, and a small
// refused body costs nobody a connection.
func TestDrainingHasAnEnd(t *testing.T) {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	server := httptest.NewServer(httpapi.Drained(refuse))
	t.Cleanup(server.Close)
	body := newEndless(1 << 40)
	answer, err := server.Client().Post(server.URL, "application/json", body)
	if err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1099511627776\r\n\r\n")
	sent, err := io.Copy(conn, newEndless(1<<40))
	if err == nil || sent > 200<<20 {
		t.Errorf("%d bytes taken of somebody who was refused: %v", sent, err)
	}

	small, err := server.Client().Post(server.URL, "application/json", strings.NewReader(`{}`))
	if err != nil || small.Close {
		t.Errorf("a small body: %v, %+v", err, small)
	}
	_ = small.Body.Close()
}
