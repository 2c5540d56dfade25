package app

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// fundDemo pays in for the demo's partner: one payment that has arrived and one
// that waits for whoever looks. It returns a sign-in token for finance, who may
// go on with it.
func (a *App) fundDemo(ctx context.Context, partner uuid.UUID) (token string, err error) {
	by := event.Origin{Partner: partner, Kind: event.ActorOperator, ID: "demo", From: "demo"}
	for i, units := range []int64{250_000, 50_000} {
		id := uuid.NewSHA1(partner, []byte{byte(i)}) // one each, however often the demo starts over the same data
		_, err := a.services.payments.Create(ctx, by, payment.New{
			ID: id, Partner: partner, Provider: payment.Simulated, Amount: money.Money{Micros: units * money.Unit},
		}, false)
		if err != nil {
			return "", err
		}
		if i == 0 {
			a.services.simulated.Decide(ctx, id, "pay")
		}
	}
	key, _, err := a.services.partners.IssueKey(ctx, by, partner, partners.NewKey{Role: partners.RoleFinance, Name: "Demo finance"})
	if err != nil {
		return "", err
	}
	return a.services.sessions.NewLink(ctx, partner, key.ID, true)
}
