package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/hexabuilders/campaignd/money"
)

type importCmd struct {
	client   `embed:""`
	Platform string `arg:"" enum:"google_ads,meta_ads,microsoft_ads,tiktok_ads" help:"google_ads, meta_ads, microsoft_ads or tiktok_ads."`
	File     string `arg:"" type:"existingfile" help:"The report file (CSV)."`
	Campaign string `name:"campaign" placeholder:"ID" help:"Put every row on this campaign; without it each of the platform's campaigns gets one of ours, made as a draft when missing."`
	Force    bool   `help:"Count also what is pulled from a connected ad account by itself; it counts twice unless it is another's."`
	Partner  string `name:"partner" placeholder:"ID" help:"The partner, when the key is an admin's."`
}

// importState is what the service says of an import.
type importState struct {
	ID, State string
	Progress  struct{ Rows, Accepted, Duplicates, Rejected int }
	Totals    struct {
		Spend               *money.Money
		Impressions, Clicks int64
		Conversions         *int64
	}
	Rejections []struct {
		Line   int
		Detail string
	}
	Error *struct{ Detail, Fix string }
}

// Run sends the file and waits until it is read. Sending the same file again
// counts nothing twice.
func (c *importCmd) Run(e env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	query := url.Values{"platform": {c.Platform}}
	if c.Campaign != "" {
		query.Set("campaign_id", c.Campaign)
	}
	if c.Force {
		query.Set("force", "true")
	}
	if c.Partner != "" {
		query.Set("partner_id", c.Partner)
	}
	var state importState
	if err := c.call(e.ctx, "POST", "/imports?"+query.Encode(), "text/csv", f, &state); err != nil {
		return err
	}
	if state, err = c.await(e.ctx, state); err != nil {
		return err
	}
	state.print(e.stdout)
	if state.Error != nil {
		return fmt.Errorf("the import %s: %s %s", state.State, state.Error.Detail, state.Error.Fix)
	}
	return nil
}

func (s *importState) print(w io.Writer) {
	p := s.Progress
	_, _ = fmt.Fprintf(w, "%s: %d rows, %d counted, %d counted before, %d refused\n", s.State, p.Rows, p.Accepted, p.Duplicates, p.Rejected)
	for _, r := range s.Rejections {
		_, _ = fmt.Fprintf(w, "  line %d: %s\n", r.Line, r.Detail)
	}
	spend, conversions := "unknown", "unknown"
	if s.Totals.Spend != nil {
		spend = s.Totals.Spend.String()
	}
	if s.Totals.Conversions != nil {
		conversions = strconv.FormatInt(*s.Totals.Conversions, 10)
	}
	_, _ = fmt.Fprintf(w, "spend %s, impressions %d, clicks %d, conversions %s\n", spend, s.Totals.Impressions, s.Totals.Clicks, conversions)
}

// await asks until the import has ended.
func (c *importCmd) await(ctx context.Context, state importState) (importState, error) {
	for state.State == "running" {
		select {
		case <-ctx.Done():
			return state, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		if err := c.callJSON(ctx, "GET", "/imports/"+state.ID, nil, &state); err != nil {
			return state, err
		}
	}
	return state, nil
}
