package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// client speaks to the API with one key.
type client struct {
	http *http.Client
	base string // without /api/v1
	key  string
}

func newClient(base, key string, connections int) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = connections, connections, connections
	transport.DisableCompression = true
	return &client{http: &http.Client{Transport: transport, Timeout: time.Minute}, base: base, key: key}
}

// post sends a JSON body and returns the answer's. Anything but 2xx is an error.
func (c *client) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return c.do(request)
}

// do sends a request with the key and returns the answer's body.
func (c *client) do(request *http.Request) ([]byte, error) {
	request.Header.Set("Authorization", "Bearer "+c.key)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, answer)
	}
	return answer, err
}

// campaigns makes campaigns with a budget that no measurement spends.
func (c *client) campaigns(ctx context.Context, count int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range ids {
		group.Go(func() error {
			body := fmt.Sprintf(`{"name":"Bench %d","type":"SEARCH","objective":"TRAFFIC","goals":{"target_metrics":{"clicks":1000000000}},
				"budget":{"amount":"900000000.00","currency":"USD"},"timezone":"America/Bogota","channels":["search","social"]}`, i)
			answer, err := c.post(ctx, "/campaigns", []byte(body))
			if err != nil {
				return err
			}
			var created struct{ ID uuid.UUID }
			err = json.Unmarshal(answer, &created)
			ids[i] = created.ID
			return err
		})
	}
	return ids, group.Wait()
}
