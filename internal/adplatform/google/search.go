package google

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
)

// row is what we ask of any resource; what a query does not select is empty.
type row struct {
	Customer struct {
		Name     string         `json:"descriptiveName"`
		Currency money.Currency `json:"currencyCode"`
		Zone     string         `json:"timeZone"`
	} `json:"customer"`
	Campaign struct {
		ID       string   `json:"id"`
		Resource string   `json:"resourceName"`
		Primary  string   `json:"primaryStatus"`
		Reasons  []string `json:"primaryStatusReasons"`
		Name     string   `json:"name"`
		Channel  string   `json:"advertisingChannelType"`
	} `json:"campaign"`
	Budget struct {
		Resource string `json:"resourceName"`
		Name     string `json:"name"`
	} `json:"campaignBudget"`
	Group struct {
		ID       string `json:"id"`
		Resource string `json:"resourceName"`
		Name     string `json:"name"`
	} `json:"adGroup"`
	Ad struct {
		Resource string `json:"resourceName"`
		Status   string `json:"status"`
		Ad       struct {
			ID     string `json:"id"`
			Suffix string `json:"finalUrlSuffix"`
		} `json:"ad"`
		Policy struct {
			Approval string `json:"approvalStatus"`
			Review   string `json:"reviewStatus"`
			Entries  []struct {
				Topic string `json:"topic"`
				Type  string `json:"type"`
			} `json:"policyTopicEntries"`
		} `json:"policySummary"`
	} `json:"adGroupAd"`
	Criterion struct {
		ResourceName string `json:"resourceName"`
		Negative     bool   `json:"negative"`
		Location     struct {
			Constant string `json:"geoTargetConstant"`
		} `json:"location"`
		Language struct {
			Constant string `json:"languageConstant"`
		} `json:"language"`
		Proximity circle `json:"proximity"`
		UserList  struct {
			UserList string `json:"userList"`
		} `json:"userList"`
	} `json:"campaignCriterion"`
	Listed struct {
		ResourceName string `json:"resourceName"`
		UserList     struct {
			UserList string `json:"userList"`
		} `json:"userList"`
		Interest struct {
			Category string `json:"userInterestCategory"`
		} `json:"userInterest"`
	} `json:"adGroupCriterion"`
	List struct {
		Resource string `json:"resourceName"`
	} `json:"userList"`
	Interest struct {
		ID       json.Number `json:"userInterestId"`
		Name     string      `json:"name"`
		Taxonomy string      `json:"taxonomyType"`
	} `json:"userInterest"`
	Job struct {
		ExternalID string `json:"externalId"`
		Status     string `json:"status"`
		Reason     string `json:"failureReason"`
	} `json:"offlineUserDataJob"`
	Segments struct {
		Date   string `json:"date"`
		Hour   int    `json:"hour"`
		Device string `json:"device"`
	} `json:"segments"`
	Metrics struct {
		Impressions json.Number `json:"impressions"`
		Clicks      json.Number `json:"clicks"`
		Cost        json.Number `json:"costMicros"`
		Conversions json.Number `json:"conversions"`
		Value       json.Number `json:"conversionsValue"`
	} `json:"metrics"`
}

// search runs a query to its last page.
func (c *Client) search(ctx context.Context, a platforms.Access, query string, visit func([]row, string) error) error {
	empty := 0
	for token := ""; ; {
		body := map[string]string{"query": query}
		if token != "" {
			body["pageToken"] = token
		}
		var page struct {
			Results []row  `json:"results"`
			Next    string `json:"nextPageToken"`
		}
		request, err := c.call(ctx, a, "googleAds:search", body, &page)
		if err != nil {
			return err
		}
		if err := visit(page.Results, request); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		if len(page.Results) == 0 {
			// Once may be a hole, for ever would be a loop.
			if empty++; empty > 3 {
				return &platforms.Failure{Class: platforms.Unknown, Message: "The report's pages have no end.", RequestID: request}
			}
		}
		token = page.Next
	}
}

// Describe implements platforms.Reader.
func (c *Client) Describe(ctx context.Context, a platforms.Access) (d platforms.Description, err error) {
	found := false
	err = c.search(ctx, a, "SELECT customer.descriptive_name, customer.currency_code, customer.time_zone FROM customer", func(rows []row, _ string) error {
		for _, r := range rows {
			d, found = platforms.Description{Name: r.Customer.Name, Currency: r.Customer.Currency, Timezone: r.Customer.Zone}, true
		}
		return nil
	})
	if err == nil && !found {
		err = &platforms.Failure{Class: platforms.Unknown, Message: "The answer does not describe the account."}
	}
	return d, err
}

// finding says how objects of each kind are looked for by reference.
var finding = map[string]struct{ from, field, and string }{
	"budget": {"campaign_budget", "campaign_budget.name", " AND campaign_budget.status != 'REMOVED'"}, "campaign": {"campaign", "campaign.name", " AND campaign.status != 'REMOVED'"},
	"ad_group": {"ad_group", "ad_group.name", " AND ad_group.status != 'REMOVED'"},
	"ad":       {"ad_group_ad", "ad_group_ad.ad.final_url_suffix", " AND ad_group_ad.status != 'REMOVED'"},
	"audience": {"user_list", "user_list.name", ""}, // one that is removed is not told of
}

