package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// LedgerProof is what a partner's ledger was found to be.
type LedgerProof struct {
	Partner uuid.UUID
	Head    ledger.Head // of what was proved
	Lines   int
	// Broken is the first thing wrong with the chain, nil for nothing. Then the
	// sums are not looked at: they would only say it again.
	Broken error
	// Differences are figures kept elsewhere that are not what the ledger adds
	// up to, a sentence each.
	Differences []string
}

// Prove recomputes a partner's ledger on one snapshot: its chain to the log
// head, every balance, and the sums that the budgets, the payments, the days and
// the reservations are kept with.
func (l Ledger) Prove(ctx context.Context, partner uuid.UUID) (p LedgerProof, err error) {
	p.Partner = partner
	err = l.db.read(ctx, func(snapshot *sql.Tx) error {
		book, err := l.walk(ctx, snapshot, &p)
		if err != nil || p.Broken != nil {
			return err
		}
		if err := l.compareBudgets(ctx, snapshot, &p, book); err != nil {
			return err
		}
		if err := l.comparePayments(ctx, snapshot, &p, book); err != nil {
			return err
		}
		return l.compareDays(ctx, snapshot, &p, book)
	})
	return p, err
}

// walk proves the chain and adds it up.
func (l Ledger) walk(ctx context.Context, q querier, p *LedgerProof) (*ledger.Book, error) {
	const many = 500
	walk, book := ledger.Walk{Partner: p.Partner}, ledger.NewBook()
	for {
		stored, err := l.entries(ctx, q, p.Partner, Span{After: walk.Head.Seq}, false, many)
		if err != nil {
			return nil, err
		}
		for _, s := range stored {
			entry, err := walk.Next(s)
			if err == nil {
				err = book.Add(entry)
			}
			if err != nil {
				p.Head, p.Broken = walk.Head, err
				return nil, nil
			}
			p.Lines += len(entry.Lines)
		}
		if len(stored) < many {
			break
		}
	}
	kept, err := l.head(ctx, q, p.Partner)
	p.Head, p.Broken = walk.Head, walk.End(kept)
	return book, err
}

func (p *LedgerProof) differ(format string, args ...any) {
	p.Differences = append(p.Differences, fmt.Sprintf(format, args...))
}

func (l Ledger) compareBudgets(ctx context.Context, q querier, p *LedgerProof, book *ledger.Book) error {
	held, err := l.held(ctx, q, p.Partner)
	if err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, selectBudgets+` WHERE partner = $1 ORDER BY campaign`, l.db.key(p.Partner))
	if err != nil {
		return err
	}
	all, err := collect(rows, scanBudget)
	if err != nil {
		return err
	}
	for _, b := range all {
		s := b.State()
		want := book.Campaigns[s.Campaign]
		got := ledger.Figures{Limit: want.Limit, Reserved: s.Reserved, Settled: s.Settled - s.Overdelivery, Overdelivery: s.Overdelivery, Credit: s.Credit}
		if s.Kind == budgets.KindTotal {
			got.Limit = s.Limit // of the others the ledger has a limit for each period
		}
		if got != want {
			p.differ("budget %s has %+v, its ledger adds up to %+v", s.ID, got, want)
		}
		if held[s.ID] != s.Reserved {
			p.differ("budget %s has %s reserved, its open reservations are %s", s.ID, money.FormatMicros(s.Reserved), money.FormatMicros(held[s.ID]))
		}
	}
	return nil
}

// comparePayments holds what each payment has brought in against its lines.
func (l Ledger) comparePayments(ctx context.Context, q querier, p *LedgerProof, book *ledger.Book) error {
	rows, err := q.QueryContext(ctx, `SELECT id, paid - refunded - disputed FROM payments WHERE partner = $1 ORDER BY id`, l.db.key(p.Partner))
	if err != nil {
		return err
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id uuid.UUID
		var got int64
		err := rows.Scan(&id, &got)
		if want := book.Payments[id]; got != want {
			p.differ("payment %s has brought in %s, its ledger adds up to %s", id, money.FormatMicros(got), money.FormatMicros(want))
		}
		delete(book.Payments, id)
		return err
	})
	for id, want := range book.Payments {
		if want != 0 {
			p.differ("payment %s is not kept, its ledger adds up to %s", id, money.FormatMicros(want))
		}
	}
	return err
}

