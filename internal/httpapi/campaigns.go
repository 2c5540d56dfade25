package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

func (s *Server) registerCampaigns() {
	read, write := partners.ActionRead, partners.ActionWriteCampaigns
	route(s, operation(http.MethodPost, "/campaigns", "create-campaign", "Create a campaign, as a draft, with its budget", write, http.StatusCreated), s.createCampaign)
	route(s, operation(http.MethodGet, "/campaigns", "list-campaigns", "List campaigns, filtered and sorted", read, http.StatusOK), s.listCampaigns)
	route(s, operation(http.MethodGet, "/campaigns/{id}", "get-campaign", "Read a campaign", read, http.StatusOK), s.getCampaign)
	route(s, operation(http.MethodPatch, "/campaigns/{id}", "change-campaign", "Change a campaign", write, http.StatusOK), s.changeCampaign)
	route(s, atOnceOperation(operation(http.MethodPut, "/campaigns/{id}/targeting", "set-targeting", "Set the targeting of a campaign that was not launched", write, http.StatusOK)), s.setTargeting)
	route(s, operation(http.MethodPut, "/campaigns/{id}/creatives", "set-creatives", "Replace the creatives", write, http.StatusOK), s.setCreatives)
	route(s, operation(http.MethodPost, "/campaigns/{id}/clone", "clone-campaign", "Make a new draft like a campaign", write, http.StatusCreated), s.cloneCampaign)
}

// campaignBody is a campaign and what can be done with it.
type campaignBody struct {
	campaigns.State
	ValidActions []campaigns.Action `json:"valid_actions" doc:"The actions that its status allows."`
}

func describeCampaign(c *campaigns.Campaign) campaignBody {
	return campaignBody{c.State(), c.ValidActions()}
}

// foundCampaign is the answer of everything that ends with a campaign.
func foundCampaign(c *campaigns.Campaign, err error) (*found[campaignBody], error) {
	if err != nil {
		return nil, err
	}
	return &found[campaignBody]{etag(c.State().Revision), describeCampaign(c)}, nil
}

func madeCampaign(c *campaigns.Campaign, err error) (*created[campaignBody], error) {
	if err != nil {
		return nil, err
	}
	state := c.State()
	return &created[campaignBody]{Base + "/campaigns/" + state.ID.String(), etag(state.Revision), describeCampaign(c)}, nil
}

// campaignsFor is the service, or its rehearsal, which stores nothing.
func (s *Server) campaignsFor(w Write) *campaigns.Service {
	if w.ValidateOnly {
		return s.Campaigns.Rehearsal()
	}
	return s.Campaigns
}

type newCampaign struct {
	PartnerID   uuid.UUID           `json:"partner_id,omitempty" format:"uuid" doc:"Only with an administrator's key."`
	Name        string              `json:"name" example:"Trail shoes, spring"`
	Description string              `json:"description,omitempty"`
	Type        campaigns.Type      `json:"type" example:"SOCIAL" doc:"SEARCH, DISPLAY, SOCIAL, VIDEO, EMAIL, AFFILIATE or RETARGETING."`
	Objective   campaigns.Objective `json:"objective" example:"CONVERSIONS" doc:"AWARENESS, TRAFFIC, ENGAGEMENT, LEADS, CONVERSIONS or SALES."`
	Goals       campaigns.Goals     `json:"goals"`
	Budget      newBudget           `json:"budget"`
	Timezone    string              `json:"timezone,omitempty" doc:"IANA zone of its days; the partner's unless given." example:"America/Bogota"`
	Channels    []string            `json:"channels,omitempty" doc:"The type's unless given."`
	Category    campaigns.Category  `json:"special_category,omitempty" enum:",housing,employment,credit" doc:"Advertising in which people may not be chosen by who they are."`
	Labels      []string            `json:"labels,omitempty"`
}

