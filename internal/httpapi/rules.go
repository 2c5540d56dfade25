package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

func (s *Server) registerRules() {
	read, write := partners.ActionRead, partners.ActionWriteAlertRules
	route(s, operation(http.MethodPost, "/alert-rules", "create-alert-rule", "Make an alert rule", write, http.StatusCreated), s.createRule)
	route(s, operation(http.MethodGet, "/alert-rules", "list-alert-rules", "List alert rules and how each stands, the newest first", read, http.StatusOK), s.listRules)
	route(s, operation(http.MethodPost, "/alert-rules/preview", "preview-alert-rule", "What a rule would have fired in the last 30 days, as then known", read, http.StatusOK), s.previewRule)
	route(s, operation(http.MethodGet, "/alert-rules/{id}", "get-alert-rule", "Read an alert rule and how it stands", read, http.StatusOK), s.getRule)
	route(s, operation(http.MethodPatch, "/alert-rules/{id}", "change-alert-rule", "Change an alert rule; it is armed anew", write, http.StatusOK), s.changeRule)
	route(s, operation(http.MethodDelete, "/alert-rules/{id}", "delete-alert-rule", "Delete an alert rule; its open alerts end", write, http.StatusNoContent), s.deleteRule)
	route(s, operation(http.MethodPost, "/alert-rules/{id}/preview", "preview-stored-alert-rule", "What this rule would have fired in the last 30 days, as then known", read, http.StatusOK), s.previewStored)
}

// alertRuleBody is a rule with how it stands.
type alertRuleBody struct {
	rule.State
	Standing rule.Status `json:"state" doc:"Over all the campaigns it watches."`
}

// RuleParts are the parts of a rule as they are asked for. What is left out is
// usual in a new rule, and stays in a change.
type RuleParts struct {
	Enabled       *bool                 `json:"enabled,omitempty" doc:"true unless given."`
	Severity      *performance.Severity `json:"severity,omitempty" doc:"MEDIUM unless given."`
	Window        *askedWindow          `json:"window,omitempty" doc:"The local day unless given; budgets, pacing, delivery and anomalies have a window of their own."`
	MinimumSample *int64                `json:"minimum_sample,omitempty" minimum:"0" doc:"Of what the KPI divides by, before it is judged. Unless given 1000 impressions for ctr and cpm, 100 clicks for cpc and cvr, 30 conversions for cpa, roas and roi."`
	Scope         *askedScope           `json:"scope,omitempty" doc:"Every campaign unless given."`
	Cooldown      *int                  `json:"cooldown_minutes,omitempty" doc:"360 unless given: how long after an alert another one cannot fire."`
	Hysteresis    givenQuantity         `json:"hysteresis,omitempty" doc:"5 % of the threshold unless given: how far a figure must come back before the alert is over."`
}

type newRule struct {
	PartnerID uuid.UUID      `json:"partner_id,omitempty" format:"uuid" doc:"Only with an administrator's key."`
	Name      string         `json:"name" maxLength:"100" example:"CTR too low"`
	Condition askedCondition `json:"condition"`
	RuleParts
}

type rulePatch struct {
	Name      *string         `json:"name,omitempty"`
	Condition *askedCondition `json:"condition,omitempty" doc:"All of it. Another metric brings its own minimum sample."`
	RuleParts
}

type askedCondition struct {
	Metric          rule.Metric          `json:"metric" example:"ctr"`
	Operator        rule.Operator        `json:"operator,omitempty" example:"below" doc:"at_least for anomaly and delivery unless given."`
	Threshold       givenQuantity        `json:"threshold,omitempty" doc:"Of every operator but outside."`
	Low             givenQuantity        `json:"low,omitempty" doc:"Of outside."`
	High            givenQuantity        `json:"high,omitempty" doc:"Of outside."`
	Kinds           []string             `json:"kinds,omitempty" doc:"Of anomaly: spike, drop, no_delivery, level_shift, unrest, flatline; all unless given."`
	KPIs            []string             `json:"kpis,omitempty" doc:"Of anomaly: these only."`
	MinimumSeverity performance.Severity `json:"minimum_severity,omitempty" doc:"Of anomaly."`
}

type askedWindow struct {
	Kind rule.WindowKind `json:"kind"`
	Days int             `json:"days,omitempty" doc:"Of kind days: the last 2 to 90 local days, today among them." example:"7"`
}

type askedScope struct {
	Campaigns []uuid.UUID `json:"campaigns,omitempty"`
	Types     []string    `json:"types,omitempty" example:"[\"SEARCH\"]"`
	Channels  []string    `json:"channels,omitempty" doc:"Only facts of these channels count."`
}

// condition reads the thresholds here rather than while decoding, so that what
// is wrong with one has its path and what to write instead.
func (c askedCondition) condition(wrong *fault.Fields) rule.Condition {
	out := rule.Condition{Metric: c.Metric, Operator: c.Operator, Kinds: c.Kinds, KPIs: c.KPIs, MinimumSeverity: c.MinimumSeverity}
	if all := c.Metric.Operators(); c.Operator == "" && len(all) == 1 {
		out.Operator = all[0]
	}
	if c.Metric == rule.Anomaly && c.Threshold.raw == nil {
		out.Threshold = &rule.Quantity{Unit: rule.Fraction} // every score
	}
	c.Threshold.into(&out.Threshold, "condition.threshold", c.Metric, wrong)
	c.Low.into(&out.Low, "condition.low", c.Metric, wrong)
	c.High.into(&out.High, "condition.high", c.Metric, wrong)
	return out
}

