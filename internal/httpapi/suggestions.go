package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerSuggestions() {
	read, act := partners.ActionRead, partners.ActionOptimize
	route(s, operation(http.MethodGet, "/campaigns/{id}/suggestions", "list-campaign-suggestions", "What could be changed about a campaign, the greatest expected impact first", read, http.StatusOK), s.listCampaignSuggestions)
	route(s, operation(http.MethodGet, "/suggestions", "list-suggestions", "What could be changed about any campaign, the greatest expected impact first", read, http.StatusOK), s.listSuggestions)
	route(s, operation(http.MethodGet, "/suggestions/{id}", "get-suggestion", "Read a suggestion", read, http.StatusOK), s.getSuggestion)
	route(s, operation(http.MethodPost, "/suggestions/{id}/apply", "apply-suggestion", "Make the change, with other parameters if you prefer", act, http.StatusOK), s.applySuggestion)
	route(s, operation(http.MethodPost, "/suggestions/{id}/dismiss", "dismiss-suggestion", "Say that nobody wants it", act, http.StatusOK), s.dismissSuggestion)
	route(s, operation(http.MethodPost, "/suggestions/{id}/rollback", "rollback-suggestion", "Take back an applied change; what was changed since stays", act, http.StatusOK), s.rollBackSuggestion)
	route(s, operation(http.MethodPost, "/suggestions/bulk", "decide-suggestions", "Apply, dismiss or roll back up to 100 suggestions, each by itself", act, http.StatusOK), s.decideSuggestions)
	route(s, operation(http.MethodGet, "/optimizer-settings", "get-optimizer-settings", "Read what the optimiser may do by itself, and what came of what it did", read, http.StatusOK), s.getOptimizer)
	route(s, operation(http.MethodPut, "/optimizer-settings", "set-optimizer-settings", "Set what the optimiser may do by itself", act, http.StatusOK), s.setOptimizer)
}

// suggestionBody is a suggestion as it is read.
type suggestionBody struct {
	ID         uuid.UUID               `json:"id"`
	PartnerID  uuid.UUID               `json:"partner_id"`
	CampaignID uuid.UUID               `json:"campaign_id"`
	Revision   int64                   `json:"revision"`
	Type       optimization.Type       `json:"type" enum:"BUDGET_REALLOCATION,BID_ADJUSTMENT,TARGETING_REFINEMENT,AUDIENCE_EXPANSION,CREATIVE_ROTATION"`
	State      optimization.Status     `json:"state" enum:"open,applying,applied,reverting,rolled_back,dismissed,expired,superseded"`
	Actions    []string                `json:"valid_actions"`
	Why        string                  `json:"why" doc:"In a sentence: what it would change and what that rests on."`
	Change     optimization.Change     `json:"change" doc:"Exactly what it would change."`
	Impact     impactBody              `json:"expected_impact"`
	Confidence float64                 `json:"confidence" doc:"The chance that it improves the metric, held against what came of earlier ones of its type: 0 to 1."`
	Risk       optimization.Risk       `json:"risk" enum:"low,medium,high"`
	Evidence   []optimization.Evidence `json:"evidence"`
	From       time.Time               `json:"evidence_from"`
	To         time.Time               `json:"evidence_to"`
	KnownAt    time.Time               `json:"known_at" doc:"Of the data: GET /campaigns/{id}/metrics with it answers what the optimiser saw."`
	Auto       autoApplyBody           `json:"auto_apply"`
	CreatedAt  time.Time               `json:"created_at"`
	ExpiresAt  time.Time               `json:"expires_at"`
	Applied    *appliedBody            `json:"applied,omitempty"`
	EndedAt    *time.Time              `json:"ended_at,omitempty"`
	Reason     string                  `json:"reason,omitempty" doc:"Why it ended, or why nothing was changed."`
	Watch      *optimization.Watch     `json:"watch,omitempty" doc:"How an applied change stands; spends are in units of the campaign's currency."`
	Grade      *optimization.Verdict   `json:"grade,omitempty" doc:"What came of it, after its window: 7 days for budgets, 14 for creatives and audiences, 21 for bids."`
}

