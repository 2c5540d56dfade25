package segment

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Whatever happens to people, a segment that reads only what has changed picks
// whom one picks that is new, and whom the rule names one by one.
func TestIncrementalEvaluationIsFullEvaluation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newVillage()
		v.settle(t)
		s, by := v.service(), event.Origin{Partner: v.partner}
		rule := drawRule(t, 2)
		base := uuid.UUID{byte(rapid.IntRange(0, 2).Draw(t, "base"))}
		old, err := s.Create(t.Context(), by, New{Name: "Old", Base: base, Rule: rule})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "evaluations") {
			for range rapid.IntRange(0, 4).Draw(t, "steps") {
				v.step(t)
			}
			if rapid.IntRange(0, 4).Draw(t, "new rule") == 0 {
				rule = drawRule(t, 2)
				if _, err := s.Change(t.Context(), by, old.ID, 0, Patch{Rule: &rule}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s.Evaluate(t.Context(), v.partner, old.ID)
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := s.Create(t.Context(), by, New{Name: "New", Base: base, Rule: rule})
			if err != nil {
				t.Fatal(err)
			}
			want := v.picks(base, rule)
			if !v.members[old.ID].Equals(want) || !v.members[fresh.ID].Equals(want) || got.Size != int64(want.GetCardinality()) {
				t.Fatalf("incrementally %v, anew %v, one by one %v", v.members[old.ID].ToArray(), v.members[fresh.ID].ToArray(), want.ToArray())
			}
		}
	})
}

// A preview's figures are those of the rules that it talks about.
func TestWhatEachPartOfARuleCosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newVillage()
		v.settle(t)
		parts := make([]Rule, rapid.IntRange(1, 4).Draw(t, "parts"))
		for i := range parts {
			parts[i] = drawRule(t, 1)
		}
		base := uuid.UUID{byte(rapid.IntRange(0, 2).Draw(t, "base"))}
		got, err := v.service().Analyse(t.Context(), v.partner, base, Rule{All: parts})
		if err != nil {
			t.Fatal(err)
		}
		size := func(rules []Rule) int64 {
			return int64(v.picks(base, Rule{All: append([]Rule{}, rules...)}).GetCardinality())
		}
		if got.Size != size(parts) || got.Of != size(nil) || len(got.Parts) != len(parts) {
			t.Fatalf("%+v", got)
		}
		most := int64(0)
		for i, p := range got.Parts {
			without := size(slices.Delete(slices.Clone(parts), i, i+1))
			if p.Alone != size(parts[i:i+1]) || p.Without != without || p.Cost != without-got.Size {
				t.Fatalf("part %d: %+v, without it %d", i, p, without)
			}
			most = max(most, p.Cost)
		}
		if most == 0 && got.Costliest != -1 || most > 0 && got.Parts[got.Costliest].Cost != most {
			t.Fatalf("costliest is %d of %+v", got.Costliest, got.Parts)
		}
	})
}

func TestOnlyWhatHasChangedIsRead(t *testing.T) {
	v := newVillage()
	for block := range uint32(blocks) {
		v.learn(block*audience.BlockPeople, known{values: map[string]string{"city": "Lima"}, days: []audience.Day{{Day: audience.DayOf(v.now), Visits: 1}}})
	}
	one, s, by := Number(money.Unit), v.service(), event.Origin{Partner: v.partner}
	for _, tt := range []struct {
		name                            string
		rule                            Rule
		nothing, one, tomorrow, renamed int // blocks that are read
	}{
		{"an attribute", Rule{Attribute: "city", In: []string{"Lima"}}, 0, 1, 0, 0},
		{"all visits", Rule{Behavior: Visits, Min: &one}, 0, 1, 0, 0},
		{"visits of a week", Rule{Behavior: Visits, Min: &one, WindowDays: 7}, 0, 1, blocks, 0},
		{"since the last visit", Rule{Behavior: LastVisit, Max: &one}, 0, 1, blocks, 0},
		{"an audience", Rule{Audience: uuid.UUID{1}}, blocks, blocks, blocks, blocks}, // memberships change without a block
	} {
		made, err := s.Create(t.Context(), by, New{Name: tt.name, Rule: tt.rule})
		if err != nil {
			t.Fatal(err)
		}
		name := "Another name"
		for what, step := range map[string]struct {
			do   func() error
			want int
		}{
			"nothing":     {func() error { return nil }, tt.nothing},
			"one person":  {func() error { v.learn(3, known{}); return nil }, tt.one},
			"another day": {func() error { v.now = v.now.AddDate(0, 0, 1); return nil }, tt.tomorrow},
			"another name": {func() error {
				_, err := s.Change(t.Context(), by, made.ID, 0, Patch{Name: &name})
				v.read = 0
				return err
			}, tt.renamed},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if what != "another name" {
				v.read = 0
			}
			if _, err := s.Evaluate(t.Context(), v.partner, made.ID); err != nil {
				t.Fatal(err)
			}
			if v.read != step.want {
				t.Errorf("%s, after %s: %d blocks read, want %d", tt.name, what, v.read, step.want)
			}
		}
	}
}