// patch is what is asked for of a rule.
func (b RuleParts) patch(name *string, condition *askedCondition) (rule.Patch, error) {
	p := rule.Patch{Name: name, Enabled: b.Enabled, Severity: b.Severity, MinimumSample: b.MinimumSample, Cooldown: b.Cooldown}
	var wrong fault.Fields
	if condition != nil {
		c := condition.condition(&wrong)
		p.Condition = &c
	}
	if b.Window != nil {
		p.Window = &rule.Window{Kind: b.Window.Kind, Days: b.Window.Days}
	}
	if b.Scope != nil {
		p.Scope = &rule.Scope{Campaigns: b.Scope.Campaigns, Types: b.Scope.Types, Channels: b.Scope.Channels}
	}
	b.Hysteresis.into(&p.Hysteresis, "hysteresis", rule.BudgetUsed, &wrong) // a share, as that is
	return p, wrong.Err()
}

func (b newRule) definition() (rule.Definition, error) {
	p, err := b.patch(nil, &b.Condition)
	if err != nil {
		return rule.Definition{}, err
	}
	return rule.New(b.Name, *p.Condition).Patched(p), nil
}

func (s *Server) createRule(ctx context.Context, in *struct {
	Write
	Retryable
	Body newRule
}) (*created[alertRuleBody], error) {
	author, err := byFor(ctx, in.Body.PartnerID)
	if err != nil {
		return nil, err
	}
	definition, err := in.Body.definition()
	if err != nil {
		return nil, err
	}
	if _, err := s.Partners.Get(ctx, author.Partner); err != nil {
		return nil, err
	}
	r, err := s.Rules.Create(ctx, author, reservedID(ctx), definition, in.ValidateOnly)
	if err != nil {
		return nil, err
	}
	f, err := s.describeRule(ctx, r)
	if err != nil {
		return nil, err
	}
	return &created[alertRuleBody]{Base + "/alert-rules/" + f.Body.ID.String(), f.ETag, f.Body}, nil
}

// describeRule shows one rule.
func (s *Server) describeRule(ctx context.Context, r *rule.Rule) (*found[alertRuleBody], error) {
	state := r.State()
	statuses, err := s.Rules.Statuses(ctx, state.Partner, []*rule.Rule{r})
	if err != nil {
		return nil, err
	}
	return &found[alertRuleBody]{etag(state.Revision), alertRuleBody{state, statuses[state.ID]}}, nil
}

func (s *Server) listRules(ctx context.Context, in *struct {
	Page
	Projected
	ForPartner
	Campaign uuid.UUID `query:"campaign_id" doc:"Rules that name this campaign, or none."`
}) (*plain[list[partial[alertRuleBody]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Rules.List(ctx, author, rule.Query{Campaign: in.Campaign, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	statuses, err := s.Rules.Statuses(ctx, author.Partner, items)
	if err != nil {
		return nil, err
	}
	describe := func(r *rule.Rule) alertRuleBody { return alertRuleBody{r.State(), statuses[r.State().ID]} }
	return page(s, items, describe, in.Fields, next)
}

func (s *Server) getRule(ctx context.Context, in *ByID) (*found[alertRuleBody], error) {
	r, err := s.Rules.Get(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return s.describeRule(ctx, r)
}

func (s *Server) changeRule(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body rulePatch
}) (*found[alertRuleBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	patch, err := in.Body.patch(in.Body.Name, in.Body.Condition)
	if err != nil {
		return nil, err
	}
	r, err := s.Rules.Patch(ctx, by(ctx), in.ID, revision, patch, in.ValidateOnly)
	if err != nil {
		return nil, err
	}
	return s.describeRule(ctx, r)
}

func (s *Server) deleteRule(ctx context.Context, in *deletion) (*struct{}, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return nil, s.Rules.Delete(ctx, by(ctx), in.ID, revision, in.ValidateOnly)
}

func (s *Server) previewRule(ctx context.Context, in *struct {
	Write
	Retryable
	Body newRule
}) (*plain[rule.Preview], error) {
	author, err := byFor(ctx, in.Body.PartnerID)
	if err != nil {
		return nil, err
	}
	definition, err := in.Body.definition()
	if err != nil {
		return nil, err
	}
	return s.previewed(ctx, author, definition)
}

func (s *Server) previewStored(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
}) (*plain[rule.Preview], error) {
	r, err := s.Rules.Get(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	author := by(ctx)
	author.Partner = r.State().Partner
	return s.previewed(ctx, author, r.State().Definition)
}

func (s *Server) previewed(ctx context.Context, author event.Origin, d rule.Definition) (*plain[rule.Preview], error) {
	p, err := s.Rules.Preview(ctx, author, d)
	if err != nil {
		return nil, err
	}
	return &plain[rule.Preview]{p}, nil
}
