package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/platforms"
)

// Client speaks to one Google Ads API.
type Client struct {
	base, tokens string // the API with its version; where access tokens come from
	http         *http.Client
	now          func() time.Time

	mu     sync.Mutex
	access map[string]token // by refresh token
}

// token is an access token and when it is no longer used.
type token struct {
	value string
	until time.Time
}

// New makes a client for a host such as https://googleads.googleapis.com, a
// version such as v26, and the address of the token endpoint.
func New(host, version, tokens string, client *http.Client, now func() time.Time) *Client {
	return &Client{base: strings.TrimSuffix(host, "/") + "/" + version, tokens: tokens, http: client, now: now, access: map[string]token{}}
}

var _ platforms.Connector = (*Client)(nil)

// call posts to a method of the account's customer. Everything is a POST there,
// reading included.
func (c *Client) call(ctx context.Context, a platforms.Access, method string, body, out any) (request string, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	bearer, err := c.token(ctx, a.Secret)
	if err != nil {
		return "", err
	}
	request, err = c.send(ctx, a, method, text, bearer, out)
	if f, ok := err.(*platforms.Failure); ok && f.Class == platforms.Unauthorized { //nolint:errorlint // send returns it bare
		// The access token may have ended early. It was refused, so nothing has
		// happened, and the call can be made again with a new one.
		c.forget(a.Secret)
		if bearer, err = c.token(ctx, a.Secret); err == nil {
			request, err = c.send(ctx, a, method, text, bearer, out)
		}
	}
	return request, err
}

func (c *Client) send(ctx context.Context, a platforms.Access, method string, body []byte, bearer string, out any) (request string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/customers/"+a.External+"/"+method, bytes.NewReader(body))
	if err != nil {
		return "", &platforms.Failure{Class: platforms.NotSent, Message: "The request cannot be made."}
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Developer-Token", a.Secret.DeveloperToken)
	req.Header.Set("Content-Type", "application/json")
	if a.Settings.Login != "" {
		req.Header.Set("Login-Customer-Id", strings.ReplaceAll(a.Settings.Login, "-", ""))
	}
	answer, err := exchange.Do(c.http, req)
	if err != nil {
		return "", err
	}
	request = answer.Header.Get("Request-Id")
	if answer.Status >= http.StatusBadRequest {
		return request, refusal(answer, request)
	}
	if err := answer.JSON(out); err != nil {
		return request, named(err, request)
	}
	return request, nil
}

func named(err error, request string) error {
	if f, ok := err.(*platforms.Failure); ok { //nolint:errorlint // exchange returns it bare
		f.RequestID = request
	}
	return err
}

// token is an access token that still lives.
func (c *Client) token(ctx context.Context, secret platforms.Credentials) (string, error) {
	c.mu.Lock()
	held, ok := c.access[secret.Token]
	c.mu.Unlock()
	if ok && c.now().Before(held.until) {
		return held.value, nil
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {secret.Token}, "client_id": {secret.ClientID}, "client_secret": {secret.ClientSecret}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.tokens, strings.NewReader(form.Encode()))
	if err != nil {
		return "", &platforms.Failure{Class: platforms.NotSent, Message: "The request for a token cannot be made."}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := exchange.Do(c.http, req)
	if err != nil {
		return "", unsent(err)
	}
	var body struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
		Error   string `json:"error"`
		Text    string `json:"error_description"`
	}
	if err := answer.JSON(&body); err != nil {
		return "", unsent(err)
	}
	if answer.Status >= http.StatusInternalServerError {
		return "", &platforms.Failure{Class: platforms.NotSent, Code: body.Error, Message: "Tokens are not to be had at the moment."}
	}
	if body.Token == "" {
		return "", &platforms.Failure{Class: platforms.Unauthorized, Code: body.Error, Message: body.Text}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access[secret.Token] = token{body.Token, c.now().Add(time.Duration(body.Seconds)*time.Second - time.Minute)}
	return body.Token, nil
}

// unsent is a failure on the way to a token: the call that the token was for has
// not been made.
func unsent(err error) error {
	if f, ok := err.(*platforms.Failure); ok { //nolint:errorlint // exchange returns it bare
		f.Class = platforms.NotSent
	}
	return err
}

func (c *Client) forget(secret platforms.Credentials) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.access, secret.Token)
}

// problem is Google's error answer.
type problem struct {
	Error struct {
		Code    int       `json:"code"`
		Message string    `json:"message"`
		Status  string    `json:"status"`
		Details []details `json:"details"`
	} `json:"error"`
}

// details is a GoogleAdsFailure.
type details struct {
	Errors    []oneError `json:"errors"`
	RequestID string     `json:"requestId"`
}

type oneError struct {
	Code     map[string]string `json:"errorCode"`
	Message  string            `json:"message"`
	Location struct {
		Path []struct {
			Field string `json:"fieldName"`
			Index *int   `json:"index"`
		} `json:"fieldPathElements"`
	} `json:"location"`
	Details struct {
		Quota struct {
			RetryDelay string `json:"retryDelay"`
		} `json:"quotaErrorDetails"`
	} `json:"details"`
}

// name is the error's family and value: campaignError.DUPLICATE_NAME.
func (e oneError) name() string {
	for family, value := range e.Code {
		return family + "." + value
	}
	return ""
}

// operation is which operation the error is about; -1 when it does not say.
func (e oneError) operation() int {
	for _, p := range e.Location.Path {
		if p.Index != nil {
			return *p.Index
		}
	}
	return -1
}

// refusal classifies an error answer by its canonical status, after the guide
// "Understand API errors": what the server could not finish leaves the outcome
// open.
func refusal(answer exchange.Answer, request string) error {
	var p problem
	if err := answer.JSON(&p); err != nil {
		return named(err, request)
	}
	f := &platforms.Failure{Class: platforms.Refused, Code: p.Error.Status, Message: p.Error.Message, RequestID: request}
	for _, d := range p.Error.Details {
		if f.RequestID == "" {
			f.RequestID = d.RequestID
		}
		for i, e := range d.Errors {
			if i == 0 {
				f.Code, f.Message = e.name(), e.Message
			}
			if wait, err := time.ParseDuration(e.Details.Quota.RetryDelay); err == nil {
				f.RetryAfter = max(f.RetryAfter, wait)
			}
		}
	}
	switch p.Error.Status {
	case "RESOURCE_EXHAUSTED":
		f.Class = platforms.Throttled
		f.RetryAfter = max(f.RetryAfter, 30*time.Second)
	case "UNAUTHENTICATED":
		f.Class = platforms.Unauthorized
	case "INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED":
		f.Class = platforms.Unknown
	}
	if p.Error.Status == "" && answer.Status >= http.StatusInternalServerError {
		f.Class, f.Code = platforms.Unknown, fmt.Sprint(answer.Status)
	}
	return f
}
