package market

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Platforms are the ad platforms that some of the demo's campaigns run at. The
// market does not deliver to those: the platforms do, and the service pulls it.
type Platforms struct {
	Accounts []AdAccount
	// CatchUp is called when everything is placed. It brings the platforms' clock,
	// which was PlacedHistory behind, to the real one, so that weeks of delivery
	// are there at once.
	CatchUp func()
}

// AdAccount is what the demo's partner connects.
type AdAccount struct{ Platform, External, Token string }

// PlacedHistory is by how much the platforms' clock is behind when the demo's
// campaigns are placed: they run for three weeks by then.
const PlacedHistory = placedSince + time.Hour

const (
	placedSince = 21 * day
	// placedPatience is how long the demo waits for the platforms before it shows
	// itself without all of their delivery. It takes 3 s where nothing else runs.
	placedPatience = time.Minute
	look           = 100 * time.Millisecond
)

// placedPlan is a campaign that runs at a platform.
type placedPlan struct {
	plan
	platform string
}

// placedScenario is the campaigns that run at ad platforms. Of the rain jackets'
// ads one promises too much and is rejected.
func placedScenario(spared string) []placedPlan {
	plans := []placedPlan{{plan: placedSocial(spared), platform: "meta_ads"}, {plan: placedSearch(spared), platform: "google_ads"}, {plan: placedDisplay(), platform: "google_ads"}}
	for i := range plans {
		p := &plans[i].plan
		p.campaign.Timezone, p.campaign.Budget.Currency = partnerZone, currency
		p.stage, p.start, p.length = launched, -placedSince, 42*day
	}
	return plans
}

// placedSocial is for people who do not buy yet: customers are an audience that
// Meta is given to spare.
func placedSocial(customers string) plan {
	return plan{
		campaign: campaignBody{
			Name: "Meta · Rain jackets", Type: "SOCIAL", Objective: "CONVERSIONS", Description: "The new jackets, in feeds and stories. Runs at Meta Ads.",
			Goals:  goals{"conversions": 1300, "cpa": "24.00"},
			Budget: budgetBody{Amount: "24000.00"}, Channels: []string{"social"}, Labels: []string{"ad-platform"},
		},
		targeting: &targetingBody{
			AgeRange: &ageBody{22, 55}, Locations: countries("CO", "EC"), Languages: []string{"es"}, Interests: []string{"720"}, DeviceTypes: []string{"mobile"},
			BidStrategy: &bidBody{Type: "lowest_cost"}, Exclusions: []spareBody{{"custom_audiences", []string{customers}}},
		},
		creatives: []creativeBody{
			creative("Rain is only water", "image", "social"), creative("Three layers, one jacket", "carousel", "social"),
			creative("Dry for life, guaranteed", "image", "social"),
		},
	}
}

// placedSearch spares customers as well: Google has them by Customer Match.
func placedSearch(customers string) plan {
	return plan{
		campaign: campaignBody{
			Name: "Google · Climbing gear", Type: "SEARCH", Objective: "CONVERSIONS", Description: "Ropes, harnesses and shoes for climbers. Runs at Google Ads.",
			Goals:  goals{"conversions": 1500, "cpa": "16.00"},
			Budget: budgetBody{Amount: "19500.00"}, Channels: []string{"search"}, Labels: []string{"ad-platform"},
		},
		targeting: &targetingBody{Locations: countries("CO", "PE"), Languages: []string{"es"}, Interests: []string{"410"}, BidStrategy: &bidBody{Type: "target_cpa", Amount: &amountBody{"14.00", currency}}, Exclusions: []spareBody{{"custom_audiences", []string{customers}}}},
		creatives: []creativeBody{creative("Ropes and harnesses", "text", "search"), creative("Climbing shoes", "text", "search")},
	}
}

func placedDisplay() plan {
	return plan{
		campaign: campaignBody{
			Name: "Google · Trekking season", Type: "DISPLAY", Objective: "TRAFFIC", Description: "Banners for poles and packs on sites about mountains. Runs at Google Ads.",
			Goals:  goals{"clicks": 25000, "cpc": "0.60"},
			Budget: budgetBody{Amount: "9000.00"}, Channels: []string{"display"}, Labels: []string{"ad-platform"},
		},
		targeting: &targetingBody{Locations: countries("CO", "EC"), Languages: []string{"es"}, Interests: []string{"720"}, BidStrategy: &bidBody{Type: "lowest_cost"}},
		creatives: []creativeBody{creative("Poles that fold", "image", "display"), creative("The season begins", "image", "display")},
	}
}

type (
	connectBody struct {
		Platform    string            `json:"platform"`
		External    string            `json:"external_id"`
		Credentials map[string]string `json:"credentials"`
		Settings    map[string]string `json:"settings"`
	}
	accountBody struct {
		ID       string `json:"id"`
		Platform string `json:"platform"`
		Pull     *struct {
			Rows int `json:"rows"`
		} `json:"last_pull"`
	}
	placeBody struct {
		Account string `json:"ad_account_id"`
	}
	placementBody struct {
		ID       string `json:"id"`
		Campaign string `json:"campaign_id"`
		Progress string `json:"progress"`
		Started  bool   `json:"started"` // it was told to deliver
	}
	items[T any] struct {
		Items []T `json:"items"`
	}
)

