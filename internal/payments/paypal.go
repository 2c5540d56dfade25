package payments

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// PayPalLive and PayPalSandbox are where PayPal's API is.
const (
	PayPalLive    = "https://api-m.paypal.com"
	PayPalSandbox = "https://api-m.sandbox.paypal.com"
)

// PayPalConfig is the account that takes the money.
type PayPalConfig struct {
	ClientID, Secret string
	WebhookIDs       []string // any of them holds, so that a new one can come beside the old
	URL              string   // "" is PayPalLive
	Now              func() time.Time
}

// PayPal is payment.Gateway over Orders v2 and Payments v2: the payer approves
// an order on PayPal's page, and we capture it.
type PayPal struct {
	api   *paypalClient
	proof *proof
}

// NewPayPal connects nowhere yet.
func NewPayPal(c PayPalConfig) *PayPal {
	if c.URL == "" {
		c.URL = PayPalLive
	}
	client := &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &PayPal{
		&paypalClient{http: client, base: strings.TrimRight(c.URL, "/"), id: c.ClientID, secret: c.Secret, now: c.Now},
		&proof{http: client, webhooks: c.WebhookIDs, origin: certificatesOf(c.URL), now: c.Now},
	}
}

// Fits implements payment.Gateway.
func (*PayPal) Fits(m money.Money) error { _, err := toPayPal(m); return err }

// Create implements payment.Gateway. The invoice id makes PayPal itself refuse
// a second capture for the same payment.
func (p *PayPal) Create(ctx context.Context, st payment.State) (payment.Report, error) {
	amount, err := toPayPal(st.Amount)
	if err != nil {
		return payment.Report{}, err
	}
	order := map[string]any{
		"intent": "CAPTURE",
		"purchase_units": []any{map[string]any{
			"amount": amount, "custom_id": st.ID.String(), "invoice_id": st.ID.String(), "description": purpose,
		}},
		"payment_source": map[string]any{"paypal": map[string]any{"experience_context": map[string]any{
			"return_url": st.ReturnURL, "cancel_url": st.ReturnURL, "user_action": "PAY_NOW", "shipping_preference": "NO_SHIPPING",
		}}},
	}
	return p.order(ctx, http.MethodPost, "/v2/checkout/orders", st.Key, order)
}

// Capture implements payment.Gateway.
func (p *PayPal) Capture(ctx context.Context, st payment.State) (payment.Report, error) {
	return p.order(ctx, http.MethodPost, "/v2/checkout/orders/"+url.PathEscape(st.ProviderID)+"/capture", st.Key+"-capture", struct{}{})
}

func (p *PayPal) order(ctx context.Context, method, path, key string, in any) (payment.Report, error) {
	var o paypalOrder
	if err := p.api.call(ctx, method, path, key, in, &o); err != nil {
		return payment.Report{}, err
	}
	return o.report()
}

// Lookup implements payment.Gateway. PayPal has no list of orders: one whose id
// was lost is found by sending it again with its key, which the caller does.
func (p *PayPal) Lookup(ctx context.Context, st payment.State) (payment.Report, bool, error) {
	if st.ProviderID == "" {
		return payment.Report{}, false, nil
	}
	r, err := p.order(ctx, http.MethodGet, "/v2/checkout/orders/"+url.PathEscape(st.ProviderID), "", nil)
	switch {
	case errors.Is(err, errGone):
		return r, false, nil
	case err != nil:
		return r, false, lost(err)
	}
	for _, f := range r.Facts {
		if f.Kind == payment.Capture && f.Step == payment.Moved {
			if err := p.addDisputes(ctx, &r, f.ID); err != nil {
				return r, false, lost(err)
			}
		}
	}
	return r, true, nil
}

func (p *PayPal) addDisputes(ctx context.Context, r *payment.Report, capture string) error {
	var list struct{ Items []paypalDispute }
	err := p.api.call(ctx, http.MethodGet, "/v1/customer/disputes?disputed_transaction_id="+url.QueryEscape(capture), "", nil, &list)
	if err != nil {
		if errors.Is(err, errGone) {
			return nil
		}
		return err
	}
	for i := range list.Items {
		if err := list.Items[i].add(r); err != nil {
			return err
		}
	}
	return nil
}

// Refund implements payment.Gateway.
func (p *PayPal) Refund(ctx context.Context, st payment.State, asked payment.Refund) (payment.Report, error) {
	amount, err := toPayPal(money.New(asked.Amount, st.Amount.Currency))
	if err != nil {
		return payment.Report{}, err
	}
	var refund paypalRefund
	in := map[string]any{"amount": amount, "custom_id": asked.ID.String()}
	if err := p.api.call(ctx, http.MethodPost, "/v2/payments/captures/"+url.PathEscape(st.Charge())+"/refund", asked.Key, in, &refund); err != nil {
		return payment.Report{}, err
	}
	r := payment.Report{At: refund.Created.UTC(), Refunds: map[uuid.UUID]string{asked.ID: refund.ID}}
	err = refund.add(&r)
	return r, err
}
