package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/webhooks"
)

// reactions are what follows from events: each is a new command, by the front
// door. They run on one node at a time, at least once, and each holds what it
// does against the present state, so that an old event cannot undo a person's
// newer decision.
type reactions struct {
	campaigns *campaigns.Service
	budgets   *budgets.Service
	overruns  *budgets.Overruns
	alerts    *performance.Alerts
	platforms *platforms.Service
	payments  *payment.Service
	webhooks  *webhooks.Service
	now       func() time.Time
}

// reaction acts on one event.
type reaction func(r *reactions, ctx context.Context, by event.Origin, e event.Event) error

// table is everything that follows from events.
var table = map[string][]reaction{
	"budget.threshold_reached":          {on((*reactions).alertThreshold), on((*reactions).pauseAtThreshold)},
	"budget.exhausted":                  {on((*reactions).alertExhausted), on((*reactions).pauseExhausted)},
	"budget.overdelivered":              {on((*reactions).alertOverdelivery)},
	"budget.extra_spend_proposed":       {on((*reactions).alertExtra)},
	"budget.extra_spend_approved":       {on((*reactions).settleExtra)},
	"budget.extra_spend_denied":         {on((*reactions).settleExtra)},
	"budget.extra_spend_expired":        {on((*reactions).settleExtra)},
	"budget.changed":                    {on((*reactions).settleBudgetAlerts)},
	"performance.kpi_threshold_reached": {on((*reactions).alertTarget)},
	"campaign.launch_failed":            {on((*reactions).alertLaunch)},
	"campaign.launched":                 {on((*reactions).settleLaunchAlert)},
	"funds.low":                         {on((*reactions).fundsChanged)},
	"funds.exhausted":                   {on((*reactions).fundsChanged)},
	"funds.restored":                    {on((*reactions).fundsChanged)},
	"ad_account.token_expired":          {on((*reactions).alertToken)},
	"ad_account.changed":                {on((*reactions).alertToken)},
	"ad_account.disconnected":           {on((*reactions).alertToken)},
	"placement.changed":                 {on((*reactions).alertPlacement)},
	"placement.ended":                   {on((*reactions).alertPlacement)},
	"webhook.disabled":                  {on((*reactions).alertEndpoint)},
	"webhook.changed":                   {on((*reactions).alertEndpoint)},
	"webhook.deleted":                   {on((*reactions).alertEndpoint)},
}

// on decodes the event's data for a reaction.
func on[T any](do func(*reactions, context.Context, event.Origin, event.Event, T) error) reaction {
	return func(r *reactions, ctx context.Context, by event.Origin, e event.Event) error {
		var data T
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return fmt.Errorf("data of %s: %w", e.Type, err)
		}
		return do(r, ctx, by, e, data)
	}
}

// handle is the relay's handler. Events of no consequence pass by.
func (r *reactions) handle(ctx context.Context, events []event.Event) error {
	for _, e := range events {
		by := event.Origin{Partner: e.Partner, Kind: event.ActorReaction, ID: e.Type, From: "reaction", CorrelationID: e.ID.String()}
		for _, do := range table[e.Type] {
			if err := do(r, ctx, by, e); err != nil {
				return fmt.Errorf("reaction to %s %s: %w", e.Type, e.ID, err)
			}
		}
	}
	return nil
}

// pause pauses a campaign that runs; one that does not needs no pausing.
func (r *reactions) pause(ctx context.Context, by event.Origin, campaign uuid.UUID, reason string) error {
	_, err := r.campaigns.Pause(ctx, by, campaign, 0, reason)
	if errors.Is(err, campaigns.ErrInvalidTransition) {
		return nil
	}
	return err
}

// pauseExhausted pauses unless the limit has been raised meanwhile, or the day
// of a daily budget is over.
func (r *reactions) pauseExhausted(ctx context.Context, by event.Origin, e event.Event, data budgets.Exhausted) error {
	b, err := r.budgets.Get(ctx, e.Partner, e.AggregateID)
	if err != nil {
		return err
	}
	if !b.Position(b.Today(r.now())).Exhausted {
		return nil
	}
	return r.pause(ctx, by, data.Campaign, campaigns.ReasonBudgetExhausted)
}

// pauseAtThreshold pauses at a CRITICAL threshold that still stands.
func (r *reactions) pauseAtThreshold(ctx context.Context, by event.Origin, e event.Event, data budgets.ThresholdReached) error {
	if !data.Pauses {
		return nil
	}
	b, err := r.budgets.Get(ctx, e.Partner, e.AggregateID)
	if err != nil {
		return err
	}
	reason := "BUDGET_THRESHOLD_" + strconv.Itoa(data.Percent)
	if b.Position(b.Today(r.now())).Exhausted {
		reason = campaigns.ReasonBudgetExhausted // the graver of the two, which a daily budget recovers from
	}
	for _, t := range b.State().Thresholds {
		if t.Percent == data.Percent && t.FiredAt != nil {
			return r.pause(ctx, by, data.Campaign, reason)
		}
	}
	return nil
}

