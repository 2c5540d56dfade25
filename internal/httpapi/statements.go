package httpapi

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// closing is when a statement is done.
const closing = " A line is in the statement of the month that its local day is in. A month takes what is reported for it until three days after it has ended in the partner's zone (and after the partner's ledger began), and does not change from then on: what becomes known later is an adjustment in the month in which it becomes known, and names the month that it concerns."

func (s *Server) registerStatements() {
	read := partners.ActionRead
	route(s, detailed(operation(http.MethodGet, "/statements", "list-statements", "The partner's months with movements, the latest first, with their balances", read, http.StatusOK),
		closing, nil), s.listStatements)
	route(s, detailed(operation(http.MethodGet, "/statements/{month}", "read-statement", "A month's statement: opening + funded - refunds - spent - overdelivery + credits + adjustments = closing", read, http.StatusOK),
		closing+" As JSON, CSV or XLSX.", jsonOr[statementBody](s, "text/csv", sheetType)), s.readStatement)
	route(s, detailed(operation(http.MethodGet, "/journal", "read-journal", "A month's statement as journal entries for an accounting system", read, http.StatusOK),
		" One balanced entry for each day, campaign, channel and kind of movement. The setting journal-chart names the accounts. As JSON or CSV.", jsonOr[journalBody](s, "text/csv")), s.readJournal)
	route(s, detailed(operation(http.MethodGet, "/ledger/export", "export-ledger", "The partner's ledger as a file, the first entry first", read, http.StatusOK),
		" A row for each posting, or in NDJSON a line for each entry. A stream; the trailer X-Export-Complete is true when nothing is missing. In CSV and XLSX, text that begins like a formula has a quote in front. In XLSX an amount is a number below 1 000 000 000 units, and beyond that text, so that no digit is lost.",
		files("text/csv", sheetType, "application/x-ndjson")), s.exportLedger)
}

// statementBody is a statement; in the list it has no lines.
type statementBody struct {
	PartnerID  uuid.UUID     `json:"partner_id" format:"uuid"`
	Month      string        `json:"month" example:"2026-11"`
	Timezone   string        `json:"timezone" doc:"The partner's, in which the month begins and ends."`
	From       time.Time     `json:"from"`
	To         time.Time     `json:"to" doc:"Exclusive."`
	State      billing.State `json:"state" enum:"open,settling,closed" doc:"settling: over, and still taking what is reported for it; closed: it does not change any more."`
	ClosesAt   time.Time     `json:"closes_at"`
	KnownAt    time.Time     `json:"known_at" doc:"What had been recorded by then is in it."`
	LastEntry  int64         `json:"last_entry" doc:"The ledger's last entry by then."`
	Currencies []accountBody `json:"currencies" doc:"Currencies are never mixed."`
}

// StatementAmounts are the columns of a statement.
type StatementAmounts struct {
	Funded       money.Money `json:"funded" doc:"What arrived from the partner."`
	Refunds      money.Money `json:"refunds" doc:"What was paid back to the partner."`
	Spent        money.Money `json:"spent" doc:"Delivery within what was authorised."`
	Overdelivery money.Money `json:"overdelivery" doc:"Delivery beyond it; negative where a restatement took some back."`
	Credits      money.Money `json:"credits" doc:"What platforms took back: refunds and restatements."`
}

type accountBody struct {
	Currency money.Currency `json:"currency"`
	Opening  money.Money    `json:"opening" doc:"What the partner had paid in and not spent; below zero when spending is on account."`
	StatementAmounts
	Adjustments money.Money       `json:"adjustments" doc:"What became known this month about closed months; negative takes from the balance."`
	Closing     money.Money       `json:"closing" doc:"opening + funded - refunds - spent - overdelivery + credits + adjustments, and the next month's opening."`
	Lines       []StatementLine   `json:"lines,omitempty" doc:"By campaign and channel; each column adds up to the one above. Absent in the list."`
	Adjusted    []statementAdjust `json:"adjusted,omitempty" doc:"What the adjustments are made of."`
}

