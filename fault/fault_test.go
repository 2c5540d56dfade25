package fault

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var errFull = New(Conflict, "test_full", "It is full.", "Make room.")

func TestDetailKeepsTheSentinel(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("while filling: %w", errFull.With("%d of %d are taken", 3, 3).WithExtra("room", 0).Wrap(cause).After(time.Second))
	if !errors.Is(err, errFull) || !errors.Is(err, cause) {
		t.Fatalf("%v matches neither sentinel nor cause", err)
	}
	got := As(err)
	if got.Detail != "3 of 3 are taken" || got.Fix != "Make room." || got.Extra["room"] != 0 || got.RetryAfter != time.Second {
		t.Fatalf("%+v", got)
	}
	if errFull.Extra != nil || errFull.RetryAfter != 0 || errFull.Detail != "It is full." {
		t.Fatalf("the sentinel has changed: %+v", errFull)
	}
}

func TestAnUnknownErrorIsInternal(t *testing.T) {
	if KindOf(errors.New("x")) != Internal || As(errors.New("x")) != nil || As(nil) != nil {
		t.Fatal("an unknown error must be internal")
	}
}

func TestFieldsGatherEveryWrongField(t *testing.T) {
	var f Fields
	if f.Err() != nil {
		t.Fatal("nothing noted is no error")
	}
	f.Add("a", "required", "It is missing.", "")
	f.Add("b", "out_of_range", "It is too large.", "1 to 5")
	err := As(f.Err())
	if !errors.Is(err, ErrInvalid) || len(err.Fields) != 2 || err.Recovery() != Correctable {
		t.Fatalf("%+v", err)
	}
	if len(ErrInvalid.Fields) != 0 {
		t.Fatal("the sentinel has taken the fields")
	}
}

func TestRecoveryOfEveryKind(t *testing.T) {
	want := map[Kind]Recovery{
		Internal: Terminal, Malformed: Correctable, Unauthorized: Terminal, Forbidden: Terminal, NotFound: Terminal,
		Conflict: Correctable, Stale: Correctable, TooLarge: Correctable, Invalid: Correctable, Precondition: Correctable,
		Throttled: Transient, Unavailable: Transient,
	}
	for kind, recovery := range want {
		if got := New(kind, "test_kind", "", "").Recovery(); got != recovery {
			t.Errorf("kind %d: %s, want %s", kind, got, recovery)
		}
	}
}

func TestTheCatalogueHoldsEveryCodeOnce(t *testing.T) {
	_ = New(Invalid, "test_full", "Another sentence.", "")
	seen := map[string]int{}
	for _, e := range Catalogue() {
		seen[e.Code]++
	}
	if seen["test_full"] != 1 || seen["validation_failed"] != 1 {
		t.Fatal(seen)
	}
}
