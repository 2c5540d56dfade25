package performance

import "testing"

func TestAPrintCoversCauseAndReference(t *testing.T) {
	e := Event{ID: "a", OccurredAt: 1, Custom: []Custom{{Name: "a", Value: 1}}}
	e.Set(Clicks, 7)
	plain, _ := Fingerprint(&e, nil)
	if plain != 0x44a9777d {
		t.Errorf("the print of an event without them is %#x now; what is stored would not be recognised", plain)
	}
	seen := map[uint32]bool{plain: true}
	for _, stated := range [][2]string{{"a", ""}, {"", "a"}, {"a", "a"}, {"aa", ""}, {"invalid traffic", "INV-7"}} {
		e.Cause, e.Reference = stated[0], stated[1]
		print, _ := Fingerprint(&e, nil)
		if seen[print] {
			t.Errorf("%q has the print of another event", stated)
		}
		seen[print] = true
	}
}