// alertThreshold makes the thresholds of one budget one matter, which grows
// more urgent with each: three lines about the same money would be noise.
func (r *reactions) alertThreshold(ctx context.Context, by event.Origin, e event.Event, data budgets.ThresholdReached) error {
	return r.alerts.Notify(ctx, by, e, performance.Notice{
		Campaign: data.Campaign, Kind: performance.AlertBudgetThreshold, Severity: performance.Severity(data.Severity),
		Title:  fmt.Sprintf("%d %% of the budget is spent", data.Percent),
		Detail: fmt.Sprintf("%s of %s is settled.", data.Settled, data.Limit),
		Facts:  map[string]any{"percent": data.Percent, "settled": data.Settled, "limit": data.Limit, "pauses": data.Pauses},
	})
}

// alertExhausted takes the place of the alert about the thresholds before it. A
// limit that has been raised meanwhile, or a day that is over, needs nobody.
func (r *reactions) alertExhausted(ctx context.Context, by event.Origin, e event.Event, data budgets.Exhausted) error {
	b, err := r.budgets.Get(ctx, e.Partner, e.AggregateID)
	if err != nil || !b.Position(b.Today(r.now())).Exhausted {
		return err
	}
	next := "Raise the limit, then resume."
	if data.Day != nil {
		next = "It goes on with the next local day."
	}
	err = r.alerts.Notify(ctx, by, e, performance.Notice{
		Campaign: data.Campaign, Kind: performance.AlertBudgetExhausted, Severity: performance.SeverityCritical,
		Title:  "The budget is exhausted; the campaign is paused",
		Detail: fmt.Sprintf("%s of %s is settled. %s", data.Settled, data.Limit, next),
		Facts:  map[string]any{"settled": data.Settled, "limit": data.Limit},
	})
	if err != nil {
		return err
	}
	return r.alerts.Settle(ctx, by, e.Partner, data.Campaign, performance.AlertBudgetThreshold, "")
}

// settleBudgetAlerts ends the alerts that a raised limit has answered: of the
// thresholds when the highest that was told is no longer reached. Those below it
// were told before and are not told again.
func (r *reactions) settleBudgetAlerts(ctx context.Context, by event.Origin, e event.Event, data budgets.Changed) error {
	b, err := r.budgets.Get(ctx, e.Partner, e.AggregateID)
	if err != nil {
		return err
	}
	now := b.Position(b.Today(r.now()))
	before, err := b.State().LimitBefore([]event.Event{e})
	if err != nil {
		return err
	}
	over := map[performance.AlertKind]bool{
		performance.AlertBudgetExhausted: !b.State().Exhausted,
		performance.AlertBudgetThreshold: now.Rearmed(before) || !slices.ContainsFunc(now.Thresholds, func(t budgets.Threshold) bool { return t.FiredAt != nil }),
	}
	for kind, over := range over {
		if !over {
			continue
		}
		if err := r.alerts.Settle(ctx, by, e.Partner, data.Campaign, kind, ""); err != nil {
			return err
		}
	}
	return nil
}

// alertTarget raises an alert for a KPI that misses its target, and ends it
// when the KPI has recovered.
func (r *reactions) alertTarget(ctx context.Context, by event.Origin, e event.Event, data performance.TargetCrossed) error {
	if data.Direction != "missed" {
		return r.alerts.Settle(ctx, by, e.Partner, e.AggregateID, performance.AlertKPIMissed, data.KPI)
	}
	return r.alerts.Notify(ctx, by, e, performance.Notice{
		Campaign: e.AggregateID, Kind: performance.AlertKPIMissed, Subject: data.KPI, Severity: performance.Severity(data.Severity),
		Title:  strings.ToUpper(data.KPI) + " misses its target",
		Detail: fmt.Sprintf("It stands at %s against a target of %s.", data.Actual, data.Target),
		Facts:  map[string]any{"kpi": data.KPI, "actual": data.Actual, "target": data.Target, "sample": data.Sample},
	})
}

func (r *reactions) alertLaunch(ctx context.Context, by event.Origin, e event.Event, data campaigns.LaunchFailed) error {
	var failing []string
	for _, c := range data.Checks {
		if !c.OK && c.Blocking {
			failing = append(failing, c.Check)
		}
	}
	return r.alerts.Notify(ctx, by, e, performance.Notice{
		Campaign: e.AggregateID, Kind: performance.AlertLaunchFailed, Severity: performance.SeverityHigh,
		Title:  "The scheduled launch failed",
		Detail: "These checks block it: " + strings.Join(failing, ", ") + ". The readiness list says how to fix each.",
		Facts:  map[string]any{"checks": failing, "final": data.Final},
	})
}

func (r *reactions) settleLaunchAlert(ctx context.Context, by event.Origin, e event.Event, _ campaigns.Launched) error {
	return r.alerts.Settle(ctx, by, e.Partner, e.AggregateID, performance.AlertLaunchFailed, "")
}
