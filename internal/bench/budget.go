package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Reserve asks for one unit of a budget, by its place, and says whether it was
// granted; by then the decision is durable.
type Reserve func(ctx context.Context, budget int) (granted bool, err error)

// Decisions is what clients that ask one after the other got.
type Decisions struct {
	Name      string  `json:"name"`
	Budgets   int     `json:"budgets"`
	Clients   int     `json:"clients"`
	Decisions int     `json:"decisions"`
	Granted   int     `json:"granted"`
	Over      int     `json:"over_the_limit"` // granted beyond what the budgets allow
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"decisions_per_second"`
	CPU       float64 `json:"cpu_us_per_decision"` // of this process: clients and, on SQLite, the store
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
}

func (d Decisions) String() string {
	return fmt.Sprintf("%-34s %9.0f decisions/s   %5.0f µs CPU each   p50 %6.2f ms   p99 %6.2f ms   %d over the limit   (%d decisions of %d clients)",
		d.Name, d.PerSecond, d.CPU, d.P50, d.P99, d.Over, d.Decisions, d.Clients)
}

// Decide has clients ask until the time is over. Each budget has limit units:
// what is granted of one beyond that is over the limit.
func Decide(ctx context.Context, name string, budgets, clients int, duration time.Duration, limit int, reserve Reserve) (Decisions, error) {
	d := Decisions{Name: name, Budgets: budgets, Clients: clients}
	granted := make([]int, budgets)
	var took []time.Duration
	var failures []error
	var mu sync.Mutex
	var group sync.WaitGroup
	start, used := time.Now(), ownCPU()
	for client := range clients {
		group.Go(func() {
			c := asking{granted: make([]int, budgets)}
			err := c.ask(ctx, client, start.Add(duration), reserve)
			mu.Lock()
			defer mu.Unlock()
			took, failures = append(took, c.took...), append(failures, err)
			for i, n := range c.granted {
				granted[i] += n
			}
		})
	}
	group.Wait()
	d.Seconds = time.Since(start).Seconds()
	for _, n := range granted {
		d.Granted += n
		d.Over += max(0, n-limit)
	}
	d.Decisions = len(took)
	d.PerSecond = float64(d.Decisions) / d.Seconds
	d.CPU = float64((ownCPU() - used).Microseconds()) / float64(max(1, d.Decisions))
	d.P50, d.P99 = quantile(took, 0.50), quantile(took, 0.99)
	return d, errors.Join(failures...)
}

// asking is one client.
type asking struct {
	granted []int
	took    []time.Duration
}

func (c *asking) ask(ctx context.Context, client int, until time.Time, reserve Reserve) error {
	for i := client; time.Now().Before(until); i++ {
		budget := i * 7919 % len(c.granted) // a prime, so that clients do not go in step
		sent := time.Now()
		granted, err := reserve(ctx, budget)
		if err != nil {
			return err
		}
		c.took = append(c.took, time.Since(sent))
		if granted {
			c.granted[budget]++
		}
	}
	return nil
}

// BudgetReport is decisions beside their baseline, in one run.
type BudgetReport struct {
	Engine     string      `json:"engine"`
	Loads      []Decisions `json:"loads"`
	TimesPlain float64     `json:"times_plain"` // one hot budget: authorizer / a transaction for each decision
}

func (r BudgetReport) String() string {
	var b strings.Builder
	for _, d := range r.Loads {
		fmt.Fprintln(&b, d)
	}
	fmt.Fprintf(&b, "%-34s %9.1f times a transaction for each decision, on %s\n", "one hot budget", r.TimesPlain, r.Engine)
	return b.String()
}
