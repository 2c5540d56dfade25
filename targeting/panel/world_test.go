package panel

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	manager = event.Origin{Partner: uuid.MustParse("019a0000-0000-7000-8000-000000000001"), Kind: event.ActorKey, ID: "k"}
)

// shelf is a store in memory.
type shelf struct {
	mu     sync.Mutex
	panels map[uuid.UUID]State
	blocks map[uuid.UUID][][]byte
	broken error // what Append answers
	read   int   // how often the blocks were read
}

func newShelf() *shelf {
	return &shelf{panels: map[uuid.UUID]State{}, blocks: map[uuid.UUID][][]byte{}}
}

func (s *shelf) Insert(_ context.Context, p *Panel) (*Panel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.panels[p.state.ID]; ok && old.Status == Ready {
		return Restore(old), nil
	}
	s.panels[p.state.ID] = p.State()
	delete(s.blocks, p.state.ID)
	return nil, nil
}

func (s *shelf) Get(_ context.Context, partner, id uuid.UUID) (*Panel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, ok := s.panels[id]
	if !ok || partner != uuid.Nil && state.Partner != partner {
		return nil, ErrNotFound
	}
	return Restore(state), nil
}

func (s *shelf) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Panel) error) (*Panel, error) {
	p, err := s.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != p.state.Revision {
		return nil, ErrStale
	}
	if err := change(p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panels[id] = p.State()
	return p, nil
}

func (s *shelf) Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Panel)) error {
	_, err := s.Update(ctx, partner, id, revision, func(p *Panel) error { change(p); return nil })
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.panels, id)
		delete(s.blocks, id)
	}
	return err
}

func (s *shelf) List(_ context.Context, partner uuid.UUID, _ int, _ string) (all []*Panel, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, state := range s.panels {
		if state.Partner == partner {
			all = append(all, Restore(state))
		}
	}
	slices.SortFunc(all, func(a, b *Panel) int { return strings.Compare(b.state.ID.String(), a.state.ID.String()) })
	return all, "", nil
}

func (s *shelf) Abandoned(_ context.Context, before time.Time) (all []*Panel, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, state := range s.panels {
		if state.Status == Loading && state.UpdatedAt.Before(before) {
			all = append(all, Restore(state))
		}
	}
	return all, nil
}

func (s *shelf) Append(_ context.Context, p *Panel, seq int, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	if old, ok := s.panels[p.state.ID]; !ok || old.Status != Loading {
		return ErrNotFound
	}
	if seq != len(s.blocks[p.state.ID]) {
		return fmt.Errorf("block %d after %d", seq, len(s.blocks[p.state.ID]))
	}
	s.panels[p.state.ID] = p.State()
	s.blocks[p.state.ID] = append(s.blocks[p.state.ID], body)
	return nil
}

