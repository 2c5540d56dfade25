package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// Payments is payment.Service.
type Payments interface {
	Offered() []payment.Provider
	Funds(ctx context.Context, partner uuid.UUID) ([]payment.Purse, error)
	List(ctx context.Context, partner uuid.UUID, q payment.Query) ([]*payment.Payment, string, error)
	Create(ctx context.Context, by event.Origin, in payment.New, validateOnly bool) (*payment.Payment, error)
	Refund(ctx context.Context, by event.Origin, partner, id uuid.UUID, back payment.Back, validateOnly bool) (*payment.Payment, error)
	Check(ctx context.Context, by event.Origin, partner, id uuid.UUID) (*payment.Payment, error)
}

// fundsCard is the partner's balance and its payments.
type fundsCard struct {
	Prepaid  bool
	Balances []balanceRow
	Pay      *payForm // nil for who may not pay
	Payments []paymentRow
	More     bool // older ones are in the API
}

type balanceRow struct {
	Currency money.Currency
	Steps    []movement
	Lasts    string // for how long it is enough; "" while nothing is spent
}

type payForm struct {
	ID        string // of the payment, so that a second click pays once
	Currency  money.Currency
	Amount    string // as it was entered
	Providers []payment.Provider
	Chosen    payment.Provider
}

type paymentRow struct {
	ID, State, Tone, Icon, Reason string
	Provider                      payment.Provider
	Amount, Refundable            figure
	Refunded, Disputed            *figure
	At                            time.Time
	Continue                      string // where the payer goes on
	Open                          bool   // the provider may be asked
	Refunds                       bool   // some may go back
	Entered, RefundID             string // what can go back, as it is entered, and as what, so that a second click pays back once
	Currency                      money.Currency
	Now                           bool // the viewer has just come back from it
}

// looks is how a state is shown: its tone and its icon.
var looks = map[payment.Status][2]string{
	payment.Succeeded: {"good", "ok"}, payment.PartiallyRefunded: {"good", "ok"}, payment.Refunded: {"quiet", "ok"},
	payment.Failed: {"bad", "close"}, payment.Cancelled: {"quiet", "close"}, payment.Disputed: {"bad", "CRITICAL"}, payment.Unknown: {"warn", "clock"},
}

// mostPayments is how many payments the page shows.
const mostPayments = 20

func (v *visit) funds(entered *payForm) (card fundsCard, err error) {
	ctx := v.r.Context()
	card.Prepaid = v.partner.Contract.Prepaid
	v.returned()
	balances, err := v.d.Payments.Funds(ctx, v.scope())
	if err != nil {
		return card, err
	}
	for _, b := range balances {
		row := balanceSteps(&b)
		row.Lasts = v.lasts(&b)
		card.Balances = append(card.Balances, row)
	}
	items, next, err := v.d.Payments.List(ctx, v.scope(), payment.Query{Limit: mostPayments})
	for _, p := range items {
		card.Payments = append(card.Payments, v.paymentRow(p.State()))
	}
	card.More = next != ""
	if v.who.Can(partners.ActionPay) {
		if card.Pay = entered; entered == nil {
			card.Pay = &payForm{ID: v.d.NewID().String()}
		}
		card.Pay.Currency, card.Pay.Providers = v.partner.Currency, v.d.Payments.Offered()
	}
	return card, err
}

// returned looks up the payment that the viewer comes back from, so that the
// page says what has become of it. When the provider does not answer, the page
// shows it as it was.
func (v *visit) returned() {
	id, err := uuid.Parse(v.r.FormValue("payment"))
	if err != nil || !v.who.Can(partners.ActionPay) {
		return
	}
	if _, err := v.d.Payments.Check(v.r.Context(), v.by(), v.scope(), id); err != nil {
		slog.InfoContext(v.r.Context(), "payment not looked up on return", "payment", id, "error", err)
	}
}

// lasts says for how many days like the last ones the money is enough.
func (v *visit) lasts(p *payment.Purse) string {
	days, ok := p.DaysLeft()
	if !ok {
		return ""
	}
	daily := v.locale.Money(p.Daily, string(p.Currency))
	switch {
	case p.Available() <= 0:
		return v.locale.T("funds.lasts.none", "daily", daily)
	case days < 1:
		return v.locale.T("funds.lasts.less", "daily", daily)
	}
	return v.locale.N("funds.lasts", int(days), "daily", daily)
}

