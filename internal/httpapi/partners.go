package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerPartners() {
	manage, keys := partners.ActionManagePartners, partners.ActionManageKeys
	route(s, operation(http.MethodPost, "/partners", "create-partner", "Create a partner", manage, http.StatusCreated), s.createPartner)
	route(s, operation(http.MethodGet, "/partners", "list-partners", "List partners", manage, http.StatusOK), s.listPartners)
	route(s, operation(http.MethodGet, "/partners/{id}", "get-partner", "Read a partner", partners.ActionRead, http.StatusOK), s.getPartner)
	route(s, operation(http.MethodPatch, "/partners/{id}", "change-partner", "Change a partner's limits, flags or contract", manage, http.StatusOK), s.changePartner)
	route(s, operation(http.MethodPost, "/partners/{id}/keys", "issue-key", "Issue a key, shown once", keys, http.StatusCreated), s.issueKey)
	route(s, operation(http.MethodGet, "/partners/{id}/keys", "list-keys", "List a partner's keys, without secrets", keys, http.StatusOK), s.listKeys)
	route(s, operation(http.MethodGet, "/partners/{id}/keys/{key_id}", "get-key", "Read a key, without its secret", keys, http.StatusOK), s.getKey)
	route(s, operation(http.MethodDelete, "/partners/{id}/keys/{key_id}", "revoke-key", "Revoke a key", keys, http.StatusNoContent), s.revokeKey)
}

type newLimits struct {
	ActiveCampaigns *int         `json:"active_campaigns,omitempty" minimum:"0" doc:"Campaigns active at once; null is no limit."`
	DailyBudget     *money.Money `json:"daily_budget,omitempty" doc:"Sum of the daily budgets of active campaigns."`
	MonthlyBudget   *money.Money `json:"monthly_budget,omitempty" doc:"Sum of the budgets of active campaigns within a month."`
}

type newContract struct {
	Active    bool         `json:"active"`
	Reference string       `json:"reference,omitempty" maxLength:"200"`
	From      *time.Time   `json:"from,omitempty"`
	Until     *time.Time   `json:"until,omitempty" doc:"Exclusive."`
	Limit     *money.Money `json:"limit,omitempty" doc:"What all campaigns together may have authorised on the days of the contract; null is no limit."`
	Prepaid   bool         `json:"prepaid,omitempty" doc:"The partner pays before it spends: its campaigns need funds to launch. Otherwise it spends on account."`
}

type newPartner struct {
	Name     string          `json:"name" minLength:"1" maxLength:"200" example:"Andes Outdoor"`
	Timezone string          `json:"timezone,omitempty" default:"UTC" doc:"IANA zone; what campaigns get when they name none." example:"America/Bogota"`
	Currency string          `json:"currency,omitempty" default:"USD" doc:"ISO 4217 code."`
	Limits   newLimits       `json:"limits,omitempty"`
	Flags    map[string]bool `json:"flags,omitempty" example:"{\"advanced_targeting\":true}"`
	Contract *newContract    `json:"contract,omitempty" doc:"Active unless given."`
}

