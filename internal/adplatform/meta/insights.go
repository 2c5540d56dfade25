package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
)

// Describe implements platforms.Reader.
func (c *Client) Describe(ctx context.Context, a platforms.Access) (platforms.Description, error) {
	var answer struct {
		Name     string         `json:"name"`
		Currency money.Currency `json:"currency"`
		Zone     string         `json:"timezone_name"`
	}
	_, err := c.get(ctx, a, "act_"+a.External, url.Values{"fields": {"name,currency,timezone_name"}}, &answer)
	return platforms.Description{Name: answer.Name, Currency: answer.Currency, Timezone: answer.Zone}, err
}

// channel is what Meta's delivery is where nobody says more. Which of Meta's own
// places it was (publisher_platform) cannot be asked for together with the hour.
const channel = "social"

const hourly = "hourly_stats_aggregated_by_advertiser_time_zone"

// insight is one row. Numbers are text, and zeros are left out.
type insight struct {
	Currency    string   `json:"account_currency"`
	Campaign    string   `json:"campaign_id"`
	Ad          string   `json:"ad_id"`
	Impressions string   `json:"impressions"`
	Clicks      string   `json:"inline_link_clicks"`
	Spend       string   `json:"spend"`
	Actions     []action `json:"actions"`
	Values      []action `json:"action_values"`
	Day         string   `json:"date_start"`
	Hours       string   `json:"hourly_stats_aggregated_by_advertiser_time_zone"`
}

type action struct {
	Type  string      `json:"action_type"`
	Value json.Number `json:"value"`
}

// pageRows is how many rows are asked for at once.
const pageRows = 500

// Delivery implements platforms.Reader. Pages are followed by their cursor and
// never by the address in the answer: a token goes to the host of the settings
// and nowhere else.
func (c *Client) Delivery(ctx context.Context, a platforms.Access, from, to localday.Day, visit func(platforms.Page) error) error {
	span, err := json.Marshal(map[string]string{"since": from.String(), "until": to.String()})
	if err != nil {
		return err
	}
	query := url.Values{
		"level": {"ad"}, "time_increment": {"1"}, "breakdowns": {hourly}, "time_range": {string(span)}, "limit": {strconv.Itoa(pageRows)},
		"fields": {"account_currency,campaign_id,ad_id,impressions,inline_link_clicks,spend,actions,action_values"},
	}
	for empty := 0; ; {
		var page struct {
			Data   []insight `json:"data"`
			Paging struct {
				Cursors struct {
					After string `json:"after"`
				} `json:"cursors"`
				Next string `json:"next"`
			} `json:"paging"`
		}
		request, err := c.get(ctx, a, "act_"+a.External+"/insights", query, &page)
		if err != nil {
			return err
		}
		if err := visit(rowsOf(page.Data, request)); err != nil {
			return err
		}
		if page.Paging.Next == "" || page.Paging.Cursors.After == "" {
			return nil
		}
		if page.Paging.Cursors.After == query.Get("after") || len(page.Data) == 0 {
			// A page without rows says that there are more: once may be a hole,
			// for ever would be a loop.
			if empty++; empty > 3 {
				return &platforms.Failure{Class: platforms.Unknown, Message: "The report's pages have no end.", RequestID: request}
			}
		}
		query.Set("after", page.Paging.Cursors.After)
	}
}

func rowsOf(data []insight, request string) platforms.Page {
	page := platforms.Page{RequestID: request, Rows: make([]platforms.Row, 0, len(data))}
	for _, item := range data {
		row, err := item.row()
		if err != nil {
			name := fmt.Sprintf("campaign %s, ad %s, %s %s", item.Campaign, item.Ad, item.Day, item.Hours)
			page.Bad = append(page.Bad, platforms.BadRow{Row: name, Code: "row_malformed", Detail: err.Error()})
			continue
		}
		page.Rows = append(page.Rows, row)
	}
	return page
}

// row reads one row; its error is a sentence.
func (i insight) row() (platforms.Row, error) {
	row := platforms.Row{Campaign: i.Campaign, Ad: i.Ad, Channel: channel, Currency: i.Currency}
	var err error
	if row.Day, err = localday.Parse(i.Day); err != nil {
		return row, fmt.Errorf("%q is no day", i.Day)
	}
	hour, _, _ := strings.Cut(i.Hours, ":")
	if row.Hour, err = strconv.Atoi(hour); err != nil || row.Hour < 0 || row.Hour > 23 {
		return row, fmt.Errorf("%q is no hour", i.Hours)
	}
	for _, n := range []struct {
		name, text string
		into       *int64
	}{{"impressions", i.Impressions, &row.Impressions}, {"inline_link_clicks", i.Clicks, &row.Clicks}, {"actions", results(i.Actions), &row.Conversions}} {
		if *n.into, err = exchange.Count(n.text); err != nil {
			return row, fmt.Errorf("%s %q %w", n.name, n.text, err)
		}
	}
	for _, m := range []struct {
		name, text string
		into       *int64
	}{{"spend", i.Spend, &row.Spend}, {"action_values", results(i.Values), &row.Revenue}} {
		if *m.into, err = exchange.Amount(m.text); err != nil {
			return row, fmt.Errorf("%s %q %w", m.name, m.text, err)
		}
	}
	return row, nil
}

// results is the value of the action that counts as a conversion: a purchase, or
// where there is none a lead. Adding them up would count one sale several times,
// because Meta reports it under several types.
func results(actions []action) string {
	for _, kind := range []string{"offsite_conversion.fb_pixel_purchase", "purchase", "offsite_conversion.fb_pixel_lead", "lead"} {
		for _, a := range actions {
			if a.Type == kind {
				return a.Value.String()
			}
		}
	}
	return ""
}