func balanceSteps(b *payment.Purse) balanceRow {
	in := amountIn(b.Currency)
	row := balanceRow{Currency: b.Currency, Steps: []movement{{"funded", "+", in(b.Paid), false}}}
	for _, step := range []struct {
		name   string
		amount int64
	}{{"refunds", b.Refunded}, {"disputed", b.Disputed}, {"spent", b.Spent}, {"held", b.Held}} {
		if step.amount != 0 || step.name == "spent" {
			row.Steps = append(row.Steps, movement{step.name, "−", in(step.amount), false})
		}
	}
	row.Steps = append(row.Steps, movement{"available", "=", in(b.Available()), true})
	return row
}

func (v *visit) paymentRow(s payment.State) paymentRow {
	in := amountIn(s.Amount.Currency)
	t, status := s.Totals(), s.Status()
	row := paymentRow{
		ID: s.ID.String(), State: string(status), Tone: "quiet", Icon: "clock", Reason: s.Reason, Provider: s.Provider, Currency: s.Amount.Currency,
		Amount: in(s.Amount.Micros), Refundable: in(s.Refundable()), At: s.CreatedAt.In(v.now.Location()), Now: s.ID.String() == v.r.FormValue("payment"),
	}
	if look, ok := looks[status]; ok {
		row.Tone, row.Icon = look[0], look[1]
	}
	for sum, to := range map[*figure]**figure{new(in(t.Refunded)): &row.Refunded, new(in(t.Disputed)): &row.Disputed} {
		if sum.Value != 0 {
			*to = sum
		}
	}
	if !v.who.Can(partners.ActionPay) {
		return row
	}
	row.Continue = s.ActionURL
	_, row.Open = s.DueAt()
	row.Refunds = s.Refundable() > 0
	row.Entered, row.RefundID = money.New(s.Refundable(), s.Amount.Currency).Amount(), v.d.NewID().String()
	return row
}

// pay begins a payment and comes back to the page, from which the payer goes on
// to the provider: a form of ours may not lead to another site.
func (v *visit) pay() error {
	if err := v.who.Require(partners.ActionPay); err != nil {
		return err
	}
	form := &payForm{ID: v.r.PostFormValue("id"), Amount: v.r.PostFormValue("amount"), Chosen: payment.Provider(v.r.PostFormValue("provider"))}
	id, err := uuid.Parse(form.ID)
	if err != nil {
		id = v.d.NewID()
	}
	amount, err := v.amount(form.Amount, v.partner.Currency)
	if err != nil {
		return v.refuseBilling(err, form)
	}
	back := "/billing?" + url.Values{"payment": {id.String()}}.Encode()
	_, err = v.d.Payments.Create(v.r.Context(), v.by(), payment.New{
		ID: id, Partner: v.scope(), Provider: form.Chosen, Amount: money.New(amount.Micros, amount.Currency), ReturnURL: v.origin() + back,
	}, false)
	if errors.Is(err, payment.ErrExists) { // the form was sent before, and its amount changed since
		form.ID = v.d.NewID().String()
	}
	if err != nil {
		return v.refuseBilling(err, form)
	}
	return v.see(back + "#payments-title")
}

// origin is how the browser reaches this program.
func (v *visit) origin() string {
	scheme := "http://"
	if v.d.Secure || v.r.TLS != nil {
		scheme = "https://"
	}
	return scheme + v.r.Host
}

// actOnPayment asks for a refund, or asks the provider what has become of a
// payment.
func (v *visit) actOnPayment() error {
	if err := v.who.Require(partners.ActionPay); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return errNoPage
	}
	did := v.r.PathValue("action")
	switch did {
	case "refund":
		err = v.refundPayment(id)
	case "check":
		_, err = v.d.Payments.Check(v.r.Context(), v.by(), v.scope(), id)
	default:
		return errNoPage
	}
	if err != nil {
		return v.refuseBilling(err, nil)
	}
	return v.done("/billing#payments-title", "payment_"+did)
}

func (v *visit) refundPayment(id uuid.UUID) error {
	refund, err := uuid.Parse(v.r.PostFormValue("refund"))
	if err != nil {
		return errNoPage
	}
	amount, err := v.amount(v.r.PostFormValue("amount"), money.Currency(v.r.PostFormValue("currency")))
	if err != nil {
		return err
	}
	if amount.Micros == 0 {
		amount.Micros = -1 // refused as nothing: 0 would be all
	}
	_, err = v.d.Payments.Refund(v.r.Context(), v.by(), v.scope(), id, payment.Back{ID: refund, Micros: amount.Micros, Currency: amount.Currency}, false)
	return err
}

// refuseBilling shows a refusal on the page that caused it.
func (v *visit) refuseBilling(err error, entered *payForm) error {
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	refused.Rest = wrong.rest()
	return v.billingPage(status, refused, entered)
}
