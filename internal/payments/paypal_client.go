package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/billing/payment"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// paypalClient speaks to PayPal's REST API under a token that it renews.
type paypalClient struct {
	http       *http.Client
	base       string
	id, secret string
	now        func() time.Time

	mu    sync.Mutex
	token string
	until time.Time
}

// errGone is a 404: PayPal has no such thing.
var errGone = errors.New("paypal has no such thing")

// call sends a request and reads the answer into out. key makes PayPal carry a
// POST out once; "" sends none. The errors are errGone, *payment.Refusal for a
// definite no, and others that leave open what has happened.
func (c *paypalClient) call(ctx context.Context, method, path, key string, in, out any) error {
	for fresh := false; ; fresh = true {
		token, err := c.authorize(ctx, fresh)
		if err != nil {
			return err
		}
		status, body, err := c.send(ctx, method, path, key, token, in)
		switch {
		case err != nil:
			return err
		case status == http.StatusUnauthorized && !fresh:
			continue // revoked before its time
		case status/100 == 2:
			return json.Unmarshal(body, out)
		}
		return refusalOf(status, body)
	}
}

func (c *paypalClient) send(ctx context.Context, method, path, key, token string, in any) (int, []byte, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Prefer", "return=representation")
	if key != "" {
		r.Header.Set("PayPal-Request-Id", key)
	}
	return c.do(r)
}

func (c *paypalClient) do(r *http.Request) (int, []byte, error) {
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("paypal: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	return answer.StatusCode, text, err
}

// authorize gives a token that holds for another minute, or a new one.
func (c *paypalClient) authorize(ctx context.Context, fresh bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !fresh && c.token != "" && c.now().Add(time.Minute).Before(c.until) {
		return c.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1/oauth2/token", strings.NewReader(form))
	if err != nil {
		return "", err
	}
	r.SetBasicAuth(c.id, c.secret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, err := c.do(r)
	if err != nil {
		return "", err
	}
	var granted struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if status != http.StatusOK || json.Unmarshal(body, &granted) != nil || granted.Token == "" {
		return "", fmt.Errorf("paypal grants no token, it answers %d: check paypal-client-id and paypal-secret", status)
	}
	c.token, c.until = granted.Token, c.now().Add(time.Duration(granted.Seconds)*time.Second)
	return c.token, nil
}

// refusalOf tells a definite no from an answer that leaves open what has
// happened, and keeps PayPal's own word for it.
func refusalOf(status int, body []byte) error {
	var told struct {
		Name    string `json:"name"`
		DebugID string `json:"debug_id"`
		Details []struct {
			Issue string `json:"issue"`
		} `json:"details"`
	}
	_ = json.Unmarshal(body, &told) // without it the status has to do
	reason := told.Name
	if len(told.Details) > 0 {
		reason = told.Details[0].Issue
	}
	switch {
	case status == http.StatusNotFound:
		return errGone
	case reason == "ORDER_ALREADY_CAPTURED", reason == "DUPLICATE_INVOICE_ID":
		// Another try was first; the look-up finds what it did.
	case status == http.StatusBadRequest, status == http.StatusForbidden, status == http.StatusUnprocessableEntity:
		return &payment.Refusal{Reason: strings.ToLower(reason)}
	}
	return fmt.Errorf("paypal answers %d (%s), debug id %s", status, reason, told.DebugID)
}
