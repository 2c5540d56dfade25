package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Program is campaignd as a process of its own, so that its memory is its own
// and the measurement stands outside.
type Program struct {
	URL    string
	Broker string // where the NATS server in it listens

	cmd      *exec.Cmd
	adminKey string
}

// Start runs this executable's serve on free ports and waits until it takes
// requests. dir is the embedded store's folder; database, when given, the
// PostgreSQL to use instead; flags are further ones of serve. Whatever it logs
// goes to stderr.
func Start(ctx context.Context, dir, database string, stderr io.Writer, flags ...string) (*Program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Program{adminKey: rand.Text() + rand.Text()}
	//nolint:gosec // the program starts itself
	p.cmd = exec.CommandContext(ctx, self, "serve", "--addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0",
		"--broker-addr", "127.0.0.1:0", "--data", dir, "--log-level", "WARN")
	if database != "" {
		p.cmd.Args = append(p.cmd.Args, "--database", database)
	}
	p.cmd.Args = append(p.cmd.Args, flags...)
	p.cmd.Env = append(os.Environ(), "CAMPAIGND_ADMIN_KEY="+p.adminKey)
	p.cmd.Stderr = stderr
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 30 * time.Second
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	var ready struct{ Msg, Addr, Broker string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil || ready.Msg != "ready" {
		return nil, errors.Join(fmt.Errorf("the service did not start: %q: %w", line, err), p.Stop())
	}
	p.URL, p.Broker = "http://"+ready.Addr, ready.Broker
	return p, nil
}

// Stop ends the program in order.
func (p *Program) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// Key makes a partner and returns a key that may do what a measurement does.
func (p *Program) Key(ctx context.Context) (string, error) {
	c := newClient(p.URL, p.adminKey, 1)
	answer, err := c.post(ctx, "/partners", []byte(`{"name":"Bench","timezone":"America/Bogota","currency":"USD"}`))
	if err != nil {
		return "", err
	}
	var partner struct{ ID string }
	if err := json.Unmarshal(answer, &partner); err != nil {
		return "", err
	}
	answer, err = c.post(ctx, "/partners/"+partner.ID+"/keys", []byte(`{"role":"manager","name":"bench"}`))
	if err != nil {
		return "", err
	}
	var issued struct{ Key string }
	err = json.Unmarshal(answer, &issued)
	return issued.Key, err
}

// PID is the program's process.
func (p *Program) PID() int { return p.cmd.Process.Pid }

// PeakMemory is the most memory the program has held, in MiB; 0 where the
// system does not say.
func (p *Program) PeakMemory() float64 { return peakMemory(p.cmd.Process.Pid) }