// Find implements platforms.Connector.
func (c *Client) Find(ctx context.Context, a platforms.Access, kind string, references []string) (map[string][]string, error) {
	found, where := map[string][]string{}, finding[kind]
	for _, reference := range references {
		query := fmt.Sprintf("SELECT %s.resource_name, %s FROM %s WHERE %s LIKE '%%%s%%'%s", where.from, where.field, where.from, where.field, reference, where.and)
		err := c.search(ctx, a, query, func(rows []row, _ string) error {
			for _, r := range rows {
				name := r.Budget.Resource + r.Ad.Resource + r.List.Resource
				if kind == "campaign" {
					name = r.Campaign.Resource
				} else if kind == "ad_group" {
					name = r.Group.Resource
				}
				if last(name) == "" { // not found would be another answer, and a second object
					return &platforms.Failure{Class: platforms.Unknown, Message: "An object was found that has no name."}
				}
				found[reference] = append(found[reference], last(name))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Standing implements platforms.Connector.
func (c *Client) Standing(ctx context.Context, a platforms.Access, objects []platforms.Object) (map[string]platforms.Standing, error) {
	all := map[string]platforms.Standing{}
	if err := c.jobs(ctx, a, objects, all); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(objects, func(o platforms.Object) bool { return o.Kind == "campaign" })
	if at < 0 {
		return all, nil
	}
	id := objects[at].External
	err := c.search(ctx, a, "SELECT campaign.id, campaign.primary_status, campaign.primary_status_reasons FROM campaign WHERE campaign.id = "+id, func(rows []row, _ string) error {
		for _, r := range rows {
			all[id] = platforms.Standing{Delivery: r.Campaign.Primary, Reasons: r.Campaign.Reasons}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	query := "SELECT ad_group.id, ad_group_ad.ad.id, ad_group_ad.status, ad_group_ad.policy_summary.approval_status, ad_group_ad.policy_summary.review_status, ad_group_ad.policy_summary.policy_topic_entries FROM ad_group_ad WHERE campaign.id = " + id
	err = c.search(ctx, a, query, func(rows []row, _ string) error {
		for _, r := range rows {
			all[r.Group.ID+"~"+r.Ad.Ad.ID] = r.standing()
		}
		return nil
	})
	return all, err
}

func (r row) standing() platforms.Standing {
	s := platforms.Standing{Delivery: r.Ad.Status, Review: platforms.Approved}
	switch {
	case r.Ad.Policy.Approval == "DISAPPROVED":
		s.Review = platforms.Rejected
	case r.Ad.Policy.Review == "REVIEW_IN_PROGRESS":
		s.Review = platforms.InReview
	}
	for _, e := range r.Ad.Policy.Entries {
		s.Reasons = append(s.Reasons, strings.ToLower(strings.ReplaceAll(e.Type+": "+e.Topic, "_", " ")))
	}
	return s
}

// Delivery implements platforms.Reader.
func (c *Client) Delivery(ctx context.Context, a platforms.Access, from, to localday.Day, visit func(platforms.Page) error) error {
	query := fmt.Sprintf("SELECT campaign.id, campaign.advertising_channel_type, ad_group.id, ad_group_ad.ad.id, segments.date, segments.hour, segments.device, customer.currency_code, "+
		"metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value "+
		"FROM ad_group_ad WHERE segments.date BETWEEN '%s' AND '%s'", from, to)
	return c.search(ctx, a, query, func(rows []row, request string) error {
		page := platforms.Page{RequestID: request, Rows: make([]platforms.Row, 0, len(rows))}
		for _, r := range rows {
			read, err := r.delivery()
			if err != nil {
				name := fmt.Sprintf("campaign %s, ad %s, %s %d h", r.Campaign.ID, r.Ad.Ad.ID, r.Segments.Date, r.Segments.Hour)
				page.Bad = append(page.Bad, platforms.BadRow{Row: name, Code: "row_malformed", Detail: err.Error()})
				continue
			}
			page.Rows = append(page.Rows, read)
		}
		return visit(page)
	})
}

// devices are our words for Google's.
var devices = map[string]string{"MOBILE": "mobile", "TABLET": "tablet", "DESKTOP": "desktop", "CONNECTED_TV": "tv", "OTHER": "other", "UNKNOWN": ""}

// device keeps a word that we have none for: rows are told apart by it, and two
// that were not would overwrite each other.
func device(theirs string) string {
	if ours, known := devices[theirs]; known {
		return ours
	}
	return strings.ToLower(theirs)
}

var (
	errDay  = errors.New("the row has no day that can be read")
	errHour = errors.New("the row has an hour that no day has")
)

// delivery reads one row; its error is a sentence.
func (r row) delivery() (platforms.Row, error) {
	out := platforms.Row{
		Campaign: r.Campaign.ID, Ad: r.Group.ID + "~" + r.Ad.Ad.ID, Channel: cmp.Or(channelWords[r.Campaign.Channel], "search"), Device: device(r.Segments.Device),
		Hour: r.Segments.Hour, Currency: string(r.Customer.Currency),
	}
	var err error
	if out.Day, err = localday.Parse(r.Segments.Date); err != nil {
		return out, errDay
	}
	if out.Hour < 0 || out.Hour > 23 {
		return out, errHour
	}
	for _, n := range []struct {
		name string
		text json.Number
		into *int64
		read func(string) (int64, error)
	}{
		{"impressions", r.Metrics.Impressions, &out.Impressions, exchange.Count}, {"clicks", r.Metrics.Clicks, &out.Clicks, exchange.Count},
		{"cost_micros", r.Metrics.Cost, &out.Spend, exchange.Count}, {"conversions", r.Metrics.Conversions, &out.Conversions, exchange.Count},
		{"conversions_value", r.Metrics.Value, &out.Revenue, exchange.Amount},
	} {
		if *n.into, err = n.read(n.text.String()); err != nil {
			return out, fmt.Errorf("%s %q %w", n.name, n.text, err)
		}
	}
	return out, nil
}
