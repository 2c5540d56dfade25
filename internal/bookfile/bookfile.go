package bookfile

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/money"
)

// Files writes files in the formats csv and xlsx, and the ledger also in ndjson.
type Files struct{}

// Statement writes a row for the opening balance, each line, each adjustment
// and the closing balance of every currency. The columns add up to the rows
// "closing", and these from left to right.
func (Files) Statement(w io.Writer, format string, s billing.Statement) error {
	t, err := newTable(w, format, "Statement "+s.Month.String())
	if err != nil {
		return err
	}
	rows := &rows{table: t}
	rows.add("row", "month", "concerns", "currency", "campaign_id", "campaign", "channel",
		"opening", "funded", "refunds", "spent", "overdelivery", "credits", "adjustments", "closing")
	for i := range s.Currencies {
		statementRows(rows, s.Month, &s.Currencies[i])
	}
	return rows.close()
}

func statementRows(rows *rows, month billing.Month, a *billing.Account) {
	in := func(micros int64) money.Money { return money.New(micros, a.Currency) }
	row := func(kind string, concerns billing.Month, l billing.Line, opening, adjustment, closing any) {
		rows.add(kind, month.String(), concerns.String(), string(a.Currency), shown(l.Campaign), l.Name, l.Channel, opening,
			in(l.Funded), in(l.Refunds), in(l.Spent), in(l.Overdelivery), in(l.Credits), adjustment, closing)
	}
	row("opening", month, billing.Line{}, in(a.Opening), in(0), nil)
	for _, l := range a.Lines {
		row("line", month, l, nil, in(0), nil)
	}
	for _, l := range a.Adjusted {
		effect, err := l.Effect()
		rows.fail(err)
		row("adjustment", l.Concerns, billing.Line{Campaign: l.Campaign, Name: l.Name, Channel: l.Channel}, nil, in(effect), nil)
	}
	row("closing", month, billing.Line{Amounts: a.Total}, in(a.Opening), in(a.Adjustments), in(a.Closing))
}

// Journal writes a row for each line of each entry.
func (Files) Journal(w io.Writer, format string, j billing.Journal) error {
	t, err := newTable(w, format, "Journal "+j.Statement.Month.String())
	if err != nil {
		return err
	}
	rows := &rows{table: t}
	rows.add("date", "reference", "account_code", "account_name", "debit", "credit", "currency", "text", "campaign_id", "channel", "concerns")
	for _, e := range j.Entries {
		for _, l := range e.Lines {
			rows.add(e.Date.String(), e.Reference, l.Account.Code, l.Account.Name, money.New(l.Debit, e.Currency), money.New(l.Credit, e.Currency),
				string(e.Currency), e.Text, shown(e.Campaign), e.Channel, e.Concerns.String())
		}
	}
	return rows.close()
}

// Ledger writes the entries that walk calls with: a row for each posting, or in
// NDJSON a line for each entry. Debits and credits add up to the same. names are
// what campaigns are called.
func (Files) Ledger(w io.Writer, format string, names map[uuid.UUID]string, walk func(each func(ledger.Entry) error) error) error {
	if format == "ndjson" {
		out := json.NewEncoder(w)
		return walk(func(e ledger.Entry) error { return out.Encode(lineOf(e)) })
	}
	t, err := newTable(w, format, "Ledger")
	if err != nil {
		return err
	}
	rows := &rows{table: t}
	rows.add("seq", "recorded_at", "line", "type", "day", "campaign_id", "campaign", "channel", "reference", "account", "currency", "debit", "credit", "hash")
	rows.fail(walk(func(e ledger.Entry) error {
		at, hash := recorded(e), e.Hash.String()
		for i, l := range e.Lines {
			for _, p := range l.Postings() {
				debit, credit := max(p.Amount, 0), max(-p.Amount, 0)
				rows.add(e.Seq, at, int64(i+1), l.Kind.String(), l.Day.String(), shown(l.Campaign), names[l.Campaign], l.Channel, shown(l.Ref),
					string(p.Account), string(l.Currency), money.New(debit, l.Currency), money.New(credit, l.Currency), hash)
			}
		}
		return rows.err
	}))
	return rows.close()
}

// rows keeps the first error, so that what writes them reads as a list.
type rows struct {
	table
	err error
}

func (r *rows) add(cells ...any) {
	if r.err == nil {
		r.err = r.row(cells...)
	}
}

func (r *rows) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// close ends the file, which is not ended when something failed: half a file
// must not look like a whole one.
func (r *rows) close() error {
	if r.err != nil {
		return fmt.Errorf("write the file: %w", r.err)
	}
	return r.table.close()
}

type entryLine struct {
	Seq        int64      `json:"seq"`
	RecordedAt string     `json:"recorded_at"`
	Hash       string     `json:"hash"`
	Lines      []lineLine `json:"lines"`
}

type lineLine struct {
	Type     string        `json:"type"`
	Day      string        `json:"day"`
	Campaign string        `json:"campaign_id,omitempty"`
	Channel  string        `json:"channel,omitempty"`
	Ref      string        `json:"reference,omitempty"`
	Postings []postingLine `json:"postings"`
}

type postingLine struct {
	Account ledger.Account `json:"account"`
	Amount  money.Money    `json:"amount"`
}

func lineOf(e ledger.Entry) entryLine {
	out := entryLine{Seq: e.Seq, RecordedAt: recorded(e), Hash: e.Hash.String(), Lines: make([]lineLine, len(e.Lines))}
	for i, l := range e.Lines {
		line := lineLine{Type: l.Kind.String(), Day: l.Day.String(), Campaign: shown(l.Campaign), Channel: l.Channel, Ref: shown(l.Ref), Postings: []postingLine{}}
		for _, p := range l.Postings() {
			line.Postings = append(line.Postings, postingLine{p.Account, money.New(p.Amount, l.Currency)})
		}
		out.Lines[i] = line
	}
	return out
}

func recorded(e ledger.Entry) string {
	return time.UnixMicro(e.RecordedAt).UTC().Format(time.RFC3339Nano)
}

// shown is an id, or nothing for none.
func shown(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
