package sqlstore

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
)

// Campaigns implements campaigns.Store.
type Campaigns struct{ db *DB }

// Campaigns returns the store of campaigns.
func (db *DB) Campaigns() Campaigns { return Campaigns{db} }

// Insert implements campaigns.Store. The error is fault.ErrInvalid when the
// budget cannot be opened, or one of the guard's, and then nothing is stored.
func (s Campaigns) Insert(ctx context.Context, c *campaigns.Campaign, in campaigns.NewBudget) error {
	state := c.State()
	budget, err := openBudget(s.guard(ctx, state.Partner), state, in)
	if err != nil {
		return err
	}
	events := slices.Concat(c.PullEvents(), budget.PullEvents())
	err = s.db.write(ctx, func(t *tx) error {
		t.append(events...)
		if err := s.insert(ctx, t, state); err != nil {
			return err
		}
		return s.db.Budgets().save(ctx, t, budget)
	})
	if isUnique(err) {
		return campaigns.ErrExists
	}
	return err
}

// openBudget begins the budget that a campaign asks for.
func openBudget(guard *budgets.Policy, of campaigns.State, in campaigns.NewBudget) (*budgets.Budget, error) {
	open := budgets.NewBudget{
		ID: in.ID, Partner: of.Partner, Campaign: of.ID, Kind: budgets.Kind(in.Kind),
		Limit: in.Limit, Timezone: of.Timezone, AutoPause: in.AutoPause,
	}
	if in.Thresholds != nil {
		open.Levels = budgets.Levels(in.Thresholds...)
	}
	return guard.Open(in.By, in.At, open)
}

// guard is nil when it cannot be read: then the budget is not opened.
func (s Campaigns) guard(ctx context.Context, partner uuid.UUID) *budgets.Policy {
	p, err := s.db.Guards().Policy(ctx, partner)
	if err != nil {
		slog.ErrorContext(ctx, "guard of budgets not read; nothing is opened", "partner", partner, "error", err)
		return nil
	}
	return &p
}

func (s Campaigns) insert(ctx context.Context, t *tx, state campaigns.State) error {
	text, err := encode(state)
	if err != nil {
		return err
	}
	starts, ends := period(state)
	_, err = t.exec(ctx, `INSERT INTO campaigns (partner, id, revision, status, type, search, currency, timezone, starts_at, ends_at, due_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		s.db.key(state.Partner), s.db.key(state.ID), state.Revision, string(state.Status), string(state.Type), folded(state.Name),
		string(state.Currency), state.Timezone, starts, ends, nullMicros(state.DueAt()), text)
	return err
}

func (s Campaigns) save(ctx context.Context, t *tx, state campaigns.State) error {
	text, err := encode(state)
	if err != nil {
		return err
	}
	starts, ends := period(state)
	_, err = t.exec(ctx, `UPDATE campaigns SET revision = $3, status = $4, type = $5, search = $6, timezone = $7,
			starts_at = $8, ends_at = $9, due_at = $10, state = $11
		WHERE partner = $1 AND id = $2`,
		s.db.key(state.Partner), s.db.key(state.ID), state.Revision, string(state.Status), string(state.Type), folded(state.Name),
		state.Timezone, starts, ends, nullMicros(state.DueAt()), text)
	return err
}

// period is the schedule as it is stored beside the state.
func period(state campaigns.State) (starts, ends sql.NullInt64) {
	if state.Schedule == nil {
		return starts, ends
	}
	return nullMicros(&state.Schedule.Start), nullMicros(&state.Schedule.End)
}

func nullMicros(t *time.Time) sql.NullInt64 {
	if t == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: micros(*t), Valid: true}
}

// folded is a text as it is searched: without case, in any script. The engines'
// own lower() differ beyond ASCII.
func folded(text string) string { return strings.ToLower(text) }

// Get implements campaigns.Store.
func (s Campaigns) Get(ctx context.Context, partner, id uuid.UUID) (*campaigns.Campaign, error) {
	c, err := s.find(ctx, s.db.reader, partner, id, "")
	return c, s.db.translate(err)
}

const selectCampaigns = "SELECT id, state FROM campaigns"

func (s Campaigns) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (*campaigns.Campaign, error) {
	which := s.db.one(partner, "id", id)
	c, err := scanCampaign(q.QueryRowContext(ctx, selectCampaigns+which.where+lock, which.args...))
	return c, missing(err, campaigns.ErrNotFound)
}

func scanCampaign(row scanner) (*campaigns.Campaign, error) {
	var id uuid.UUID
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return nil, err
	}
	state, err := decode[campaigns.State]("campaign", id, text)
	return campaigns.Restore(state), err
}

// Update implements campaigns.Store.
func (s Campaigns) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*campaigns.Campaign, campaigns.Facts) error) (*campaigns.Campaign, error) {
	return edit[*campaigns.Campaign]{
		load:     func(t *tx) (*campaigns.Campaign, error) { return s.find(ctx, t, partner, id, s.db.forUpdate) },
		revision: func(c *campaigns.Campaign) int64 { return c.State().Revision },
		stale:    campaigns.ErrStale,
		save:     func(t *tx, c *campaigns.Campaign) error { return s.save(ctx, t, c.State()) },
	}.run(ctx, s.db, revision, func(t *tx, c *campaigns.Campaign) error {
		return change(c, facts{ctx: ctx, db: s.db, in: t, lock: s.db.forUpdate, of: c.State()})
	})
}

// Facts implements campaigns.Store: all three on one snapshot.
func (s Campaigns) Facts(ctx context.Context, partner, id uuid.UUID) (figures campaigns.Figures, funding campaigns.Funding, standing campaigns.Standing, err error) {
	err = s.db.read(ctx, func(snapshot *sql.Tx) error {
		c, err := s.find(ctx, snapshot, partner, id, "")
		if err != nil {
			return err
		}
		f := facts{ctx: ctx, db: s.db, in: snapshot, of: c.State()}
		if figures, err = f.Figures(); err != nil {
			return err
		}
		if funding, err = f.Funding(); err != nil {
			return err
		}
		standing, err = f.Standing()
		return err
	})
	return figures, funding, standing, err
}

// Due implements campaigns.Store.
func (s Campaigns) Due(ctx context.Context, now time.Time, after uuid.UUID, limit int) ([]campaigns.Ref, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner, id FROM campaigns WHERE due_at <= $1 AND id > $2 ORDER BY id`+
		limited(pageSize(limit)), micros(now), s.db.key(after))
	if err != nil {
		return nil, s.db.translate(err)
	}
	refs, err := collect(rows, scanRef)
	return refs, s.db.translate(err)
}

func scanRef(row scanner) (campaigns.Ref, error) {
	var ref campaigns.Ref
	err := row.Scan(&ref.Partner, &ref.ID)
	return ref, err
}
