package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// client speaks to a running service, as any program outside would.
type client struct {
	URL string `default:"http://127.0.0.1:8080" name:"url" help:"Where the service runs."`
	Key string `required:"" placeholder:"KEY" help:"The API key to use."`
}

var httpClient = &http.Client{Timeout: 10 * time.Minute}

// call sends a request and decodes the answer; a refusal becomes an error with
// its sentences.
func (c client) call(ctx context.Context, method, path, contentType string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return refusal(resp.Status, answer)
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, into)
}

func (c client) callJSON(ctx context.Context, method, path string, body, into any) error {
	if body == nil {
		return c.call(ctx, method, path, "", nil, into)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(ctx, method, path, "application/json", bytes.NewReader(text), into)
}

// refusal is a problem document as a sentence.
func refusal(status string, answer []byte) error {
	var p struct {
		Code, Detail, Fix string
		Errors            []struct{ Path, Detail, Allowed string }
	}
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return fmt.Errorf("%s", status)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", p.Detail, p.Code)
	for _, f := range p.Errors {
		fmt.Fprintf(&b, "\n  %s: %s", f.Path, f.Detail)
		if f.Allowed != "" {
			fmt.Fprintf(&b, " Allowed: %s.", f.Allowed)
		}
	}
	if p.Fix != "" {
		b.WriteString("\n  " + p.Fix)
	}
	return fmt.Errorf("%s", b.String())
}
