package cluster

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// crowd has three kinds of people: frequent buyers in Lima, visitors who never
// buy, and those who are gone, who are of Cusco.
func crowd(n int, seed uint64) (columns []Column, truth []int) {
	r := rand.New(rand.NewPCG(seed, 1))
	visits, buys, idle := make([]float64, n), make([]float64, n), make([]float64, n)
	city := make([]string, n)
	truth = make([]int, n)
	for i := range n {
		kind := []int{0, 0, 0, 1, 1, 2}[r.IntN(6)]
		truth[i] = kind
		pick := func(name string, often float64) string {
			if r.Float64() < often {
				return name
			}
			return []string{"Lima", "Cusco", "Piura", ""}[r.IntN(4)]
		}
		switch kind {
		case 0:
			visits[i], buys[i], idle[i], city[i] = 40+10*r.NormFloat64(), 8+2*r.NormFloat64(), 5+2*r.Float64(), pick("Lima", 0.8)
		case 1:
			visits[i], buys[i], idle[i], city[i] = 20+5*r.NormFloat64(), 0, 20+6*r.NormFloat64(), pick("Piura", 0.3)
		default:
			visits[i], buys[i], idle[i], city[i] = 2+r.Float64(), 1, 200+30*r.NormFloat64(), pick("Cusco", 0.7)
		}
	}
	visits[0], city[1] = math.NaN(), ""
	return []Column{{Name: "visits", Numbers: visits}, {Name: "purchases", Numbers: buys}, {Name: "days_since_visit", Numbers: idle}, {Name: "city", Words: city}}, truth
}

func TestKindsOfPeopleAreFoundAndNamed(t *testing.T) {
	columns, truth := crowd(1500, 3)
	r, err := Find(t.Context(), columns, 1500, Options{Seed: 1, Max: 6})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Clusters) != 3 || !r.Structured || !r.Stable {
		t.Fatalf("%d clusters, structured %v, stable %v: %+v", len(r.Clusters), r.Structured, r.Stable, r.Candidates)
	}
	right := 0
	for i, at := range r.Of {
		if at == truth[i] { // kinds are numbered by size too
			right++
		}
	}
	if right < 1450 {
		t.Errorf("%d of 1500 are with their kind", right)
	}
	if again := r.Model.Assign(columns, 1500); !reflect.DeepEqual(again, r.Of) {
		t.Error("the model does not tell again who belongs where")
	}
	chosen := 0
	for _, c := range r.Candidates {
		if c.Chosen {
			chosen = c.K
		}
	}
	if chosen != 3 || len(r.Candidates) != 5 {
		t.Errorf("%+v", r.Candidates)
	}
	for i, want := range []string{"high purchases", "", "days since visit"} {
		if name := strings.ToLower(r.Clusters[i].Name); !strings.Contains(name, want) {
			t.Errorf("cluster %d is called %q: %+v", i, name, r.Clusters[i].Traits)
		}
	}
	if first := r.Clusters[0]; first.Share < 0.4 || first.Share > 0.6 || first.People != int(math.Round(first.Share*1500)) {
		t.Errorf("%+v", first)
	}
}

func TestShuffledPeopleHaveNoStructure(t *testing.T) {
	columns, _ := crowd(1200, 5)
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range columns {
		r.Shuffle(1200, func(i, j int) {
			if c.Numbers != nil {
				c.Numbers[i], c.Numbers[j] = c.Numbers[j], c.Numbers[i]
			} else {
				c.Words[i], c.Words[j] = c.Words[j], c.Words[i]
			}
		})
	}
	found, err := Find(t.Context(), columns, 1200, Options{Seed: 1, Max: 4})
	if err != nil {
		t.Fatal(err)
	}
	if found.Structured {
		t.Errorf("structure by chance: %+v, %.3f by chance", found.Candidates, found.ByChance)
	}
}

func TestTheSameSeedGivesTheSameClusters(t *testing.T) {
	columns, _ := crowd(300, 7)
	a, err := Find(t.Context(), columns, 300, Options{Seed: 9, Max: 4})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Find(t.Context(), columns, 300, Options{Seed: 9, Max: 4})
	if !reflect.DeepEqual(a, b) {
		t.Error("two runs with one seed differ")
	}
}

func TestWhatCannotBeDividedIsRefused(t *testing.T) {
	same := Column{Name: "a", Numbers: make([]float64, 100)}
	if _, err := Find(t.Context(), []Column{same}, 100, Options{}); !errors.Is(err, ErrNothing) {
		t.Errorf("%v", err)
	}
	if _, err := Find(t.Context(), []Column{same}, 10, Options{}); !errors.Is(err, ErrTooFew) {
		t.Errorf("%v", err)
	}
	columns, _ := crowd(100, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, columns, 100, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Everybody is in exactly one cluster, whatever is known of them.
func TestEverybodyIsSomewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(MinPeople, 120).Draw(t, "people")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		numbers, words := make([]float64, n), make([]string, n)
		scale := rapid.SampledFrom([]float64{1, 1e-9, 1e12, 0}).Draw(t, "scale")
		for i := range n {
			numbers[i] = scale * r.NormFloat64()
			if r.IntN(4) == 0 {
				numbers[i] = math.NaN()
			}
			words[i] = []string{"", "a", "b", "c"}[r.IntN(4)]
		}
		found, err := Find(context.Background(), []Column{{Name: "n", Numbers: numbers}, {Name: "w", Words: words}}, n, Options{Max: 3})
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int, len(found.Clusters))
		for _, at := range found.Of {
			counts[at]++
		}
		for i, c := range found.Clusters {
			if c.People != counts[i] || i > 0 && c.People > found.Clusters[i-1].People {
				t.Fatalf("%v, counted %v", found.Clusters, counts)
			}
			for _, trait := range c.Traits {
				if math.IsNaN(trait.Effect) || math.IsNaN(trait.Here) || math.IsInf(trait.Here, 0) {
					t.Fatalf("%+v", trait)
				}
			}
		}
	})
}
