package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// Statements is billing.Statements.
type Statements interface {
	Months(ctx context.Context, partner uuid.UUID, knownAt time.Time) ([]billing.Statement, error)
	Statement(ctx context.Context, partner uuid.UUID, m billing.Month, knownAt time.Time) (billing.Statement, error)
}

// Reconciler is billing.Reconciler.
type Reconciler interface {
	Reconcile(ctx context.Context, partner uuid.UUID, q billing.ReconcileQuery) (billing.Reconciliation, error)
	Explain(ctx context.Context, by event.Origin, id uuid.UUID, note string, validateOnly bool) (billing.Difference, error)
}

// billingPage is a month's statement and what does not agree.
type billingPage struct {
	Problem  *problem
	Funds    fundsCard
	Months   []monthChoice
	Month    string
	Name     string // of the month
	State    billing.State
	ClosesAt time.Time
	Accounts []accountCard
	Partner  uuid.UUID // for the downloads
	Gaps     gapsCard
	Explains bool // whether the viewer may explain
}

type monthChoice struct{ Value, Name string }

// accountCard is the statement in one currency.
type accountCard struct {
	Currency money.Currency
	Steps    []movement
	Lines    []statementRow
	Total    statementRow
	Adjusted []statementRow
}

// movement is one line of the sum that leads from opening to closing.
type movement struct {
	Name, Sign string
	Amount     figure
	Sum        bool // a balance
}

type statementRow struct {
	Campaign, Href, Channel, Concerns    string
	Spent, Overdelivery, Credits, Effect figure
}

// gapsCard is the reconciliation.
type gapsCard struct {
	Sides     []sideRow
	Payments  []sideRow // none without a provider
	Connected bool
	Found     []gapRow
	More      int // differences that are not shown
}

type sideRow struct {
	Currency                money.Currency
	Ledger, Reported, Apart figure
	Open, Explained         int
	Ages                    []ageCell
}

type ageCell struct {
	Days   string
	Count  int64
	Amount figure
}

type gapRow struct {
	ID, Campaign, Href, Channel, Cause string
	Day, Date                          string // for machines, and for people
	Ledger, Reported, Apart            figure
	Age                                int
	Note, By                           string
	At                                 time.Time
	Explained                          bool
}

// billing shows a month, the latest with movements unless another is chosen.
func (v *visit) billing() error { return v.billingPage(http.StatusOK, nil, nil) }

func (v *visit) billingPage(status int, refused *problem, entered *payForm) error {
	all, err := v.d.Statements.Months(v.r.Context(), v.scope(), time.Time{})
	if err != nil {
		return err
	}
	month, err := billing.ParseMonth(v.r.FormValue("month"))
	if err != nil {
		month, err = billing.ParseMonth(v.now.Format("2006-01"))
		if err == nil && len(all) > 0 {
			month = all[0].Month
		}
	}
	if err != nil {
		return err
	}
	s, err := v.d.Statements.Statement(v.r.Context(), v.scope(), month, time.Time{})
	if err != nil {
		return err
	}
	p := billingPage{
		Month: month.String(), Name: v.monthName(month), State: s.State, ClosesAt: s.ClosesAt.In(v.now.Location()), Partner: v.scope(),
		Explains: v.who.Can(partners.ActionWriteBudgets), Problem: refused,
	}
	if p.Funds, err = v.funds(entered); err != nil {
		return err
	}
	listed := false
	for _, known := range all {
		listed = listed || known.Month == month
		p.Months = append(p.Months, monthChoice{known.Month.String(), v.monthName(known.Month)})
	}
	if !listed {
		p.Months = append([]monthChoice{{p.Month, p.Name}}, p.Months...)
	}
	for i := range s.Currencies {
		p.Accounts = append(p.Accounts, v.accountCard(&s.Currencies[i]))
	}
	if p.Gaps, err = v.gaps(); err != nil {
		return err
	}
	return v.page(status, "billing", v.locale.T("billing.title"), "billing", p)
}

func (v *visit) monthName(m billing.Month) string {
	return v.locale.T("month."+strconv.Itoa(int(m%12)+1)) + " " + strconv.Itoa(int(m/12))
}

// amountIn is an amount on this page: exact, in its currency.
func amountIn(currency money.Currency) func(int64) figure {
	return func(micros int64) figure { return known("spend", micros, string(currency)) }
}

