package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

type exportCmd struct {
	client   `embed:""`
	Campaign string `xor:"of" required:"" placeholder:"ID" help:"The events of this campaign."`
	Partner  string `xor:"of" required:"" placeholder:"ID" help:"The events of all campaigns of this partner."`
	Format   string `enum:"ndjson,csv" default:"ndjson" help:"ndjson or csv."`
	From     string `placeholder:"TIME" help:"What happened from then on (RFC 3339)."`
	To       string `placeholder:"TIME" help:"What happened before then."`
	KnownAt  string `name:"known-at" placeholder:"TIME" help:"Only what had been recorded by then."`
	Output   string `short:"o" placeholder:"FILE" help:"Write there instead of to standard output; the file appears when it is whole."`
}

var errCutOff = errors.New("the export was cut off before its end; ask for it again")

// Run copies the stream. What it wrote can be sent to POST /metrics again.
func (c *exportCmd) Run(e env) error {
	path := "/campaigns/" + url.PathEscape(c.Campaign)
	if c.Partner != "" {
		path = "/partners/" + url.PathEscape(c.Partner)
	}
	query := url.Values{"format": {c.Format}}
	for name, value := range map[string]string{"from": c.From, "to": c.To, "known_at": c.KnownAt} {
		if value != "" {
			query.Set(name, value)
		}
	}
	path += "/metrics/export?" + query.Encode()
	if c.Output == "" {
		return c.stream(e.ctx, path, e.stdout)
	}
	return c.toFile(e.ctx, path)
}

// toFile gives the file its name when it is whole, so that what was cut off is
// not taken for an export.
func (c *exportCmd) toFile(ctx context.Context, path string) error {
	part := c.Output + ".part"
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	if err := errors.Join(c.stream(ctx, path, f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, c.Output)
}

func (c *exportCmd) stream(ctx context.Context, path string, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.URL, "/")+"/api/v1"+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	resp, err := (&http.Client{}).Do(req) // as long as it takes
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil {
			return err
		}
		return refusal(resp.Status, answer)
	}
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("%w (%w)", errCutOff, err)
	}
	if resp.Trailer.Get("X-Export-Complete") != "true" {
		return errCutOff
	}
	return nil
}
