package optimization

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// stall is a market that stands: what a channel's money brings in a day never
// changes but for its noise.
type stall struct {
	half, most []float64 // of each channel
	parts      []int64   // of the daily budget, in micros
	days       [][]performance.Metrics
	random     *rand.Rand
}

// stalls are the channels.
var stalls = []string{"display", "search", "social"}

func (s *stall) pass(days int) {
	for range days {
		for i := range s.parts {
			spend := float64(s.parts[i]) / money.Unit * math.Exp(0.2*s.random.NormFloat64())
			results := s.most[i] * spend / (s.half[i] + spend) * math.Exp(0.1*s.random.NormFloat64())
			m := performance.Metrics{Spend: int64(spend * money.Unit), Conversions: int64(math.Round(results)), Clicks: int64(20 * results), Impressions: int64(900 * results)}
			s.days[i] = append(s.days[i], m)
		}
	}
}

// results are those of a day, without noise.
func (s *stall) results(parts []int64) (sum float64) {
	for i, p := range parts {
		spend := float64(p) / money.Unit
		sum += s.most[i] * spend / (s.half[i] + spend)
	}
	return sum
}

// best is the division that brings most, to a hundredth of the budget.
func (s *stall) best() float64 {
	total, most := int64(0), 0.0
	for _, p := range s.parts {
		total += p
	}
	for a := int64(1); a < 99; a++ {
		for b := int64(1); a+b < 100; b++ {
			most = max(most, s.results([]int64{total * a / 100, total * b / 100, total * (100 - a - b) / 100}))
		}
	}
	return most
}

func (s *stall) facts(week int) *facts {
	id := uuid.NewSHA1(uuid.Nil, []byte("stall"))
	now := at.AddDate(0, 0, 7*week)
	state := budgets.State{ID: id, Campaign: id, Kind: budgets.KindDaily, Currency: "USD", Timezone: "UTC"}
	f := &facts{now: now, today: localday.Of(now, time.UTC), zone: time.UTC, knownAt: now, channels: stalls, metric: performance.Conversions}
	for i, p := range s.parts {
		state.Limit += p
		state.Channels = append(state.Channels, budgets.ChannelShare{Channel: stalls[i], Limit: p})
		f.days = append(f.days, s.days[i][max(0, len(s.days[i])-longLook):])
	}
	f.campaign = campaigns.State{ID: id, BudgetID: id, Currency: "USD", Timezone: "UTC", Objective: campaigns.Conversions, Status: campaigns.Active}
	f.budget = budgets.Restore(state)
	return f
}

// TestMovesDoNotGoBackAndForth lets a year of weeks pass in markets that
// stand, and makes every move that may be made by itself: money finds its place
// and stays there, but for what noise makes of it.
func TestMovesDoNotGoBackAndForth(t *testing.T) {
	const weeks = 52
	seeds := 4
	if testing.Short() {
		seeds = 1
	}
	for seed := range uint64(seeds) {
		s := &stall{
			half: []float64{60, 150, 300}, most: []float64{60, 150, 200}, parts: []int64{300 * money.Unit, 60 * money.Unit, 40 * money.Unit},
			days: make([][]performance.Metrics, 3), random: rand.New(rand.NewPCG(seed, 5)),
		}
		s.pass(60)
		best, lowest, back, steps := s.best(), math.Inf(1), 0, 0
		var last *Move
		for week := range weeks {
			for _, found := range s.facts(week).budgetFindings() {
				m := found.Change.Move
				if m == nil || found.Confidence < 0.8 {
					continue
				}
				from, to := slices.Index(stalls, m.From), slices.Index(stalls, m.To)
				s.parts[from], s.parts[to] = s.parts[from]-m.Amount.Micros, s.parts[to]+m.Amount.Micros
				if last != nil && last.From == m.To && last.To == m.From {
					back++
				}
				last, steps = m, steps+1
			}
			s.pass(7)
			if week >= weeks*3/4 {
				lowest = min(lowest, s.results(s.parts))
			}
		}
		after := s.results(s.parts)
		t.Logf("seed %d: %d moves, %d of them back; %.1f of %.1f results a day, and never below %.1f in the last quarter", seed, steps, back, after, best, lowest)
		if back > 2 || after < 0.97*best || lowest < 0.95*best {
			t.Errorf("seed %d: %d moves, %d of them back; %.1f of %.1f results a day, at times %.1f", seed, steps, back, after, best, lowest)
		}
	}
}
