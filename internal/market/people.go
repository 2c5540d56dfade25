package market

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const customers = "Shop customers"

// The demo's partner knows some people: its shop's customers and the readers of
// its newsletter, a third of whom buy. Numbers of its own name them, and addresses
// that a platform can compare.
var lists = []struct {
	name, basis string
	first, last int // of the numbers
}{
	{customers, "contract", 0, 3_000},
	{"Newsletter readers", "consent", 2_000, 5_000},
}

// segmentName is of those whom it would like to keep.
const segmentName = "Bought twice in 90 days"

type audienceBody struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	Basis string `json:"consent_basis"`
	Size  int64  `json:"size,omitempty"`
}

type segmentBody struct {
	ID   string         `json:"id,omitempty"`
	Name string         `json:"name"`
	Rule map[string]any `json:"rule"`
}

// uploadBody is the answer to an upload.
type uploadBody struct {
	State string `json:"state"`
}

// meetPeople finds or creates the audiences and the segment. An audience whose
// upload did not come about is filled at the next start.
func (s *setup) meetPeople(ctx context.Context, seed uint64, now time.Time) error {
	known := map[string]audienceBody{}
	err := pages(ctx, s.manager, "/audiences", func(a audienceBody) bool {
		known[a.Name] = a
		return false
	})
	if err != nil {
		return err
	}
	for _, l := range lists {
		a, ok := known[l.name]
		if !ok {
			in := audienceBody{Name: l.name, Basis: l.basis}
			if _, err := s.manager.do(ctx, request{method: http.MethodPost, path: "/audiences", in: in, out: &a}); err != nil {
				return fmt.Errorf("audience %q: %w", l.name, err)
			}
		}
		if s.people == nil {
			s.people = map[string]string{}
		}
		s.people[l.name] = a.ID
		if a.Size > 0 {
			continue
		}
		in := file{"text/csv", people(newRand(seed, l.name), l.first, l.last, now)}
		if _, err := s.manager.do(ctx, request{method: http.MethodPost, path: "/audiences/" + a.ID + "/members", in: in, out: &uploadBody{}}); err != nil {
			return fmt.Errorf("members of %q: %w", l.name, err)
		}
	}
	return s.pickLoyal(ctx)
}

func (s *setup) pickLoyal(ctx context.Context) error {
	found := false
	err := pages(ctx, s.manager, "/segments", func(b segmentBody) bool {
		found = b.Name == segmentName
		return found
	})
	if err != nil || found {
		return err
	}
	in := segmentBody{Name: segmentName, Rule: map[string]any{"behavior": "purchases", "min": 2, "window_days": 90}}
	_, err = s.manager.do(ctx, request{method: http.MethodPost, path: "/segments", in: in})
	return err
}

// people are rows of a customer file: who is older or lives in the capital buys
// more often, so that there is something to find out about them.
func people(r *rand.Rand, first, last int, now time.Time) []byte {
	var b strings.Builder
	b.WriteString("external_id,city,country,age,gender,visited_at,purchased_at,purchase_value,email\n")
	cities, genders := []string{"Bogota", "Bogota", "Medellin", "Cali", "Santiago"}, []string{"female", "male"}
	day := func(back float64) string {
		return now.Add(-time.Duration(back*24) * time.Hour).UTC().Format(time.DateOnly)
	}
	for id := first; id < last; id++ {
		city, age := cities[r.IntN(len(cities))], 18+int(min(60, r.ExpFloat64()*18))
		country := "CO"
		if city == "Santiago" {
			country = "CL"
		}
		who := "A-" + strconv.Itoa(id) + "," + city + "," + country + "," + strconv.Itoa(age) + "," + genders[r.IntN(2)]
		often := 0.4 + 0.02*float64(age-18)
		if city == "Bogota" {
			often *= 2
		}
		fmt.Fprintf(&b, "%s,%s,,,a-%d@people.andes-outdoor.example\n", who, day(r.ExpFloat64()*20), id)
		for range poisson(r, often) {
			fmt.Fprintf(&b, "%s,,%s,%.2f,\n", who, day(r.Float64()*180), 60*lognormal(r, 0.6))
		}
	}
	return []byte(b.String())
}
