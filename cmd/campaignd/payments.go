package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

type paymentsCmd struct {
	List  paymentsList  `cmd:"" help:"List partners' payments, the newest first; those of unknown outcome if nothing else is asked for."`
	Check paymentsCheck `cmd:"" help:"Ask the provider now what has become of payments."`
}

type paymentsList struct {
	client  `embed:""`
	listing `embed:""`
	State   string `default:"unknown" help:"Any of unknown, pending, requires_action, approved, processing, succeeded, failed, cancelled, partially_refunded, refunded and disputed, separated by commas."`
	Partner string `help:"Of this partner alone."`
	Limit   int    `default:"100" help:"At most so many; 0: all."`
}

// paid is a payment as the API gives it.
type paid struct {
	ID, Provider, State, Reason string
	Partner                     string `json:"partner_id"`
	Amount                      struct{ Amount, Currency string }
	CreatedAt                   time.Time  `json:"created_at"`
	CheckedAt                   *time.Time `json:"checked_at"`
}

// Run prints one line a payment.
func (c *paymentsList) Run(e env) error {
	query := url.Values{"state": {c.State}}
	if c.Partner != "" {
		query.Set("partner_id", c.Partner)
	}
	s := c.sheet(e, "ID\tSTATE\tAMOUNT\tPROVIDER\tCREATED\tCHECKED\tPARTNER\tREASON")
	return s.end(eachOf(e, c.client, "/payments", query, c.Limit, func(p paid, raw json.RawMessage) error {
		checked := "never"
		if p.CheckedAt != nil {
			checked = p.CheckedAt.Format(time.RFC3339)
		}
		return s.row(raw, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s", p.ID, p.State, p.Amount.Amount, p.Amount.Currency, p.Provider,
			p.CreatedAt.Format(time.RFC3339), checked, p.Partner, p.Reason)
	}))
}

type paymentsCheck struct {
	client `embed:""`
	IDs    []string `arg:"" name:"id" help:"As list prints them."`
}

// Run asks about every payment named, and goes on after a failure.
func (c *paymentsCheck) Run(e env) error {
	var failed []error
	for _, id := range c.IDs {
		var p paid
		if err := c.callJSON(e.ctx, "POST", "/payments/"+url.PathEscape(id)+"/check", nil, &p); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", id, err))
			continue
		}
		_, _ = fmt.Fprintln(e.stdout, strings.TrimSpace(p.ID+" "+p.State+" "+p.Reason))
	}
	return errors.Join(failed...)
}
