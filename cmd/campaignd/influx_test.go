package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

// opsAnswer reads a path of the operations port.
func opsAnswer(t *testing.T, p *process, path string) (int, string) {
	t.Helper()
	response, err := http.Get(p.ops + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestAMirrorThatIsDownIsSaidAndServedWithout(t *testing.T) {
	server := testenv.Influx18(t)
	p := start(t, t.TempDir(), "--influx-url", server.URL())
	awaitOps(t, p, `"influx":"ok"`)
	server.Stop(t)
	code, body := opsAnswer(t, p, "/readyz")
	if code != http.StatusOK || !strings.Contains(body, `"influx":"influx: `) {
		t.Errorf("%d %s", code, body)
	}
	if _, figures := opsAnswer(t, p, "/metrics"); !strings.Contains(figures, "campaignd_influx_up 0") {
		t.Error("campaignd_influx_up is not 0")
	}
	server.Start(t)
	awaitOps(t, p, `"influx":"ok"`)
}

// awaitOps asks /readyz until it says something.
func awaitOps(t *testing.T, p *process, want string) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		_, body := opsAnswer(t, p, "/readyz")
		if strings.Contains(body, want) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not %s: %s", want, body)
		}
	}
}
