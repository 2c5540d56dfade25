package payments

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
)

// Verify implements payment.Gateway. PayPal's webhooks are taken as word that
// something has happened: what it is, is asked, since an approved order has to
// be captured anyway and refunds do not name their order.
func (p *PayPal) Verify(ctx context.Context, body []byte, header func(string) string) (n payment.Notice, err error) {
	if err := p.proof.check(ctx, body, header); err != nil {
		return n, err
	}
	return readPayPal(body)
}

// paypalEvent is what our webhooks may be about: an order, a capture, a refund
// or a dispute.
type paypalEvent struct {
	Type     string `json:"event_type"`
	Resource struct {
		ID     string `json:"id"`
		Custom string `json:"custom_id"`
		Units  []struct {
			Custom string `json:"custom_id"`
		} `json:"purchase_units"`
		Related struct {
			IDs struct {
				Order string `json:"order_id"`
			} `json:"related_ids"`
		} `json:"supplementary_data"`
		Links        []paypalLink `json:"links"`
		Transactions []struct {
			Seller string `json:"seller_transaction_id"`
		} `json:"disputed_transactions"`
	} `json:"resource"`
}

func readPayPal(body []byte) (n payment.Notice, err error) {
	var e paypalEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return n, payment.ErrSignature.With("The webhook is signed and cannot be read.").Wrap(err)
	}
	n.LookUp = true
	about := &e.Resource
	switch {
	case strings.HasPrefix(e.Type, "CHECKOUT.ORDER."), strings.HasPrefix(e.Type, "CHECKOUT.PAYMENT-APPROVAL."):
		n.ProviderID = about.ID
		if len(about.Units) > 0 {
			n.Reference, _ = uuid.Parse(about.Units[0].Custom)
		}
	case e.Type == "PAYMENT.CAPTURE.REFUNDED", strings.HasPrefix(e.Type, "PAYMENT.REFUND."):
		n.Charge = captureOf(about.Links)
	case strings.HasPrefix(e.Type, "PAYMENT.CAPTURE."):
		n.Reference, _ = uuid.Parse(about.Custom)
		n.ProviderID, n.Charge = about.Related.IDs.Order, about.ID
	case strings.HasPrefix(e.Type, "CUSTOMER.DISPUTE.") && len(about.Transactions) > 0:
		n.Charge = about.Transactions[0].Seller
	}
	return n, nil
}

// captureOf is the capture that a refund's links lead up to.
func captureOf(links []paypalLink) string {
	for _, l := range links {
		if _, id, ok := strings.Cut(l.Href, "/payments/captures/"); ok && l.Rel == "up" {
			return id
		}
	}
	return ""
}