// StatementLine is a campaign's delivery through a channel.
type StatementLine struct {
	CampaignID *uuid.UUID `json:"campaign_id,omitempty" format:"uuid" doc:"Absent for the partner's payments."`
	Campaign   string     `json:"campaign,omitempty" doc:"Its name."`
	Channel    string     `json:"channel,omitempty" doc:"Absent where it is not known."`
	StatementAmounts
}

type statementAdjust struct {
	Concerns string `json:"concerns" example:"2026-10" doc:"The month that it is about."`
	StatementLine
	Effect money.Money `json:"effect" doc:"On the balance."`
}

func describeStatement(s billing.Statement) statementBody {
	b := statementBody{
		PartnerID: s.Partner, Month: s.Month.String(), Timezone: s.Zone, From: s.From, To: s.To, State: s.State,
		ClosesAt: s.ClosesAt, KnownAt: s.KnownAt, LastEntry: s.LastEntry, Currencies: []accountBody{},
	}
	for i := range s.Currencies {
		b.Currencies = append(b.Currencies, describeAccount(&s.Currencies[i]))
	}
	return b
}

func describeAccount(a *billing.Account) accountBody {
	in := func(micros int64) money.Money { return money.New(micros, a.Currency) }
	amounts := func(x billing.Amounts) StatementAmounts {
		return StatementAmounts{in(x.Funded), in(x.Refunds), in(x.Spent), in(x.Overdelivery), in(x.Credits)}
	}
	line := func(l billing.Line) StatementLine {
		return StatementLine{some(l.Campaign), l.Name, l.Channel, amounts(l.Amounts)}
	}
	b := accountBody{Currency: a.Currency, Opening: in(a.Opening), StatementAmounts: amounts(a.Total), Adjustments: in(a.Adjustments), Closing: in(a.Closing)}
	for _, l := range a.Lines {
		b.Lines = append(b.Lines, line(l))
	}
	for _, l := range a.Adjusted {
		effect, _ := l.Effect() // was added up without overflow
		b.Adjusted = append(b.Adjusted, statementAdjust{l.Concerns.String(), line(l.Line), in(effect)})
	}
	return b
}

// AsKnown asks for what had been recorded by a moment.
type AsKnown struct {
	KnownAt time.Time `query:"known_at" doc:"Only what had been recorded by then."`
}

func (s *Server) listStatements(ctx context.Context, in *struct {
	Page
	Projected
	ForPartner
	AsKnown
	Month string `query:"month" example:"2026-11" doc:"Only this month."`
}) (*plain[list[partial[statementBody]]], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	before, err := in.after()
	if err != nil {
		return nil, err
	}
	only := billing.Month(0)
	if in.Month != "" {
		if only, err = billing.ParseMonth(in.Month); err != nil {
			return nil, err
		}
	}
	all, err := s.Statements.Months(ctx, partner, in.KnownAt)
	if err != nil {
		return nil, err
	}
	items, next := []billing.Statement{}, ""
	for _, st := range all {
		if only != 0 && st.Month != only || before != 0 && int64(st.Month) >= before {
			continue
		}
		if len(items) == in.Limit {
			next = strconv.Itoa(int(items[len(items)-1].Month))
			break
		}
		items = append(items, st)
	}
	return page(s, items, describeStatement, in.Fields, next)
}

func (s *Server) readStatement(ctx context.Context, in *struct {
	ForPartner
	AsKnown
	Month  string `path:"month" example:"2026-11"`
	Format string `query:"format" enum:"json,csv,xlsx" default:"json"`
}) (*huma.StreamResponse, error) {
	partner, month, err := monthOf(ctx, in.PartnerID, in.Month)
	if err != nil {
		return nil, err
	}
	st, err := s.Statements.Statement(ctx, partner, month, in.KnownAt)
	if err != nil {
		return nil, err
	}
	if in.Format == "json" {
		return jsonAnswer(describeStatement(st)), nil
	}
	return fileAnswer("statement-"+month.String(), in.Format, func(w io.Writer) error { return s.Files.Statement(w, in.Format, st) }), nil
}

func monthOf(ctx context.Context, named uuid.UUID, text string) (uuid.UUID, billing.Month, error) {
	partner, err := onePartner(ctx, named)
	if err != nil {
		return uuid.Nil, 0, err
	}
	month, err := billing.ParseMonth(text)
	return partner, month, err
}
