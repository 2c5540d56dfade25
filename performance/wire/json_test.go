package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

const campaign = "01970e3c-8c1b-7c3e-9d2a-5b1f0c6d7e8f"

// fact is a good event with more members, or other ones, put in.
func fact(more string) string {
	return `{"event_id":"e1","campaign_id":"` + campaign + `","occurred_at":"2026-03-01T12:00:00Z"` + more + `}`
}

const good = `,"metrics":{"impressions":120,"clicks":3,"spend":"1.23"}`

func TestDecodeJSONReadsEveryField(t *testing.T) {
	batch, err := DecodeJSON([]byte(` {"events" : [ {
		"event_id":"caf\u00e9 \ud83d\ude00\n","campaign_id":"` + campaign + `","occurred_at":"2026-03-01T12:00:00.123456-05:00",
		"channel":"search","source":"google","ad":"a","creative":"c","audience":"au","country":"CO","device":"mobile",
		"currency":"USD","correlation_id":"x","restates":{"reference":"T-1","cause":"refund"},"metadata":{"k":[1,{"z":null}]},
		"metrics":{"impressions":-5,"clicks":0,"conversions":1,"leads":2,"spend":"-1.23","revenue":"9.9","reach":7,"brand_lift":0.5,"quality_score":"7"},
		"custom":{"views":1.5,"add_to_cart":"2"}} ] } `))
	if err != nil || len(batch.Rejected) > 0 {
		t.Fatal(err, batch.Rejected)
	}
	want := performance.Event{
		ID: "café 😀\n", Campaign: uuid.MustParse(campaign),
		OccurredAt: time.Date(2026, 3, 1, 17, 0, 0, 123456000, time.UTC).UnixMicro(),
		Dimensions: performance.Dimensions{Channel: "search", Source: "google", Ad: "a", Creative: "c", Audience: "au", Country: "CO", Device: "mobile"},
		Currency:   "USD", CorrelationID: "x", Cause: "refund", Reference: "T-1", Metadata: `{"k":[1,{"z":null}]}`,
		Metrics: performance.Metrics{
			Impressions: -5, Conversions: 1, Leads: 2, Spend: -1_230_000, Revenue: 9_900_000, Reach: 7,
			BrandLift: 500_000, QualityScore: 7_000_000, Present: 1<<performance.NumMetrics - 1,
		},
		Custom: []performance.Custom{{Name: "add_to_cart", Value: 2_000_000}, {Name: "views", Value: 1_500_000}},
	}
	if diff := cmp.Diff([]performance.Event{want}, batch.Events); diff != "" {
		t.Error(diff)
	}
}

