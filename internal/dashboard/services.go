package dashboard

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/targeting"
)

// Services are the use cases behind the pages.
type Services struct {
	Campaigns   Campaigns
	Budgets     Budgets
	Overruns    Overruns
	Funding     Funding
	Pacing      Pacing
	Ledger      Ledger
	Statements  Statements
	Reconciler  Reconciler
	Payments    Payments
	Performance Performance
	Analysis    Analysis
	Predictor   Predictor
	Explorer    Explorer
	Sources     Sources
	Alerts      Alerts
	Webhooks    Webhooks
	Platforms   Platforms
	Audiences   Audiences
	Segments    Segments
	Studies     Studies
	Describer   Describer
	Insights    Insights
	Integration Integration
	Jobs        Jobs
	Reach       Reach
	Optimizer   Optimizer
	Panels      Panels
	Reports     Reports
	Anomalies   Anomalies
	Rules       Rules
	Partners    Partners
	Keys        Keys
	Sessions    Sessions
}

// Campaigns is campaigns.Service.
type Campaigns interface {
	Create(ctx context.Context, by event.Origin, in campaigns.NewCampaign) (*campaigns.Campaign, error)
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (*campaigns.Campaign, error)
	List(ctx context.Context, by event.Origin, q campaigns.Query) ([]*campaigns.Campaign, string, error)
	Readiness(ctx context.Context, by event.Origin, id uuid.UUID) (campaigns.Readiness, error)
	History(ctx context.Context, by event.Origin, id uuid.UUID, after int64, limit int) ([]event.Event, error)
	Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p campaigns.Patch) (*campaigns.Campaign, error)
	SetTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, t targeting.Configuration) (*campaigns.Campaign, error)
	RefineTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, t targeting.Configuration, reason string) (*campaigns.Campaign, error)
	RollBackTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error)
	SetCreatives(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, creatives []campaigns.Creative) (*campaigns.Campaign, error)
	Schedule(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, dates campaigns.Schedule) (*campaigns.Campaign, error)
	Launch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) (*campaigns.Campaign, error)
	Pause(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error)
	Resume(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) (*campaigns.Campaign, error)
	Complete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error)
	Cancel(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error)
	Clone(ctx context.Context, by event.Origin, id uuid.UUID, terms campaigns.CloneTerms) (*campaigns.Campaign, error)
}

// Budgets is budgets.Service.
type Budgets interface {
	ForCampaign(ctx context.Context, partner, campaign uuid.UUID) (*budgets.Budget, error)
	Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, patch budgets.Patch) (*budgets.Budget, error)
	Policy(ctx context.Context, partner uuid.UUID) (budgets.Policy, error)
	PolicyFor(ctx context.Context, b *budgets.Budget) *budgets.Policy
	SetPolicy(ctx context.Context, by event.Origin, revision int64, terms budgets.Terms, validateOnly bool) (budgets.Policy, error)
}

// Funding is budgets.Funding.
type Funding interface {
	Allocate(ctx context.Context, by event.Origin, id uuid.UUID, want []budgets.Allocation, o budgets.Option) (*budgets.Budget, error)
	Reallocate(ctx context.Context, by event.Origin, id uuid.UUID, m budgets.Move, o budgets.Option) (*budgets.Budget, error)
	Transfer(ctx context.Context, by event.Origin, from, to uuid.UUID, m budgets.Move, o budgets.Option) (*budgets.Budget, error)
	Propose(ctx context.Context, by event.Origin, budget uuid.UUID, in budgets.NewExtra, o budgets.Option) (*budgets.Extra, error)
	Decide(ctx context.Context, by event.Origin, id uuid.UUID, approve bool, note string, o budgets.Option) (*budgets.Extra, error)
	Extras(ctx context.Context, partner uuid.UUID, q budgets.ExtraQuery) ([]*budgets.Extra, string, error)
}

// Overruns is budgets.Overruns.
type Overruns interface {
	Of(ctx context.Context, b *budgets.Budget, from, to localday.Day) ([]budgets.Overrun, error)
}

// Pacing is pacing.Service.
type Pacing interface {
	Pace(ctx context.Context, partner, budget uuid.UUID) (pacing.Answer, pacing.Pace, error)
	Ahead(ctx context.Context, partner, budget uuid.UUID, days int) (pacing.Answer, pacing.Outlook, error)
	Efficiency(ctx context.Context, partner, budget uuid.UUID, result pacing.Result, days int) (pacing.Answer, []pacing.Efficiency, error)
}

// Performance is the queries of performance.Service.
type Performance interface {
	Metrics(ctx context.Context, partner, campaign uuid.UUID, q performance.Query) (performance.Result, error)
	Totals(ctx context.Context, partner, campaign uuid.UUID) (performance.Totals, error)
	PartnerTotals(ctx context.Context, partner uuid.UUID) ([]performance.Totals, error)
	Restatements(ctx context.Context, partner, campaign uuid.UUID, q performance.RestatementQuery) (performance.Restatements, error)
}

// Explorer is performance.Explorer.
type Explorer interface {
	Campaign(ctx context.Context, partner, campaign uuid.UUID, q performance.Query, allowMixed bool) (performance.MixedResult, error)
}

// Sources is performance.Sources.
type Sources interface {
	List(ctx context.Context, partner uuid.UUID) ([]performance.SourceState, error)
	Declare(ctx context.Context, by event.Origin, d performance.Declaration) (performance.SourceState, error)
}

// Predictor is predict.Predictor.
type Predictor interface {
	Predict(ctx context.Context, partner, campaign uuid.UUID, q predict.Question) (predict.Prediction, error)
}

// Analysis is analysis.Service.
type Analysis interface {
	Trends(ctx context.Context, partner, campaign uuid.UUID, metric string, days int, asOf analysis.AsOf) (analysis.Trends, error)
	Compare(ctx context.Context, partner, campaign uuid.UUID, q analysis.CompareQuery) (analysis.Comparison, error)
	Insights(ctx context.Context, partner, campaign uuid.UUID, asOf analysis.AsOf) (analysis.Insights, error)
}

// Partners is partners.Service.
type Partners interface {
	Get(ctx context.Context, id uuid.UUID) (*partners.Partner, error)
	List(ctx context.Context, page partners.Page) ([]*partners.Partner, string, error)
	Create(ctx context.Context, by event.Origin, in partners.NewPartner) (*partners.Partner, error)
}

// Keys turns an API key into who it belongs to: partners.Service.
type Keys interface {
	Authenticate(ctx context.Context, secret string) (partners.Principal, error)
}

// Sessions is partners.Sessions.
type Sessions interface {
	Open(ctx context.Context, p partners.Principal) (token string, session partners.Session, err error)
	Authenticate(ctx context.Context, token string) (partners.Principal, error)
	Follow(ctx context.Context, linkToken string) (token string, session partners.Session, err error)
	Close(ctx context.Context, token string) error
}
