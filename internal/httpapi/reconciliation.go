package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerReconciliation() {
	route(s, detailed(operation(http.MethodGet, "/reconciliation", "read-reconciliation", "Where our ledger, the platforms' reports and the payments do not agree", partners.ActionRead, http.StatusOK),
		" What the ledger has as spent is held against what the platforms reported, by campaign, channel and local day; what it has as paid in against the payment providers, by payment. Both sides are of one moment.", nil), s.readReconciliation)
	route(s, detailed(operation(http.MethodPost, "/reconciliation/{id}/explain", "explain-difference", "Say why the sides differ", partners.ActionWriteBudgets, http.StatusOK),
		" The difference counts as explained as long as its amount stays; another amount opens it again.", nil), s.explainDifference)
}

// gapBody is where two sides do not agree.
type gapBody struct {
	ID         uuid.UUID        `json:"id" doc:"The same as long as the same is compared."`
	Type       string           `json:"type" enum:"delivery,payment"`
	CampaignID *uuid.UUID       `json:"campaign_id,omitempty" format:"uuid"`
	Campaign   string           `json:"campaign,omitempty" doc:"Its name."`
	Channel    string           `json:"channel,omitempty"`
	PaymentID  *uuid.UUID       `json:"payment_id,omitempty" format:"uuid"`
	Day        string           `json:"day" format:"date"`
	Ledger     money.Money      `json:"ledger"`
	Reported   money.Money      `json:"reported" doc:"By the platform, or by the payment provider."`
	Difference money.Money      `json:"difference" doc:"How much more the ledger has."`
	Cause      billing.Cause    `json:"cause" enum:"not_reported,not_in_ledger,amounts_differ"`
	AgeDays    int              `json:"age_days"`
	State      string           `json:"state" enum:"open,explained"`
	Explained  *explanationBody `json:"explanation,omitempty"`
}

