package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

// collector takes everything, except events without impressions.
type collector struct{ taken int }

func (c *collector) Record(_ context.Context, _ event.Origin, events []performance.Event) (performance.Receipt, error) {
	var receipt performance.Receipt
	for i, e := range events {
		if e.Impressions == 0 {
			receipt.Reject(performance.Rejection{Index: i, Code: "no", Detail: "refused by the recorder"})
			continue
		}
		receipt.Accepted++
	}
	c.taken += receipt.Accepted
	receipt.Seq, receipt.RecordedAt = int64(c.taken), time.UnixMicro(int64(c.taken)).UTC()
	return receipt, nil
}

// line repeats a text count times, with another one in the place of one line.
type line struct {
	count, at   int
	usual, odd  string
	next        int
	unread      string
	sentAlready int
}

func (l *line) Read(p []byte) (int, error) {
	for l.unread == "" {
		if l.next == l.count {
			return 0, io.EOF
		}
		l.unread = l.usual + "\n"
		if l.next == l.at {
			l.unread = l.odd + "\n"
		}
		l.next++
	}
	n := copy(p, l.unread)
	l.unread = l.unread[n:]
	l.sentAlready += n
	return n, nil
}

func TestOneBrokenLineOfManyIsRefusedInBoundedMemory(t *testing.T) {
	const count, at = 100_000, 69_999 // line 70 000
	tests := []struct{ name, odd, code, says string }{
		{"broken", `{"event_id":`, "malformed", "Line 70000 is not JSON"},
		{"two on a line", fact(good) + fact(good), "malformed", "Line 70000"},
		{"very long", `{"event_id":"` + strings.Repeat("x", 10<<20) + `"}`, "too_long", "Line 70000"},
		{"refused later", fact(`,"metrics":{"clicks":1}`), "no", "recorder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := &line{count: count, at: at, usual: fact(good), odd: tt.odd}
			source, err := Open("application/x-ndjson; charset=utf-8", body)
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			receipt, err := Record(t.Context(), &collector{}, event.Origin{}, source)
			runtime.GC()
			runtime.ReadMemStats(&after)
			if err != nil || receipt.Accepted != count-1 || receipt.Refused != 1 {
				t.Fatalf("%+v, %v", receipt, err)
			}
			got := receipt.Rejected[0]
			if got.Index != at || got.Code != tt.code || !strings.Contains(got.Detail, tt.says) {
				t.Errorf("refused %+v", got)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
				t.Errorf("the heap grew by %d MiB for %d MiB", grown>>20, body.sentAlready>>20)
			}
		})
	}
}

func TestBlankLinesAndAMissingLastLineBreakDoNotCount(t *testing.T) {
	source := NewLines(strings.NewReader("\n" + fact(good) + "\r\n  \n" + fact(good)))
	batch, err := source.Next(10)
	if err != nil || len(batch.Events) != 2 || !cmp.Equal(batch.Index, []int{0, 1}) {
		t.Fatalf("%+v, %v", batch, err)
	}
	if _, err := source.Next(10); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
}

func TestManyRefusalsAreCountedAndNotAllListed(t *testing.T) {
	source := NewLines(&line{count: 50_000, at: -1, usual: "nope"})
	receipt, err := Record(t.Context(), &collector{}, event.Origin{}, source)
	if err != nil || receipt.Refused != 50_000 || len(receipt.Rejected) != performance.MaxRejections {
		t.Fatalf("%d refused, %d listed, %v", receipt.Refused, len(receipt.Rejected), err)
	}
}

func TestTable(t *testing.T) {
	text := "\ufeffoccurred_at,event_id,campaign_id,channel,impressions,spend,custom.views,metadata\r\n" +
		"2026-03-01T12:00:00Z,a,%[1]s,\"se\"\"a,rch\",120,1.23,4.5,\"{\"\"a\"\":1}\"\r\n" + // 0, line 2
		"2026-03-01T12:00:00Z,b,%[1]s,search,120\r\n" + // 1: cells missing
		"2026-03-01T12:00:00Z,c,%[1]s,search,1e3,,,\r\n" + // 2: not a count
		"2026-03-01T12:00:00Z,d,%[1]s,se\"arch,1,,,\r\n" + // 3: a quote inside
		"2026-03-01T12:00:00Z,e,%[1]s,search,,,,\r\n" + // 4: no metrics
		"2026-03-01T12:00:00Z,f,%[1]s,search,1,NaN,,\r\n" + // 5
		"2026-03-01T12:00:00Z,g,%[1]s,,7,,,"
	table, err := NewTable(strings.NewReader(fmt.Sprintf(text, campaign)))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := table.Next(100)
	if err != nil || !cmp.Equal(batch.Index, []int{0, 6}) || len(batch.Rejected) != 5 {
		t.Fatalf("%+v, %v", batch, err)
	}
	first := batch.Events[0]
	if first.Channel != `se"a,rch` || first.Spend != 1_230_000 || first.Metadata != `{"a":1}` ||
		!cmp.Equal(first.Custom, []performance.Custom{{Name: "views", Value: 4_500_000}}) {
		t.Errorf("first %+v", first)
	}
	for i, want := range []string{"Line 3", "Line 4", "Line 5", "Line 6", "Line 7"} {
		if got := batch.Rejected[i]; got.Index != i+1 || !strings.Contains(got.Detail, want) {
			t.Errorf("refused %+v, want index %d and %s", got, i+1, want)
		}
	}
}

