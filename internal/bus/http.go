package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/event"
)

// httpBroker posts each event to one address, in structured mode. It gives
// nothing back: what others have to say they send to POST /events.
type httpBroker struct {
	url    string
	user   *url.Userinfo
	client *http.Client
	failed atomic.Pointer[error] // of the last Publish
}

const (
	httpWait   = 10 * time.Second // for one answer
	httpAtOnce = 8                // keys that are sent at once
	httpAnswer = 64 << 10         // of an answer, read so that its connection is used again
)

// dialHTTP takes user and password (Basic) from the URL.
func dialHTTP(raw string) (Broker, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("this is not a URL")
	}
	b := &httpBroker{user: u.User, client: &http.Client{
		Timeout:       httpWait,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: httpAtOnce, IdleConnTimeout: time.Minute},
	}}
	u.User = nil
	b.url = u.String()
	return b, nil
}

func (*httpBroker) Features() Features { return Features{} }

// Health is how the last batch went: there is no question that every receiver
// answers.
func (b *httpBroker) Health(context.Context) error {
	if failed := b.failed.Load(); failed != nil {
		return *failed
	}
	return nil
}

func (b *httpBroker) Close() error {
	b.client.CloseIdleConnections()
	return nil
}

// Consume implements Broker.
func (*httpBroker) Consume(context.Context, Subscription, Handler) error { return ErrNoConsume }

// Publish implements Broker: the events of one key one after the other, those
// of different keys at once. An event that has several topics is posted once.
func (b *httpBroker) Publish(ctx context.Context, batch []event.Message) error {
	var order []string
	keys, seen := map[string][]event.Message{}, map[string]bool{}
	for _, m := range batch {
		if m.ID != "" && seen[m.ID] {
			continue
		}
		seen[m.ID] = true
		if keys[m.Key] == nil {
			order = append(order, m.Key)
		}
		keys[m.Key] = append(keys[m.Key], m)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(httpAtOnce)
	for _, key := range order {
		group.Go(func() error {
			for _, m := range keys[key] {
				if err := b.post(ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	if err != nil {
		b.failed.Store(&err)
		return err
	}
	b.failed.Store(nil)
	return nil
}

func (b *httpBroker) post(ctx context.Context, m event.Message) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, bytes.NewReader(m.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", m.ContentType)
	if b.user != nil {
		password, _ := b.user.Password()
		req.SetBasicAuth(b.user.Username(), password)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, httpAnswer)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("the receiver answered %s", resp.Status)
	}
	return nil
}
