package segment

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Part is one part of a rule, with what it does to the size.
type Part struct {
	Path  string // as rule.all[1]
	Alone int64  // how many of Analysis.Of meet it
	// Without is how many the segment would have without this part, and Cost how
	// many more than with it.
	Without, Cost int64
}

// Analysis is what a rule picks, and what its parts cost.
type Analysis struct {
	Size  int64
	Of    int64 // the people it picks from
	Parts []Part
	// Costliest is the place of the part that costs most reach; -1 when leaving
	// one part out changes nothing.
	Costliest int
}

// Analyse evaluates a rule without keeping anything: a preview. Its errors are
// fault.ErrInvalid.
func (s *Service) Analyse(ctx context.Context, partner, base uuid.UUID, r Rule) (Analysis, error) {
	var wrong fault.Fields
	checkRule(&wrong, &r)
	if err := s.check(ctx, partner, base, &r, wrong.Err()); err != nil {
		return Analysis{}, err
	}
	n := r.needs()
	from, sets, err := s.sets(ctx, partner, base, n)
	if err != nil {
		return Analysis{}, err
	}
	parts, path := []Rule{r}, "rule"
	if len(r.All) > 0 {
		parts, path = r.All, "rule.all"
	}
	a := Analysis{Of: int64(from.GetCardinality()), Parts: make([]Part, len(parts)), Costliest: -1}
	for i := range parts {
		if a.Parts[i].Path = path; len(r.All) > 0 {
			a.Parts[i].Path = fmt.Sprintf("%s[%d]", path, i)
		}
	}
	want := audience.Want{Attributes: n.attributes, Behaviour: n.behaviour}
	today := audience.DayOf(s.clock())
	err = s.people.Blocks(ctx, partner, from, want, func(b audience.Block) error {
		view := scene{b, n.attributes, today, sets}
		a.add(marksOf(from, b.First), view.each(parts))
		return nil
	})
	a.conclude()
	return a, err
}

// each evaluates rules one by one.
func (s *scene) each(rules []Rule) []*marks {
	all := make([]*marks, len(rules))
	for i := range rules {
		all[i] = s.marks(&rules[i])
	}
	return all
}

// add counts a block. Before and after are what the parts on either side leave,
// so that every "without" costs two steps and not one for each other part.
func (a *Analysis) add(from *marks, parts []*marks) {
	after := make([]*marks, len(parts)+1)
	after[len(parts)] = from
	for i := len(parts) - 1; i >= 0; i-- {
		m := *after[i+1]
		m.and(parts[i])
		after[i] = &m
	}
	a.Size += int64(after[0].count())
	before := everybody()
	for i, part := range parts {
		without := *before
		without.and(after[i+1])
		a.Parts[i].Without += int64(without.count())
		alone := *from
		alone.and(part)
		a.Parts[i].Alone += int64(alone.count())
		before.and(part)
	}
}

func (a *Analysis) conclude() {
	for i := range a.Parts {
		a.Parts[i].Cost = a.Parts[i].Without - a.Size
	}
	if best := slices.MaxFunc(a.Parts, func(x, y Part) int { return int(x.Cost - y.Cost) }); best.Cost > 0 {
		a.Costliest = slices.Index(a.Parts, best)
	}
}
