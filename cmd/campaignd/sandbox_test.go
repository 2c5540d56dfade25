package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A sandbox that begins behind can be advanced, and says when it has come so far
// that a service would refuse what it delivers as the future's.
func TestASandboxBeginsBehindTheRealClock(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	var notes bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"sandbox", "--addr", "127.0.0.1:0", "--behind", "336h"}, write, &notes)
	}()
	var ready struct{ Addr string }
	if err := json.NewDecoder(read).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	advance := func(by string) (behind time.Duration, warning string) {
		t.Helper()
		resp, err := http.Post("http://"+ready.Addr+"/sandbox/advance", "application/json", strings.NewReader(`{"by":"`+by+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // it was read
		var out struct {
			Now     time.Time
			Warning string
		}
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return time.Until(out.Now) * -1, out.Warning
	}
	if behind, warning := advance("36h"); behind.Round(time.Hour) != 300*time.Hour || warning != "" {
		t.Errorf("after 36 h it is %v behind: %q", behind, warning)
	}
	if behind, warning := advance("310h"); behind.Round(time.Hour) != -10*time.Hour || !strings.Contains(warning, "--behind") {
		t.Errorf("10 h ahead it is %v behind: %q", behind, warning)
	}
	stop()
	if code := <-ended; code != 0 || !strings.Contains(notes.String(), "sandbox-meta-token") {
		t.Errorf("it ends with %d and has said %q", code, notes.String())
	}
	if code, _, stderr := command(t, "sandbox", "--behind=-1h"); code == 0 || !strings.Contains(stderr, "no negative time") {
		t.Errorf("ahead from the start: %d %s", code, stderr)
	}
}
