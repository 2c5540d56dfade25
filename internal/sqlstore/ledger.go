package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// Ledger reads the partners' ledgers.
type Ledger struct{ db *DB }

// Ledger returns the reading side of the ledgers.
func (db *DB) Ledger() Ledger { return Ledger{db} }

// post notes lines for the partner's ledger. They are written at the end of the
// transaction, all in one entry.
func (t *tx) post(partner uuid.UUID, lines ...ledger.Line) {
	if len(lines) > 0 {
		t.lines[partner] = append(t.lines[partner], lines...)
	}
}

// writeLedger appends the pending lines of a partner whose log head is locked.
// The head itself moves with appendTo.
func (t *tx) writeLedger(ctx context.Context, partner uuid.UUID) error {
	lines := t.lines[partner]
	if len(lines) == 0 {
		return nil
	}
	body := ledger.Encode(make([]byte, 0, 48*len(lines)), lines)
	end, at := t.ends[partner], t.stamps[partner]
	next := ledger.Head{Seq: end.Seq + 1, Hash: ledger.Link(end.Hash, partner, end.Seq+1, at, body)}
	_, err := t.exec(ctx, `INSERT INTO ledger_entries (partner, seq, recorded_at, hash, body) VALUES ($1, $2, $3, $4, $5)`,
		t.db.key(partner), next.Seq, at, next.Hash[:], body)
	if err != nil {
		return fmt.Errorf("append to the ledger: %w", err)
	}
	t.ends[partner] = next
	return t.addDays(ctx, partner, lines)
}

// addDays adds lines to the partner's days.
func (t *tx) addDays(ctx context.Context, partner uuid.UUID, lines []ledger.Line) error {
	days := map[ledger.DayKey]ledger.DaySums{}
	if err := ledger.Days(days, lines); err != nil {
		return err
	}
	b := bulk{
		into: "ledger_days (partner, day, currency, spent, reserved)", types: []string{"uuid", "bigint", "text", "bigint", "bigint"},
		tail: `ON CONFLICT (partner, day, currency) DO UPDATE SET spent = ledger_days.spent + excluded.spent,
			reserved = ledger_days.reserved + excluded.reserved`,
	}
	for key, sums := range days {
		if sums != (ledger.DaySums{}) {
			b.add([16]byte(partner), int64(key.Day), string(key.Currency), sums.Spent, sums.Reserved)
		}
	}
	if _, err := b.exec(ctx, t); err != nil {
		return fmt.Errorf("add to the ledger's days: %w", err)
	}
	return nil
}

func hashOf(stored []byte) (h ledger.Hash) {
	copy(h[:], stored)
	return h
}

// storedHash is nil before the first entry.
func storedHash(end ledger.Head) []byte {
	if end.Seq == 0 {
		return nil
	}
	return end.Hash[:]
}

// Partners are those that have a ledger, or a log.
func (l Ledger) Partners(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := l.db.reader.QueryContext(ctx, `SELECT partner FROM log_heads ORDER BY partner`)
	if err != nil {
		return nil, l.db.translate(err)
	}
	ids, err := collect(rows, scanID)
	return ids, l.db.translate(err)
}

// Head is the end of a partner's ledger as the log head keeps it.
func (l Ledger) Head(ctx context.Context, partner uuid.UUID) (ledger.Head, error) {
	return l.head(ctx, l.db.reader, partner)
}

func (l Ledger) head(ctx context.Context, q querier, partner uuid.UUID) (h ledger.Head, err error) {
	var hash []byte
	err = q.QueryRowContext(ctx, `SELECT ledger_seq, ledger_hash FROM log_heads WHERE partner = $1`, l.db.key(partner)).Scan(&h.Seq, &hash)
	h.Hash = hashOf(hash)
	return h, l.db.translate(missing(err, nil))
}

// Span chooses entries: those after a number, or before one when reading
// backwards, recorded in [From, To) microseconds; 0 leaves an end open.
type Span struct {
	After, Before int64
	From, To      int64
}

// Entries returns a partner's entries, in order or the newest first.
func (l Ledger) Entries(ctx context.Context, partner uuid.UUID, s Span, newestFirst bool, limit int) ([]ledger.Stored, error) {
	return l.entries(ctx, l.db.reader, partner, s, newestFirst, limit)
}

func (l Ledger) entries(ctx context.Context, q querier, partner uuid.UUID, s Span, newestFirst bool, limit int) ([]ledger.Stored, error) {
	f := filter{db: l.db}
	f.add("partner = ?", l.db.key(partner))
	f.add("seq > ?", s.After)
	for _, c := range []struct {
		condition string
		bound     int64
	}{{"seq < ?", s.Before}, {"recorded_at >= ?", s.From}, {"recorded_at < ?", s.To}} {
		if c.bound != 0 {
			f.add(c.condition, c.bound)
		}
	}
	order := " ORDER BY seq"
	if newestFirst {
		order += " DESC"
	}
	rows, err := q.QueryContext(ctx, `SELECT seq, recorded_at, hash, body FROM ledger_entries`+f.where+order+limited(limit), f.args...)
	if err != nil {
		return nil, l.db.translate(err)
	}
	stored, err := collect(rows, func(row scanner) (ledger.Stored, error) {
		e := ledger.Stored{Partner: partner}
		var hash []byte
		err := row.Scan(&e.Seq, &e.RecordedAt, &hash, &e.Body)
		e.Hash, e.Body = hashOf(hash), slices.Clone(e.Body)
		return e, err
	})
	return stored, l.db.translate(err)
}

// maxScan bounds how many entries one Read looks at.
const maxScan = 2000

// Read returns entries, the newest first, with the lines that the query wants.
// It looks at a bounded number: next goes on, and may come with few entries or
// none. An entry whose bytes cannot be read is an error: campaignd verify says
// which.
func (l Ledger) Read(ctx context.Context, partner uuid.UUID, q ledger.Query) (found []ledger.Entry, next string, err error) {
	size, before := pageSize(q.Limit), q.Before
	span := Span{From: startOf(q.From), To: startOf(q.To)}
	for scanned := 0; scanned < maxScan; {
		span.Before = before
		stored, err := l.Entries(ctx, partner, span, true, size)
		if err != nil {
			return nil, "", err
		}
		for _, s := range stored {
			e, err := s.Entry()
			if err != nil {
				return nil, "", fmt.Errorf("ledger entry %d of %s: %w", s.Seq, partner, err)
			}
			before = s.Seq
			if q.Narrow(&e) {
				found = append(found, e)
			}
			if len(found) == size && s.Seq > 1 {
				return found, strconv.FormatInt(before, 10), nil
			}
		}
		scanned += len(stored)
		if len(stored) < size {
			return found, "", nil
		}
	}
	return found, strconv.FormatInt(before, 10), nil
}

func startOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return micros(t)
}