// held is what the open reservations add up to, by budget.
func (l Ledger) held(ctx context.Context, q querier, partner uuid.UUID) (map[uuid.UUID]int64, error) {
	rows, err := q.QueryContext(ctx, `SELECT budget, CAST(sum(amount) AS BIGINT) FROM budget_reservations
		WHERE partner = $1 AND state = 'reserved' GROUP BY budget`, l.db.key(partner))
	if err != nil {
		return nil, err
	}
	sums := map[uuid.UUID]int64{}
	return sums, eachRow(rows, func(rows *sql.Rows) error {
		var budget uuid.UUID
		var sum int64
		err := rows.Scan(&budget, &sum)
		sums[budget] = sum
		return err
	})
}

func (l Ledger) compareDays(ctx context.Context, q querier, p *LedgerProof, book *ledger.Book) error {
	rows, err := q.QueryContext(ctx, `SELECT day, currency, spent, reserved FROM ledger_days WHERE partner = $1`, l.db.key(p.Partner))
	if err != nil {
		return err
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		key, got, err := scanDay(rows)
		if want := book.Days[key]; err == nil && got != want {
			p.differ("%s in %s is kept as %+v, the ledger adds up to %+v", key.Day, key.Currency, got, want)
		}
		delete(book.Days, key)
		return err
	})
	for key, want := range book.Days {
		if want != (ledger.DaySums{}) {
			p.differ("%s in %s is not kept, the ledger adds up to %+v", key.Day, key.Currency, want)
		}
	}
	return err
}

func scanDay(row scanner) (key ledger.DayKey, sums ledger.DaySums, err error) {
	var day int64
	err = row.Scan(&day, &key.Currency, &sums.Spent, &sums.Reserved)
	key.Day = localday.Day(day)
	return key, sums, err
}

// Ledger proves the partner's ledger. What it finds is never repaired: entries
// are facts, and a figure that has left them needs a person.
func (v Verify) Ledger(ctx context.Context, partner uuid.UUID) error {
	p, err := v.m.db.Ledger().Prove(ctx, partner)
	if err != nil {
		return err
	}
	if p.Broken != nil {
		v.Report(Difference{Check: "ledger", Partner: partner, Where: fmt.Sprintf("chain after entry %d", p.Head.Seq), Column: "entry", Stored: p.Broken.Error(), True: "unbroken"})
	}
	for _, text := range p.Differences {
		v.Report(Difference{Check: "ledger", Partner: partner, Where: "sums", Column: "figures", Stored: text, True: "the ledger"})
	}
	return nil
}

// Prover proves ledgers as they grow, for showing: it remembers how far it has
// come and goes on from there.
type Prover struct {
	of Ledger

	mu    sync.Mutex
	walks map[uuid.UUID]ledger.Walk
}

// NewProver has proved nothing yet.
func NewProver(of Ledger) *Prover { return &Prover{of: of, walks: map[uuid.UUID]ledger.Walk{}} }

// mostProved bounds what one call proves.
const mostProved = 20_000

// Proved is how far a partner's chain is proved, of how many entries. broken is
// the first thing wrong with it.
func (p *Prover) Proved(ctx context.Context, partner uuid.UUID) (upTo, of int64, broken, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	walk, known := p.walks[partner]
	if !known {
		walk.Partner = partner
	}
	defer func() { p.walks[partner] = walk }()
	kept, err := p.of.Head(ctx, partner)
	for most := walk.Head.Seq + mostProved; err == nil && walk.Head.Seq < min(kept.Seq, most); {
		var stored []ledger.Stored
		stored, err = p.of.Entries(ctx, partner, Span{After: walk.Head.Seq, Before: kept.Seq + 1}, false, 500)
		for _, s := range stored {
			if _, broken := walk.Next(s); broken != nil {
				return walk.Head.Seq, kept.Seq, broken, nil
			}
		}
		if err == nil && len(stored) == 0 {
			return walk.Head.Seq, kept.Seq, walk.End(kept), nil
		}
	}
	if err == nil && walk.Head.Seq == kept.Seq {
		broken = walk.End(kept)
	}
	return walk.Head.Seq, kept.Seq, broken, err
}