func (v *visit) accountCard(a *billing.Account) accountCard {
	in := amountIn(a.Currency)
	card := accountCard{Currency: a.Currency, Steps: []movement{
		{"opening", "", in(a.Opening), true}, {"funded", "+", in(a.Total.Funded), false}, {"refunds", "−", in(a.Total.Refunds), false},
		{"spent", "−", in(a.Total.Spent), false}, {"overdelivery", "−", in(a.Total.Overdelivery), false}, {"credits", "+", in(a.Total.Credits), false},
		{"adjustments", "+", in(a.Adjustments), false}, {"closing", "=", in(a.Closing), true},
	}}
	row := func(l billing.Line) statementRow {
		effect, _ := l.Effect() // was added up without overflow
		r := statementRow{Campaign: l.Name, Channel: v.locale.Channel(l.Channel), Spent: in(l.Spent), Overdelivery: in(l.Overdelivery), Credits: in(l.Credits), Effect: in(effect)}
		if l.Campaign != uuid.Nil {
			r.Href = "/campaigns/" + l.Campaign.String()
		}
		return r
	}
	delivery := billing.Amounts{Spent: a.Total.Spent, Overdelivery: a.Total.Overdelivery, Credits: a.Total.Credits}
	for _, l := range a.Lines {
		if l.Campaign != uuid.Nil { // payments stand in the sum above
			card.Lines = append(card.Lines, row(l))
		}
	}
	card.Total = row(billing.Line{Amounts: delivery})
	for _, l := range a.Adjusted {
		r := row(l.Line)
		r.Concerns = v.monthName(l.Concerns)
		card.Adjusted = append(card.Adjusted, r)
	}
	return card
}

// mostGaps is how many differences the page shows.
const mostGaps = 50

// gapTolerance is below what platforms round to.
const gapTolerance = money.Unit / 100

func (v *visit) gaps() (gapsCard, error) {
	r, err := v.d.Reconciler.Reconcile(v.r.Context(), v.scope(), billing.ReconcileQuery{Tolerance: gapTolerance})
	if err != nil {
		return gapsCard{}, err
	}
	card := gapsCard{Connected: r.Connected, More: max(0, len(r.Differences)-mostGaps)}
	card.Sides = sideRows(r.Delivery)
	if r.Connected {
		card.Payments = sideRows(r.Payments)
	}
	for i := range r.Differences[:min(len(r.Differences), mostGaps)] {
		card.Found = append(card.Found, v.gapRow(&r.Differences[i]))
	}
	return card, nil
}

func sideRows(sides []billing.Side) (rows []sideRow) {
	for i := range sides {
		side := &sides[i]
		in := amountIn(side.Currency)
		row := sideRow{Currency: side.Currency, Ledger: in(side.Ledger), Reported: in(side.Reported), Apart: in(side.Ledger - side.Reported), Open: side.Open, Explained: side.Explained}
		for age, of := range side.Ageing {
			if of.Count > 0 {
				row.Ages = append(row.Ages, ageCell{strings.ReplaceAll(billing.Ages[age], "-", "–"), int64(of.Count), in(of.Sum)})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (v *visit) gapRow(d *billing.Difference) gapRow {
	in := amountIn(d.Currency)
	row := gapRow{
		ID: d.ID.String(), Campaign: d.Name, Channel: v.locale.Channel(d.Channel), Day: d.Day.String(), Date: v.locale.date(d.Day, v.now.Location()), Cause: string(d.Cause), Ledger: in(d.Ledger),
		Reported: in(d.Reported), Apart: in(d.Amount()), Age: d.AgeDays,
	}
	if d.Campaign != uuid.Nil {
		row.Href = "/campaigns/" + d.Campaign.String()
	}
	if e := d.Explained; e != nil {
		row.Explained, row.Note, row.By, row.At = true, e.Note, e.By, e.At.In(v.now.Location())
	}
	return row
}

// explainGap keeps what a person found out about a difference.
func (v *visit) explainGap() error {
	if err := v.who.Require(partners.ActionWriteBudgets); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return errNoPage
	}
	if _, err := v.d.Reconciler.Explain(v.r.Context(), v.by(), id, v.r.PostFormValue("note"), false); err != nil {
		return err
	}
	return v.done("/billing?"+url.Values{"month": {v.r.PostFormValue("month")}}.Encode(), "explained")
}
