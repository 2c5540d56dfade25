package segment

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Whatever is done to a segment or its people while it is evaluated, the members
// are those of the last rule and of everything that is known.
func TestWhatHappensWhileASegmentIsEvaluated(t *testing.T) {
	lima, quito := Rule{Attribute: "city", In: []string{"Lima"}}, Rule{Attribute: "city", In: []string{"Quito"}}
	in := func(city string) known { return known{values: map[string]string{"city": city}} }
	for name, meanwhile := range map[string]func(v *village, s *Service, id uuid.UUID) error{
		"another rule": func(v *village, s *Service, id uuid.UUID) error {
			_, err := s.Change(t.Context(), event.Origin{Partner: v.partner}, id, 0, Patch{Rule: &quito})
			return err
		},
		"another evaluation, of newer people": func(v *village, s *Service, id uuid.UUID) error {
			v.learn(2, in("Lima"))
			_, err := s.Evaluate(t.Context(), v.partner, id)
			return err
		},
		"somebody is erased": func(v *village, _ *Service, _ uuid.UUID) error { v.forget(0); return nil },
		"somebody new":       func(v *village, _ *Service, _ uuid.UUID) error { v.learn(2, in("Lima")); return nil },
	} {
		v := newVillage()
		s := v.service()
		v.learn(0, in("Lima"))
		v.learn(1, in("Quito"))
		made, err := s.Create(t.Context(), event.Origin{Partner: v.partner}, New{Name: "Folk", Rule: lima})
		if err != nil {
			t.Fatal(err)
		}
		v.learn(3, in("Lima")) // something to evaluate
		v.meanwhile = append(v.meanwhile, func() {
			if err := meanwhile(v, s, made.ID); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := s.Evaluate(t.Context(), v.partner, made.ID); err != nil {
			t.Fatal(err)
		}
		if kept := v.segments[made.ID]; kept.match.Version < v.version { // what Due would find
			if _, err := s.Evaluate(t.Context(), v.partner, made.ID); err != nil {
				t.Fatal(err)
			}
		}
		now := v.segments[made.ID].state
		if want := v.picks(uuid.Nil, now.Rule); !v.members[made.ID].Equals(want) || now.Size != int64(want.GetCardinality()) {
			t.Errorf("%s: %v, want %v; %+v", name, v.members[made.ID], want, now)
		}
	}
}

func TestASegmentThatIsDeletedWhileItIsEvaluatedStaysSo(t *testing.T) {
	v := newVillage()
	s, by := v.service(), event.Origin{Partner: v.partner}
	v.learn(0, known{})
	one := Number(money.Unit)
	made, err := s.Create(t.Context(), by, New{Name: "Folk", Rule: Rule{Behavior: Visits, Max: &one}})
	if err != nil {
		t.Fatal(err)
	}
	v.learn(1, known{})
	v.meanwhile = append(v.meanwhile, func() {
		if err := s.Delete(t.Context(), by, made.ID, 0); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := s.Evaluate(t.Context(), v.partner, made.ID); !errors.Is(err, audience.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if len(v.members) != 0 || len(v.segments) != 0 {
		t.Errorf("left: %v %v", v.members, v.segments)
	}
	// A process that dies between the two leaves the audience alone.
	v.members[made.ID] = v.everyone
	if err := s.Delete(t.Context(), by, made.ID, 0); err != nil || len(v.members) != 0 {
		t.Errorf("%v, left %v", err, v.members)
	}
	if err := s.Delete(t.Context(), by, made.ID, 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestTheAudienceIsCalledAsTheSegment(t *testing.T) {
	v := newVillage()
	s, by := v.service(), event.Origin{Partner: v.partner}
	made, err := s.Create(t.Context(), by, New{Name: "Folk", Rule: Rule{Attribute: "city", In: []string{"Lima"}}})
	if err != nil || v.names[made.ID] != "Folk" {
		t.Fatalf("%q %v", v.names[made.ID], err)
	}
	name := "Neighbours"
	if _, err := s.Change(t.Context(), by, made.ID, made.Revision, Patch{Name: &name}); err != nil || v.names[made.ID] != name {
		t.Errorf("%q %v", v.names[made.ID], err)
	}
}
