package httpapi

import (
	"context"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/money"
)

type journalBody struct {
	PartnerID uuid.UUID          `json:"partner_id" format:"uuid"`
	Month     string             `json:"month"`
	State     billing.State      `json:"state" enum:"open,settling,closed" doc:"References stay when it is closed."`
	KnownAt   time.Time          `json:"known_at"`
	Totals    []journalTotal     `json:"totals" doc:"Debits and credits are equal."`
	Entries   []journalEntryBody `json:"entries"`
}

type journalTotal struct {
	Currency money.Currency `json:"currency"`
	Debit    money.Money    `json:"debit"`
	Credit   money.Money    `json:"credit"`
}

type journalEntryBody struct {
	Date       string            `json:"date" format:"date"`
	Reference  string            `json:"reference" example:"2026-11/00007"`
	Currency   money.Currency    `json:"currency"`
	Text       string            `json:"text"`
	Type       string            `json:"type" doc:"What happened, as in the ledger."`
	CampaignID *uuid.UUID        `json:"campaign_id,omitempty" format:"uuid"`
	Channel    string            `json:"channel,omitempty"`
	Concerns   string            `json:"concerns" doc:"The month that it is about; before the journal's own for an adjustment."`
	FirstEntry int64             `json:"first_entry" doc:"Of the ledger, among those that it sums up."`
	LastEntry  int64             `json:"last_entry"`
	Lines      []journalLineBody `json:"lines"`
}

type journalLineBody struct {
	AccountCode string      `json:"account_code" example:"2100"`
	AccountName string      `json:"account_name"`
	Debit       money.Money `json:"debit"`
	Credit      money.Money `json:"credit"`
}

func describeJournal(j billing.Journal) journalBody {
	b := journalBody{PartnerID: j.Statement.Partner, Month: j.Statement.Month.String(), State: j.Statement.State, KnownAt: j.Statement.KnownAt, Totals: []journalTotal{}, Entries: []journalEntryBody{}}
	for _, t := range j.Totals {
		b.Totals = append(b.Totals, journalTotal{t.Currency, money.New(t.Debit, t.Currency), money.New(t.Credit, t.Currency)})
	}
	for _, e := range j.Entries {
		entry := journalEntryBody{
			Date: e.Date.String(), Reference: e.Reference, Currency: e.Currency, Text: e.Text, Type: e.Kind.String(), CampaignID: some(e.Campaign),
			Channel: e.Channel, Concerns: e.Concerns.String(), FirstEntry: e.First, LastEntry: e.Last,
		}
		for _, l := range e.Lines {
			entry.Lines = append(entry.Lines, journalLineBody{l.Account.Code, l.Account.Name, money.New(l.Debit, e.Currency), money.New(l.Credit, e.Currency)})
		}
		b.Entries = append(b.Entries, entry)
	}
	return b
}

func (s *Server) readJournal(ctx context.Context, in *struct {
	ForPartner
	AsKnown
	Month  string `query:"month" required:"true" example:"2026-11"`
	Format string `query:"format" enum:"json,csv" default:"json"`
	Round  bool   `query:"round" doc:"In whole minor units of the currency, as most accounting systems take it; what rounding leaves over is carried to the next entry on the account."`
}) (*huma.StreamResponse, error) {
	partner, month, err := monthOf(ctx, in.PartnerID, in.Month)
	if err != nil {
		return nil, err
	}
	j, err := s.Statements.Journal(ctx, partner, month, in.KnownAt)
	if err != nil {
		return nil, err
	}
	if in.Round {
		if j, err = j.Rounded(); err != nil {
			return nil, err
		}
	}
	if in.Format == "json" {
		return jsonAnswer(describeJournal(j)), nil
	}
	return fileAnswer("journal-"+month.String(), in.Format, func(w io.Writer) error { return s.Files.Journal(w, in.Format, j) }), nil
}
