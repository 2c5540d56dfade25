package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
)

// BenchBudgetConfig is what campaignd bench budget can be told.
type BenchBudgetConfig struct {
	Clients  int           `default:"64" help:"How many ask at once, each for the next when it has its answer."`
	Budgets  int           `default:"200" help:"Over how many budgets the second load is spread."`
	Duration time.Duration `default:"5s" help:"How long each load lasts."`
	BenchStore
	JSON bool `name:"json" help:"Print the figures as JSON."`
}

const (
	// mostConns leaves a PostgreSQL of 100 connections some for others: the plain
	// service takes one a client, and clients beyond it wait for each other there
	// as they do for the row.
	mostConns = 64
	// plenty never runs out: every decision is one that writes.
	plenty = 1_000_000_000
	// scarce runs out at once, to see whether anything is granted beyond it.
	scarce = 1_000
)

// BenchBudget measures durable decisions through the Authorizer, on one hot
// budget and over many, beside a service that takes a transaction for each.
func BenchBudget(ctx context.Context, cfg BenchBudgetConfig, stdout io.Writer) error {
	_, url, remove, err := cfg.place()
	if err != nil {
		return err
	}
	defer remove()
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: url, MaxConns: min(cfg.Clients, mostConns)})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	report, err := measureBudgets(ctx, cfg, db)
	if err != nil {
		return err
	}
	return printed(stdout, cfg.JSON, report)
}

func measureBudgets(ctx context.Context, cfg BenchBudgetConfig, db *sqlstore.DB) (bench.BudgetReport, error) {
	report := bench.BudgetReport{Engine: db.Engine()}
	plain, err := decidePlainly(ctx, cfg, db)
	if err != nil {
		return report, err
	}
	run, stop := context.WithCancel(ctx)
	authorizer := budgets.NewAuthorizer(db.Vault())
	done := make(chan struct{})
	go func() { defer close(done); _ = authorizer.Run(run) }()
	defer func() { stop(); <-done }()
	hot, err := decideTogether(ctx, cfg, db, authorizer, "one hot budget", 1, plenty)
	if err != nil {
		return report, err
	}
	many, err := decideTogether(ctx, cfg, db, authorizer, fmt.Sprintf("over %d budgets", cfg.Budgets), cfg.Budgets, plenty)
	if err != nil {
		return report, err
	}
	cfg.Duration = min(cfg.Duration, time.Second)
	last, err := decideTogether(ctx, cfg, db, authorizer, fmt.Sprintf("the last %d units", scarce), 1, scarce)
	report.Loads = []bench.Decisions{plain, hot, many, last}
	report.TimesPlain = hot.PerSecond / plain.PerSecond
	return report, err
}

func decidePlainly(ctx context.Context, cfg BenchBudgetConfig, db *sqlstore.DB) (bench.Decisions, error) {
	plain, err := db.Plain(ctx)
	if err != nil {
		return bench.Decisions{}, err
	}
	id := newID()
	if err := plain.Open(ctx, id, plenty); err != nil {
		return bench.Decisions{}, err
	}
	d, err := bench.Decide(ctx, "a transaction for each decision", 1, cfg.Clients, cfg.Duration, plenty, func(ctx context.Context, _ int) (bool, error) {
		return plain.Reserve(ctx, id, 1)
	})
	return d, errors.Join(err, plain.Drop(context.WithoutCancel(ctx)))
}

func decideTogether(ctx context.Context, cfg BenchBudgetConfig, db *sqlstore.DB, a *budgets.Authorizer, name string, n, units int) (bench.Decisions, error) {
	by := event.Origin{Partner: newID(), Kind: event.ActorOperator, ID: "bench"}
	ids := make([]uuid.UUID, n)
	for i := range ids {
		var err error
		if ids[i], err = openBenchBudget(ctx, db, by, int64(units)); err != nil {
			return bench.Decisions{}, err
		}
	}
	return bench.Decide(ctx, name, n, cfg.Clients, cfg.Duration, units, func(ctx context.Context, budget int) (bool, error) {
		_, err := a.Reserve(ctx, by, budgets.NewReservation{ID: newID(), Budget: ids[budget], Amount: budgets.Amount{Micros: 1}, TTL: time.Hour})
		if errors.Is(err, budgets.ErrExhausted) {
			return false, nil
		}
		return err == nil, err
	})
}

// openBenchBudget stores a campaign whose budget has so many micros.
func openBenchBudget(ctx context.Context, db *sqlstore.DB, by event.Origin, micros int64) (uuid.UUID, error) {
	now, limit := time.Now().UTC().Truncate(time.Microsecond), money.New(micros, "USD")
	c, err := campaigns.New(by, now, campaigns.NewCampaign{
		ID: newID(), BudgetID: newID(), Partner: by.Partner, Name: "Bench", Type: campaigns.Display, Objective: campaigns.Awareness,
		Goals:  campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricImpressions, Quantity: campaigns.Count(1)}}},
		Budget: campaigns.BudgetTerms{Amount: limit}, Timezone: "UTC",
	})
	if err != nil {
		return uuid.Nil, err
	}
	state := c.State()
	return state.BudgetID, db.Campaigns().Insert(ctx, c, campaigns.NewBudget{ID: state.BudgetID, Limit: limit, By: by, At: now})
}
