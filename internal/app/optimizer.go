package app

import (
	"time"

	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/optimization"
)

// newOptimizer reads what campaigns delivered and acts through the use cases of
// campaigns and budgets, so that nothing it does goes past a guard.
func newOptimizer(db *sqlstore.DB, s *services, now func() time.Time) *optimization.Service {
	examiner := optimization.NewExaminer(s.campaigns, s.budgets, s.metrics, now).Hear(newInsights(s, now))
	return optimization.NewService(optimization.Config{
		Store: db.Suggestions(), Settings: db.Suggestions(), Hands: optimization.NewHands(s.campaigns, s.campaigns.Rehearsal(), s.funding, db.Log()),
		Analyst: examiner, Outcomes: examiner, Now: now, NewID: newID,
	})
}

// optimizerJobs are the optimiser's timed work. A change that turned out worse is
// taken back within 30 s; one that a crash has interrupted is finished as soon as
// it must have died, by whichever node has the lease of two seconds' turns then.
func (a *App) optimizerJobs() []jobs.Job {
	return []jobs.Job{
		{Name: "optimizer.recover", Every: 2 * time.Second, Do: a.services.optimizer.Recover},
		{Name: "optimizer.tend", Every: 10 * time.Second, Do: a.services.optimizer.Tend},
		{Name: "optimizer.analyse", Every: time.Minute, Do: a.services.optimizer.Tick},
	}
}
