package httpapi

import (
	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/performance/report"
	"github.com/hexabuilders/campaignd/performance/rule"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/insight"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
	"github.com/hexabuilders/campaignd/targeting/segment"
	"github.com/hexabuilders/campaignd/targeting/study"
	"github.com/hexabuilders/campaignd/webhooks"
)

// Services is what the API serves: the domain's own use cases.
type Services struct {
	Partners    *partners.Service
	Campaigns   *campaigns.Service
	Budgets     *budgets.Service
	Funding     *budgets.Funding
	Overruns    *budgets.Overruns
	Pacing      *pacing.Service
	Authorizer  Authorizer
	Ledger      Ledger
	Statements  *billing.Statements
	Reconciler  *billing.Reconciler
	Payments    *payment.Service
	Files       BookFiles
	Performance *performance.Service
	Analysis    *analysis.Service
	Predictor   *predict.Predictor
	Explorer    *performance.Explorer
	Sources     *performance.Sources
	Alerts      *performance.Alerts
	Rules       *rule.Service
	Anomalies   *lookout.Service
	Log         History
	Webhooks    *webhooks.Service
	Audiences   *audience.Service
	Segments    *segment.Service
	Platforms   *platforms.Service
	Optimizer   *optimization.Service
	Insights    *insight.Service
	Reach       *reach.Service
	Panels      *panel.Service
	Studies     *study.Service
	Reports     *report.Service
	Imports     Importer
	Integration Integration
	Jobs        Jobs
	Feed        Feed
}

func (s *Server) register() {
	s.registerPartners()
	s.registerOverview()
	s.registerCampaigns()
	s.registerLifecycle()
	s.registerMetrics()
	s.registerAnalysis()
	s.registerSources()
	s.registerBudgets()
	s.registerFunding()
	s.registerPacing()
	s.registerOverdelivery()
	s.registerReservations()
	s.registerLedger()
	s.registerStatements()
	s.registerReconciliation()
	s.registerPayments()
	s.registerAlerts()
	s.registerRules()
	s.registerWebhooks()
	s.registerAdAccounts()
	s.registerAnomalies()
	s.registerAudiences()
	s.registerSuggestions()
	s.registerReview()
	s.registerReach()
	s.registerInsights()
	s.registerPanels()
	s.registerStudies()
	s.registerDemographics()
	s.registerReports()
	s.registerImports()
	s.registerFeed()
	s.registerIntegration()
	s.registerJobs()
}
