package billing

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// Ledger is the partners' books, read from the first entry on.
type Ledger interface {
	// Walk calls each with a partner's entries after a number, in order, those
	// recorded in [From, To) and with the lines that the query wants. It stops
	// at an error and returns it. Memory does not grow with the ledger.
	Walk(ctx context.Context, partner uuid.UUID, after int64, q ledger.Query, each func(ledger.Entry) error) error
}

// Partners knows where a partner's months begin.
type Partners interface {
	Zone(ctx context.Context, partner uuid.UUID) (*time.Location, error)
}

// Names are what a partner's campaigns are called.
type Names interface {
	Names(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]string, error)
}

// Statements draws statements and journals up from the ledger.
type Statements struct {
	ledger   Ledger
	partners Partners
	names    Names
	chart    Chart
	now      func() time.Time

	mu      sync.Mutex
	shelves map[uuid.UUID]*shelf
}

// shelf is a partner's book as far as it was read.
type shelf struct {
	mu   sync.Mutex
	book *book
}

// NewStatements draws up from a ledger. The chart is what accounts are called
// in journals.
func NewStatements(l Ledger, p Partners, n Names, chart Chart, now func() time.Time) *Statements {
	return &Statements{ledger: l, partners: p, names: n, chart: chart, now: now, shelves: map[uuid.UUID]*shelf{}}
}

// mostBooks bounds the memory of what is kept added up.
const mostBooks = 1000

// Names are what a partner's campaigns are called, for what is exported.
func (s *Statements) Names(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]string, error) {
	return s.names.Names(ctx, partner)
}

// Months are a partner's statements without lines, the latest month first,
// with what had been recorded by knownAt; zero is now.
func (s *Statements) Months(ctx context.Context, partner uuid.UUID, knownAt time.Time) ([]Statement, error) {
	var all []Statement
	err := s.read(ctx, partner, knownAt, func(b *book, now time.Time) error {
		for _, m := range b.months() {
			st, err := b.statement(m, now)
			if err != nil {
				return err
			}
			for i := range st.Currencies {
				st.Currencies[i].Lines, st.Currencies[i].Adjusted = nil, nil
			}
			st.Partner, st.KnownAt = partner, now
			all = append(all, st)
		}
		return nil
	})
	return all, err
}

// Statement is one month of a partner, with what had been recorded by knownAt;
// zero is now. A month without movements has the balance that it begins with.
// The error is ErrUnbalanced where it does not add up, besides those of the
// ports.
func (s *Statements) Statement(ctx context.Context, partner uuid.UUID, m Month, knownAt time.Time) (st Statement, err error) {
	err = s.read(ctx, partner, knownAt, func(b *book, now time.Time) error {
		st, err = b.statement(m, now)
		st.Partner, st.KnownAt = partner, now
		return err
	})
	if err != nil {
		return Statement{}, err
	}
	names, err := s.names.Names(ctx, partner)
	if err != nil {
		return Statement{}, err
	}
	for i := range st.Currencies {
		a := &st.Currencies[i]
		for j := range a.Lines {
			a.Lines[j].Name = names[a.Lines[j].Campaign]
		}
		for j := range a.Adjusted {
			a.Adjusted[j].Name = names[a.Adjusted[j].Campaign]
		}
		a.sort()
	}
	return st, nil
}

// read calls use with the partner's book, which it must not keep.
func (s *Statements) read(ctx context.Context, partner uuid.UUID, knownAt time.Time, use func(*book, time.Time) error) error {
	zone, err := s.partners.Zone(ctx, partner)
	if err != nil {
		return err
	}
	if !knownAt.IsZero() {
		b := newBook(zone)
		if err := s.ledger.Walk(ctx, partner, 0, ledger.Query{To: knownAt.Add(time.Microsecond)}, b.add); err != nil {
			return err
		}
		return use(b, knownAt.UTC())
	}
	kept := s.shelf(partner)
	kept.mu.Lock()
	defer kept.mu.Unlock()
	b := kept.book
	if b == nil || b.zone.String() != zone.String() {
		b = newBook(zone)
	}
	kept.book = nil // an entry that was added in part must not be added again
	if err := s.ledger.Walk(ctx, partner, b.seq, ledger.Query{}, b.add); err != nil {
		return err
	}
	kept.book = b
	return use(b, b.known(s.now()))
}

func (s *Statements) shelf(partner uuid.UUID) *shelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.shelves[partner]
	if kept == nil {
		if len(s.shelves) >= mostBooks {
			clear(s.shelves)
		}
		kept = &shelf{}
		s.shelves[partner] = kept
	}
	return kept
}

// Export calls each with the ledger's entries from the first on.
func (s *Statements) Export(ctx context.Context, partner uuid.UUID, from, to time.Time, each func(ledger.Entry) error) error {
	return s.ledger.Walk(ctx, partner, 0, ledger.Query{From: from, To: to}, each)
}

// Journal is a month's statement as journal entries. The errors are those of
// Statement.
func (s *Statements) Journal(ctx context.Context, partner uuid.UUID, m Month, knownAt time.Time) (Journal, error) {
	st, err := s.Statement(ctx, partner, m, knownAt)
	if err != nil {
		return Journal{}, err
	}
	names, err := s.names.Names(ctx, partner)
	if err != nil {
		return Journal{}, err
	}
	d := draft{calendar: calendar{zone: locationOf(st.Zone), ends: map[Month]int64{}}, month: m, sums: map[posting]*entrySum{}}
	err = s.ledger.Walk(ctx, partner, 0, ledger.Query{To: st.KnownAt.Add(time.Microsecond)}, func(e ledger.Entry) error {
		if e.Seq > st.LastEntry {
			return nil
		}
		return d.add(e)
	})
	if err != nil {
		return Journal{}, err
	}
	j := d.journal(s.chart, names)
	j.Statement = st
	err = j.check()
	return j, err
}

func locationOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC // a partner's zone was checked when it was stored
	}
	return zone
}
