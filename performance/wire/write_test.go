package wire

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/performance"
)

// text draws what senders may write, with what trips spreadsheets and parsers.
var text = rapid.OneOf(
	rapid.SampledFrom([]string{"", "meta", "=1+1", "'=1+1", "''@x", "-5", "+x", "\tx", "a,b", "a\"b", "línea\nnueva", "'", "' =", "caf\u00e9 \u2028"}),
	rapid.StringN(0, 12, 60),
)

func drawEvent(t *rapid.T) performance.Event {
	e := performance.Event{
		ID: rapid.StringN(1, 12, 60).Draw(t, "id"), Campaign: uuid.MustParse(campaign),
		OccurredAt: rapid.Int64Range(1, 4_000_000_000_000_000).Draw(t, "at"), Currency: "USD",
		CorrelationID: text.Draw(t, "correlation"),
	}
	for _, field := range []*string{&e.Channel, &e.Source, &e.Ad, &e.Creative, &e.Audience, &e.Country, &e.Device} {
		*field = text.Draw(t, "dimension")
	}
	if rapid.Bool().Draw(t, "restates") {
		e.Cause, e.Reference = rapid.SampledFrom(performance.Causes).Draw(t, "cause"), text.Draw(t, "reference")
	}
	for m := range performance.NumMetrics {
		if m == 0 || rapid.Bool().Draw(t, "has") {
			e.Set(m, rapid.Int64Range(-performance.MaxCount, performance.MaxCount).Draw(t, "value"))
		}
	}
	if rapid.Bool().Draw(t, "custom") {
		e.Custom = []performance.Custom{{Name: "add to cart", Value: 1_500_000}, {Name: "views", Value: -1}}
	}
	if rapid.Bool().Draw(t, "metadata") {
		e.Metadata = `{"k":["=1",null]}`
	}
	return e
}

// What was written is read as it was, in both formats.
func TestWhatIsWrittenCanBeReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 5).Draw(t, "events")
		for name, writer := range map[string]func(io.Writer) Writer{
			"application/x-ndjson": func(w io.Writer) Writer { return NewLineWriter(w) },
			"text/csv":             func(w io.Writer) Writer { return NewTableWriter(w, []string{"add to cart", "views"}) },
		} {
			var body bytes.Buffer
			w := writer(&body)
			if err := errors.Join(w.Write(events), w.Close()); err != nil {
				t.Fatal(err)
			}
			source, err := Open(name, &body)
			if err != nil {
				t.Fatal(err)
			}
			batch, err := source.Next(100)
			if err != nil || len(batch.Rejected) > 0 {
				t.Fatal(name, err, batch.Rejected)
			}
			// encoding/csv reads CRLF inside a cell as LF, as RFC 4180 readers may.
			if diff := cmp.Diff(events, batch.Events, cmp.Transformer("lines", func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") })); diff != "" {
				t.Fatal(name, diff)
			}
		}
	})
}

func TestNoCellIsAFormula(t *testing.T) {
	e := performance.Event{ID: "=cmd()", Campaign: uuid.MustParse(campaign), Cause: performance.CauseOther, Reference: "@SUM(1)"}
	for _, field := range []*string{&e.Channel, &e.Source, &e.Ad, &e.Creative, &e.Audience, &e.Country, &e.Device, &e.CorrelationID} {
		*field = "+1"
	}
	var body bytes.Buffer
	w := NewTableWriter(&body, nil)
	if err := w.Write([]performance.Event{e}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&body).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(err, rows)
	}
	for i, cell := range rows[1] {
		if isFormula(cell) {
			t.Errorf("%s is %q", rows[0][i], cell)
		}
	}
}

func TestAnEmptyTableHasItsHeader(t *testing.T) {
	var body bytes.Buffer
	if err := NewTableWriter(&body, []string{"views"}).Close(); err != nil || !strings.HasPrefix(body.String(), "event_id,") || !strings.Contains(body.String(), "custom.views") {
		t.Error(err, body.String())
	}
}