func TestABadEventIsRefusedByIndexAndTheRestTaken(t *testing.T) {
	tests := []struct{ name, event, code, says string }{
		{"unknown field", fact(`,"impressions":1`), "unknown_field", "allowed are event_id"},
		{"unknown metric", fact(`,"metrics":{"likes":1}`), "unknown_field", "belongs in custom"},
		{"duplicate key", fact(`,"channel":"a","channel":"b"` + good), "duplicate_field", `"channel"`},
		{"duplicate metric", fact(`,"metrics":{"clicks":1,"clicks":1}`), "duplicate_field", "metrics.clicks"},
		{"duplicate custom", fact(`,"custom":{"a":1,"b":1,"a":1}`), "duplicate_field", "custom.a"},
		{"unknown cause", fact(`,"restates":{"cause":"mistake"}` + good), "unknown_cause", "late_conversion, invalid_traffic"},
		{"no cause", fact(`,"restates":{"reference":"T-1"}` + good), "required", "restates has no cause"},
		{"empty restates", fact(`,"restates":{}` + good), "required", "restates has no cause"},
		{"cause of another type", fact(`,"restates":{"cause":7}` + good), "wrong_type", "restates.cause"},
		{"unknown in restates", fact(`,"restates":{"cause":"refund","why":"x"}` + good), "unknown_field", "cause, reference"},
		{"cause twice", fact(`,"restates":{"cause":"refund","cause":"refund"}` + good), "duplicate_field", "restates.cause"},
		{"long reference", fact(`,"restates":{"cause":"refund","reference":"` + strings.Repeat("x", 129) + `"}` + good), "too_long", "restates_reference"},
		{"NaN", fact(`,"metrics":{"clicks":NaN}`), "not_finite", "NaN"},
		{"infinity in money", fact(`,"metrics":{"spend":-Infinity}`), "not_finite", ""},
		{"NaN after another fault", fact(`,"nope":1,"metrics":{"clicks":NaN}`), "not_finite", ""},
		{"1e400", fact(`,"metrics":{"clicks":1e400}`), "wrong_type", "whole number"},
		{"1e400 custom", fact(`,"custom":{"x":1e400}`), "invalid_money", "exponent"},
		{"2^53+1", fact(`,"metrics":{"clicks":9007199254740993}`), "out_of_range", "too large"},
		{"beyond int64", fact(`,"metrics":{"clicks":99999999999999999999}`), "out_of_range", ""},
		{"fraction of a click", fact(`,"metrics":{"clicks":1.5}`), "wrong_type", "whole number"},
		{"count as text", fact(`,"metrics":{"clicks":"1"}`), "wrong_type", "a string"},
		{"money as number", fact(`,"metrics":{"spend":1.23}`), "invalid_money", "decimal string"},
		{"money too fine", fact(`,"metrics":{"spend":"0.0000001"}`), "invalid_money", "6 decimals"},
		{"money too large", fact(`,"metrics":{"spend":"99999999999999999999"}`), "out_of_range", ""},
		{"money beyond one event", fact(`,"metrics":{"spend":"1000000000.01"}`), "out_of_range", ""},
		{"money with zeros first", fact(`,"metrics":{"spend":"007"}`), "invalid_money", ""},
		{"no metrics", fact(``), "required", "metrics"},
		{"empty metrics", fact(`,"metrics":{},"custom":{}`), "required", ""},
		{"null metrics", fact(`,"metrics":null`), "required", ""},
		{"no id", `{"campaign_id":"` + campaign + `","occurred_at":"2026-03-01T12:00:00Z"` + good + `}`, "required", "event_id"},
		{"empty id", `{"event_id":""}`, "required", "event_id"},
		{"long id", `{"event_id":"` + strings.Repeat("x", 129) + `"}`, "too_long", "128"},
		{"no campaign", `{"event_id":"a","occurred_at":"2026-03-01T12:00:00Z"` + good + `}`, "required", "campaign_id"},
		{"bad campaign", `{"event_id":"a","campaign_id":"7"}`, "invalid_id", "UUID"},
		{"no time", `{"event_id":"a","campaign_id":"` + campaign + `"` + good + `}`, "required", "occurred_at"},
		{"bad time", `{"event_id":"a","occurred_at":"yesterday"}`, "invalid_time", "RFC 3339"},
		{"no such day", `{"event_id":"a","occurred_at":"2026-02-30T00:00:00Z"}`, "invalid_time", ""},
		{"long channel", fact(`,"channel":"` + strings.Repeat("x", 129) + `"` + good), "too_long", "channel"},
		{"channel a number", fact(`,"channel":7` + good), "wrong_type", "a number"},
		{"metrics an array", fact(`,"metrics":[1]`), "wrong_type", "an array"},
		{"event a string", `"x"`, "wrong_type", "An event"},
		{"metadata a string", fact(good + `,"metadata":"x"`), "wrong_type", "metadata"},
		{"metadata too long", fact(good + `,"metadata":{"a":"` + strings.Repeat("x", 4096) + `"}`), "too_long", "4096"},
		{"bad UTF-8", fact(good + ",\"channel\":\"\xff\""), "invalid_utf8", "channel"},
		{"half a surrogate", fact(good + `,"channel":"\ud83d"`), "invalid_utf8", "channel"},
		{"bad UTF-8 in metadata", fact(good + ",\"metadata\":{\"a\":\"\xff\"}"), "invalid_utf8", "metadata"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"events":[` + fact(good) + `,` + tt.event + `,` + fact(good) + `]}`
			batch, err := DecodeJSON([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			if len(batch.Events) != 2 || !cmp.Equal(batch.Index, []int{0, 2}) || len(batch.Rejected) != 1 {
				t.Fatalf("%d taken at %v, refused %v", len(batch.Events), batch.Index, batch.Rejected)
			}
			got := batch.Rejected[0]
			if got.Index != 1 || got.Code != tt.code || !strings.Contains(got.Detail, tt.says) {
				t.Errorf("refused %+v, want %s saying %q", got, tt.code, tt.says)
			}
		})
	}
}

func TestABrokenDocumentIsOneErrorWithThePlace(t *testing.T) {
	tests := []struct{ name, body, says string }{
		{"empty", ``, "byte 0"},
		{"array", `[]`, "byte 0"},
		{"cut off", `{"events":[{"event_id":"a"`, "byte 26"},
		{"no events", `{}`, `no "events"`},
		{"another member", `{"event":[]}`, `"event"`},
		{"twice", `{"events":[],"events":[]}`, "once"},
		{"events an object", `{"events":{}}`, "an object"},
		{"more text", `{"events":[]} x`, "byte 14"},
		{"zero byte behind", "{\"events\":[]}\x00", "more text"},
		{"comma at the end", `{"events":[1,]}`, "comma"},
		{"leading zero", `{"events":[{"metrics":{"clicks":01}}]}`, "number"},
		{"bare word", `{"events":[nope]}`, "expected a value"},
		{"bad escape", `{"events":[{"event_id":"\x"}]}`, "escape"},
		{"control character", "{\"events\":[{\"event_id\":\"\n\"}]}", "control"},
		{"too deep", `{"events":[{"metadata":` + strings.Repeat("[", 100_000) + `}]}`, "deeper"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeJSON([]byte(tt.body))
			if fault.KindOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want malformed saying %q", err, tt.says)
			}
		})
	}
}

func TestADocumentIsBounded(t *testing.T) {
	events := strings.Repeat(fact(good)+",", performance.MaxEvents) + fact(good)
	if _, err := DecodeJSON([]byte(`{"events":[` + events + `]}`)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("%d events: %v", performance.MaxEvents+1, err)
	}
	source, err := Open("application/json", endless{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Next(1); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a body without end: %v", err)
	}
}

// endless is a body of spaces.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// oracle reads a document with encoding/json.
type oracle struct {
	Events []struct {
		EventID    string    `json:"event_id"`
		CampaignID uuid.UUID `json:"campaign_id"`
		OccurredAt time.Time `json:"occurred_at"`
		Channel    string    `json:"channel"`
		Metrics    struct {
			Impressions int64  `json:"impressions"`
			Clicks      int64  `json:"clicks"`
			Spend       string `json:"spend"`
		} `json:"metrics"`
	} `json:"events"`
}

func FuzzDecodeJSON(f *testing.F) {
	for _, body := range []string{
		`{"events":[` + fact(good) + `]}`, `{"events":[` + fact(good+`,"channel":"\u00e9\ud83d\ude00"`) + `,{}]}`,
		`{"events":[` + fact(`,"metrics":{"clicks":-0}`) + `]}`, `{"events":[NaN]}`, `{"events":[{"metadata":{"a":[]}}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		batch, err := DecodeJSON(body)
		if err != nil {
			return
		}
		if len(batch.Events)+len(batch.Rejected) != batch.Read {
			t.Fatalf("%d taken and %d refused of %d", len(batch.Events), len(batch.Rejected), batch.Read)
		}
		if len(batch.Rejected) > 0 {
			return // some refusals are of text that encoding/json reads, or the reverse
		}
		var want oracle
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		for i, e := range batch.Events {
			w := want.Events[i]
			if e.ID != w.EventID || e.Campaign != w.CampaignID || e.OccurredAt != w.OccurredAt.UnixMicro() ||
				e.Channel != w.Channel || e.Impressions != w.Metrics.Impressions || e.Clicks != w.Metrics.Clicks {
				t.Fatalf("event %d: %+v, want %+v", i, e, w)
			}
		}
	})
}

func BenchmarkDecodeJSON(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"events":[`)
	for i := range 1000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"event_id":%q,"campaign_id":%q,"occurred_at":"2026-03-01T12:00:%02d.%06dZ","channel":"search","source":"bench","metrics":{"impressions":%d,"clicks":%d,"conversions":1,"spend":"1.%02d","revenue":"9.90"}}`,
			uuid.Must(uuid.NewV7()), campaign, i%60, i, i, i%10, i%100)
	}
	body.WriteString(`]}`)
	text := []byte(body.String())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		batch, err := DecodeJSON(text)
		if err != nil || len(batch.Events) != 1000 {
			b.Fatal(err, batch.Rejected)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}
