package lookalike

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

func trial(folds int) Trial {
	return Trial{Source: Source{Label: "income", Positive: ">50K", Seed: 1}, Folds: folds, Now: time.Now}
}

// people in the tests whose outcome depends on how many there are
func size(short, full int) int {
	if testing.Short() {
		return short
	}
	return full
}

func TestCensusIsToldApartAboutAsWellAsCanBe(t *testing.T) {
	c := newCensus(size(3000, 16000), 1)
	r, err := CrossValidate(t.Context(), strings.NewReader(c.text), trial(3))
	if err != nil {
		t.Fatal(err)
	}
	short := c.best() - r.AUC // what even the truth could not say better
	if limit := map[bool]float64{true: 0.04, false: 0.012}[testing.Short()]; short > limit || r.AUC < 0.88 {
		t.Errorf("AUC %.4f where the true chances have %.4f", r.AUC, c.best())
	}
	if r.AUC < r.Additive+0.01 {
		t.Errorf("interactions bring nothing: %.4f beside %.4f", r.AUC, r.Additive)
	}
	if r.Lowest > r.AUC || r.Highest < r.AUC || r.Spread <= 0 || len(r.Folds) != 3 || r.Used != len(c.people) {
		t.Errorf("%+v", r)
	}
	if r.Held.Off > 0.02 {
		t.Errorf("chances are off by %.3f", r.Held.Off)
	}
	if lift := r.Held.Lift; lift[0].Lift < lift[3].Lift || lift[len(lift)-1].Lift != 1 || lift[len(lift)-1].Found != 1 {
		t.Errorf("%+v", lift)
	}
	if first := r.Features[0].Name; first != "capital-gain" && first != "age" {
		t.Errorf("%s matters most: %+v", first, r.Features)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil || !strings.HasPrefix(text.String(), "AUC") {
		t.Errorf("%v: %s", err, &text)
	}
}

func TestLabelsByChanceAreNotLearned(t *testing.T) {
	c := newCensus(2000, 2)
	r := rand.New(rand.NewPCG(3, 3))
	var b strings.Builder
	b.WriteString(censusHeader + "\n")
	for _, row := range c.rows {
		b.WriteString(strings.Join(row, ",") + [2]string{",<=50K\n", ",>50K\n"}[r.IntN(2)])
	}
	report, err := CrossValidate(t.Context(), strings.NewReader(b.String()), trial(3))
	if err != nil {
		t.Fatal(err)
	}
	if report.AUC < 0.45 || report.AUC > 0.55 {
		t.Errorf("AUC %.3f on labels that mean nothing", report.AUC)
	}
}

// A file sorted by its label, with a counter of rows and a register's numbers,
// must not be told apart by them.
func TestColumnsThatNamePeopleAreLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	b.WriteString("row;register;name;same;colour;who\n")
	for i := range 1000 {
		who := "rest"
		if i >= 500 {
			who = "seed"
		}
		b.WriteString(strings.Join([]string{itoa(i), itoa(1_000_000 + 7*i), "n" + itoa(i), "x", []string{"red", "green"}[r.IntN(2)], who}, ";") + "\n")
	}
	report, err := CrossValidate(t.Context(), strings.NewReader(b.String()), Trial{Source: Source{Label: "who", Positive: "seed"}, Folds: 3, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Kind{LeftOut, LeftOut, LeftOut, LeftOut, Words} {
		if got := report.Columns[i]; got.Kind != want || (want == LeftOut) != (got.Why != "") {
			t.Errorf("%s is %s (%s)", got.Name, got.Kind, got.Why)
		}
	}
	if report.AUC > 0.58 {
		t.Errorf("AUC %.3f by chance", report.AUC)
	}
}

func TestALabelUnderAnotherNameIsSuspected(t *testing.T) {
	c := newCensus(1200, 4)
	var b strings.Builder
	b.WriteString("copy," + censusHeader + "\n")
	for i, row := range c.rows {
		label, kind := "<=50K", "low"
		if c.people[i].y == 1 {
			label, kind = ">50K", "high"
		}
		b.WriteString(kind + "," + strings.Join(row, ",") + "," + label + "\n")
	}
	r, err := CrossValidate(t.Context(), strings.NewReader(b.String()), trial(2))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Suspected, []string{"copy"}) {
		t.Errorf("suspected: %v", r.Suspected)
	}
}

func TestCrossValidationRefusesWhatCannotBeMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		folds int
		want  error
	}{
		"nobody":      {"a,income\n", 5, ErrLabel},
		"few":         {"a,income\n1,>50K\n2,<=50K\n3,>50K\n4,no\n", 2, ErrTooFew},
		"one fold":    {"a,income\n1,>50K\n", 1, ErrFolds},
		"no column":   {"a,b\n1,2\n", 5, ErrLabel},
		"one column":  {"income\n>50K\n", 5, ErrFormat},
		"no header":   {"", 5, ErrFormat},
		"no positive": {"a,income\n1,x\n", 5, ErrLabel},
		"constants":   {"a,income\n" + strings.Repeat("1,>50K\n1,<=50K\n", 100), 2, ErrNothingToLearn},
		"only seed":   {"a,income\n" + strings.Repeat("1,>50K\n2,>50K\n", 100), 2, ErrTooFew},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := CrossValidate(t.Context(), strings.NewReader(c.text), trial(c.folds)); !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}