func (s *shelf) Read(_ context.Context, _, id uuid.UUID, take func([]byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read++
	for _, b := range s.blocks[id] {
		if err := take(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) Drop(_ context.Context, _, id uuid.UUID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blocks, id)
	return nil
}

// desk is the use cases over a shelf.
type desk struct {
	*Service
	*shelf
}

func newDesk() desk {
	s := newShelf()
	return desk{NewService(Config{
		Store: s, Blocks: s, Now: func() time.Time { return noon }, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
	}), s}
}

type tb interface {
	Helper()
	Fatalf(string, ...any)
}

// loaded is a panel of a text.
func (d desk) loaded(t tb, format Format, text string) (State, *Index) {
	t.Helper()
	ctx := context.Background()
	state, err := d.Load(ctx, manager, New{Name: "people"}, format, strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v", err)
	}
	ix, err := d.Service.Index(ctx, manager.Partner, state.ID)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return state, ix
}

// person is a row as a plain scan sees it. An empty text and a negative age are
// missing.
type person struct {
	weight                              float64
	country, gender, occupation, income string
	age, hours                          int
}

var (
	jobs     = []string{"Exec-managerial", "Prof-specialty", "Adm-clerical", "Handlers-cleaners", ""}
	lands    = []string{"US", "United-States", "PE", "Peru"}
	incomes  = []string{"<=50K", ">50K"}
	sexes    = []string{"Male", "Female", ""}
	codeOf   = map[string]string{"US": "US", "United-States": "US", "PE": "PE", "Peru": "PE"}
	genderOf = map[string]targeting.Gender{"Male": "male", "Female": "female", "": "unknown"}
)

func somebody(r *rand.Rand, alike bool) person {
	p := person{
		weight: 1, country: lands[r.IntN(len(lands))], gender: sexes[r.IntN(len(sexes))], occupation: jobs[r.IntN(len(jobs))],
		income: incomes[r.IntN(len(incomes))], age: r.IntN(91), hours: r.IntN(2000),
	}
	if !alike {
		p.weight = float64(1 + r.IntN(400_000))
	}
	if r.IntN(10) == 0 {
		p.age = -1
	}
	return p
}

// table is people as CSV, as a census writes them: spaces after the commas and
// question marks for what is not known.
func asCSV(people []person) string {
	var out strings.Builder
	out.WriteString("weight, country, age, sex, Occupation, hours-per-year, income\n")
	or := func(s string) string {
		if s == "" {
			return "?"
		}
		return s
	}
	for _, p := range people {
		age := "?"
		if p.age >= 0 {
			age = strconv.Itoa(p.age)
		}
		fmt.Fprintf(&out, "%s, %s, %s, %s, %s, %d, %s\n", strconv.FormatFloat(p.weight, 'f', -1, 64), p.country, age, or(p.gender), or(p.occupation), p.hours, p.income)
	}
	return out.String()
}

// scan counts by looking at every row.
func scan(people []person, q Question) (sum Sum) {
	for _, p := range people {
		if matches(p, q) {
			sum.Rows++
			sum.Weight += p.weight
			sum.Squares += p.weight * p.weight
		}
	}
	return sum
}

func matches(p person, q Question) bool {
	in := len(q.Locations) == 0
	for _, l := range q.Locations {
		in = in || l.Country == codeOf[p.country]
	}
	if !in || slices.Contains(q.Excluded(targeting.ByCountry), codeOf[p.country]) {
		return false
	}
	if r := q.AgeRange; r != nil && (p.age < 0 || p.age < r.Min || !r.Open() && p.age > r.Max) {
		return false
	}
	if len(q.Genders) > 0 && !slices.Contains(q.Genders, genderOf[p.gender]) || slices.Contains(q.Excluded(targeting.ByGender), string(genderOf[p.gender])) {
		return false
	}
	for name, m := range q.Attributes {
		if !hasValue(p, name, m) {
			return false
		}
	}
	for name, m := range q.ExcludeAttributes {
		if hasValue(p, name, m) {
			return false
		}
	}
	return true
}

func hasValue(p person, name string, m Match) bool {
	text := map[string]string{"occupation": p.occupation, "income": p.income}[Name(name)]
	if Name(name) == "hours_per_year" {
		text = strconv.Itoa(p.hours)
	}
	if m.Values != nil {
		return slices.ContainsFunc(m.Values, func(v string) bool { return v == text })
	}
	n, _ := strconv.ParseFloat(text, 64)
	return (m.Min == nil || n >= *m.Min) && (m.Max == nil || n <= *m.Max)
}

// wrong are the codes of what an error names.
func codeIn(err error) string {
	if e := fault.As(err); e != nil {
		return e.Code
	}
	return fmt.Sprint(err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// paths are the fields that an error names, with their codes.
func paths(err error) string {
	var all []string
	if e := fault.As(err); e != nil {
		for _, f := range e.Fields {
			all = append(all, f.Path+" "+f.Code)
		}
	}
	return strings.Join(all, ", ")
}
