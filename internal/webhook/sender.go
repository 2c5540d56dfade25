// Package webhook sends webhooks.Messages over HTTP to addresses that partners
// have named, which means: to addresses that nobody here has checked. So it
// connects to the public internet only, decided on the address that is really
// connected to, after every name has been resolved; it follows no redirect, uses
// no proxy, and reads only the beginning of an answer.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/webhooks"
)

const (
	patience  = 15 * time.Second // for the whole request
	connectIn = 5 * time.Second
	maxAnswer = 512 // bytes kept for the log
)

// errPrivate is an address that is not connected to.
var errPrivate = errors.New("the address lies in a private network and is not connected to")

// Sender implements webhooks.Sender.
type Sender struct{ client *http.Client }

// New makes a sender. private allows addresses of private networks.
func New(private bool) *Sender {
	dialer := &net.Dialer{Timeout: connectIn, KeepAlive: 30 * time.Second}
	if !private {
		dialer.Control = refusePrivate
	}
	return &Sender{&http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: connectIn, ResponseHeaderTimeout: patience,
			MaxIdleConns: 100, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: 32 << 10, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// refusePrivate is called with the address that the socket is about to connect
// to, so a name cannot resolve to one address for a check and to another for
// the connection.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !webhooks.Public(at.Addr()) {
		return errPrivate
	}
	return nil
}

// Send implements webhooks.Sender.
func (s *Sender) Send(ctx context.Context, m webhooks.Message) webhooks.Reply {
	began := time.Now()
	reply := s.send(ctx, m)
	reply.Duration = time.Since(began)
	return reply
}

func (s *Sender) send(ctx context.Context, m webhooks.Message) webhooks.Reply {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return webhooks.Reply{Error: "the address cannot be called"}
	}
	for name, value := range m.Header {
		request.Header.Set(name, value)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return webhooks.Reply{Error: reason(err)}
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // what came counts
	return webhooks.Reply{
		Status: response.StatusCode, Answer: shown(answer), RetryAfter: retryAfter(response.Header.Get("Retry-After")),
	}
}

// reason says in a few words why there was no answer. The error's own text
// names addresses inside, and is not for partners.
func reason(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.Is(err, errPrivate):
		return errPrivate.Error()
	case errors.As(err, &dns):
		return "the host's name cannot be resolved"
	case errors.As(err, &certificate):
		return "the certificate is not valid for this host"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, context.Canceled):
		return "this service stopped while it was waiting for an answer"
	case errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	}
	return "the connection broke before an answer came"
}

func retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	return 0
}

// shown is the beginning of an answer as text.
func shown(answer []byte) string {
	text := strings.ToValidUTF8(string(answer), "")
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}