type explanationBody struct {
	Note string    `json:"note"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

func describeGap(d billing.Difference) gapBody {
	b := gapBody{
		ID: d.ID, Type: "delivery", CampaignID: some(d.Campaign), Campaign: d.Name, Channel: d.Channel, PaymentID: some(d.Payment), Day: d.Day.String(),
		Ledger: money.New(d.Ledger, d.Currency), Reported: money.New(d.Reported, d.Currency), Difference: money.New(d.Amount(), d.Currency),
		Cause: d.Cause, AgeDays: d.AgeDays, State: "open",
	}
	if d.Payment != uuid.Nil {
		b.Type = "payment"
	}
	if e := d.Explained; e != nil {
		b.State, b.Explained = "explained", &explanationBody{e.Note, e.By, e.At}
	}
	return b
}

// reconciliationBody is a page of differences, with the sums of all.
type reconciliationBody struct {
	PartnerID  uuid.UUID    `json:"partner_id" format:"uuid"`
	From       string       `json:"from" format:"date"`
	To         string       `json:"to" format:"date" doc:"Exclusive."`
	Tolerance  string       `json:"tolerance" doc:"Of each currency; what differs by at most this much is no difference."`
	LastEntry  int64        `json:"last_entry" doc:"Of the ledger that was compared."`
	Totals     []totalBody  `json:"totals" doc:"By currency: the ledger against the platforms."`
	Payments   paymentsBody `json:"payments"`
	Items      []gapBody    `json:"items" doc:"Differences, the oldest first."`
	NextCursor cursor       `json:"next_cursor" doc:"For the next page; null on the last."`
}

type paymentsBody struct {
	State  string      `json:"state" enum:"compared,not_connected" doc:"not_connected: no payment provider is connected, so that what the ledger has as paid in agrees with nobody."`
	Totals []totalBody `json:"totals"`
}

type totalBody struct {
	Currency     money.Currency `json:"currency"`
	Ledger       money.Money    `json:"ledger"`
	Reported     *money.Money   `json:"reported" doc:"Null when there is nobody to report it."`
	Difference   *money.Money   `json:"difference"`
	Compared     int            `json:"compared"`
	Within       int            `json:"within_tolerance"`
	Open         int            `json:"open"`
	Explained    int            `json:"explained"`
	OpenAmount   money.Money    `json:"open_amount" doc:"Sum of the open differences without their signs."`
	AgeingOfOpen []ageBody      `json:"ageing"`
}

type ageBody struct {
	Days   string      `json:"days" enum:"0-1,2-7,8-30,>30"`
	Count  int         `json:"count"`
	Amount money.Money `json:"amount"`
}

func describeSides(sides []billing.Side, connected bool) []totalBody {
	all := []totalBody{}
	for i := range sides {
		side := &sides[i]
		in := func(micros int64) money.Money { return money.New(micros, side.Currency) }
		b := totalBody{Currency: side.Currency, Ledger: in(side.Ledger), Compared: side.Compared, Within: side.Within, Open: side.Open, Explained: side.Explained, OpenAmount: in(side.OpenSum)}
		if connected {
			reported, difference := in(side.Reported), in(side.Ledger-side.Reported)
			b.Reported, b.Difference = &reported, &difference
		}
		for age, of := range side.Ageing {
			b.AgeingOfOpen = append(b.AgeingOfOpen, ageBody{billing.Ages[age], of.Count, in(of.Sum)})
		}
		all = append(all, b)
	}
	return all
}

func (s *Server) readReconciliation(ctx context.Context, in *struct {
	Page
	ForPartner
	From      string `query:"from" format:"date" doc:"The first local day; 35 days before to unless given."`
	To        string `query:"to" format:"date" doc:"Exclusive; tomorrow in the partner's zone unless given."`
	Tolerance string `query:"tolerance" default:"0.01" example:"0.50" doc:"Of each currency."`
	State     string `query:"state" enum:"open,explained" doc:"Only these differences."`
}) (*plain[reconciliationBody], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	skip, err := in.after()
	if err != nil {
		return nil, err
	}
	q, err := daysOf(in.From, in.To)
	if err != nil {
		return nil, err
	}
	if q.Tolerance, err = money.ParseMicros(in.Tolerance); err != nil || q.Tolerance < 0 {
		return nil, errMalformed.WithFields(fault.Field{Path: "tolerance", Code: "schema", Detail: "This is no amount.", Allow: "a decimal of 0 or more, such as 0.50"})
	}
	r, err := s.Reconciler.Reconcile(ctx, partner, q)
	if err != nil {
		return nil, err
	}
	b := reconciliationBody{
		PartnerID: partner, From: r.From.String(), To: r.To.String(), Tolerance: money.FormatMicros(r.Tolerance), LastEntry: r.LastEntry,
		Totals: describeSides(r.Delivery, true), Payments: paymentsBody{"not_connected", describeSides(r.Payments, r.Connected)}, Items: []gapBody{},
	}
	if r.Connected {
		b.Payments.State = "compared"
	}
	for i := min(int(skip), len(r.Differences)); i < len(r.Differences); i++ {
		if in.State != "" && (in.State == "explained") != (r.Differences[i].Explained != nil) {
			continue
		}
		if len(b.Items) == in.Limit {
			b.NextCursor = cursor(strconv.Itoa(i))
			break
		}
		b.Items = append(b.Items, describeGap(r.Differences[i]))
	}
	return &plain[reconciliationBody]{b}, nil
}

func daysOf(from, to string) (q billing.ReconcileQuery, err error) {
	for _, end := range []struct {
		text string
		into *localday.Day
	}{{from, &q.From}, {to, &q.To}} {
		if end.text == "" {
			continue
		}
		if *end.into, err = localday.Parse(end.text); err != nil {
			return q, billing.ErrDays.With("%q is not a date.", end.text)
		}
	}
	return q, nil
}

func (s *Server) explainDifference(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	ForPartner
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"1000" doc:"Why the sides differ." example:"Invoice 4711 corrects it."`
	}
}) (*plain[gapBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	d, err := s.Reconciler.Explain(ctx, author, in.ID, in.Body.Note, in.ValidateOnly)
	if err != nil {
		return nil, err
	}
	return &plain[gapBody]{describeGap(d)}, nil
}
