package budgets

import (
	"context"

	"github.com/google/uuid"
)

// Store keeps budgets. A partner of uuid.Nil is an administrator's and finds
// every partner's.
//
// # Settling, the hot path
//
// Spend arrives with metric events, thousands a second, and must cost a budget
// one row update in the transaction of those events. So the store settles
// without loading the aggregate as long as nothing can follow from it. For each
// budget and local day it sums the amounts of its transaction; let amount be
// that sum, in micros.
//
//  1. Fast. When amount > 0 and the figure that the budget counts stays below
//     NextMark, which is stored beside it, one conditional statement adds:
//
//     total: UPDATE ... SET settled = settled + amount
//     WHERE id = ... AND kind = 'total' AND settled + amount < next_mark
//
//     daily: UPDATE ... SET settled = settled + amount, open_settled = open_settled + amount
//     WHERE id = ... AND kind = 'daily' AND open_day = day AND open_settled + amount < next_mark
//
//     The condition stands in the statement, not before it: two transactions
//     may be adding at once. No event, no revision.
//
//  2. Slow. When that changed no row (a mark is reached, a refund, another day
//     than the open one, a credit to use up), it locks the row, restores the
//     aggregate with the figures as they now are, calls Settle, and stores the
//     whole State, NextMark and the events, in the same transaction.
//
// Both ways give the same figures; a property test holds them to it. NextMark
// only changes in Settle and Change, so it is stored whenever State is.
//
// A State is stored whole except by the fast way, and the columns that the fast
// way writes (settled, open_settled) are the truth for Settled and Open.Settled
// when it is restored.
type Store interface {
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Budget, error)
	// ByCampaign is the budget of a campaign, or ErrNotFound.
	ByCampaign(ctx context.Context, partner, campaign uuid.UUID) (*Budget, error)
	// Update locks the budget, calls change and stores the result with its
	// events in one transaction. A revision other than 0 must be the stored
	// one, or it is ErrStale. An error of change is returned as it is and
	// nothing is stored.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Budget) error) (*Budget, error)
}