func TestRulesThatAreNone(t *testing.T) {
	deep := Rule{Attribute: "city", In: []string{"Lima"}}
	for range maxDepth {
		inner := deep
		deep = Rule{Not: &inner}
	}
	wide := make([]Rule, maxConditions)
	for i := range wide {
		wide[i] = Rule{Attribute: "city", In: []string{"Lima"}}
	}
	for text, path := range map[string]string{
		`{}`:                   "rule",
		`{"all":[]}`:           "rule",
		`{"attribute":"city"}`: "rule",
		`{"attribute":"city","in":["a"],"behavior":"visits"}`:         "rule",
		`{"attribute":"age","min":30,"max":"20"}`:                     "rule.max",
		`{"attribute":"age","min":30,"window_days":3}`:                "rule.window_days",
		`{"behavior":"flights","min":1}`:                              "rule.behavior",
		`{"behavior":"visits"}`:                                       "rule",
		`{"behavior":"visits","min":1,"window_days":-1}`:              "rule.window_days",
		`{"behavior":"visits","min":1,"known":true}`:                  "rule",
		`{"any":[{"attribute":"city","in":["a"]},{"not":{}}]}`:        "rule.any[1].not",
		`{"not":{"attribute":"city","in":["a"]},"window_days":3}`:     "rule",
		`{"audience":"01000000-0000-0000-0000-000000000000","min":1}`: "rule",
	} {
		var r Rule
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		wrongAt(t, text, r, path)
	}
	wrongAt(t, "a rule that is too deep", deep, "rule"+".not.not.not.not.not.not")
	wrongAt(t, "a rule that is too wide", Rule{All: wide}, "rule.all[49]")
}

func wrongAt(t *testing.T, what string, r Rule, path string) {
	t.Helper()
	v := newVillage()
	_, err := v.service().Analyse(t.Context(), v.partner, uuid.Nil, r)
	e := fault.As(err)
	if e == nil || len(e.Fields) != 1 || e.Fields[0].Path != path || e.Fields[0].Allow == "" {
		t.Errorf("%s: %v, want one mistake at %s", what, err, path)
	}
}

// Audiences that are computed cannot be picked from: they could go in circles.
func TestSegmentsDoNotRestOnWhatIsComputed(t *testing.T) {
	v := newVillage()
	s, by := v.service(), event.Origin{Partner: v.partner}
	rule := Rule{Attribute: "city", In: []string{"Lima"}}
	first, err := s.Create(t.Context(), by, New{Name: "First", Rule: rule})
	if err != nil {
		t.Fatal(err)
	}
	itself := Rule{Any: []Rule{rule, {Audience: first.ID}}}
	for name, try := range map[string]func() error{
		"a rule on another segment": func() error { _, err := s.Create(t.Context(), by, New{Name: "x", Rule: itself}); return err },
		"from another segment": func() error {
			_, err := s.Create(t.Context(), by, New{Name: "x", Base: first.ID, Rule: rule})
			return err
		},
		"a rule on itself": func() error { _, err := s.Change(t.Context(), by, first.ID, 0, Patch{Rule: &itself}); return err },
		"a preview of it":  func() error { _, err := s.Analyse(t.Context(), v.partner, uuid.Nil, itself); return err },
		"an audience that is gone": func() error {
			_, err := s.Analyse(t.Context(), v.partner, uuid.Nil, Rule{Audience: uuid.UUID{9}})
			return err
		},
	} {
		if e := fault.As(try()); e == nil || e.Kind != fault.Invalid {
			t.Errorf("%s: %v", name, e)
		}
	}
	if after := v.segments[first.ID]; after.state.Revision != 1 || len(v.segments) != 1 {
		t.Errorf("%+v of %d", after.state, len(v.segments))
	}
}

// Mistakes of every sort are told at once, each where it is.
func TestAllMistakesOfARuleAreTold(t *testing.T) {
	v := newVillage()
	gone, low, high := uuid.UUID{9}, Number(1), Number(2)
	_, err := v.service().Create(t.Context(), event.Origin{Partner: v.partner}, New{Base: gone, Rule: Rule{All: []Rule{
		{Attribute: "age", Min: &high, Max: &low}, {Not: &Rule{Audience: gone}}, {Any: []Rule{{Behavior: "flights", Min: &low}, {Audience: gone}}},
	}}})
	var paths []string
	if e := fault.As(err); e != nil {
		for _, f := range e.Fields {
			paths = append(paths, f.Path)
		}
	}
	want := []string{"name", "rule.all[0].max", "rule.all[2].any[0].behavior", "rule.all[1].not.audience", "rule.all[2].any[1].audience", "audience_id"}
	if !slices.Equal(paths, want) {
		t.Errorf("%q, want %q", paths, want)
	}
}
