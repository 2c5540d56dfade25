package money

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/fault"
)

func TestMarshalJSON(t *testing.T) {
	for want, m := range map[string]Money{
		`{"amount":"12.50","currency":"USD"}`:                 New(12_500_000, "USD"),
		`{"amount":"-3","currency":"JPY"}`:                    New(-3_000_000, "JPY"),
		`{"amount":"0.000","currency":"KWD"}`:                 Zero("KWD"),
		`{"amount":"-9223372036854.775808","currency":"EUR"}`: New(math.MinInt64, "EUR"),
		`null`: {},
	} {
		if got, err := json.Marshal(m); string(got) != want || err != nil {
			t.Errorf("%s: %s, %v", m, got, err)
		}
	}
}

func TestMarshalJSONRefusesWhatCouldNotBeReadBack(t *testing.T) {
	for _, m := range []Money{New(1, ""), New(1, "usd"), Zero(`"`)} {
		if got, err := json.Marshal(m); !errors.Is(err, ErrUnknownCurrency) {
			t.Errorf("%s: %s, %v", m, got, err)
		}
	}
}

func TestUnmarshalJSON(t *testing.T) {
	for input, want := range map[string]Money{
		`{"amount":"12.50","currency":"USD"}`:               New(12_500_000, "USD"),
		` { "currency" : "JPY" , "amount" : "-0.000001" } `: New(-1, "JPY"),
		`{"amount":"9007199254.740993","currency":"USD"}`:   New(1<<53+1, "USD"),
		`{"\u0061mount":"\u0031.5","currency":"\u0055SD"}`:  New(1_500_000, "USD"),
		`null`: New(99, "CLF"), // as it was
	} {
		got := New(99, "CLF")
		if err := json.Unmarshal([]byte(input), &got); got != want || err != nil {
			t.Errorf("%s: %s, %v", input, got, err)
		}
	}
}

func TestUnmarshalJSONRefuses(t *testing.T) {
	for _, tc := range []struct {
		input    string
		sentinel *fault.Error
		detail   string // what it must say, in part
	}{
		{`{"amount":12.5,"currency":"USD"}`, ErrMalformed, `send a decimal string such as "12.50"`},
		{`{"amount":-1,"currency":"USD"}`, ErrMalformed, "JSON number"},
		{`{"amount":1e400,"currency":"USD"}`, ErrMalformed, "JSON number"},
		{`{"amount":null,"currency":"USD"}`, ErrMalformed, "The amount of money must be a JSON string"},
		{`{"amount":"1","currency":840}`, ErrMalformed, "The currency of money must be a JSON string"},
		{`{"amount":"1"}`, ErrMalformed, "needs its currency"},
		{`{"currency":"USD"}`, ErrMalformed, "needs its amount"},
		{`{}`, ErrMalformed, "needs its amount"},
		{`{"amount":"1","amount":"2","currency":"USD"}`, ErrMalformed, "has its amount twice"},
		{`{"amount":"1","currency":"USD","\u0063urrency":"USD"}`, ErrMalformed, "has its currency twice"},
		{`{"Amount":"1","currency":"USD"}`, ErrMalformed, `no member "Amount"`},
		{`{"amount":"1","currency":"USD","micros":[{}]}`, ErrMalformed, `no member "micros"`},
		{`"12.50 USD"`, ErrMalformed, "must be an object"},
		{`12.5`, ErrMalformed, "must be an object"},
		{`[]`, ErrMalformed, "must be an object"},
		{`{"amount":"1e2","currency":"USD"}`, ErrMalformed, `"1e2" is not an amount`},
		{`{"amount":"","currency":"USD"}`, ErrMalformed, "empty"},
		{`{"amount":"1.0000000","currency":"USD"}`, ErrTooPrecise, "7 decimals"},
		{`{"amount":"10000000000000","currency":"USD"}`, ErrOverflow, "too large"},
		{`{"amount":"1","currency":"usd"}`, ErrUnknownCurrency, "upper case"},
		{`{"amount":"1","currency":""}`, ErrUnknownCurrency, `""`},
	} {
		got := New(99, "CLF")
		err := json.Unmarshal([]byte(tc.input), &got)
		if got != New(99, "CLF") || !errors.Is(err, tc.sentinel) || !strings.Contains(err.Error(), tc.detail) {
			t.Errorf("%s: %s, %v", tc.input, got, err)
		}
	}
}

func TestUnmarshalJSONAlone(t *testing.T) {
	for _, input := range []string{
		``, `{`, `{"amount"`, `{"amount":"1"`, `{"amount":"1","currency":"USD"`, `{"amount":"1","currency":"USD"}}`,
		`{"amount":"1","currency":"USD"} {}`, `{amount:1}`, `nul`,
	} {
		var got Money
		if err := got.UnmarshalJSON([]byte(input)); got != (Money{}) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %s, %v", input, got, err)
		}
	}
}

func TestJSONReadsBackInsideOtherTypes(t *testing.T) {
	type budget struct {
		Limit  Money  `json:"limit"`
		Daily  *Money `json:"daily,omitempty"`
		Unused Money  `json:"unused"`
	}
	rapid.Check(t, func(t *rapid.T) {
		daily := New(rapid.Int64().Draw(t, "daily"), anyCurrency().Draw(t, "currency"))
		want := budget{Limit: New(rapid.Int64().Draw(t, "limit"), daily.Currency), Daily: &daily}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got budget
		if err := json.Unmarshal(data, &got); err != nil || got.Limit != want.Limit || *got.Daily != daily || got.Unused != (Money{}) {
			t.Fatalf("%s reads as %+v, %v", data, got, err)
		}
	})
}

func FuzzUnmarshalJSON(f *testing.F) {
	f.Add([]byte(`{"amount":"12.50","currency":"USD"}`))
	f.Add([]byte(`{"amount":1,"currency":"USD","amount":"2"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m, again Money
		if err := m.UnmarshalJSON(data); err != nil {
			if fault.As(err) == nil || m != (Money{}) {
				t.Fatalf("%q: %s, %v", data, m, err)
			}
			return
		}
		printed, err := m.MarshalJSON()
		if err != nil || again.UnmarshalJSON(printed) != nil && string(printed) != "null" || again != m {
			t.Fatalf("%q reads as %s, which is %s, %v", data, m, printed, err)
		}
	})
}
