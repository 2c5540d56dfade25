package lookalike

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

func labelled(t *testing.T, c census) Labelled {
	t.Helper()
	l, err := ReadCSV(t.Context(), strings.NewReader(c.text), Source{Label: "income", Positive: ">50K"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What a model says of itself has to hold for people it never saw.
func TestFactsHoldForOtherPeople(t *testing.T) {
	l := labelled(t, newCensus(size(2000, 6000), 7))
	m, err := Train(t.Context(), l.Table, l.Positive, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	other := newCensus(6000, 8)
	fresh := NewTable(l.Names())
	for _, row := range other.rows {
		fresh.Add(row)
	}
	var said []judged
	group, expected := 0.0, 0.0
	for i, score := range m.Scores(fresh) {
		chance := m.Chance(score)
		if !(chance >= 0 && chance <= 1) || math.IsInf(score, 0) {
			t.Fatalf("score %v, chance %v", score, chance)
		}
		said = append(said, judged{score: score, y: other.people[i].y})
		group, expected = group+other.people[i].y, expected+chance
	}
	got, told := auc(said).Value, m.Facts().Held.AUC
	if math.Abs(got-told.Value) > 0.03 {
		t.Errorf("AUC %.4f on other people, %.4f told", got, told.Value)
	}
	if math.Abs(group-expected) > 0.1*group {
		t.Errorf("%.0f expected to belong, %.0f do", expected, group)
	}
}

func TestTheSameSeedGivesTheSameModel(t *testing.T) {
	l := labelled(t, newCensus(1000, 9))
	first, err := Train(t.Context(), l.Table, l.Positive, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	second, err := Train(t.Context(), l.Table, l.Positive, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first.Facts(), second.Facts()) || !reflect.DeepEqual(first.Scores(l.Table), second.Scores(l.Table)) {
		t.Error("two trainings with one seed differ")
	}
}

func TestAnUnknownWordAndAGapAreScored(t *testing.T) {
	l := labelled(t, newCensus(1000, 10))
	m, err := Train(t.Context(), l.Table, l.Positive, Options{})
	if err != nil {
		t.Fatal(err)
	}
	people := NewTable(l.Names())
	people.Add(nil)
	people.Add([]string{"minus", "Circus", "1e400", "-", "", "", "\xff"})
	for _, score := range m.Scores(people) {
		if math.IsNaN(score) || math.IsInf(score, 0) {
			t.Errorf("score %v", score)
		}
	}
}

func TestTrainingEndsWithItsContext(t *testing.T) {
	l := labelled(t, newCensus(500, 11))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Train(ctx, l.Table, l.Positive, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
