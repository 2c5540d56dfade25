package app

import (
	"context"
	"errors"
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

// knownAudiences is campaigns.Audiences over the audiences.
type knownAudiences struct{ audiences *audience.Service }

// Missing implements campaigns.Audiences.
func (k knownAudiences) Missing(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
	var missing []uuid.UUID
	for _, id := range ids {
		_, err := k.audiences.Get(ctx, partner, id)
		switch {
		case errors.Is(err, audience.ErrNotFound):
			missing = append(missing, id)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}