type newBudget struct {
	Amount     string               `json:"amount" doc:"Decimal string." example:"1500.00"`
	Currency   string               `json:"currency" doc:"ISO 4217 code; the campaign's for good." example:"USD"`
	Kind       campaigns.BudgetKind `json:"kind,omitempty" enum:"total,daily,monthly" default:"total"`
	AutoPause  *bool                `json:"auto_pause,omitempty" default:"true" doc:"Whether a CRITICAL threshold pauses the campaign."`
	Thresholds []int                `json:"thresholds,omitempty" doc:"Percentages; 50, 75, 90 and 100 unless given."`
}

// terms reads the amount here rather than while decoding, so that what is wrong
// with it has its path.
func (b newBudget) terms() (campaigns.BudgetTerms, error) {
	amount, err := moneyAt("budget.", b.Amount, b.Currency)
	return campaigns.BudgetTerms{Amount: amount, Kind: b.Kind, AutoPause: b.AutoPause, Thresholds: b.Thresholds}, err
}

func (s *Server) createCampaign(ctx context.Context, in *struct {
	Write
	Retryable
	Body newCampaign
}) (*created[campaignBody], error) {
	author, owner, err := s.owner(ctx, in.Body.PartnerID)
	if err != nil {
		return nil, err
	}
	terms, err := in.Body.Budget.terms()
	if err != nil {
		return nil, err
	}
	b := in.Body
	if b.Timezone == "" {
		b.Timezone = owner.Timezone
	}
	return madeCampaign(s.campaignsFor(in.Write).Create(ctx, author, campaigns.NewCampaign{
		ID: reservedID(ctx), Name: b.Name, Description: b.Description, Type: b.Type, Objective: b.Objective, Goals: b.Goals,
		Budget: terms, Timezone: b.Timezone, Channels: b.Channels, Category: b.Category, Labels: b.Labels,
	}))
}

// owner is the author of a request that makes something, and the partner it
// will belong to.
func (s *Server) owner(ctx context.Context, named uuid.UUID) (event.Origin, partners.State, error) {
	author, err := byFor(ctx, named)
	if err != nil {
		return author, partners.State{}, err
	}
	p, err := s.Partners.Get(ctx, author.Partner)
	if err != nil {
		return author, partners.State{}, err
	}
	return author, p.State(), nil
}

// CampaignQuery is what a list of campaigns is asked by.
type CampaignQuery struct {
	Status    []campaigns.Status    `query:"status" doc:"Any of these, separated by commas."`
	Type      []campaigns.Type      `query:"type" doc:"Any of these, separated by commas."`
	Objective []campaigns.Objective `query:"objective" doc:"Any of these, separated by commas."`
	Channel   []string              `query:"channel" doc:"Those that use any of these, separated by commas."`
	Label     []string              `query:"label" doc:"Those that carry any of these, separated by commas."`
	From      when                  `query:"from" doc:"Those whose schedule ends after this: a moment of RFC 3339, or a local date of the partner."`
	To        when                  `query:"to" doc:"Those whose schedule starts before this; as from."`
	Text      string                `query:"q" maxLength:"200" doc:"In the name or in a label, whatever its case."`
	Sort      campaigns.Order       `query:"sort" doc:"created, name, start or end; with a minus from the last to the first. Those without a schedule come last. The newest first unless given."`
}

func (q CampaignQuery) query(p Page, zone zoneOf) (campaigns.Query, error) {
	from, to, err := Span{q.From, q.To}.in(zone)
	return campaigns.Query{
		Status: q.Status, Type: q.Type, Objective: q.Objective, Channels: q.Channel, Labels: q.Label,
		From: from, To: to, Text: q.Text, Sort: q.Sort, Limit: p.Limit, Cursor: p.Cursor,
	}, err
}

