package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// fundsKinds are the alerts about a prepaid partner's money, one at a time for
// each currency.
var fundsKinds = map[payment.Level]performance.AlertKind{
	payment.FundsLow: performance.AlertFundsLow, payment.FundsOut: performance.AlertFundsExhausted,
}

// fundsChanged alerts, stops what delivers for a partner whose money is used up,
// and takes it up again when a day of delivery is paid for. An event that a later one has overtaken is left to that one.
func (r *reactions) fundsChanged(ctx context.Context, by event.Origin, e event.Event, data payment.FundsChanged) error {
	purses, err := r.payments.Funds(ctx, e.Partner)
	if err != nil {
		return err
	}
	for _, p := range purses {
		if p.Currency == data.Available.Currency && p.Level != data.Level {
			return nil
		}
	}
	subject := string(data.Available.Currency)
	for level, kind := range fundsKinds {
		if level != data.Level {
			err = r.alerts.Settle(ctx, by, e.Partner, [16]byte{}, kind, subject)
		} else {
			err = r.alerts.Notify(ctx, by, e, fundsNotice(data, subject))
		}
		if err != nil {
			return err
		}
	}
	switch data.Level {
	case payment.FundsOut:
		return r.eachIn(ctx, by, campaigns.Active, data.Available.Currency, func(c campaigns.State) error {
			return r.pause(ctx, by, c.ID, campaigns.ReasonFundsExhausted)
		})
	case payment.FundsEnough:
		return r.eachIn(ctx, by, campaigns.Paused, data.Available.Currency, func(c campaigns.State) error { return r.resumePaid(ctx, by, c) })
	}
	return nil
}

func fundsNotice(data payment.FundsChanged, subject string) performance.Notice {
	n := performance.Notice{
		Kind: performance.AlertFundsLow, Subject: subject, Severity: performance.SeverityHigh,
		Title:  "The balance is enough for less than a day",
		Detail: fmt.Sprintf("%s is left; a day of delivery takes %s. Pay in before it is used up: then what delivers is paused.", data.Available, data.Daily),
		Facts:  map[string]any{"available": data.Available, "daily_spend": data.Daily},
	}
	if data.Level == payment.FundsOut {
		n.Kind, n.Severity = performance.AlertFundsExhausted, performance.SeverityCritical
		n.Title = "The balance is used up; what delivered is paused"
		n.Detail = fmt.Sprintf("The partner pays in advance and has %s. Pay in: what was paused goes on by itself once a day of delivery is paid for.", data.Available)
	}
	return n
}

// resumePaid takes up what was paused for want of money alone, as it was a
// machine that paused it. What has come to want something else besides waits for
// a person, whom its readiness tells what.
func (r *reactions) resumePaid(ctx context.Context, by event.Origin, c campaigns.State) error {
	if c.PausedBecause != campaigns.ReasonFundsExhausted {
		return nil
	}
	_, err := r.campaigns.Resume(ctx, by, c.ID, c.Revision) // no other pause than the one just read
	if errors.Is(err, campaigns.ErrNotReady) {
		slog.InfoContext(ctx, "campaign paid for and not ready, left paused", "partner", c.Partner, "campaign", c.ID, "error", err)
		return nil
	}
	return err
}

// eachIn does something with every campaign of the partner in a status and a
// currency.
func (r *reactions) eachIn(ctx context.Context, by event.Origin, in campaigns.Status, currency money.Currency, do func(campaigns.State) error) error {
	for cursor := ""; ; {
		found, next, err := r.campaigns.List(ctx, by, campaigns.Query{Status: []campaigns.Status{in}, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, c := range found {
			if s := c.State(); s.Currency == currency {
				if err := do(s); err != nil {
					return err
				}
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// paymentFigures counts what is under way at payment providers.
type paymentFigures struct{ of sqlstore.Payments }

var openPayments = prometheus.NewDesc("campaignd_payments_open",
	"Payments of which something is under way at the provider, by state: what stays unknown needs a person, and of a succeeded one a refund is under way.", []string{"state"}, nil)

// Describe implements prometheus.Collector.
func (paymentFigures) Describe(to chan<- *prometheus.Desc) { to <- openPayments }

// Collect implements prometheus.Collector. Unknown is always shown, so that 0 is
// told from a store that does not answer: then there is nothing.
func (f paymentFigures) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	counts, err := f.of.Open(ctx)
	if err != nil {
		slog.Debug("open payments not counted", "error", err)
		return
	}
	counts[payment.Unknown] += 0
	for state, n := range counts {
		to <- prometheus.MustNewConstMetric(openPayments, prometheus.GaugeValue, float64(n), string(state))
	}
}
