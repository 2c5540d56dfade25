package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

// folder writes the two parts and returns where.
func folder(t *testing.T, train, test string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"train.csv": train, "test.csv": test} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const header = "series,index,value\n"

// rows of a series whose value i is v(i), from index first to last.
func rows(name string, first, last int, v func(i int) float64) string {
	var b strings.Builder
	for i := first; i <= last; i++ {
		fmt.Fprintf(&b, "%s,%d,%g\n", name, i, v(i))
	}
	return b.String()
}

func TestAConstantAndASeason(t *testing.T) {
	seven := func(int) float64 { return 7 }
	week := func(i int) float64 { return 10 + float64(i%7)*float64(i%7) }
	dir := folder(t, header+rows("flat", 1, 40, seven)+rows("week", 1, 70, week),
		header+rows("flat", 41, 47, seven)+rows("week", 71, 77, week))
	tick := time.Unix(0, 0)
	r, err := Run(t.Context(), Options{Dir: dir, Season: 7, Horizon: 7, Workers: 1, Now: func() time.Time {
		tick = tick.Add(time.Second)
		return tick
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Series != 2 || r.Unscaled != 2 || r.SMAPE > 0.01 || r.SecondsPerSeries != 1 {
		t.Errorf("two series that repeat themselves: %+v", r)
	}
	if r.Coverage80 < 0.99 || r.Coverage95 < 0.99 {
		t.Errorf("exact forecasts lie in their intervals: %+v", r)
	}
}

// The measures of one short series, worked by hand: a forecast of two values
// can only repeat a mean of them, and Naive2 repeats the last.
func TestMeasuresByHand(t *testing.T) {
	dir := folder(t, header+"a,1,10\na,2,20\n", header+"a,1,30\na,2,20\n")
	r, err := Run(t.Context(), Options{Dir: dir, Season: 1, Horizon: 2})
	if err != nil {
		t.Fatal(err)
	}
	// 200*10/50 and 0; MAE 5 over a scale of 10
	if math.Abs(r.Naive2.SMAPE-20) > 1e-9 || math.Abs(r.Naive2.MASE-0.5) > 1e-9 {
		t.Errorf("Naive2: %+v", r.Naive2)
	}
	if want := (r.SMAPE/20 + r.MASE/0.5) / 2; math.Abs(r.OWA-want) > 1e-9 {
		t.Errorf("OWA %g, want %g", r.OWA, want)
	}
}

func TestWorkersDoNotChangeTheReport(t *testing.T) {
	var train, test strings.Builder
	train.WriteString(header)
	test.WriteString(header)
	for k := range 9 {
		v := func(i int) float64 { return 50 + 9*math.Sin(float64(i*i+k)) + float64(i%5) }
		train.WriteString(rows(fmt.Sprint("s", k), 1, 60, v))
		test.WriteString(rows(fmt.Sprint("s", k), 61, 65, v))
	}
	dir := folder(t, train.String(), test.String())
	one, err := Run(t.Context(), Options{Dir: dir, Season: 5, Horizon: 5, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	four, err := Run(t.Context(), Options{Dir: dir, Season: 5, Horizon: 5, Workers: 4})
	if err != nil || one != four {
		t.Errorf("one worker %+v\nfour %+v, %v", one, four, err)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := folder(t, header+"a,1,1\n", header+"a,1,1\n")
	if _, err := Run(ctx, Options{Dir: dir, Season: 1, Horizon: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	good := header + "a,1,1\na,2,3\n"
	for what, c := range map[string]struct {
		train, test string
		opts        Options
		want        error
		says        string
	}{
		"no header":       {"", good, Options{Season: 1, Horizon: 1}, ErrFormat, "no header"},
		"other columns":   {"id,t,y\n", good, Options{Season: 1, Horizon: 1}, ErrFormat, "id,t,y"},
		"no number":       {header + "a,1,x\n", good, Options{Season: 1, Horizon: 1}, ErrFormat, `line 2: "x"`},
		"a short row":     {header + "a,1\n", good, Options{Season: 1, Horizon: 1}, ErrFormat, "wrong number of fields"},
		"an index twice":  {header + "a,1,1\na,1,2\n", good, Options{Season: 1, Horizon: 1}, ErrFormat, "index 1 stands twice"},
		"seconds":         {header + "a,1,1\na,3600001,2\n", good, Options{Season: 1, Horizon: 1}, ErrFormat, "not seconds"},
		"no history":      {header + "b,1,1\n", good, Options{Season: 1, Horizon: 1}, ErrMismatch, "a stands in test.csv only"},
		"no series":       {good, header, Options{Season: 1, Horizon: 1}, ErrMismatch, "no series"},
		"an empty series": {header + "a,1,NA\n", good, Options{Season: 1, Horizon: 1}, ErrMismatch, "a cannot be forecast"},
		"season":          {good, good, Options{Horizon: 1}, fault.ErrInvalid, "season"},
		"horizon":         {good, good, Options{Season: 1}, fault.ErrInvalid, "horizon"},
	} {
		c.opts.Dir = folder(t, c.train, c.test)
		_, err := Run(t.Context(), c.opts)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Run(t.Context(), Options{Dir: t.TempDir(), Season: 1, Horizon: 1}); !errors.Is(err, ErrFolder) {
		t.Errorf("no files: %v", err)
	}
}

func TestReadingOrdersAndMarksGaps(t *testing.T) {
	p, err := parse(strings.NewReader("\ufeffValue, Series ,index\n3,a,30\n1,a,28\n9,b,2020-01-02\n8,b,2020-01-01\n,c,1\n nan ,c,2\n5,c,4\n"), "x")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(p.names, p.values["a"], p.values["b"], p.values["c"])
	if want := "[a b c] [1 NaN 3] [9 8] [NaN NaN NaN 5]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReportAsTextAndJSON(t *testing.T) {
	r := Report{Series: 3, Season: 24, Horizon: 48, SMAPE: 9.3281, MASE: 0.893, OWA: 0.44,
		Naive2: Errors{SMAPE: 18.383, MASE: 2.395}, Coverage80: 0.805, Coverage95: 0.948, SecondsPerSeries: 0.05}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 series, season 24, horizon 48", "9.328", "18.383", "0.440", "hold 80.5 %", "94.8 %", "0.0500 seconds"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"smape":9.3281`, `"mase":0.893`, `"owa":0.44`, `"coverage_80":0.805`, `"coverage_95":0.948`, `"seconds_per_series":0.05`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the JSON lacks %s: %s", want, b)
		}
	}
}
