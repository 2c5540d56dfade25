package sqlstore

import (
	"context"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// settleSpend adds a partner's reported spend to its campaigns' budgets, in the
// order of their keys.
func (t *tx) settleSpend(ctx context.Context, p *performance.PartnerPart) error {
	by := event.Origin{Partner: p.Partner, Kind: event.ActorReaction, ID: "performance", From: "metrics", CorrelationID: p.By.CorrelationID}
	at := moment(micros(t.db.now())) // as exact as what is stored
	for _, part := range p.Parts {
		for _, spend := range part.Spend {
			if err := t.settle(ctx, by, at, p.Partner, part.Campaign, spend.Day, spend.Amount); err != nil {
				return err
			}
		}
	}
	return nil
}
