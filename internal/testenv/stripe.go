package testenv

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// StripeMock starts stripe-mock, which checks the shape of requests against
// Stripe's description of its API and remembers nothing, and gives its URL.
func StripeMock(t testing.TB) string {
	t.Helper()
	program := stripeMock.Need(t)
	needsMain(t)
	dir, err := folder(stripeMock.Name)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	addr := freeAddr(t)
	cmd := exec.Command(program, "-http-addr", addr)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	server, err := startProcess(cmd)
	if err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(func() {
		_ = server.stop(syscall.SIGTERM) // it has nothing to save and ends with a status of its own
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the log of stripe-mock: %v", err)
		}
	})
	for deadline := time.Now().Add(startTimeout); !listens("http://" + addr); time.Sleep(10 * time.Millisecond) {
		if server.ended() || time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not answer\n%s", program, text[max(0, len(text)-4000):])
		}
	}
	return "http://" + addr
}

// listens reports whether a server answers at all.
func listens(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
