package testenv

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Influx is an InfluxDB of a test's own on a free port of the loopback, which
// may be stopped and started again, with its data or without.
type Influx struct {
	program, dir string
	addr, rpc    string
	server       *process
}

// Influx16 starts Debian's InfluxDB 1.6 and removes it when the test ends.
func Influx16(t testing.TB) *Influx {
	t.Helper()
	return newInflux(t, influx1)
}

// Influx18 starts InfluxDB 1.8.10 and removes it when the test ends.
func Influx18(t testing.TB) *Influx {
	t.Helper()
	return newInflux(t, influx18)
}

func newInflux(t testing.TB, b Backend) *Influx {
	t.Helper()
	program := b.Need(t)
	needsMain(t)
	dir, err := folder(b.Name)
	if err != nil {
		t.Fatal(err)
	}
	i := &Influx{program: program, dir: dir, addr: freeAddr(t), rpc: freeAddr(t)}
	t.Cleanup(func() {
		if !i.server.ended() {
			i.Stop(t)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the temporary InfluxDB: %v", err)
		}
	})
	i.Start(t)
	return i
}

// URL is where it answers; it stays the same when it is started again.
func (i *Influx) URL() string { return "http://" + i.addr }

// Start starts a server that is not running and returns when it answers.
func (i *Influx) Start(t testing.TB) {
	t.Helper()
	config := fmt.Sprintf("reporting-disabled = true\nbind-address = %q\n[meta]\ndir = %q\n[data]\ndir = %q\nwal-dir = %q\nquery-log-enabled = false\n[http]\nbind-address = %q\nlog-enabled = false\n[monitor]\nstore-enabled = false\n",
		i.rpc, filepath.Join(i.dir, "meta"), filepath.Join(i.dir, "data"), filepath.Join(i.dir, "wal"), i.addr)
	file := filepath.Join(i.dir, "influxdb.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(i.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	cmd := exec.Command(i.program, "-config", file)
	cmd.Dir, cmd.Stdout, cmd.Stderr = i.dir, log, log
	if i.server, err = startProcess(cmd); err != nil {
		t.Fatalf("start %s: %v", i.program, err)
	}
	for deadline := time.Now().Add(startTimeout); !i.answers(); time.Sleep(10 * time.Millisecond) {
		if i.server.ended() || time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not answer\n%s", i.program, text[max(0, len(text)-4000):])
		}
	}
}

func (i *Influx) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.URL()+"/ping", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusNoContent
}

// Stop ends the server in order; its data stays.
func (i *Influx) Stop(t testing.TB) {
	t.Helper()
	if err := i.server.stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop InfluxDB: %v", err)
	}
}

// Empty removes the data of a server that is stopped, as a lost disk would.
func (i *Influx) Empty(t testing.TB) {
	t.Helper()
	for _, part := range []string{"meta", "data", "wal"} {
		if err := os.RemoveAll(filepath.Join(i.dir, part)); err != nil {
			t.Fatal(err)
		}
	}
}

// freeAddr is an address of the loopback that nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
