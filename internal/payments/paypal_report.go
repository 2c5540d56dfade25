package payments

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
)

type paypalOrder struct {
	ID      string       `json:"id"`
	Status  string       `json:"status"`
	Created time.Time    `json:"create_time"`
	Updated time.Time    `json:"update_time"`
	Links   []paypalLink `json:"links"`
	Units   []struct {
		Payments struct {
			Captures []paypalCapture `json:"captures"`
			Refunds  []paypalRefund  `json:"refunds"`
		} `json:"payments"`
	} `json:"purchase_units"`
}

type paypalLink struct {
	Href string `json:"href"`
	Rel  string `json:"rel"`
}

type paypalCapture struct {
	ID     string       `json:"id"`
	Status string       `json:"status"`
	Amount paypalAmount `json:"amount"`
	Detail struct {
		Reason string `json:"reason"`
	} `json:"status_details"`
}

type paypalRefund struct {
	ID      string       `json:"id"`
	Status  string       `json:"status"`
	Amount  paypalAmount `json:"amount"`
	Custom  string       `json:"custom_id"`
	Created time.Time    `json:"create_time"`
}

var paypalPhases = map[string]payment.Status{
	"CREATED": payment.RequiresAction, "SAVED": payment.RequiresAction, "PAYER_ACTION_REQUIRED": payment.RequiresAction,
	"APPROVED": payment.Approved, "VOIDED": payment.Cancelled, "COMPLETED": payment.Processing, // the capture says the rest
}

// report is the order with its captures and refunds. It is of the moment when
// the order last changed: an order that still stands as approved after a capture
// was declined says nothing new.
func (o *paypalOrder) report() (payment.Report, error) {
	r := payment.Report{At: o.Updated.UTC(), ProviderID: o.ID, Phase: paypalPhases[o.Status], Refunds: map[uuid.UUID]string{}}
	if o.Updated.IsZero() {
		r.At = o.Created.UTC()
	}
	for _, l := range o.Links {
		if (l.Rel == "payer-action" || l.Rel == "approve") && r.Phase == payment.RequiresAction {
			r.ActionURL = l.Href
		}
	}
	for _, unit := range o.Units {
		for i := range unit.Payments.Captures {
			if err := unit.Payments.Captures[i].add(&r); err != nil {
				return r, err
			}
		}
		for i := range unit.Payments.Refunds {
			if err := unit.Payments.Refunds[i].add(&r); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

func (c *paypalCapture) add(r *payment.Report) error {
	switch c.Status {
	case "DECLINED", "FAILED":
		r.Phase, r.Reason = payment.Failed, strings.ToLower(c.Status)
		if c.Detail.Reason != "" {
			r.Reason = strings.ToLower(c.Detail.Reason)
		}
		return nil
	case "PENDING":
		return addPayPal(r, payment.Capture, c.ID, c.Amount, payment.Noted)
	}
	return addPayPal(r, payment.Capture, c.ID, c.Amount, payment.Moved)
}

// add notes a refund; a pending one has not been paid yet.
func (f *paypalRefund) add(r *payment.Report) error {
	if id, err := uuid.Parse(f.Custom); err == nil {
		r.Refunds[id] = f.ID
	}
	step := payment.Moved
	switch f.Status {
	case "PENDING":
		step = payment.Noted
	case "FAILED", "CANCELLED":
		step = payment.Undone
	}
	return addPayPal(r, payment.Return, f.ID, f.Amount, step)
}

func addPayPal(r *payment.Report, kind payment.FactKind, id string, amount paypalAmount, step payment.Step) error {
	micros, err := amount.micros()
	if err == nil {
		r.Currency = amount.Currency
		r.Facts = append(r.Facts, payment.Fact{Kind: kind, ID: id, Amount: micros, Step: step})
	}
	return err
}

type paypalDispute struct {
	ID      string       `json:"dispute_id"`
	Status  string       `json:"status"`
	Stage   string       `json:"dispute_life_cycle_stage"`
	Amount  paypalAmount `json:"dispute_amount"`
	Outcome struct {
		Code string `json:"outcome_code"`
	} `json:"dispute_outcome"`
	Transactions []struct {
		Seller string `json:"seller_transaction_id"`
	} `json:"disputed_transactions"`
}

// add notes a dispute. PayPal holds the money from when an inquiry has become a
// claim; it comes back unless the buyer is found right.
func (d *paypalDispute) add(r *payment.Report) error {
	step := payment.Moved
	switch {
	case d.Status == "RESOLVED" && d.Outcome.Code != "RESOLVED_BUYER_FAVOUR" && d.Outcome.Code != "ACCEPTED":
		step = payment.Undone
	case d.Status != "RESOLVED" && d.Stage == "INQUIRY":
		step = payment.Noted
	}
	return addPayPal(r, payment.Dispute, d.ID, d.Amount, step)
}
