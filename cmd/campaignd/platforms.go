package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

type platformsCmd struct {
	Accounts   platformAccounts   `cmd:"" help:"List connected ad accounts: whether the platform takes their token, and what the last pull brought."`
	Placements platformPlacements `cmd:"" help:"List campaigns at ad platforms, and how each stands there."`
	Open       platformOpen       `cmd:"" help:"List what needs somebody: objects of unknown outcome, in conflict, refused or rejected, with the reason."`
	Resolve    platformResolve    `cmd:"" help:"Decide about an object that open lists."`
	Pull       platformPull       `cmd:"" help:"Pull delivery of ad accounts now rather than at their next turn."`
}

// said is why a platform did not do what it was asked.
type said struct {
	Class, Code, Message string
	RequestID            string `json:"request_id"`
}

// line is the reason on one line; nothing of none.
func (s *said) line() string {
	if s == nil {
		return ""
	}
	text := s.Message
	if s.RequestID != "" {
		text += " (request " + s.RequestID + ")"
	}
	return text
}

// adAccount is an account as the API gives it.
type adAccount struct {
	ID, Platform, Name, Currency, Status string
	Partner                              string `json:"partner_id"`
	External                             string `json:"external_id"`
	Problem                              *said
	LastPull                             *struct {
		At                              time.Time
		Rows, Posted, Unplaced, Refused int
	} `json:"last_pull"`
}

// placement is a campaign at a platform as the API gives it.
type placement struct {
	ID, Platform, Progress string
	Campaign               string `json:"campaign_id"`
	Account                string `json:"ad_account_id"`
	Percent                int    `json:"budget_percent"`
	Waiting                string `json:"waiting_for"`
	Problem                *said
	Objects                []placedObject
}

// placedObject is one thing that a placement is made of.
type placedObject struct {
	Key, State, Review string
	External           string     `json:"external_id"`
	ClaimedAt          *time.Time `json:"claimed_at"`
	Looks              int
	Candidates         []string
	Problem            *said
	Reasons            []string `json:"review_reasons"`
	Retired            bool
}

// needs is what state an object is in that somebody should know of; nothing
// when it is as it should be.
func (o placedObject) needs() string {
	switch {
	case o.Retired:
	case o.State == "unknown" || o.State == "conflict" || o.State == "refused":
		return o.State
	case o.Review == "rejected":
		return o.Review
	}
	return ""
}

// why are the platform's words about an object, and what is known of the search
// for it.
func (o placedObject) why() string {
	words := slices.Clone(o.Reasons)
	if text := o.Problem.line(); text != "" {
		words = append(words, text)
	}
	if o.State == "unknown" {
		words = append(words, fmt.Sprintf("Not found in %d searches.", o.Looks))
	}
	if len(o.Candidates) > 0 {
		words = append(words, "One of "+strings.Join(o.Candidates, ", ")+".")
	}
	return strings.Join(words, " ")
}

// operator asks about one partner, or about all of them.
type operator struct {
	client  `embed:""`
	listing `embed:""`
	Partner string `help:"Of this partner alone."`
}

func (c operator) accounts(e env, visit func(adAccount, json.RawMessage) error) error {
	query := url.Values{}
	if c.Partner != "" {
		query.Set("partner_id", c.Partner)
	}
	return eachOf(e, c.client, "/ad-accounts", query, 0, visit)
}

// placements are those on every account.
func (c operator) placements(e env, visit func(placement, json.RawMessage) error) error {
	return c.accounts(e, func(a adAccount, _ json.RawMessage) error {
		return eachOf(e, c.client, "/ad-accounts/"+a.ID+"/placements", nil, 0, visit)
	})
}

type platformAccounts struct{ operator }

