package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/internal/telemetry"
)

// Log sends the program's log to w, as JSON lines without secrets.
func Log(w io.Writer, level slog.Level) { slog.SetDefault(telemetry.NewLogger(w, level)) }

// Ready is the line on standard output that says when requests are taken.
type Ready struct {
	Msg     string `json:"msg"`
	Addr    string `json:"addr"`
	OpsAddr string `json:"ops_addr"`
	Engine  string `json:"engine"`
	Broker  string `json:"broker,omitempty"` // where the one in this process listens
	Version string `json:"version"`
}

// server is one listener and what it serves.
type server struct {
	listener net.Listener
	http     *http.Server
}

func listen(ctx context.Context, addr string, handler http.Handler) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return &server{l, &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}}, nil
}

func (s *server) addr() string { return s.listener.Addr().String() }

func (s *server) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// worker is something that runs until its context ends.
type worker struct {
	name string
	run  func(ctx context.Context) error
}

// Run serves until ctx ends, then stops in order: readiness first, so that no
// new requests come; live clients are told to reconnect; requests under way
// are finished; then the workers, and the store last. What was acknowledged is
// durable by then, however the stop goes.
func (a *App) Run(ctx context.Context, stdout io.Writer, started func(Ready)) error {
	defer func() { _ = a.db.Close() }()
	defer func() { _ = a.links.Close() }() // once its consumers and the relay have stopped
	public, err := listen(ctx, a.cfg.Addr, a.handler)
	if err != nil {
		return err
	}
	ops, err := listen(ctx, a.cfg.OpsAddr, a.ops)
	if err != nil {
		_ = public.listener.Close()
		return err
	}
	a.services.home.listening(public.addr())
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	workers, work := errgroup.WithContext(work)
	for _, w := range a.workers {
		workers.Go(func() error {
			if err := w.run(work); err != nil && work.Err() == nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			return nil
		})
	}
	hub, stopHub := context.WithCancel(work)
	defer stopHub()
	hubDone := make(chan struct{})
	go func() { defer close(hubDone); _ = a.live.Run(hub) }()
	servers := errgroup.Group{}
	servers.Go(public.serve)
	servers.Go(ops.serve)

	a.serving.Store(true) // before the line that says so, or who reads it at once is told 503
	ready := Ready{"ready", public.addr(), ops.addr(), a.db.Engine(), a.links.addr(), Version()}
	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		slog.Warn("ready line not written", "error", err)
	}
	if started != nil {
		started(ready)
	}
	select {
	case <-ctx.Done():
	case <-work.Done(): // a worker failed for good
	}
	slog.Info("stopping")
	a.serving.Store(false)
	stopHub()
	<-hubDone
	return a.stop(public, ops, &servers, workers, stopWork)
}

// stop ends everything but the live hub, whose clients have left by now.
func (a *App) stop(public, ops *server, servers, workers *errgroup.Group, stopWork func()) error {
	ctx, cancel := context.WithTimeout(context.Background(), a.cfg.Grace)
	defer cancel()
	if err := public.http.Shutdown(ctx); err != nil {
		slog.Warn("requests were cut off", "error", err)
		_ = public.http.Close()
	}
	stopWork()
	err := workers.Wait()
	_ = ops.http.Close()
	return errors.Join(err, servers.Wait())
}

// serving says whether requests are taken; readiness rests on it.
type serving struct{ atomic.Bool }

var errStopping = errors.New("starting or stopping")

func (s *serving) check(context.Context) error {
	if !s.Load() {
		return errStopping
	}
	return nil
}