func (s *Server) createPartner(ctx context.Context, in *struct {
	Write
	Retryable
	Body newPartner
}) (*created[partners.State], error) {
	b := in.Body
	p, err := s.Partners.Create(ctx, by(ctx), partners.NewPartner{
		ID: reservedID(ctx), Name: b.Name, Timezone: b.Timezone, Currency: b.Currency,
		Limits: partners.Limits(b.Limits), Flags: b.Flags, Contract: (*partners.Contract)(b.Contract), ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	state := p.State()
	return &created[partners.State]{Base + "/partners/" + state.ID.String(), etag(state.Revision), state}, nil
}

func (s *Server) listPartners(ctx context.Context, in *struct {
	Page
	Projected
}) (*plain[list[partial[partners.State]]], error) {
	items, next, err := s.Partners.List(ctx, partners.Page{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(s, items, (*partners.Partner).State, in.Fields, next)
}

func (s *Server) getPartner(ctx context.Context, in *ByID) (*found[partners.State], error) {
	if !principal(ctx).Sees(in.ID) {
		return nil, partners.ErrNotFound
	}
	p, err := s.Partners.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return foundPartner(p), nil
}

func foundPartner(p *partners.Partner) *found[partners.State] {
	state := p.State()
	return &found[partners.State]{etag(state.Revision), state}
}

type partnerPatch struct {
	Name     *string          `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Timezone *string          `json:"timezone,omitempty"`
	Flags    map[string]*bool `json:"flags,omitempty" doc:"null removes a flag."`
	Limits   *struct {
		ActiveCampaigns maybe[int]         `json:"active_campaigns,omitempty"`
		DailyBudget     maybe[money.Money] `json:"daily_budget,omitempty"`
		MonthlyBudget   maybe[money.Money] `json:"monthly_budget,omitempty"`
	} `json:"limits,omitempty" doc:"null makes a limit unlimited."`
	Contract *struct {
		Active    *bool              `json:"active,omitempty"`
		Reference *string            `json:"reference,omitempty" maxLength:"200"`
		From      maybe[time.Time]   `json:"from,omitempty"`
		Until     maybe[time.Time]   `json:"until,omitempty"`
		Limit     maybe[money.Money] `json:"limit,omitempty"`
		Prepaid   *bool              `json:"prepaid,omitempty"`
	} `json:"contract,omitempty"`
}

func (b partnerPatch) patch(validateOnly bool) partners.Patch {
	p := partners.Patch{Name: b.Name, Timezone: b.Timezone, Flags: b.Flags, ValidateOnly: validateOnly}
	if l := b.Limits; l != nil {
		p.Limits = &partners.LimitsPatch{
			ActiveCampaigns: partners.Nullable[int](l.ActiveCampaigns),
			DailyBudget:     partners.Nullable[money.Money](l.DailyBudget),
			MonthlyBudget:   partners.Nullable[money.Money](l.MonthlyBudget),
		}
	}
	if c := b.Contract; c != nil {
		p.Contract = &partners.ContractPatch{
			Active: c.Active, Reference: c.Reference,
			From: partners.Nullable[time.Time](c.From), Until: partners.Nullable[time.Time](c.Until),
			Limit: partners.Nullable[money.Money](c.Limit), Prepaid: c.Prepaid,
		}
	}
	return p
}

func (s *Server) changePartner(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body partnerPatch
}) (*found[partners.State], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	p, err := s.Partners.Update(ctx, by(ctx), in.ID, revision, in.Body.patch(in.ValidateOnly))
	if err != nil {
		return nil, err
	}
	return foundPartner(p), nil
}

type keyAnswer struct {
	Location     string `header:"Location"`
	CacheControl string `header:"Cache-Control"`
	Body         issuedKey
}

type issuedKey struct {
	partners.KeyState
	Key string `json:"key,omitempty" doc:"The key itself. It is shown this once and cannot be read again."`
}

type newKey struct {
	Role      partners.Role `json:"role" enum:"manager,approver,finance,analyst,ingest"`
	Name      string        `json:"name,omitempty" maxLength:"200"`
	ExpiresAt *time.Time    `json:"expires_at,omitempty" doc:"Without it the key does not expire."`
}

func (s *Server) issueKey(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body newKey
}) (*keyAnswer, error) {
	key, secret, err := s.Partners.IssueKey(ctx, by(ctx), in.ID, partners.NewKey{
		Role: in.Body.Role, Name: in.Body.Name, ExpiresAt: in.Body.ExpiresAt, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	at := Base + "/partners/" + in.ID.String() + "/keys/" + key.ID.String()
	return &keyAnswer{at, "no-store", issuedKey{key, secret}}, nil
}

func (s *Server) listKeys(ctx context.Context, in *struct {
	ByID
	Page
	Projected
}) (*plain[list[partial[partners.KeyState]]], error) {
	keys, err := s.Partners.Keys(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return pageOf(s, keys, in.Page, func(k partners.KeyState) string { return k.ID.String() }, same, in.Fields)
}

// ByKey names a key of a partner.
type ByKey struct {
	ByID
	KeyID uuid.UUID `path:"key_id" format:"uuid"`
}

func (s *Server) getKey(ctx context.Context, in *ByKey) (*plain[partners.KeyState], error) {
	key, err := s.Partners.Key(ctx, in.ID, in.KeyID)
	if err != nil {
		return nil, err
	}
	return &plain[partners.KeyState]{key}, nil
}

func (s *Server) revokeKey(ctx context.Context, in *struct {
	ByKey
	Write
}) (*struct{}, error) {
	if in.ValidateOnly {
		_, err := s.Partners.Key(ctx, in.ID, in.KeyID)
		return nil, err
	}
	return nil, s.Partners.RevokeKey(ctx, by(ctx), in.ID, in.KeyID)
}
