package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
)

// List implements campaigns.Store.
func (s Campaigns) List(ctx context.Context, partner uuid.UUID, q campaigns.Query) (items []*campaigns.Campaign, next string, err error) {
	which, order := s.matching(partner, q), s.ordered(q.Sort)
	if err := order.after(&which, q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, selectCampaigns+which.where+order.clause()+limited(size+1), which.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	if items, err = collect(rows, scanCampaign); err != nil {
		return nil, "", s.db.translate(err)
	}
	if len(items) > size {
		items = items[:size]
		next = order.cursor(items[size-1].State())
	}
	return items, next, nil
}

func (s Campaigns) matching(partner uuid.UUID, q campaigns.Query) filter {
	f := filter{db: s.db}
	f.of(partner)
	in(&f, "status", q.Status)
	in(&f, "type", q.Type)
	in(&f, "state"+s.db.json+" ->> 'objective'", q.Objective)
	f.anyOf(fmt.Sprintf(s.db.lists, "channels"), q.Channels)
	f.anyOf(fmt.Sprintf(s.db.lists, "labels"), q.Labels)
	if !q.From.IsZero() {
		f.add("ends_at > ?", micros(q.From))
	}
	if !q.To.IsZero() {
		f.add("starts_at < ?", micros(q.To))
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		f.add("starts_at IS NOT NULL")
	}
	if q.Text != "" {
		like := func(text string) string { return "%" + wildcards.Replace(text) + "%" }
		f.add(`(search LIKE ? ESCAPE '\' OR EXISTS (SELECT 1 FROM `+s.db.labels+` WHERE lower(value) LIKE ? ESCAPE '\' OR value LIKE ? ESCAPE '\'))`,
			like(folded(q.Text)), like(folded(q.Text)), like(q.Text)) // labels are folded by the engine, which may know ASCII only
	}
	return f
}

// wildcards makes a text stand for itself in a LIKE pattern.
var wildcards = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// ordered is how the engine sorts campaigns. Ids grow with time, so sorting by
// them is sorting by when campaigns were made.
func (s Campaigns) ordered(by campaigns.Order) order[campaigns.State] {
	by = cmp.Or(by, campaigns.Newest)
	name, down := strings.CutPrefix(string(by), "-")
	o := order[campaigns.State]{name: string(by), down: down, id: func(c campaigns.State) uuid.UUID { return c.ID }}
	switch name {
	case "name":
		o.column, o.text = "search"+s.db.byBytes, func(c campaigns.State) string { return folded(c.Name) }
	case "start":
		o.column, o.number = dated("starts_at", down, func(c campaigns.State) sql.NullInt64 { starts, _ := period(c); return starts })
	case "end":
		o.column, o.number = dated("ends_at", down, func(c campaigns.State) sql.NullInt64 { _, ends := period(c); return ends })
	}
	return o
}

// dated sorts by a moment that some do not have: those come last in either
// direction.
func dated(column string, down bool, of func(campaigns.State) sql.NullInt64) (string, func(campaigns.State) int64) {
	none := int64(math.MaxInt64)
	if down {
		none = -none
	}
	return fmt.Sprintf("COALESCE(%s, %d)", column, none), func(c campaigns.State) int64 {
		if at := of(c); at.Valid {
			return at.Int64
		}
		return none
	}
}
