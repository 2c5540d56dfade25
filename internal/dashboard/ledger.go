package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
)

// Ledger is the partner's double-entry book.
type Ledger interface {
	Read(ctx context.Context, partner uuid.UUID, q ledger.Query) (entries []ledger.Entry, next string, err error)
	// Proved is how far the chain is proved, of how many entries, and the first
	// thing that is wrong with it.
	Proved(ctx context.Context, partner uuid.UUID) (upTo, of int64, broken, err error)
	// Open are the reservations of a budget that hold money.
	Open(ctx context.Context, partner, budget uuid.UUID, limit int) ([]*budgets.Reservation, error)
}

// ledgerPage is the book for finance: each line in words, and where its money
// went from and to.
type ledgerPage struct {
	Partner        string
	Next, Found    string
	From, To       string // the days asked for, in the partner's zone, both included
	Campaign       string // the one that is asked for
	CampaignName   string
	Kind           string
	Kinds          []string
	Filtered       bool
	Chain, Problem string // how far it is proved; what is wrong
	Lines          []ledgerLine
}

type ledgerLine struct {
	Seq             int64
	First           bool // of its entry
	At              time.Time
	Kind, Day       string
	Campaign, Href  string
	Channel, Ref    string
	Debits, Credits []ledgerPosting // of equal sums, or the entry would not be there
}

type ledgerPosting struct {
	Account string
	Amount  figure
}

// ledger shows a partner's entries, the newest first.
func (v *visit) ledger() error {
	q := ledger.Query{Limit: pageSize}
	p := ledgerPage{Partner: v.partner.ID.String(), Kinds: ledger.Kinds(), Kind: v.r.FormValue("kind")}
	if kind, ok := ledger.ParseKind(p.Kind); ok {
		q.Kinds = []ledger.Kind{kind}
	} else {
		p.Kind = ""
	}
	if id, err := uuid.Parse(v.r.FormValue("campaign")); err == nil {
		c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id)
		if err != nil {
			return err
		}
		q.Campaign, p.Campaign, p.CampaignName = id, id.String(), c.State().Name
	}
	q.Before, _ = strconv.ParseInt(v.r.FormValue("cursor"), 10, 64)
	zone := v.zone(v.partner.Timezone)
	if from := parseTime(v.r.FormValue("from"), zone); !from.IsZero() {
		q.From, p.From = from, from.Format(time.DateOnly)
	}
	if to := parseTime(v.r.FormValue("to"), zone); !to.IsZero() {
		q.To, p.To = to.AddDate(0, 0, 1), to.Format(time.DateOnly)
	}
	p.Filtered = p.Kind != "" || p.Campaign != "" || p.From != "" || p.To != ""
	entries, next, err := v.d.Ledger.Read(v.r.Context(), v.scope(), q)
	if err != nil {
		return err
	}
	p.Lines, p.Found = v.ledgerLines(entries), v.locale.N("ledger.found", len(entries))
	if next != "" {
		query := v.r.URL.Query()
		query.Set("cursor", next)
		p.Next = "?" + query.Encode()
	}
	if err := v.chain(&p); err != nil {
		return err
	}
	return v.page(http.StatusOK, "ledger", v.locale.T("ledger.title"), "ledger", p)
}

// chain says how far the hashes are proved.
func (v *visit) chain(p *ledgerPage) error {
	upTo, of, broken, err := v.d.Ledger.Proved(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	p.Chain = v.locale.T("ledger.chain", "up_to", v.locale.Count(upTo), "of", v.locale.Count(of))
	if broken != nil {
		p.Problem = v.locale.T("ledger.broken", "entry", v.locale.Count(upTo+1))
	}
	return nil
}

// mostLines bounds what a page shows of one entry: an ingest of 500 campaigns
// is one entry.
const mostLines = 25

func (v *visit) ledgerLines(entries []ledger.Entry) []ledgerLine {
	var lines []ledgerLine
	names := map[uuid.UUID]string{}
	for _, e := range entries {
		for i, l := range e.Lines[:min(len(e.Lines), mostLines)] {
			line := ledgerLine{
				Seq: e.Seq, First: i == 0, At: time.UnixMicro(e.RecordedAt).In(v.now.Location()), Kind: l.Kind.String(),
				Day: v.locale.date(l.Day, v.now.Location()), Channel: v.locale.Channel(l.Channel),
			}
			if l.Ref != uuid.Nil {
				line.Ref = l.Ref.String()
			}
			if l.Campaign != uuid.Nil {
				line.Href, line.Campaign = "/campaigns/"+l.Campaign.String(), v.campaignName(names, l.Campaign)
			}
			line.balance(l)
			lines = append(lines, line)
		}
	}
	return lines
}

// balance sorts the postings into the two columns.
func (line *ledgerLine) balance(l ledger.Line) {
	code := string(l.Currency)
	for _, p := range l.Postings() {
		if p.Amount > 0 {
			line.Debits = append(line.Debits, ledgerPosting{string(p.Account), known("spend", p.Amount, code)})
		} else {
			line.Credits = append(line.Credits, ledgerPosting{string(p.Account), known("spend", -p.Amount, code)})
		}
	}
}

func (v *visit) campaignName(known map[uuid.UUID]string, id uuid.UUID) string {
	if name, ok := known[id]; ok {
		return name
	}
	known[id] = id.String()
	if c, err := v.d.Campaigns.Get(v.r.Context(), event.Origin{Partner: v.scope()}, id); err == nil {
		known[id] = nameOf(c)
	}
	return known[id]
}

func nameOf(c *campaigns.Campaign) string { return c.State().Name }

// heldRow is a reservation on the budget card.
type heldRow struct {
	ID, Channel string
	Amount      figure
	ExpiresAt   time.Time
}

// mostHeld is how many reservations the budget card lists.
const mostHeld = 5

// held are the open reservations of a campaign's budget.
func (v *visit) held(s subject) ([]heldRow, error) {
	if s.budget == nil || s.position.Reserved.IsZero() {
		return nil, nil
	}
	found, err := v.d.Ledger.Open(v.r.Context(), s.Partner, s.BudgetID, mostHeld)
	if err != nil {
		return nil, err
	}
	var rows []heldRow
	for _, r := range found {
		rows = append(rows, heldRow{r.ID.String(), r.Channel, known("spend", r.Amount, s.code()), r.ExpiresAt.In(v.now.Location())})
	}
	return rows, nil
}
