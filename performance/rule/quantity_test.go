package rule

import (
	"encoding/json"
	"testing"

	"github.com/hexabuilders/campaignd/fault"
)

func TestUnitsCannotBeConfused(t *testing.T) {
	for _, c := range []struct {
		metric     Metric
		text, want string // want is a code after "!"
	}{
		{"ctr", `{"value":"1.0","unit":"percent"}`, `{"value":"0.01","unit":"fraction"}`},
		{"ctr", `{"value":"0.01","unit":"fraction"}`, `{"value":"0.01","unit":"fraction"}`},
		{"ctr", `{"value":"0.0001","unit":"percent"}`, `{"value":"0.000001","unit":"fraction"}`},
		{"ctr", `{"value":"0.00001","unit":"percent"}`, "!too_precise"},
		{"ctr", `1.0`, "!unit_required"},
		{"ctr", `"1.0"`, "!unit_required"},
		{"ctr", `{"value":"1.0"}`, "!unit_required"},
		{"ctr", `{"value":1.0,"unit":"percent"}`, "!malformed_quantity"},
		{"ctr", `{"value":"1.0","unit":"percent","of":"x"}`, "!malformed_quantity"},
		{"ctr", `{"value":"1,0","unit":"percent"}`, "!money_malformed"},
		{"ctr", `{"value":"NaN","unit":"fraction"}`, "!money_malformed"},
		{"ctr", `{"value":"1","unit":"ratio"}`, "!unit_mismatch"},
		{"ctr", `{"amount":"1","currency":"USD"}`, "!unit_mismatch"},
		{"ctr", `null`, "!required"},
		{"ctr", ``, "!required"},
		{"cpa", `{"amount":"5.00","currency":"USD"}`, `{"amount":"5.00","currency":"USD"}`},
		{"cpa", `{"amount":"5.00"}`, "!unknown_currency"},
		{"cpa", `{"amount":"5.00","currency":"usd"}`, "!unknown_currency"},
		{"cpa", `{"value":"5.00","unit":"money"}`, "!malformed_quantity"},
		{"cpa", `{"value":"5.00","amount":"5.00","currency":"USD"}`, "!malformed_quantity"},
		{"cpa", `{"value":"5.00","unit":"ratio"}`, "!unit_mismatch"},
		{"roas", `{"value":"1.5","unit":"ratio"}`, `{"value":"1.5","unit":"ratio"}`},
		{"roas", `{"value":"150","unit":"percent"}`, "!unit_mismatch"},
		{"clicks", `{"value":"1000","unit":"count"}`, `{"value":"1000","unit":"count"}`},
		{NoSpend, `{"value":"6","unit":"hours"}`, `{"value":"6","unit":"hours"}`},
		{NoSpend, `{"value":"6","unit":"minutes"}`, "!unit_mismatch"},
	} {
		var wrong fault.Fields
		q := Parse("condition.threshold", []byte(c.text), c.metric, &wrong)
		got := string(must(json.Marshal(q)))
		if len(wrong) > 0 {
			got = "!" + wrong[0].Code
			if wrong[0].Allow == "" || wrong[0].Detail == "" {
				t.Errorf("%s %s: %+v does not say what to write", c.metric, c.text, wrong[0])
			}
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.metric, c.text, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range asWritten {
		f.Add(text)
	}
	f.Add(`1.0`)
	f.Fuzz(func(t *testing.T, text string) {
		var wrong fault.Fields
		q := Parse("threshold", []byte(text), "", &wrong)
		if len(wrong) > 0 {
			return
		}
		if q.Unit == Percent {
			t.Fatal("a percentage was kept as one")
		}
		again := Parse("threshold", must(json.Marshal(q)), "", &wrong)
		if len(wrong) > 0 || again != q {
			t.Fatalf("%s was read as %+v, and that as %+v %v", text, q, again, wrong)
		}
	})
}

func TestWhatARuleCannotSay(t *testing.T) {
	usd := func(units int64) *Quantity { return &Quantity{Micros: units * million, Unit: Amount, Currency: "USD"} }
	share := func(micros int64) *Quantity { return &Quantity{Micros: micros, Unit: Fraction} }
	for name, c := range map[string]struct {
		change func(*Definition)
		path   string
	}{
		"no name":                 {func(d *Definition) { d.Name = " " }, "name"},
		"no such severity":        {func(d *Definition) { d.Severity = "URGENT" }, "severity"},
		"no such metric":          {func(d *Definition) { d.Condition.Metric = "ctrs" }, "condition.metric"},
		"no such operator":        {func(d *Definition) { d.Condition.Operator = "<" }, "condition.operator"},
		"no threshold":            {func(d *Definition) { d.Condition.Threshold = nil }, "condition.threshold"},
		"a rate above 100 %":      {func(d *Definition) { d.Condition.Threshold = share(1_000_001) }, "condition.threshold"},
		"money for a rate":        {func(d *Definition) { d.Condition.Threshold = usd(1) }, "condition.threshold"},
		"a band without operator": {func(d *Definition) { d.Condition.Low = share(1) }, "condition.low"},
		"a band upside down": {func(d *Definition) {
			d.Condition = Condition{Metric: "ctr", Operator: Outside, Low: share(9), High: share(9)}
		}, "condition.high"},
		"an anomaly's filter": {func(d *Definition) { d.Condition.Kinds = []string{"spike"} }, "condition.kinds"},
		"no such window":      {func(d *Definition) { d.Window.Kind = "week" }, "window.kind"},
		"no window":           {func(d *Definition) { d.Window.Kind = "" }, "window.kind"},
		"no such kind of anomaly": {func(d *Definition) {
			*d = New("Odd", Condition{Metric: Anomaly, Operator: AtLeast, Threshold: share(0), Kinds: []string{"spike", "spikes"}})
		}, "condition.kinds[1]"},
		"no such figure of anomalies": {func(d *Definition) {
			*d = New("Odd", Condition{Metric: Anomaly, Operator: AtLeast, Threshold: share(0), KPIs: []string{"ctrs"}})
		}, "condition.kpis[0]"},
		"a window of one day":        {func(d *Definition) { d.Window = Window{Days, 1} }, "window.days"},
		"days of a day":              {func(d *Definition) { d.Window = Window{Day, 7} }, "window.days"},
		"a sample below nothing":     {func(d *Definition) { d.MinimumSample = -1 }, "minimum_sample"},
		"a cooldown below nothing":   {func(d *Definition) { d.Cooldown = -1 }, "cooldown_minutes"},
		"a hysteresis of everything": {func(d *Definition) { d.Hysteresis.Micros = million }, "hysteresis"},
		"no such type":               {func(d *Definition) { d.Scope.Types = []string{"PRINT"} }, "scope.types[0]"},
		"a sum that is too low":      {func(d *Definition) { *d = highSpend(1, Window{Kind: Day}); d.Condition.Operator = Below }, "condition.operator"},
		"half a click": {func(d *Definition) {
			*d = New("Clicks", Condition{Metric: "clicks", Operator: Above, Threshold: &Quantity{million * 3 / 2, Count, ""}})
		}, "condition.threshold"},
		"a budget's window": {func(d *Definition) {
			*d = New("Budget", Condition{Metric: BudgetUsed, Operator: AtLeast, Threshold: share(800_000)})
			d.Window.Kind = Day
		}, "window"},
		"a sample of money": {func(d *Definition) { *d = highSpend(1, Window{Kind: Day}); d.MinimumSample = 5 }, "minimum_sample"},
		"a budget of one channel": {func(d *Definition) {
			*d = New("Budget", Condition{Metric: BudgetUsed, Operator: AtLeast, Threshold: share(800_000)})
			d.Scope.Channels = []string{"web"}
		}, "scope.channels"},
		"more hours than there can be": {func(d *Definition) {
			*d = New("Quiet", Condition{Metric: NoSpend, Operator: AtLeast, Threshold: &Quantity{721 * million, Hours, ""}})
		}, "condition.threshold"},
	} {
		d := lowCTR()
		c.change(&d)
		err := fault.As(d.check([]string{"SEARCH"}))
		if err == nil || len(err.Fields) == 0 || err.Fields[0].Path != c.path || err.Fields[0].Allow == "" {
			t.Errorf("%s: %+v, want a refusal of %s", name, err, c.path)
		}
	}
	for _, d := range []Definition{lowCTR(), highSpend(5, Window{Days, 7}), highSpend(5, Window{Kind: Life})} {
		if err := d.check(nil); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
	}
}
