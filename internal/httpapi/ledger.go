package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// Ledger reads a partner's ledger.
type Ledger interface {
	// Read returns entries, the newest first, with the lines that the query
	// wants. It looks at a bounded number at a time: next goes on, and may come
	// with few entries or none.
	Read(ctx context.Context, partner uuid.UUID, q ledger.Query) (entries []ledger.Entry, next string, err error)
}

func (s *Server) registerLedger() {
	route(s, operation(http.MethodGet, "/ledger", "read-ledger", "Read the partner's ledger, the newest entries first", partners.ActionRead, http.StatusOK), s.readLedger)
}

// postingBody is one amount on one account.
type postingBody struct {
	Account    ledger.Account `json:"account" enum:"limit,available,reserved,settled,overdelivery,payable,credit,funds,cash"`
	Amount     money.Money    `json:"amount" doc:"Positive is a debit. The postings of a line sum to zero."`
	CampaignID *uuid.UUID     `json:"campaign_id,omitempty" format:"uuid"`
	Channel    string         `json:"channel,omitempty"`
}

type lineBody struct {
	Type       string        `json:"type" doc:"What happened, such as spend_reported or reserved."`
	CampaignID *uuid.UUID    `json:"campaign_id,omitempty" format:"uuid"`
	Channel    string        `json:"channel,omitempty"`
	Day        string        `json:"day" format:"date" doc:"The local day that it counts on."`
	Reference  *uuid.UUID    `json:"reference,omitempty" format:"uuid" doc:"The reservation or payment."`
	Postings   []postingBody `json:"postings"`
}

type entryBody struct {
	Seq        int64      `json:"seq" doc:"1, 2, 3, ... without gaps for each partner."`
	PartnerID  uuid.UUID  `json:"partner_id" format:"uuid"`
	RecordedAt time.Time  `json:"recorded_at"`
	Hash       string     `json:"hash" doc:"SHA-256 of the entry and the hash before it, in hexadecimal."`
	Lines      []lineBody `json:"lines"`
}

func describeEntry(e ledger.Entry) entryBody {
	body := entryBody{Seq: e.Seq, PartnerID: e.Partner, RecordedAt: time.UnixMicro(e.RecordedAt).UTC(), Hash: e.Hash.String(), Lines: []lineBody{}}
	for _, l := range e.Lines {
		line := lineBody{Type: l.Kind.String(), CampaignID: some(l.Campaign), Channel: l.Channel, Day: l.Day.String(), Reference: some(l.Ref), Postings: []postingBody{}}
		for _, p := range l.Postings() {
			line.Postings = append(line.Postings, postingBody{p.Account, money.New(p.Amount, l.Currency), some(l.Campaign), l.Channel})
		}
		body.Lines = append(body.Lines, line)
	}
	return body
}

func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func (s *Server) readLedger(ctx context.Context, in *struct {
	Page
	Projected
	ForPartner
	Campaign uuid.UUID `query:"campaign_id" format:"uuid"`
	Budget   uuid.UUID `query:"budget_id" format:"uuid"`
	Channel  string    `query:"channel" maxLength:"64"`
	Types    []string  `query:"type" doc:"Any of these, separated by commas."`
	Span
}) (*plain[list[partial[entryBody]]], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	from, to, err := in.Span.in(s.partnerZone(ctx, partner))
	if err != nil {
		return nil, err
	}
	before, err := in.after()
	if err != nil {
		return nil, err
	}
	q := ledger.Query{Campaign: in.Campaign, Channel: in.Channel, From: from, To: to, Before: before, Limit: in.Limit}
	if q.Kinds, err = kindsOf(in.Types); err != nil {
		return nil, err
	}
	if in.Budget != uuid.Nil {
		b, err := s.Budgets.Get(ctx, partner, in.Budget)
		if err != nil {
			return nil, err
		}
		q.Campaign = b.State().Campaign
	}
	entries, next, err := s.Ledger.Read(ctx, partner, q)
	if err != nil {
		return nil, err
	}
	return page(s, entries, describeEntry, in.Fields, next)
}

func kindsOf(names []string) (kinds []ledger.Kind, err error) {
	for _, name := range names {
		kind, ok := ledger.ParseKind(name)
		if !ok {
			return nil, errMalformed.WithFields(fault.Field{
				Path: "type", Code: "unknown_value", Detail: "There is no such type of line.", Allow: strings.Join(ledger.Kinds(), ", "),
			})
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}
