package ledger_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

var partner = uuid.MustParse("0190b5a0-0000-7000-8000-000000000001")

func drawLine(t *rapid.T) ledger.Line {
	amount := rapid.Int64Range(-1<<58, 1<<58)
	id := rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		if rapid.Bool().Draw(t, "given") {
			copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		}
		return id
	})
	return ledger.Line{
		Kind:     ledger.Kind(rapid.IntRange(1, len(ledger.Kinds())).Draw(t, "kind")),
		Campaign: id.Draw(t, "campaign"), Ref: id.Draw(t, "ref"),
		Channel:  rapid.StringN(0, 20, 60).Draw(t, "channel"),
		Currency: rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD", "CLF"}).Draw(t, "currency"),
		Day:      localday.Day(rapid.Int32().Draw(t, "day")),
		Figures: ledger.Figures{
			Limit: amount.Draw(t, "limit"), Reserved: amount.Draw(t, "reserved"), Settled: amount.Draw(t, "settled"),
			Overdelivery: amount.Draw(t, "overdelivery"), Credit: amount.Draw(t, "credit"), Cash: amount.Draw(t, "cash"),
		},
	}
}

func TestEveryLineBalancesAndIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 1, 8).Draw(t, "lines")
		for _, l := range lines {
			sum := int64(0)
			for _, p := range l.Postings() {
				sum += p.Amount
			}
			if sum != 0 {
				t.Fatalf("%+v leaves %d", l, sum)
			}
		}
		read, err := ledger.Decode(ledger.Encode(nil, lines))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lines, read); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(ledger.Encode(nil, []ledger.Line{{Kind: ledger.Held, Campaign: partner, Channel: "search", Currency: "USD", Day: 20_000, Ref: partner, Figures: ledger.Figures{Reserved: 5}}}))
	f.Add([]byte{4, 1, 'U', 'S', 'D', 0, 0, 0x80, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		lines, err := ledger.Decode(b)
		if err != nil {
			if !errors.Is(err, ledger.ErrBytes) {
				t.Fatal(err)
			}
			return
		}
		if again := ledger.Encode(nil, lines); !bytes.Equal(again, b) {
			t.Fatalf("%x is read, and written as %x", b, again)
		}
	})
}

// chain is n entries and their head.
func chain(n int) (entries []ledger.Stored, head ledger.Head) {
	for seq := int64(1); seq <= int64(n); seq++ {
		body := ledger.Encode(nil, []ledger.Line{{Kind: ledger.Reported, Campaign: partner, Currency: "USD", Day: 20_000, Figures: ledger.Figures{Settled: seq}}})
		hash := ledger.Link(head.Hash, partner, seq, 1000+seq, body)
		entries = append(entries, ledger.Stored{Partner: partner, Seq: seq, RecordedAt: 1000 + seq, Hash: hash, Body: body})
		head = ledger.Head{Seq: seq, Hash: hash}
	}
	return entries, head
}

// prove is the first bad entry, or 0.
func prove(t *testing.T, entries []ledger.Stored, head ledger.Head) int64 {
	t.Helper()
	w := ledger.Walk{Partner: partner}
	var broken *ledger.Break
	for _, e := range entries {
		if _, err := w.Next(e); err != nil {
			if !errors.As(err, &broken) {
				t.Fatal(err)
			}
			return broken.Seq
		}
	}
	if err := w.End(head); err != nil {
		if !errors.As(err, &broken) {
			t.Fatal(err)
		}
		return broken.Seq
	}
	return 0
}

func TestTheFirstBadEntryIsNamed(t *testing.T) {
	forge := func(s *ledger.Stored, before ledger.Hash) {
		s.Body = ledger.Encode(nil, []ledger.Line{{Kind: ledger.Reported, Campaign: partner, Currency: "USD", Day: 20_000}})
		s.Hash = ledger.Link(before, partner, s.Seq, s.RecordedAt, s.Body)
	}
	for _, c := range []struct {
		why  string
		harm func(entries []ledger.Stored) []ledger.Stored
		want int64
	}{
		{"nothing", func(e []ledger.Stored) []ledger.Stored { return e }, 0},
		{"an edited amount", func(e []ledger.Stored) []ledger.Stored { e[4].Body[len(e[4].Body)-1] ^= 2; return e }, 5},
		{"an edited time", func(e []ledger.Stored) []ledger.Stored { e[2].RecordedAt++; return e }, 3},
		{"an edit with its own hash made anew", func(e []ledger.Stored) []ledger.Stored { forge(&e[4], e[3].Hash); return e }, 6},
		{"the last one edited with its hash", func(e []ledger.Stored) []ledger.Stored { forge(&e[9], e[8].Hash); return e }, 10},
		{"one removed", func(e []ledger.Stored) []ledger.Stored { return append(e[:3], e[4:]...) }, 4},
		{"one removed and the rest renumbered", func(e []ledger.Stored) []ledger.Stored {
			for i := 4; i < len(e); i++ {
				e[i].Seq--
			}
			return append(e[:3], e[4:]...)
		}, 4},
		{"two swapped", func(e []ledger.Stored) []ledger.Stored { e[5], e[6] = e[6], e[5]; return e }, 6},
		{"two contents swapped", func(e []ledger.Stored) []ledger.Stored { e[5].Body, e[6].Body = e[6].Body, e[5].Body; return e }, 6},
		{"the end cut off", func(e []ledger.Stored) []ledger.Stored { return e[:7] }, 8},
		{"one added", func(e []ledger.Stored) []ledger.Stored {
			extra := ledger.Stored{Partner: partner, Seq: 11, RecordedAt: 2000}
			forge(&extra, e[9].Hash)
			return append(e, extra)
		}, 11},
		{"everything gone", func([]ledger.Stored) []ledger.Stored { return nil }, 1},
	} {
		entries, head := chain(10)
		if got := prove(t, c.harm(entries), head); got != c.want {
			t.Errorf("%s: entry %d, want %d", c.why, got, c.want)
		}
	}
}

func TestABookAddsUp(t *testing.T) {
	b := ledger.NewBook()
	line := ledger.Line{Kind: ledger.Held, Campaign: partner, Currency: "USD", Day: 1, Figures: ledger.Figures{Reserved: 60}}
	spent := ledger.Line{Kind: ledger.Committed, Campaign: partner, Currency: "USD", Day: 1, Figures: ledger.Figures{Reserved: -60, Settled: 40}}
	for _, l := range []ledger.Line{line, spent} {
		if err := b.Add(ledger.Entry{Lines: []ledger.Line{l}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Campaigns[partner]; got != (ledger.Figures{Settled: 40}) {
		t.Errorf("the campaign: %+v", got)
	}
	if got := b.Days[ledger.DayKey{Day: 1, Currency: "USD"}]; got != (ledger.DaySums{Spent: 40}) {
		t.Errorf("the day: %+v", got)
	}
	huge := ledger.Entry{Lines: []ledger.Line{{Kind: ledger.Funded, Currency: "USD", Figures: ledger.Figures{Cash: 1 << 62}}}}
	if err := b.Add(huge); err != nil {
		t.Fatal(err)
	}
	if err := b.Add(huge); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v, want money_overflow", err)
	}
}
