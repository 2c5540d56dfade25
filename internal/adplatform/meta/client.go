package meta

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/platforms"
)

// Client speaks to one Graph API.
type Client struct {
	base string // with the version
	http *http.Client
	pace pace
}

// New makes a client for a host such as https://graph.facebook.com and a version
// such as v26.0. now is the clock that waiting is measured by.
func New(host, version string, client *http.Client, now func() time.Time) *Client {
	return &Client{base: strings.TrimSuffix(host, "/") + "/" + version, http: client, pace: pace{now: now, until: map[string]time.Time{}}}
}

var _ platforms.Connector = (*Client)(nil)

// get asks for something; it may be repeated.
func (c *Client) get(ctx context.Context, a platforms.Access, path string, query url.Values, out any) (request string, err error) {
	return c.call(ctx, a, http.MethodGet, path+"?"+query.Encode(), nil, out)
}

// post changes or creates something.
func (c *Client) post(ctx context.Context, a platforms.Access, path string, body, out any) (request string, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	return c.call(ctx, a, http.MethodPost, path, text, out)
}

func (c *Client) call(ctx context.Context, a platforms.Access, method, path string, body []byte, out any) (request string, err error) {
	if err := c.pace.allow(a.External); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/"+path, bytes.NewReader(body))
	if err != nil {
		return "", &platforms.Failure{Class: platforms.NotSent, Message: "The request cannot be made."}
	}
	// In a header and not in the query: addresses end up in logs.
	req.Header.Set("Authorization", "Bearer "+a.Secret.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	answer, err := exchange.Do(c.http, req)
	if err != nil {
		return "", err
	}
	request = requestID(answer.Header)
	c.pace.note(a.External, answer.Header)
	if answer.Status >= http.StatusBadRequest {
		return request, refusal(answer, request)
	}
	if err := answer.JSON(out); err != nil {
		return request, named(err, request)
	}
	return request, nil
}

// requestID is what Meta's support asks for.
func requestID(h http.Header) string {
	if id := h.Get("X-Fb-Trace-Id"); id != "" {
		return id
	}
	return h.Get("X-Fb-Request-Id")
}

// named adds the request's id to a failure.
func named(err error, request string) error {
	if f, ok := err.(*platforms.Failure); ok { //nolint:errorlint // exchange returns it bare
		f.RequestID = request
	}
	return err
}

// problem is Meta's error object.
type problem struct {
	Error struct {
		Message     string `json:"message"`
		Code        int    `json:"code"`
		Subcode     int    `json:"error_subcode"`
		Transient   bool   `json:"is_transient"`
		UserMessage string `json:"error_user_msg"`
		Trace       string `json:"fbtrace_id"`
	} `json:"error"`
}

// refusal classifies an error answer. Throttling comes with status 400 and a
// code; 190 wants a new token; what is transient or of the server's own making
// leaves the outcome open.
func refusal(answer exchange.Answer, request string) error {
	var p problem
	if err := answer.JSON(&p); err != nil {
		return named(err, request)
	}
	e := p.Error
	f := &platforms.Failure{Class: platforms.Refused, Code: fmt.Sprint(e.Code), Message: e.Message, RequestID: request}
	if e.Subcode != 0 {
		f.Code = fmt.Sprintf("%d/%d", e.Code, e.Subcode)
	}
	if e.UserMessage != "" {
		f.Message = e.UserMessage
	}
	if f.RequestID == "" {
		f.RequestID = e.Trace
	}
	switch e.Code {
	case 4, 17, 613, 80000, 80003, 80004:
		f.Class, f.RetryAfter = platforms.Throttled, regain(answer.Header)
	case 190:
		f.Class = platforms.Unauthorized
	case 1, 2:
		f.Class = platforms.Unknown
	}
	if e.Transient && f.Class == platforms.Refused || answer.Status >= http.StatusInternalServerError && e.Code == 0 {
		f.Class = platforms.Unknown
	}
	return f
}
