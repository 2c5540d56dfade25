package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

// patience is how long a test waits for what has to come; only a failure waits it out.
const patience = 2 * time.Minute

// asProgram makes the test binary behave as campaignd itself, so that tests can
// start it as a process of its own, and kill it.
const asProgram = "CAMPAIGND_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testenv.Main(m)
}

const adminKey = "an-admin-key-for-tests-0123456789abcdef"

// process is a running campaignd.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	url    string
	ops    string
	broker string // where the broker in the process listens
	stderr *syncBuffer
	exited chan error
}

// start runs campaignd with its data in dir and waits until it takes requests.
func start(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	return startAs(t, "serve", dir, args...)
}

// startAs runs one of the commands that serve.
func startAs(t testing.TB, command, dir string, args ...string) *process {
	t.Helper()
	p := &process{t: t, stderr: &syncBuffer{}, exited: make(chan error, 1)}
	args = append([]string{command, "--addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0", "--broker-addr", "127.0.0.1:0", "--data", dir}, args...)
	p.cmd = exec.CommandContext(context.Background(), os.Args[0], args...)
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "CAMPAIGND_ADMIN_KEY="+adminKey)
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	var ready struct {
		Msg     string `json:"msg"`
		Addr    string `json:"addr"`
		OpsAddr string `json:"ops_addr"`
		Broker  string `json:"broker"`
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		p.exited <- p.cmd.Wait()
		t.Fatalf("no ready line: %v\n%s", err, p.stderr)
	}
	if err := json.Unmarshal(line, &ready); err != nil || ready.Msg != "ready" {
		t.Fatalf("ready line %q: %v", line, err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	p.url, p.ops, p.broker = "http://"+ready.Addr, "http://"+ready.OpsAddr, ready.Broker
	return p
}

// kill ends the process as a power cut would. It may be called again.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	select {
	case err := <-p.exited:
		p.exited <- err
	case <-time.After(patience):
		p.t.Error("the process did not end")
	}
}

// stop asks the process to stop and returns how long it took.
func (p *process) stop() time.Duration {
	p.t.Helper()
	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.exited:
		if err != nil {
			p.t.Errorf("stopping: %v\n%s", err, p.stderr)
		}
		p.exited <- err
	case <-time.After(patience):
		p.t.Fatalf("the process did not stop\n%s", p.stderr)
	}
	return time.Since(begin)
}

// as speaks to the process with a key.
func (p *process) as(key string) caller { return caller{p.t, p.url, key} }

// caller sends requests with one key.
type caller struct {
	t   testing.TB
	url string
	key string
}

// try sends a request and returns the status and the answer.
func (c caller) try(method, path string, body any, header ...string) (int, []byte, error) {
	var reader io.Reader
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, nil, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+"/api/v1"+path, reader)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if reader != nil {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// must sends a request that has to succeed and decodes the answer.
func (c caller) must(method, path string, body any, header ...string) map[string]any {
	c.t.Helper()
	status, answer, err := c.try(method, path, body, header...)
	if err != nil || status >= 300 {
		c.t.Fatalf("%s %s: %d %v\n%s", method, path, status, err, answer)
	}
	var out map[string]any
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &out); err != nil {
			c.t.Fatalf("%s %s: %v\n%s", method, path, err, answer)
		}
	}
	return out
}

// partner makes a partner with a manager's key and returns its caller.
func (p *process) partner() (id string, manager caller) {
	p.t.Helper()
	admin := p.as(adminKey)
	id = admin.must("POST", "/partners", map[string]any{"name": "Andes", "timezone": "America/Bogota", "currency": "USD"})["id"].(string)
	key := admin.must("POST", "/partners/"+id+"/keys", map[string]any{"role": "manager"})["key"].(string)
	return id, p.as(key)
}

// campaign makes a campaign with a budget and returns its id. When launched is
// set it is taken all the way to ACTIVE.
func (c caller) campaign(budget string, launched bool) string {
	c.t.Helper()
	id := c.draft("USD", budget)
	if launched {
		c.launch(id)
	}
	return id
}

func (c caller) draft(currency, budget string) string {
	c.t.Helper()
	return c.must("POST", "/campaigns", map[string]any{
		"name": "Winter", "type": "DISPLAY", "objective": "CONVERSIONS",
		"goals":    map[string]any{"target_metrics": map[string]any{"conversions": 1000}},
		"budget":   map[string]any{"amount": budget, "currency": currency},
		"timezone": "America/Bogota", "channels": []string{"display"},
	})["id"].(string)
}

func (c caller) launch(id string) {
	c.t.Helper()
	path := "/campaigns/" + id
	c.must("PUT", path+"/targeting", map[string]any{"locations": []any{map[string]any{"country": "CO"}}, "behaviors": []string{"shoppers"}}, "If-Match", c.etag(path))
	c.must("PUT", path+"/creatives", []any{map[string]any{"name": "A", "format": "image", "url": "https://example.com/a.png", "channel": "display"}}, "If-Match", c.etag(path))
	c.must("POST", path+"/schedule", map[string]any{"start": time.Now().UTC().Format(time.RFC3339), "end": time.Now().Add(240 * time.Hour).UTC().Format(time.RFC3339), "launch": "manual"})
	if got := c.must("POST", path+"/launch", nil)["status"]; got != "ACTIVE" {
		c.t.Fatalf("launched campaign is %v", got)
	}
}

func (c caller) etag(path string) string {
	c.t.Helper()
	return fmt.Sprintf(`"%v"`, c.must("GET", path, nil)["revision"])
}

// status is a campaign's.
func (c caller) status(id string) string {
	c.t.Helper()
	return c.must("GET", "/campaigns/"+id, nil)["status"].(string)
}

// totals are a campaign's counts and money over all time.
func (c caller) totals(id string) map[string]any {
	c.t.Helper()
	items := c.must("GET", "/campaigns/"+id+"/metrics?granularity=total", nil)["items"].([]any)
	if len(items) != 1 {
		c.t.Fatalf("%d items for a total", len(items))
	}
	return items[0].(map[string]any)["metrics"].(map[string]any)
}

// eventually waits until check holds.
func eventually(t testing.TB, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if check() {
			return
		}
	}
	t.Fatalf("it did not happen: %s", what)
}

// syncBuffer is a buffer that a process writes and a test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