func (s *Server) listCampaigns(ctx context.Context, in *struct {
	Page
	Projected
	ForPartner
	CampaignQuery
}) (*plain[list[partial[campaignBody]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	q, err := in.query(in.Page, s.partnerZone(ctx, author.Partner))
	if err != nil {
		return nil, err
	}
	items, next, err := s.Campaigns.List(ctx, author, q)
	if err != nil {
		return nil, err
	}
	return page(s, items, describeCampaign, in.Fields, next)
}

func (s *Server) getCampaign(ctx context.Context, in *ByID) (*found[campaignBody], error) {
	return foundCampaign(s.Campaigns.Get(ctx, by(ctx), in.ID))
}

type campaignPatch struct {
	Name        *string              `json:"name,omitempty"`
	Description *string              `json:"description,omitempty"`
	Labels      *[]string            `json:"labels,omitempty"`
	Goals       *campaigns.Goals     `json:"goals,omitempty" doc:"All of them. Until the campaign is over."`
	Schedule    *schedulePatch       `json:"schedule,omitempty" doc:"Until the campaign is over; POST /campaigns/{id}/schedule dates it anew before its launch."`
	Type        *campaigns.Type      `json:"type,omitempty" doc:"Until the launch."`
	Objective   *campaigns.Objective `json:"objective,omitempty" doc:"Until the launch."`
	Category    *campaigns.Category  `json:"special_category,omitempty" enum:",housing,employment,credit" doc:"Until the launch; empty for none."`
	Channels    *[]string            `json:"channels,omitempty" doc:"Until the launch; empty for the type's."`
	Currency    *money.Currency      `json:"currency,omitempty" doc:"Never changes: refused unless it is the same."`
	Timezone    *string              `json:"timezone,omitempty" doc:"Never changes: refused unless it is the same."`
}

type schedulePatch struct {
	End *time.Time `json:"end,omitempty"`
}

func (b campaignPatch) patch() campaigns.Patch {
	p := campaigns.Patch{
		Name: b.Name, Description: b.Description, Labels: b.Labels, Goals: b.Goals, Type: b.Type, Objective: b.Objective,
		Category: b.Category, Channels: b.Channels, Currency: b.Currency, Timezone: b.Timezone,
	}
	if b.Schedule != nil {
		p.End = b.Schedule.End
	}
	return p
}

func (s *Server) changeCampaign(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body campaignPatch
}) (*found[campaignBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return foundCampaign(s.campaignsFor(in.Write).Patch(ctx, by(ctx), in.ID, revision, in.Body.patch()))
}

func (s *Server) setTargeting(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body atOnce[targeting.Configuration]
}) (*found[campaignBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return judge(s, &in.Body, func(t targeting.Configuration, rehearse bool) (*found[campaignBody], error) {
		return foundCampaign(s.campaignsFor(in.rehearsed(rehearse)).SetTargeting(ctx, by(ctx), in.ID, revision, t))
	})
}

func (s *Server) setCreatives(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body []campaigns.Creative
}) (*found[campaignBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return foundCampaign(s.campaignsFor(in.Write).SetCreatives(ctx, by(ctx), in.ID, revision, in.Body))
}

func (s *Server) cloneCampaign(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body *struct {
		Name     string           `json:"name,omitempty" doc:"The original's with \" (copy)\" unless given."`
		Timezone string           `json:"timezone,omitempty"`
		Budget   *newBudget       `json:"budget,omitempty" doc:"The original's unless given."`
		Goals    *campaigns.Goals `json:"goals,omitempty"`
	}
}) (*created[campaignBody], error) {
	terms := campaigns.CloneTerms{ID: reservedID(ctx)}
	if b := in.Body; b != nil {
		terms.Name, terms.Timezone, terms.Goals = b.Name, b.Timezone, b.Goals
		if b.Budget != nil {
			budget, err := b.Budget.terms()
			if err != nil {
				return nil, err
			}
			terms.Budget = &budget
		}
	}
	return madeCampaign(s.campaignsFor(in.Write).Clone(ctx, by(ctx), in.ID, terms))
}