// usePlatforms finds or makes all that the demo has at ad platforms, and waits a
// little for their delivery.
func (s *setup) usePlatforms(ctx context.Context, c Config) error {
	if c.Platforms == nil {
		return nil
	}
	existing, err := list(ctx, s.manager)
	if err != nil {
		return err
	}
	if s.accounts, err = s.connect(ctx, c.Platforms.Accounts); err != nil {
		return err
	}
	var placements []string
	for _, p := range placedScenario(s.people[customers]) {
		made, _ := named(existing, p.campaign.Name)
		if made, err = s.establish(ctx, p.plan, made); err != nil {
			return fmt.Errorf("demo campaign %q: %w", p.campaign.Name, err)
		}
		s.placed = append(s.placed, made)
		placement, err := s.place(ctx, made.ID, s.accounts[p.platform])
		if err != nil {
			return fmt.Errorf("placing %q: %w", p.campaign.Name, err)
		}
		placements = append(placements, placement)
	}
	patient, stop := context.WithTimeout(ctx, placedPatience)
	defer stop()
	err = s.delivered(patient, c.Platforms.CatchUp, placements)
	// Also where something was not placed in time: a clock that stays behind would
	// keep every delivery back for weeks. It never goes beyond the real time.
	c.Platforms.CatchUp()
	if err != nil {
		c.Logger.WarnContext(ctx, "the demo's ad platforms take their time; it begins without all of their delivery", "error", err)
	}
	return ctx.Err()
}

// connect finds or connects the accounts; they are named by platform.
func (s *setup) connect(ctx context.Context, accounts []AdAccount) (map[string]string, error) {
	var known items[accountBody]
	if _, err := s.manager.do(ctx, request{method: http.MethodGet, path: "/ad-accounts", out: &known}); err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, k := range known.Items {
		ids[k.Platform] = k.ID
	}
	for _, a := range accounts {
		if ids[a.Platform] != "" {
			continue
		}
		in := connectBody{a.Platform, a.External, map[string]string{"token": a.Token}, map[string]string{"website": "https://andes-outdoor.example/"}}
		if a.Platform == "meta_ads" {
			in.Settings["page_id"], in.Settings["pixel_id"] = "104000000000001", "203000000000001"
		} else {
			in.Settings["landscape_asset"], in.Settings["square_asset"] = "8801", "8802" // pictures of the sandbox
			in.Credentials["client_id"], in.Credentials["client_secret"], in.Credentials["developer_token"] = "demo", "demo", "demo"
		}
		var made accountBody
		if _, err := s.manager.do(ctx, request{method: http.MethodPost, path: "/ad-accounts", in: in, out: &made}); err != nil {
			return nil, fmt.Errorf("connecting %s: %w", a.Platform, err)
		}
		ids[a.Platform] = made.ID
	}
	return ids, nil
}

// place finds or makes the placement of a campaign.
func (s *setup) place(ctx context.Context, campaign, account string) (string, error) {
	var known items[placementBody]
	path := "/campaigns/" + campaign + "/placements"
	if _, err := s.manager.do(ctx, request{method: http.MethodGet, path: path, out: &known}); err != nil {
		return "", err
	}
	if len(known.Items) > 0 {
		return known.Items[0].ID, nil
	}
	var made placementBody
	_, err := s.manager.do(ctx, request{method: http.MethodPost, path: path, in: placeBody{account}, out: &made})
	return made.ID, err
}

// delivered waits until the platforms have the campaigns, lets the weeks pass
// there, and waits until a pull has brought them home.
func (s *setup) delivered(ctx context.Context, catchUp func(), placements []string) error {
	var group errgroup.Group
	for _, id := range placements {
		group.Go(func() error {
			return until(ctx, s.manager, "/placements/"+id, func(p placementBody) bool { return p.Started || p.Progress == "ended" })
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	catchUp()
	for _, id := range s.accounts {
		group.Go(func() error {
			if _, err := s.manager.do(ctx, request{method: http.MethodPost, path: "/ad-accounts/" + id + "/pull"}); err != nil {
				return err
			}
			return until(ctx, s.manager, "/ad-accounts/"+id, func(a accountBody) bool { return a.Pull != nil && a.Pull.Rows > 0 })
		})
	}
	return group.Wait()
}

// until reads something again and again until it is as it should be.
func until[T any](ctx context.Context, c *client, path string, ready func(T) bool) error {
	for {
		var now T
		if _, err := c.do(ctx, request{method: http.MethodGet, path: path, out: &now}); err != nil {
			return err
		}
		if ready(now) {
			return nil
		}
		if err := pause(ctx, look); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}

// elsewhere are the campaigns that run at ad platforms, those that somebody has
// placed while looking included. The market must not deliver to them as well.
func (s *setup) elsewhere(ctx context.Context) ([]string, error) {
	var all []string
	for _, id := range s.accounts {
		var placed items[placementBody]
		if _, err := s.manager.do(ctx, request{method: http.MethodGet, path: "/ad-accounts/" + id + "/placements", out: &placed}); err != nil {
			return nil, err
		}
		for _, p := range placed.Items {
			if p.Progress != "ended" && !slices.Contains(all, p.Campaign) {
				all = append(all, p.Campaign)
			}
		}
	}
	return all, nil
}