// Run prints one line an account.
func (c *platformAccounts) Run(e env) error {
	s := c.sheet(e, "ID\tPLATFORM\tACCOUNT\tNAME\tSTATUS\tPULLED\tROWS\tREFUSED\tPARTNER\tPROBLEM")
	return s.end(c.accounts(e, func(a adAccount, raw json.RawMessage) error {
		pulled, rows, refused := "never", 0, 0
		if p := a.LastPull; p != nil {
			pulled, rows, refused = p.At.Format(time.RFC3339), p.Rows, p.Refused
		}
		return s.row(raw, "%s\t%s\t%s\t%s, %s\t%s\t%s\t%d\t%d\t%s\t%s", a.ID, a.Platform, a.External, a.Name, a.Currency, a.Status, pulled, rows, refused, a.Partner, a.Problem.line())
	}))
}

type platformPlacements struct{ operator }

// Run prints one line a placement.
func (c *platformPlacements) Run(e env) error {
	s := c.sheet(e, "ID\tPLATFORM\tPROGRESS\tOBJECTS\tBUDGET\tCAMPAIGN\tPROBLEM")
	return s.end(c.placements(e, func(p placement, raw json.RawMessage) error {
		made, wanted := 0, 0
		for _, o := range p.Objects {
			if o.Retired {
				continue
			}
			if wanted++; o.State == "created" {
				made++
			}
		}
		problem := p.Problem.line()
		if p.Waiting != "" {
			problem = strings.TrimSpace("Waits for the " + p.Waiting + ". " + problem)
		}
		return s.row(raw, "%s\t%s\t%s\t%d of %d\t%d %%\t%s\t%s", p.ID, p.Platform, p.Progress, made, wanted, p.Percent, p.Campaign, problem)
	}))
}

type platformOpen struct{ operator }

// Run prints one line an object that somebody should know of; as JSON, one a
// placement that has such an object.
func (c *platformOpen) Run(e env) error {
	s := c.sheet(e, "PLACEMENT\tPLATFORM\tOBJECT\tSTATE\tSINCE\tREASON")
	return s.end(c.placements(e, func(p placement, raw json.RawMessage) error {
		if p.Progress == "ended" {
			return nil
		}
		for _, o := range p.Objects {
			needs, since := o.needs(), ""
			if needs == "" {
				continue
			}
			if o.ClaimedAt != nil {
				since = o.ClaimedAt.Format(time.RFC3339)
			}
			if err := s.row(raw, "%s\t%s\t%s\t%s\t%s\t%s", p.ID, p.Platform, o.Key, needs, since, o.why()); err != nil || s.JSON {
				return err
			}
		}
		return nil
	}))
}

type platformResolve struct {
	client    `embed:""`
	Placement string `arg:"" help:"As open prints it."`
	Object    string `arg:"" help:"As open prints it: campaign, or ad:Summit."`
	Action    string `arg:"" enum:"adopt,release,retry" help:"adopt: the object named with --external-id is the one, and others with our reference are stopped. release: it does not exist there and may be created again. retry: send again what was refused."`
	External  string `name:"external-id" placeholder:"ID" help:"Of adopt: the object's id at the platform."`
}

// Run decides, and prints how the placement then stands.
func (c *platformResolve) Run(e env) error {
	body := map[string]any{"object": c.Object, "action": c.Action}
	if c.External != "" {
		body["external_id"] = c.External
	}
	var p placement
	if err := c.callJSON(e.ctx, "POST", "/placements/"+url.PathEscape(c.Placement)+"/resolve", body, &p); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, p.ID, p.Progress)
	return err
}

type platformPull struct {
	client `embed:""`
	IDs    []string `arg:"" name:"id" help:"As accounts prints them."`
}

// Run makes the pull of every account named due, and goes on after a failure.
func (c *platformPull) Run(e env) error {
	var failed []error
	for _, id := range c.IDs {
		var a adAccount
		if err := c.callJSON(e.ctx, "POST", "/ad-accounts/"+url.PathEscape(id)+"/pull", nil, &a); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", id, err))
			continue
		}
		_, _ = fmt.Fprintln(e.stdout, a.ID, a.Status)
	}
	return errors.Join(failed...)
}
