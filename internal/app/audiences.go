package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// newAudiences puts the use cases of audiences on the store.
func newAudiences(db *sqlstore.DB, people *partners.Service, now func() time.Time) *audience.Service {
	return audience.NewService(audience.Config{
		Store: db.Audiences(), Uploads: db.Audiences(), People: db.People(), Facts: db.People(), Eraser: db.People(),
		Currency: func(ctx context.Context, partner uuid.UUID) (string, error) {
			p, err := people.Get(ctx, partner)
			if err != nil {
				return "", err
			}
			return string(p.State().Currency), nil
		},
		Now: now, NewID: newID,
	})
}
