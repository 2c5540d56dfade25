package study

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// alike asks for a lookalike of a tenth of the others.
func (n *node) alike(t *testing.T, s *Service) State {
	t.Helper()
	asked, made, err := s.LookLike(t.Context(), event.Origin{Partner: n.partner}, NewLookalike{ID: uuid.UUID{1}, Seed: n.seed, Percent: 10})
	if err != nil || made.Status != audience.Processing || asked.Status != Queued {
		t.Fatalf("%+v %+v %v", asked, made, err)
	}
	return asked
}

// ready waits for the study and holds that it was kept once.
func (n *node) ready(t *testing.T, s *Service, id uuid.UUID, attempts int64) *roaring.Bitmap {
	t.Helper()
	got, err := s.Await(t.Context(), n.partner, id, Lookalike, time.Hour)
	if err != nil || got.Status != Ready || got.Attempt != attempts {
		t.Fatalf("%+v %v", got, err)
	}
	if got.Alike.Selected != (twins+others)/10 || len(n.filled) != 1 || n.finished != 1 || n.made[id].Status != audience.Ready {
		t.Fatalf("selected %d; filled %d times, finished %d times, %s", got.Alike.Selected, len(n.filled), n.finished, n.made[id].Status)
	}
	return n.filled[0]
}

// first computes the study on one node that nothing happens to.
func first(t *testing.T) *roaring.Bitmap {
	n := &node{town: newTown()}
	s, stop := n.serve(t)
	defer stop()
	return n.ready(t, s, n.alike(t, s).ID, 1)
}

func TestALookalikeTakesThoseWhoAreAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found := first(t)
		if alike := roaring.And(found, span(seedSize, twins)).GetCardinality(); alike != found.GetCardinality() {
			t.Errorf("%d of %d are as the seed is", alike, found.GetCardinality())
		}
	})
}

// A worker that stops, or that was cut off from the database, leaves its study
// to another one, which computes the same; and what the first one still does
// counts for nothing.
func TestAWorkerDiesInTheMidstOfAStudy(t *testing.T) {
	for name, dies := range map[string]func(ctx context.Context, n *node){
		"is stopped": func(ctx context.Context, _ *node) { <-ctx.Done() },
		"is cut off for a minute, and goes on": func(_ context.Context, n *node) {
			n.mu.Lock()
			n.down = true
			n.mu.Unlock()
			time.Sleep(time.Minute)
			n.mu.Lock()
			n.down = false
			n.mu.Unlock()
		},
	} {
		for _, read := range []int{1, 2, 3} { // the seed, the rest, and everybody who is ranked
			t.Run(fmt.Sprintf("%s, at reading %d", name, read), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					want := first(t)
					frozen := make(chan struct{})
					a := &node{town: newTown(), freeze: func(ctx context.Context, n *node) {
						if n.reads == read {
							close(frozen)
							dies(ctx, n)
						}
					}}
					s, stop := a.serve(t)
					asked := a.alike(t, s)
					<-frozen
					if name == "is stopped" {
						stop()
					}
					b := &node{town: a.town}
					elsewhere, stopElsewhere := b.serve(t)
					time.Sleep(2 * time.Minute) // until the claim is over, and the first has woken up
					if got := b.ready(t, elsewhere, asked.ID, 2); !got.Equals(want) {
						t.Errorf("another worker found %d people, of whom %d were expected", got.GetCardinality(), got.AndCardinality(want))
					}
					stop()
					stopElsewhere()
				})
			})
		}
	}
}

func TestAStudyThatKillsItsWorkersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{town: newTown()}
		s, stop := n.serve(t)
		asked := n.begin(s)
		asked.Attempt = mostTries
		if err := n.Insert(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		got, err := s.Await(t.Context(), n.partner, asked.ID, Lookalike, time.Minute)
		if err != nil || got.Status != Failed || got.Problem.Code != errAbandoned.Code || got.Alike != nil {
			t.Errorf("%+v %v", got, err)
		}
		if n.made[asked.ID].Status != audience.Ready || len(n.filled) != 0 {
			t.Errorf("the audience is %s, filled %d times", n.made[asked.ID].Status, len(n.filled))
		}
		stop()
	})
}

// begin is a study that no worker has seen yet.
func (n *node) begin(s *Service) State {
	study := s.begin(event.Origin{Partner: n.partner}, uuid.UUID{2}, Lookalike, "Like them")
	study.Audience, study.Order.Percent = n.seed, 10
	n.mu.Lock()
	n.made[study.ID] = audience.State{ID: study.ID, Partner: n.partner, Status: audience.Processing}
	n.mu.Unlock()
	return study
}

func TestDrawnPeopleAreSomeOfThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := roaring.BitmapOf(rapid.SliceOfDistinct(rapid.Uint32Range(0, 5000), rapid.ID).Draw(t, "people")...)
		n := rapid.IntRange(0, 200).Draw(t, "n")
		seed := rapid.Uint64().Draw(t, "seed")
		some := draw(people, n, rand.New(rand.NewPCG(seed, 1)))
		if want := min(uint64(n), people.GetCardinality()); some.GetCardinality() != want || some.AndCardinality(people) != want {
			t.Fatalf("%d of %d drawn, %d of them known, not %d", some.GetCardinality(), people.GetCardinality(), some.AndCardinality(people), want)
		}
		if again := draw(people, n, rand.New(rand.NewPCG(seed, 1))); !again.Equals(some) {
			t.Fatal("the same draw finds others")
		}
	})
}

func TestWhatPeopleDid(t *testing.T) {
	const today = 20_000
	f := frame{attributes: []string{"visits", "city"}, today: today}
	names := append([]string{"visits", "city", "visits_observed"}, behaviour[1:]...)
	if got := f.names(); !slices.Equal(got, names) {
		t.Errorf("columns %v", got)
	}
	for name, tt := range map[string]struct {
		days []audience.Day
		want []string
	}{
		"nothing": {nil, []string{"0", "0", "0", "", "", ""}},
		"visits today and bought before": {
			[]audience.Day{{Day: today - 10, Purchases: 2, Value: 30e6}, {Day: today, Visits: 3}},
			[]string{"3", "2", "30", "15", "0", "10"},
		},
		"longer ago than a year, and tomorrow": {
			[]audience.Day{{Day: today - year - 1, Purchases: 1, Value: 1e6}, {Day: today + 1, Visits: 1}},
			[]string{"0", "0", "0", "", "", ""},
		},
	} {
		got := f.texts(audience.Person{Values: []string{"a", "b"}, Days: tt.days})
		if !slices.Equal(got[2:], tt.want) || got[0] != "a" {
			t.Errorf("%s: %q, want %q", name, got[2:], tt.want)
		}
	}
}

func TestNumbersAreToldFromWords(t *testing.T) {
	ids := make([]string, 60)
	for i := range ids {
		ids[i] = strconv.Itoa(1000 + i)
	}
	for name, tt := range map[string]struct {
		words []string
		want  bool
	}{
		"ages, one unknown":        {[]string{"30", "", "41.5"}, true},
		"a word among two numbers": {[]string{"30", "40", "old"}, false},
		"nothing":                  {[]string{"", ""}, false},
		"no finite number":         {[]string{"NaN", "Inf"}, false},
		"numbers of customers":     {ids, false},
	} {
		if _, ok := asNumbers(tt.words); ok != tt.want {
			t.Errorf("%s: %v", name, ok)
		}
	}
}
