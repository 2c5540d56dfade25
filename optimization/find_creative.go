package optimization

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/optimization/trial"
	"github.com/hexabuilders/campaignd/performance"
)

// How creatives are compared.
const (
	leastImpressions = 1_000 // of each creative
	leastTraffic     = 10    // percent that every creative keeps
	worthTurning     = 10    // percent that a share must move to be worth a change
)

// creativeFindings divide each channel's impressions among its creatives by how
// likely each is the best; one that has won a test that may be watched all the
// time gets all but the minimum. Where impressions did not come as they were
// divided nothing is concluded.
func (f *facts) creativeFindings(groups map[string]performance.Metrics) []Finding {
	var found []Finding
	byChannel := map[string][]campaigns.Creative{}
	var order []string
	for _, c := range f.campaign.Creatives {
		if byChannel[c.Channel] == nil {
			order = append(order, c.Channel)
		}
		byChannel[c.Channel] = append(byChannel[c.Channel], c)
	}
	for _, channel := range order {
		if one := f.rotation(byChannel[channel], groups); one != nil {
			found = append(found, *one)
		}
	}
	return found
}

func (f *facts) rotation(creatives []campaigns.Creative, groups map[string]performance.Metrics) *Finding {
	if len(creatives) < 2 {
		return nil
	}
	sides, results := make([]trial.Sample, len(creatives)), 0.0
	for i, c := range creatives {
		m := groups[c.Name]
		if m.Impressions < leastImpressions {
			return nil
		}
		sides[i] = trial.Sample{Results: max(0, float64(*m.At(f.metric))), Chances: float64(m.Impressions)}
		results += sides[i].Results
	}
	if results < 2*leastResults || mismatched(creatives, sides) {
		return nil
	}
	random := rand.New(rand.NewPCG(f.seed(), uint64(len(creatives))))
	shares, best := trial.Divide(sides, leastTraffic, random)
	leader := 0
	for i := range best {
		if best[i] > best[leader] {
			leader = i
		}
	}
	others := rest(sides, leader)
	if trial.Shares(others, sides[leader]).Speaks(falseAlarms) {
		shares = winner(len(shares), leader)
	}
	if !worthIt(creatives, shares) {
		return nil
	}
	return f.rotationFinding(creatives, sides, shares, leader)
}

// mismatched reports whether the impressions came otherwise than they were
// divided.
func mismatched(creatives []campaigns.Creative, sides []trial.Sample) bool {
	var got, wanted []float64
	for i, c := range creatives {
		if c.Share == 0 {
			return false // nobody divided them
		}
		got, wanted = append(got, sides[i].Chances), append(wanted, float64(c.Share))
	}
	return trial.Mismatch(got, wanted) < trial.LeastMatch
}

// rest is all sides but one together.
func rest(sides []trial.Sample, but int) (sum trial.Sample) {
	for i, s := range sides {
		if i != but {
			sum.Results, sum.Chances = sum.Results+s.Results, sum.Chances+s.Chances
		}
	}
	return sum
}

// winner gives all but the minimum to one.
func winner(n, leader int) []int {
	least := min(leastTraffic, 100/n)
	shares := slices.Repeat([]int{least}, n)
	shares[leader] = 100 - least*(n-1)
	return shares
}

func worthIt(creatives []campaigns.Creative, shares []int) bool {
	for i, c := range creatives {
		before := c.Share
		if before == 0 {
			before = 100 / len(creatives)
		}
		if max(shares[i]-before, before-shares[i]) >= worthTurning {
			return true
		}
	}
	return false
}

// shown is which part of the impressions each creative gets: as somebody divided
// them, or as they came.
func shown(creatives []campaigns.Creative, sides []trial.Sample) []float64 {
	parts, all, divided := make([]float64, len(sides)), 0.0, 0
	for i := range sides {
		all, divided = all+sides[i].Chances, divided+creatives[i].Share
	}
	for i := range sides {
		if parts[i] = sides[i].Chances / all; divided == 100 {
			parts[i] = float64(creatives[i].Share) / 100
		}
	}
	return parts
}

// rotationFinding is a change of the shares, nil unless it promises more than
// there is: what Thompson sampling gives back for a look at the others costs
// results and is nothing to suggest.
func (f *facts) rotationFinding(creatives []campaigns.Creative, sides []trial.Sample, shares []int, leader int) *Finding {
	change := Change{Budget: f.campaign.BudgetID}
	all, now, then, variance := 0.0, 0.0, 0.0, 0.0
	for i, part := range shown(creatives, sides) {
		change.Creatives = append(change.Creatives, Rotation{creatives[i].Name, creatives[i].Share, shares[i]})
		moved := float64(shares[i])/100 - part
		now += sides[i].Rate() * part
		then += sides[i].Rate() * float64(shares[i]) / 100
		variance += moved * moved * sides[i].Rate() / sides[i].Chances
		all += sides[i].Chances
	}
	if now <= 0 || then <= now || variance <= 0 {
		return nil
	}
	daily := all / shortLook
	gain, deviation := then-now, math.Sqrt(variance)
	spread := 1.2816 * deviation
	evidence := make([]Evidence, 0, len(creatives))
	for i, c := range creatives {
		e := Evidence{Metric: "result_rate", Of: c.Name, Value: sides[i].Rate(), Unit: "fraction", Sample: int64(sides[i].Chances), Minimum: leastImpressions}
		if i == leader {
			others := rest(sides, leader).Rate()
			e.Against = &others
		}
		evidence = append(evidence, e)
	}
	return &Finding{
		Type: CreativeRotation, Change: change, Evidence: evidence, Confidence: normalBelow(gain / deviation), Risk: RiskLow,
		Impact: Impact{Metric: f.metric.String(), Mean: daily * gain, Low: daily * (gain - spread), High: daily * (gain + spread), Relative: gain / now},
	}
}
