package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

type paymentsCmd struct {
	List  paymentsList  `cmd:"" help:"List partners' payments, the newest first; those of unknown outcome if nothing else is asked for."`
	Check paymentsCheck `cmd:"" help:"Ask the provider now what has become of payments."`
}

type paymentsList struct {
	client  `embed:""`
	State   string `default:"unknown" help:"Any of unknown, pending, requires_action, approved, processing, succeeded, failed, cancelled, partially_refunded, refunded and disputed, separated by commas."`
	Partner string `help:"Of this partner alone."`
	Limit   int    `default:"100" help:"At most so many."`
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
	query := url.Values{"state": {c.State}, "limit": {fmt.Sprint(c.Limit)}}
	if c.Partner != "" {
		query.Set("partner_id", c.Partner)
	}
	var page struct{ Items []paid }
	if err := c.callJSON(e.ctx, "GET", "/payments?"+query.Encode(), nil, &page); err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tSTATE\tAMOUNT\tPROVIDER\tCREATED\tCHECKED\tPARTNER\tREASON")
	for _, p := range page.Items {
		checked := "never"
		if p.CheckedAt != nil {
			checked = p.CheckedAt.Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.State, p.Amount.Amount, p.Amount.Currency, p.Provider,
			p.CreatedAt.Format(time.RFC3339), checked, p.Partner, p.Reason)
	}
	return w.Flush()
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