type impactBody struct {
	optimization.Impact
	Per string `json:"per" enum:"day"`
}

type autoApplyBody struct {
	Eligible bool   `json:"eligible"`
	Reason   string `json:"reason,omitempty" doc:"Why not: not_enabled, low_confidence, poor_record, first_division, high_risk, step_too_large, cooldown, campaign_paused, partner_limit, or the code of the guard that refused."`
}

type appliedBody struct {
	At        time.Time              `json:"at"`
	By        personBody             `json:"by"`
	Automatic bool                   `json:"automatic"`
	Change    optimization.Change    `json:"change" doc:"As it was made."`
	Before    *optimization.Snapshot `json:"before" doc:"What it touched, as it was."`
}

func (s *Server) describeSuggestion(language string) func(*optimization.Suggestion) suggestionBody {
	return func(x *optimization.Suggestion) suggestionBody {
		state, now := x.State(), s.opts.Now()
		b := suggestionBody{
			ID: state.ID, PartnerID: state.Partner, CampaignID: state.Campaign, Revision: state.Revision, Type: state.Type,
			State: x.StatusAt(now), Actions: x.ValidActions(now), Why: state.Why(optimization.Plain(language)), Change: state.Change,
			Impact: impactBody{state.Impact, "day"}, Confidence: state.Confidence, Risk: state.Risk, Evidence: state.Evidence,
			From: state.From, To: state.To, KnownAt: state.KnownAt, Auto: autoApplyBody{state.Blocked == "", state.Blocked},
			CreatedAt: state.CreatedAt, ExpiresAt: state.ExpiresAt, EndedAt: state.EndedAt, Reason: state.Reason, Watch: state.Watch, Grade: state.Graded,
		}
		if state.AppliedAt != nil && state.Made != nil {
			b.Applied = &appliedBody{*state.AppliedAt, personBody{state.By, state.ByName}, state.Automatic, *state.Made, state.Before}
		}
		return b
	}
}

// SuggestionFilter chooses among suggestions.
type SuggestionFilter struct {
	State    optimization.Status `query:"state" enum:"open,applying,applied,reverting,rolled_back,dismissed,expired,superseded" doc:"All unless given."`
	Type     optimization.Type   `query:"type" enum:"BUDGET_REALLOCATION,BID_ADJUSTMENT,TARGETING_REFINEMENT,AUDIENCE_EXPANSION,CREATIVE_ROTATION"`
	Language string              `query:"lang" enum:"en,es" default:"en" doc:"Of the sentences."`
}

func (s *Server) listCampaignSuggestions(ctx context.Context, in *struct {
	ByID
	Page
	Projected
	SuggestionFilter
}) (*plain[list[partial[suggestionBody]]], error) {
	q := optimization.Query{Campaign: in.ID, Status: in.State, Type: in.Type, Limit: in.Limit, Cursor: in.Cursor}
	items, next, err := s.Optimizer.Fresh(ctx, principal(ctx).Partner, q)
	if err != nil {
		return nil, err
	}
	return page(s, items, s.describeSuggestion(in.Language), in.Fields, next)
}

