package lookalike

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestFilesAsTheyCome(t *testing.T) {
	want := []string{"39", "Adm, clerical", "?"}
	for name, text := range map[string]string{
		"commas and blanks":   "age, job , income, pay\n39, \"Adm, clerical\", >50K, ?\n",
		"semicolons":          "age;job;income;pay\n39;Adm, clerical;>50K;\n",
		"tabs":                "age\tjob\tincome\tpay\n39\tAdm, clerical\t>50K\tNA\n",
		"a mark and returns":  "\ufeffage,job,income,pay\r\n39,\"Adm, clerical\",>50K.,?\r\n",
		"quotes everywhere":   "\"age\",\"job\",\"Income \",\"pay\"\n\"39\",\"Adm, clerical\",\">50K\",\"nan\"\n",
		"a row of other size": "age,job,income,pay\n1,2\n39,\"Adm, clerical\",>50K,null\n\n2,b,?,3\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ReadCSV(t.Context(), strings.NewReader(text), Source{Label: "income", Positive: " >50K"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range l.columns {
				cell := "?"
				if code := c.codes[0]; code != unknown {
					cell = c.words[code]
				}
				got = append(got, cell)
			}
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(l.Positive, []bool{true}) || !reflect.DeepEqual(l.Names(), []string{"age", "job", "pay"}) {
				t.Errorf("%q %v %q", got, l.Positive, l.Names())
			}
			if skipped := strings.Count(text, "\n1,2\n") + strings.Count(text, "2,b,?"); l.Skipped != skipped {
				t.Errorf("%d rows skipped, want %d", l.Skipped, skipped)
			}
		})
	}
}

func TestASampleIsUniformAndInOrder(t *testing.T) {
	const rows, kept, rounds = 50, 10, 2000
	counts := make([]int, rows)
	for round := range rounds {
		s := sampler{limit: kept, random: rand.New(rand.NewPCG(uint64(round), 1))}
		for i := range rows {
			s.add([]string{string(rune('!' + i))})
		}
		last := byte(0)
		for _, cells := range s.sample() {
			row := cells[0][0]
			if row <= last {
				t.Fatal("out of order")
			}
			last = row
			counts[row-'!']++
		}
	}
	for row, n := range counts {
		if n < 320 || n > 480 { // 400 expected, 18 a standard deviation
			t.Errorf("row %d was kept %d times", row, n)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("a,b\n1,x\n2,y\n", "b", "x")
	f.Add("a;b\n\"1;x\n", "a", "\"")
	f.Add("\ufeff", "", "")
	f.Fuzz(func(t *testing.T, text, label, positive string) {
		l, err := ReadCSV(t.Context(), strings.NewReader(text), Source{Label: label, Positive: positive})
		if err != nil {
			return
		}
		if len(l.Positive) != l.Rows() {
			t.Fatalf("%d labels of %d rows", len(l.Positive), l.Rows())
		}
		for _, c := range l.columns {
			if len(c.codes) != l.Rows() {
				t.Fatalf("%s has %d cells of %d", c.name, len(c.codes), l.Rows())
			}
		}
		rows := everyRow(l.Rows())
		b, _ := fitBins(l.Table, rows)
		b.apply(l.Table)
	})
}
