package app

import (
	"context"
	"time"

	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/reportfile"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/performance/report"
	"github.com/hexabuilders/campaignd/targeting/study"
	"github.com/hexabuilders/campaignd/webhooks"
)

// newWorkers is everything that runs beside the requests. Their order does not
// matter: each finds its work in the store.
func (a *App) newWorkers() []worker {
	log, node := a.db.Log(), node()
	tail := relay.Shared(log)
	leader := relay.Leader{Log: tail, Leases: a.db.Leases(), Cursors: log, Node: node}
	react := reactions{a.services.campaigns, a.services.budgets, a.services.overruns, a.services.alerts, a.services.platforms, a.services.payments, a.services.webhooks, a.cfg.clock()}
	deliver := webhooks.NewDispatcher(a.services.webhooks, log)
	timed := jobs.Runner{Leases: a.db.Leases(), Node: node, Board: a.board, Jobs: append(paymentJobs(a.services.payments), []jobs.Job{
		{Name: "campaigns.due", Every: time.Second, Do: func(ctx context.Context) error {
			_, err := a.services.campaigns.RunDue(ctx)
			return err
		}},
		{Name: "alerts.tick", Every: 30 * time.Second, Do: a.newRuleEngine().Tick},
		{Name: "audiences.resume", Every: 2 * time.Second, Do: a.services.audiences.Resume},
		{Name: "segments.evaluate", Every: 5 * time.Second, Do: a.services.segments.EvaluateDue},
		{Name: "audiences.expire", Every: time.Hour, Do: a.services.audiences.Expire},
		{Name: "webhooks.send", Every: time.Second, Do: deliver.SendDue},
		{Name: "webhooks.purge", Every: time.Hour, Do: deliver.Purge},
		{Name: "anomalies.watch", Every: lookout.Every, Do: a.services.anomalies.Tick},
		{Name: "reservations.expire", Every: time.Second, Do: func(ctx context.Context) error {
			return a.services.authorizer.Expire(ctx, a.db.Steady())
		}},
		{Name: "extra_spend.expire", Every: time.Minute, Do: a.services.funding.Expire},
		{Name: "reports.due", Every: 5 * time.Second, Do: a.services.reports.RunDue},
		{Name: "reports.expire", Every: time.Hour, Do: func(ctx context.Context) error { return a.db.Reports().Expire(ctx, a.cfg.clock()()) }},
		{Name: "sessions.sweep", Every: time.Hour, Do: a.services.sessions.Sweep},
		{Name: "metrics.merge", Every: 5 * time.Second, Do: a.db.Metrics().Merge},
		{Name: "metrics.freeze", Every: 10 * time.Second, Do: a.db.Metrics().Freeze},
		{Name: "metrics.sweep", Every: 10 * time.Minute, Do: func(ctx context.Context) error { return a.db.Metrics().Sweep(ctx, a.cfg.keep()) }},
		{Name: "metrics.merge-idle", Every: time.Minute, Do: a.db.Metrics().MergeIdle},
		{Name: "reach.settle", Every: time.Hour, Do: a.services.reach.Resettle},
		{Name: "panels.sweep", Every: time.Minute, Do: a.services.panels.Sweep},
		{Name: "idempotency.purge", Every: time.Hour, Do: a.db.Idempotency().Purge},
	}...)}
	timed.Jobs = append(timed.Jobs, a.links.jobs(a.cfg.clock())...)
	timed.Jobs = append(timed.Jobs, a.platformJobs()...)
	timed.Jobs = append(timed.Jobs, a.optimizerJobs()...)
	workers := []worker{
		{"studies", study.NewWorker(a.services.studies).Run},
		{"ingester", a.services.ingester.Run},
		{"authorizer", a.services.authorizer.Run},
		{"live feed", func(ctx context.Context) error {
			return relay.Follow(ctx, tail, both(a.live.Publish, a.services.anomalies.Mark))
		}},
		{"reactions", func(ctx context.Context) error { return leader.Lead(ctx, "reactions", react.handle) }},
		{"reach estimates", func(ctx context.Context) error { return leader.Lead(ctx, "reach_estimates", a.noteReach) }},
		{"alert rules", func(ctx context.Context) error { return leader.Lead(ctx, "alert_rules", a.newRuleEngine().Handle) }},
		{"webhooks", func(ctx context.Context) error { return leader.Lead(ctx, "webhooks", deliver.Enqueue) }},
		{"placements", func(ctx context.Context) error {
			return leader.Lead(ctx, "placements", touchPlacements(a.services.platforms))
		}},
		{"reports", report.NewWorker(a.services.reports, a.db.Reports(), reportfile.Renderer{}).Run},
		{"jobs", timed.Run},
		{"imports", a.importer.Run},
	}
	if a.cfg.PaymentKeysFile != "" {
		workers = append(workers, worker{"payment keys", a.keys.watch})
	}
	if a.tokens != nil {
		workers = append(workers, worker{"issuers", a.tokens.Run})
	}
	if mirror := a.services.mirror; mirror != nil {
		workers = append(workers, worker{"influx", leadMirror(mirror, leader)})
	}
	return append(workers, a.links.workers(&a.services, leader, a.cfg.BrokerInput)...)
}
