package dashboard

import (
	"context"
	"io"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

// Panels is panel.Service.
type Panels interface {
	Load(ctx context.Context, by event.Origin, in panel.New, format panel.Format, file io.Reader) (panel.State, error)
	Get(ctx context.Context, partner, id uuid.UUID) (panel.State, error)
	List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]panel.State, string, error)
	Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, in panel.Patch) (panel.State, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error
}
