package campaigns

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// Funding is how the campaign's budget stands.
type Funding struct {
	BudgetID   uuid.UUID
	Kind       BudgetKind
	Limit      money.Money
	Settled    money.Money // of today, for a daily budget
	Available  money.Money
	Exhausted  bool
	AutoPause  bool
	Thresholds []int // percentages
}

// Standing is what the partner may still do. ActiveCampaigns, DailyInUse and
// MonthlyInUse count the partner's other campaigns that are ACTIVE; the sums are
// of their Commit, over those in the limit's currency.
type Standing struct {
	ContractActive           bool
	MaxActive                *int // nil: unlimited
	ActiveCampaigns          int
	DailyLimit, MonthlyLimit *money.Money // nil: unlimited
	DailyInUse, MonthlyInUse money.Money
	Flags                    map[string]bool
	Prepaid                  bool        // the partner pays before it spends
	Balance                  money.Money // of a prepaid partner, in the campaign's currency: paid in and not spent
}

// Facts are read in the transaction of the change, so that a decision never
// rests on numbers that have moved. Standing locks the partner's row: of two
// launches at once the second counts the first.
type Facts interface {
	Figures() (Figures, error)
	Funding() (Funding, error)
	Standing() (Standing, error)
}

// NewBudget is the budget that is opened with a campaign. Its partner, time zone
// and campaign are the campaign's; By and At are for its event.
type NewBudget struct {
	ID         uuid.UUID
	Kind       BudgetKind
	Limit      money.Money
	AutoPause  bool
	Thresholds []int // percentages; nil for the usual ones
	By         event.Origin
	At         time.Time
}

// Ref names a campaign.
type Ref struct{ Partner, ID uuid.UUID }

// Store keeps campaigns. A partner of uuid.Nil is an administrator's and finds
// every partner's. Every write stores the aggregate's State, its DueAt and the
// events of its PullEvents in one transaction.
type Store interface {
	// Insert stores the campaign, opens its budget, and appends the events of
	// both. It fails with ErrExists when the id is taken.
	Insert(context.Context, *Campaign, NewBudget) error
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Campaign, error)
	// List has the newest first unless the query says otherwise.
	List(ctx context.Context, partner uuid.UUID, q Query) (items []*Campaign, next string, err error)
	// Update locks the campaign, calls change and stores the result. A revision
	// other than 0 must be the stored one, or it is ErrStale. An error of change
	// is returned as it is and nothing is stored; a change that left the
	// revision as it was is not written.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Campaign, Facts) error) (*Campaign, error)
	// Facts are those of a campaign at this moment, without a lock: for showing,
	// not for deciding.
	Facts(ctx context.Context, partner, id uuid.UUID) (Figures, Funding, Standing, error)
	// Due are the campaigns whose DueAt is not after now, of all partners, in
	// the order of their ids, those after one given.
	Due(ctx context.Context, now time.Time, after uuid.UUID, limit int) ([]Ref, error)
}

// History reads the events of one aggregate from the log, oldest first, those
// after a sequence number.
type History interface {
	History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error)
}