func TestTableHeader(t *testing.T) {
	for _, tt := range []struct{ header, says string }{
		{"", "header"},
		{"event_id,campaign_id", "occurred_at"},
		{"event_id,campaign_id,occurred_at,clicks,clicks", `"clicks"`},
		{"event_id,campaign_id,occurred_at,metrics", `"metrics"`},
	} {
		if _, err := NewTable(strings.NewReader(tt.header)); fault.KindOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v", tt.header, err)
		}
	}
}

func TestAQuoteNeverClosedIsBounded(t *testing.T) {
	table, err := NewTable(io.MultiReader(strings.NewReader("event_id,campaign_id,occurred_at,clicks\n\""), endless{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Next(1); fault.KindOf(err) != fault.Malformed || !strings.Contains(err.Error(), "never closed") {
		t.Error(err)
	}
}

func TestOpenRefusesOtherFormats(t *testing.T) {
	if _, err := Open("application/xml", nil); !errors.Is(err, ErrMediaType) {
		t.Error(err)
	}
}

func TestAppendReceipt(t *testing.T) {
	receipt := performance.Receipt{Accepted: 2, Duplicates: 1, RecordedAt: time.UnixMicro(1_700_000_000_000_001), Seq: 9}
	receipt.Reject(performance.Rejection{Index: 3, Code: "required", Detail: `"x" is missing`})
	receipt.Refused = 5
	var got map[string]any
	if err := json.Unmarshal(AppendReceipt(nil, receipt), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"accepted": 2., "duplicates": 1., "rejected_total": 5., "seq": 9., "recorded_at": "2023-11-14T22:13:20.000001Z",
		"rejected": []any{map[string]any{"index": 3., "code": "required", "detail": `"x" is missing`}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := string(AppendReceipt(nil, performance.Receipt{})); text != `{"accepted":0,"duplicates":0,"rejected":[]}`+"\n" {
		t.Error(text)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(fact(good) + "\n{}\nNaN\n"))
	f.Fuzz(func(t *testing.T, body []byte) { drain(t, NewLines(strings.NewReader(string(body)))) })
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("a," + campaign + ",2026-03-01T12:00:00Z,1,{}\n\"\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		table, err := NewTable(strings.NewReader("event_id,campaign_id,occurred_at,clicks,metadata\n" + string(body)))
		if err != nil {
			t.Fatal(err)
		}
		drain(t, table)
	})
}

// drain reads a source to its end and checks that every fact is taken or
// refused once, in order.
func drain(t *testing.T, from Source) {
	next := 0
	for {
		batch, err := from.Next(3)
		if err != nil {
			return
		}
		if len(batch.Events) != len(batch.Index) || next+len(batch.Events)+len(batch.Rejected) != batch.Read {
			t.Fatalf("%d taken and %d refused between %d and %d", len(batch.Events), len(batch.Rejected), next, batch.Read)
		}
		next = batch.Read
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2024-02-29T23:59:59.9Z")
	f.Add("2100-02-29T00:00:00Z")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseUTC(s)
		if !ok {
			return
		}
		if want, err := time.Parse(time.RFC3339Nano, s); err != nil || want.UnixMicro() != got {
			t.Fatalf("%q is %d; time.Parse says %v, %v", s, got, want, err)
		}
	})
}

func TestParseTimeKnowsEveryDay(t *testing.T) {
	for day := time.Unix(0, 0).UTC(); day.Year() < 2120; day = day.AddDate(0, 0, 1) {
		if got, ok := parseUTC(day.Format(time.RFC3339)); !ok || got != day.UnixMicro() {
			t.Fatalf("%v: %d, %v", day, got, ok)
		}
	}
}