func (s *Server) listSuggestions(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
	SuggestionFilter
}) (*plain[list[partial[suggestionBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Optimizer.List(ctx, partner, optimization.Query{Status: in.State, Type: in.Type, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(s, items, s.describeSuggestion(in.Language), in.Fields, next)
}

func (s *Server) foundSuggestion(x *optimization.Suggestion, err error) (*found[suggestionBody], error) {
	if err != nil {
		return nil, err
	}
	return &found[suggestionBody]{etag(x.State().Revision), s.describeSuggestion("en")(x)}, nil
}

func (s *Server) getSuggestion(ctx context.Context, in *ByID) (*found[suggestionBody], error) {
	return s.foundSuggestion(s.Optimizer.Get(ctx, principal(ctx).Partner, in.ID))
}

// changedParameters are what whoever applies a suggestion may set otherwise.
type changedParameters struct {
	Amount *money.Money `json:"amount,omitempty" doc:"Of a move or a transfer: at most twice what was suggested."`
	Bid    *money.Money `json:"bid,omitempty" doc:"Between half and twice the present bid."`
}

func (p *changedParameters) parameters() optimization.Parameters {
	if p == nil {
		return optimization.Parameters{}
	}
	return optimization.Parameters{Amount: p.Amount, Bid: p.Bid}
}

func (s *Server) applySuggestion(ctx context.Context, in *struct {
	ByID
	MayMatch
	Write
	Retryable
	Body *struct {
		Parameters *changedParameters `json:"parameters,omitempty" doc:"As suggested unless given."`
	} `required:"false"`
}) (*found[suggestionBody], error) {
	o, err := suggestionOptions(in.MayMatch, in.Write)
	if err != nil {
		return nil, err
	}
	var p optimization.Parameters
	if in.Body != nil {
		p = in.Body.Parameters.parameters()
	}
	return s.foundSuggestion(s.Optimizer.Apply(ctx, by(ctx), in.ID, p, o))
}

// suggestionDecision is what comes with a dismissal or a roll-back.
type suggestionDecision struct {
	ByID
	MayMatch
	Write
	Retryable
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" example:"The channel has a launch next week."`
	} `required:"false"`
}

func (d *suggestionDecision) reason() string {
	if d.Body == nil {
		return ""
	}
	return d.Body.Reason
}

func (s *Server) dismissSuggestion(ctx context.Context, in *suggestionDecision) (*found[suggestionBody], error) {
	o, err := suggestionOptions(in.MayMatch, in.Write)
	if err != nil {
		return nil, err
	}
	return s.foundSuggestion(s.Optimizer.Dismiss(ctx, by(ctx), in.ID, in.reason(), o))
}

func (s *Server) rollBackSuggestion(ctx context.Context, in *suggestionDecision) (*found[suggestionBody], error) {
	o, err := suggestionOptions(in.MayMatch, in.Write)
	if err != nil {
		return nil, err
	}
	return s.foundSuggestion(s.Optimizer.RollBack(ctx, by(ctx), in.ID, in.reason(), o))
}

// suggestionOptions reads the headers of a decision.
func suggestionOptions(m MayMatch, w Write) (optimization.Options, error) {
	revision, err := m.revision()
	return optimization.Options{Revision: revision, ValidateOnly: w.ValidateOnly}, err
}

type bulkResult struct {
	ID         uuid.UUID       `json:"id"`
	OK         bool            `json:"ok"`
	Suggestion *suggestionBody `json:"suggestion,omitempty"`
	Problem    *Problem        `json:"problem,omitempty" doc:"Why this one was refused."`
}

type bulkResults struct {
	Results []bulkResult `json:"results" doc:"In the order asked for."`
}

func (s *Server) decideSuggestions(ctx context.Context, in *struct {
	Write
	Retryable
	Body struct {
		Action string      `json:"action" enum:"apply,dismiss,rollback"`
		IDs    []uuid.UUID `json:"ids" minItems:"1" maxItems:"100"`
		Reason string      `json:"reason,omitempty" maxLength:"500" doc:"Of a dismissal or a roll-back."`
	}
}) (*plain[bulkResults], error) {
	out := bulkResults{Results: make([]bulkResult, len(in.Body.IDs))}
	o := optimization.Options{ValidateOnly: in.ValidateOnly}
	for i, id := range in.Body.IDs {
		var x *optimization.Suggestion
		var err error
		switch in.Body.Action {
		case "apply":
			x, err = s.Optimizer.Apply(ctx, by(ctx), id, optimization.Parameters{}, o)
		case "dismiss":
			x, err = s.Optimizer.Dismiss(ctx, by(ctx), id, in.Body.Reason, o)
		default:
			x, err = s.Optimizer.RollBack(ctx, by(ctx), id, in.Body.Reason, o)
		}
		if out.Results[i] = (bulkResult{ID: id, OK: err == nil}); err != nil {
			out.Results[i].Problem = problem(ctx, err)
			continue
		}
		b := s.describeSuggestion("en")(x)
		out.Results[i].Suggestion = &b
	}
	return &plain[bulkResults]{out}, nil
}

// OptimizerTerms are the settings of a partner's optimiser.
type OptimizerTerms struct {
	Automatic []optimization.Type `json:"automatic" enum:"BUDGET_REALLOCATION,BID_ADJUSTMENT,TARGETING_REFINEMENT,AUDIENCE_EXPANSION,CREATIVE_ROTATION" doc:"The types that may be applied without anybody; none unless set."`
	MaxStep   int                 `json:"max_step_percent" minimum:"1" maximum:"50" doc:"Of what a channel or a bid has, in one automatic change." example:"20"`
	Cooldown  int                 `json:"cooldown_hours" minimum:"1" maximum:"720" doc:"Between two automatic changes of a field of a campaign." example:"24"`
	Limits    []moneyLimit        `json:"limits" required:"false" maxItems:"200" doc:"What every suggestion keeps to, also one that a person applies with other parameters: partner_limit otherwise. What lies outside already may only come nearer. Left out: none."`
}

// moneyLimit is optimization.Limit.
type moneyLimit struct {
	Campaign   *uuid.UUID   `json:"campaign_id,omitempty" format:"uuid" doc:"Of this campaign; of every campaign unless given."`
	Channel    string       `json:"channel,omitempty" maxLength:"100" doc:"Of this channel's part of the budget; of the whole budget unless given." example:"search"`
	Floor      *money.Money `json:"floor,omitempty" doc:"The least it may be cut to, for budgets of this currency."`
	Ceiling    *money.Money `json:"ceiling,omitempty" doc:"The most it may be raised to, for budgets of this currency."`
	LeastShare int          `json:"least_share_percent,omitempty" minimum:"0" maximum:"100" doc:"Of the campaign's budget, for a channel." example:"10"`
	MostShare  int          `json:"most_share_percent,omitempty" minimum:"0" maximum:"100" doc:"Of the campaign's budget, for a channel; 0 is none." example:"60"`
	MaxStep    int          `json:"max_step_percent,omitempty" minimum:"0" maximum:"100" doc:"Of what it has, in one change, and of a bid where no channel is named; 0 is none." example:"15"`
}

func (t OptimizerTerms) settings() optimization.Settings {
	want := optimization.Settings{Automatic: t.Automatic, MaxStep: t.MaxStep, Cooldown: t.Cooldown}
	for _, l := range t.Limits {
		want.Limits = append(want.Limits, optimization.Limit(l))
	}
	return want
}

func describeTerms(s optimization.Settings) OptimizerTerms {
	t := OptimizerTerms{s.Automatic, s.MaxStep, s.Cooldown, []moneyLimit{}}
	for _, l := range s.Limits {
		t.Limits = append(t.Limits, moneyLimit(l))
	}
	return t
}

type optimizerBody struct {
	PartnerID uuid.UUID `json:"partner_id"`
	Revision  int64     `json:"revision"`
	OptimizerTerms
	Records []recordBody `json:"records" doc:"What came of the changes of each type."`
}

type recordBody struct {
	optimization.Record
	Trusted bool `json:"trusted" doc:"Whether the record lets the type act by itself: of four or more that were judged, at most a third were worse."`
}

func describeOptimizer(partner uuid.UUID, a optimization.Autonomy) *found[optimizerBody] {
	b := optimizerBody{PartnerID: partner, Revision: a.Revision, OptimizerTerms: describeTerms(a.Settings)}
	for _, r := range a.Records {
		b.Records = append(b.Records, recordBody{r, r.Trusted()})
	}
	return &found[optimizerBody]{etag(a.Revision), b}
}

func (s *Server) getOptimizer(ctx context.Context, in *ForPartner) (*found[optimizerBody], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	a, err := s.Optimizer.Autonomy(ctx, partner)
	if err != nil {
		return nil, err
	}
	return describeOptimizer(partner, a), nil
}

func (s *Server) setOptimizer(ctx context.Context, in *struct {
	ForPartner
	IfMatch
	Write
	Body OptimizerTerms
}) (*found[optimizerBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	a, err := s.Optimizer.SetAutonomy(ctx, author, in.Body.settings(), optimization.Options{Revision: revision, ValidateOnly: in.ValidateOnly})
	if err != nil {
		return nil, err
	}
	return describeOptimizer(author.Partner, a), nil
}
