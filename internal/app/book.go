package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// book is the ledger as the pages show it.
type book struct {
	sqlstore.Ledger
	*sqlstore.Prover
	vault sqlstore.Vault
	now   func() time.Time
}

// Open are the reservations of a budget that hold money.
func (b book) Open(ctx context.Context, partner, budget uuid.UUID, limit int) ([]*budgets.Reservation, error) {
	found, _, err := b.vault.Reservations(ctx, partner, budget, budgets.ReservationQuery{State: budgets.StateReserved, Now: b.now(), Limit: limit})
	return found, err
}
