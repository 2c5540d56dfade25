package budgets

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
)

const (
	// slip is how many times the usual an amount in minor units looks like.
	slip = 100
	// slipMicros is the same for micros.
	slipMicros = 1_000_000
	// usualDays is how many days with spend tell what is usual.
	usualDays = 7
	lookDays  = 28
)

// usual says whether a limit looks like cents or micros of what was meant: at
// least 100 times the present limit, or, when it more than doubles, 100 times the
// mean of the periods before (daily, monthly), or one that leaves 100 times what
// the last 28 days have taken (total).
func (p *Policy) usual(b *Budget, at time.Time, limit int64) error {
	against, what := b.state.Limit, "the present limit"
	if mean := b.usualPeriod(at); mean > 0 && limit > 2*b.state.Limit && mean < against {
		against, what = mean, "the mean of the periods before"
	}
	if err := b.unlike(limit, against, "This is %d times "+what+" (%s): it looks like %s."); err != nil {
		return err
	}
	recent := p.recentOf(b)
	if recent == 0 || limit <= 2*b.state.Limit {
		return nil
	}
	return b.unlike(limit-b.state.Settled, recent, "This leaves %d times what was spent in the last 28 days (%s): it looks like %s.")
}

// unlike refuses an amount that is a slip of units away from what it is held
// against.
func (b *Budget) unlike(amount, against int64, saying string) error {
	if amount/slip < against {
		return nil
	}
	unit := "minor units"
	if amount/slipMicros >= against {
		unit = "micros"
	}
	return ErrUnusual.With(saying, amount/against, b.money(against), unit)
}

// recentOf is what is known of a budget's last 28 local days, 0 for nothing.
func (p *Policy) recentOf(b *Budget) int64 {
	if p.recent.budget != b.state.ID {
		return 0
	}
	return p.recent.spent
}

// usualPeriod is the mean of a daily budget's days with spend among the last
// 28, or of a monthly one's month before; 0 when they are fewer than seven, or
// there is none.
func (b *Budget) usualPeriod(at time.Time) int64 {
	period := b.period(b.Today(at))
	first, least := period-localday.Day(lookDays), int64(usualDays)
	if b.state.Kind == KindMonthly {
		first, least = FirstOfMonth(period-1), 1
	}
	sum, count := int64(0), int64(0)
	for _, d := range b.periods() {
		if d.Day >= first && d.Day < period && d.Settled > 0 {
			sum, count = capped(sum, d.Settled), count+1
		}
	}
	if count < least {
		return 0
	}
	return sum / count
}

// PolicyFor is what a budget's partner allows it, with what the budget is used
// to; nil when that cannot be read, which allows no raise. It is read before the
// transaction of a change, so that a failure here cannot end that.
func (s *Service) PolicyFor(ctx context.Context, b *Budget) *Policy {
	p, err := s.guards.Policy(ctx, b.state.Partner)
	if err == nil {
		p.recent, err = s.recent(ctx, b)
	}
	if err != nil {
		slog.ErrorContext(ctx, "guard of budgets not read; nothing is raised", "partner", b.state.Partner, "error", err)
		return nil
	}
	return &p
}

// recent is what a total budget has spent of late. The periods of the others say
// that by themselves.
type recent struct {
	budget uuid.UUID
	spent  int64
}

// recent is 0 when less than seven of the last 28 local days have spend: that
// says little.
func (s *Service) recent(ctx context.Context, b *Budget) (r recent, err error) {
	if b.state.Kind != KindTotal || b.state.Settled == 0 {
		return r, nil
	}
	today := b.Today(s.now())
	days, err := s.deliveries.PlatformDays(ctx, b, today-lookDays, today)
	if err != nil {
		return r, err
	}
	r.budget = b.state.ID
	seen := map[localday.Day]bool{}
	for _, d := range days {
		if d.Spend > 0 {
			seen[d.Day], r.spent = true, capped(r.spent, d.Spend)
		}
	}
	if len(seen) < usualDays {
		r.spent = 0
	}
	return r, nil
}
