package testenv

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser    = "campaignd"
	startTimeout = 30 * time.Second
)

// Postgres gives the DSN of a fresh, empty database, dropped when the test
// ends. The cluster behind it is started by the first call in a test binary
// and shared by all. It does not wait for the disk: fast, and not for tests of
// durability (see NewCluster).
func Postgres(t testing.TB) string {
	t.Helper()
	bin := filepath.Dir(postgres.Need(t))
	needsMain(t)
	shared.once.Do(func() {
		if shared.cluster, shared.err = newCluster(bin); shared.err == nil {
			closing.add(shared.cluster.discard)
		}
	})
	if shared.err != nil {
		t.Fatalf("start a temporary PostgreSQL: %v", shared.err)
	}
	return shared.cluster.Database(t)
}

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// Cluster is a PostgreSQL server of a test's own, which may be stopped, killed
// and started again. Its methods are for one goroutine; any number may use its
// databases.
type Cluster struct {
	bin, dir string
	settings []string
	account  *account
	server   *process
}

// databases numbers the databases of this test binary.
var databases atomic.Int64

// Option changes how a cluster of a test's own is run.
type Option func(*Cluster)

// WithFsync makes every commit wait for the disk, as in production: for
// benchmarks, and for tests that kill the server.
func WithFsync() Option {
	return WithSetting("fsync", "on")
}

// WithSetting sets a parameter of postgresql.conf.
func WithSetting(name, value string) Option {
	return func(c *Cluster) { c.settings = append(c.settings, "-c", name+"="+value) }
}

// NewCluster starts a server for this test alone and removes it when the test
// ends.
func NewCluster(t testing.TB, options ...Option) *Cluster {
	t.Helper()
	bin := filepath.Dir(postgres.Need(t))
	c, err := newCluster(bin, options...)
	if err != nil {
		t.Fatalf("start a temporary PostgreSQL: %v", err)
	}
	t.Cleanup(c.discard)
	return c
}

func newCluster(bin string, options ...Option) (*Cluster, error) {
	c := &Cluster{bin: bin, settings: []string{
		"-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
		"-c", "jit=off", "-c", "fsync=off", "-c", "log_min_messages=warning",
	}}
	for _, option := range options {
		option(c)
	}
	if err := c.create(); err != nil {
		c.discard()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) create() (err error) {
	if c.account, err = unprivileged(); err != nil {
		return err
	}
	if c.dir, err = folder("postgres"); err != nil {
		return err
	}
	if err := c.account.own(c.dir); err != nil {
		return fmt.Errorf("give %s to the server's user: %w", c.dir, err)
	}
	initdb := c.command("initdb", "--pgdata="+c.data(), "--username="+superuser,
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return c.start()
}

// command runs a program of the installation as the server's user, in the
// cluster's folder: that user may not be allowed to enter the present one.
func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	c.account.run(cmd)
	return cmd
}

func (c *Cluster) data() string    { return filepath.Join(c.dir, "data") }
func (c *Cluster) logFile() string { return filepath.Join(c.dir, "log") }

// Database makes an empty database, dropped when the test ends, and gives its
// DSN.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	if err := c.admin(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if c.server.ended() {
			return // the whole cluster is about to go
		}
		if err := c.admin(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return c.dsn(name)
}

func (c *Cluster) dsn(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database,
		RawQuery: url.Values{"host": {c.dir}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

func (c *Cluster) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.dsn("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Start starts a server that was stopped or killed and returns when it
// answers. It recovers from its log first when it was killed.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.start(); err != nil {
		t.Fatalf("start PostgreSQL again: %v", err)
	}
}

// Stop ends the server in order; every connection is cut, as in a restart by
// its operator.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	if err := c.server.stop(syscall.SIGINT); err != nil {
		t.Fatalf("stop PostgreSQL: %v", err)
	}
}

// Kill ends the server and every process of its connections at once, by
// SIGKILL.
func (c *Cluster) Kill(t testing.TB) {
	t.Helper()
	pids := children(c.server.cmd.Process.Pid)
	if err := c.server.stop(syscall.SIGKILL); err != nil {
		t.Fatalf("kill PostgreSQL: %v", err)
	}
	for _, pid := range pids {
		if backend, err := os.FindProcess(pid); err == nil {
			_ = backend.Kill() // most have noticed already and are gone
		}
	}
}

// start runs the server until it answers. After a kill it may have to wait for
// the last of its former processes, so an early end is tried again.
func (c *Cluster) start() error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := c.launch(deadline)
		if err == nil || time.Now().After(deadline) || !strings.Contains(c.lastWords(), "still in use") {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *Cluster) launch(deadline time.Time) error {
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	cmd := c.command("postgres", append([]string{"-D", c.data(), "-k", c.dir}, c.settings...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if c.server, err = startProcess(cmd); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	for time.Now().Before(deadline) {
		if c.answers() {
			return nil
		}
		if c.server.ended() {
			return fmt.Errorf("%s ended at once: %v\n%s", cmd.Path, cmd.ProcessState, c.lastWords())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s does not answer after %v\n%s", cmd.Path, startTimeout, c.lastWords())
}

func (c *Cluster) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.admin(ctx, "SELECT 1") == nil
}

// lastWords is the end of the server's log.
func (c *Cluster) lastWords() string {
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		return ""
	}
	return string(text[max(0, len(text)-4000):])
}

// discard stops the server without ceremony and removes its folder.
func (c *Cluster) discard() {
	if c.server != nil && !c.server.ended() {
		if err := c.server.stop(syscall.SIGQUIT); err != nil {
			fmt.Fprintln(os.Stderr, "testenv:", err)
		}
	}
	if err := os.RemoveAll(c.dir); err != nil {
		fmt.Fprintln(os.Stderr, "testenv: remove the temporary PostgreSQL:", err)
	}
}
