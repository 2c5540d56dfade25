package app

import (
	"context"
	"fmt"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// alertExtra calls whoever may approve: nothing is raised before.
func (r *reactions) alertExtra(ctx context.Context, by event.Origin, e event.Event, data budgets.ExtraSpendProposed) error {
	return r.alerts.Notify(ctx, by, e, performance.Notice{
		Campaign: data.Campaign, Kind: performance.AlertExtraSpend, Subject: data.Extra.String(), Severity: performance.SeverityMedium,
		Title:  fmt.Sprintf("%s of extra spend wait for an approver", data.Amount),
		Detail: fmt.Sprintf("%s proposes to raise the limit of %s by %s: %s", e.Origin.Name, data.Limit, data.Amount, data.Reason),
		Facts: map[string]any{
			"extra_spend_id": data.Extra, "amount": data.Amount, "limit": data.Limit, "reason": data.Reason,
			"proposed_by": e.Origin.Name, "expires_at": data.ExpiresAt,
		},
	})
}

// settleExtra ends the call when somebody has decided, or nobody has in time.
func (r *reactions) settleExtra(ctx context.Context, by event.Origin, e event.Event, data budgets.ExtraSpendDecided) error {
	if data.Within {
		return nil
	}
	return r.alerts.Settle(ctx, by, e.Partner, data.Campaign, performance.AlertExtraSpend, data.Extra.String())
}
