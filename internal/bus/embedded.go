package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// EmbeddedConfig is the NATS server in this process.
type EmbeddedConfig struct {
	Addr  string // host:port; port 0 picks a free one
	Dir   string // of its streams
	Token string // what clients from outside have to show; none: nothing
}

// EmbeddedBroker is a NATS server in this process and a connection to it.
type EmbeddedBroker struct {
	*natsBroker
	server *server.Server
}

// readyWithin is how long the server may take to start; it takes milliseconds.
const readyWithin = 10 * time.Second

// StartEmbedded starts a server that syncs every batch to the disk before it
// answers. A port that is taken is replaced by a free one, with a warning: two
// instances on one machine are no reason for the second not to start.
func StartEmbedded(cfg EmbeddedConfig) (*EmbeddedBroker, error) {
	host, portText, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535 {
		return nil, fmt.Errorf("%q is not a port", portText)
	}
	if port != 0 && taken(cfg.Addr) {
		slog.Warn("the embedded broker's port is taken, another one is used", "addr", cfg.Addr)
		port = 0
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "campaignd", Host: host, Port: cmp.Or(port, server.RANDOM_PORT),
		JetStream: true, StoreDir: cfg.Dir, SyncAlways: true, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 16 << 30,
		Authorization: cfg.Token, NoSigs: true, MaxPayload: 8 << 20,
	})
	if err != nil {
		return nil, err
	}
	srv.SetLoggerV2(natsLog{}, false, false, false)
	srv.Start()
	if !srv.ReadyForConnections(readyWithin) || !srv.JetStreamEnabled() {
		srv.Shutdown()
		return nil, errors.New("the embedded broker did not start; the log says why")
	}
	stop := func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
	b, err := connectNATS("", 1, stop, nats.InProcessServer(srv), nats.Token(cfg.Token))
	if err != nil {
		stop()
		return nil, err
	}
	return &EmbeddedBroker{b, srv}, nil
}

// URL is where clients from outside connect.
func (b *EmbeddedBroker) URL() string { return b.server.ClientURL() }

func taken(addr string) bool {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return true
	}
	_ = l.Close()
	return false
}

// natsLog takes the server's warnings and errors into the program's log.
type natsLog struct{}

func (natsLog) Noticef(string, ...any) {}
func (natsLog) Debugf(string, ...any)  {}
func (natsLog) Tracef(string, ...any)  {}
func (natsLog) Warnf(format string, v ...any) {
	slog.Warn(fmt.Sprintf(format, v...), "from", "embedded broker")
}
func (natsLog) Errorf(format string, v ...any) {
	slog.Error(fmt.Sprintf(format, v...), "from", "embedded broker")
}
func (natsLog) Fatalf(format string, v ...any) {
	slog.Error(fmt.Sprintf(format, v...), "from", "embedded broker")
}
