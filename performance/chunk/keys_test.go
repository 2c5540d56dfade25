package chunk

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/performance"
)

func timedKeys(n int) []Key {
	keys := make([]Key, n)
	for i := range keys {
		keys[i], _ = KeyOf(performance.Key(uuid.Must(uuid.NewV7())), uint32(i)*2654435761)
	}
	slices.SortFunc(keys, Key.Compare)
	return keys
}

func TestAPageHoldsItsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var keys []Key
		for range rapid.IntRange(0, 50).Draw(t, "keys") {
			keys = append(keys, Key{rapid.Int64Range(0, 1<<60-1).Draw(t, "order"), rapid.Uint32().Draw(t, "rest"), rapid.Uint32().Draw(t, "print")})
		}
		slices.SortFunc(keys, Key.Compare)
		got, err := DecodeKeys(nil, EncodeKeys(keys))
		if diff := cmp.Diff(keys, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

func TestAPageOfKeysIsSmallAndItsFlippedBitsAreFound(t *testing.T) {
	page := EncodeKeys(timedKeys(200))
	if per := len(page) / 200; per > 11 {
		t.Errorf("%d bytes a key", per)
	}
	for bit := range len(page) * 8 {
		damaged := slices.Clone(page)
		damaged[bit/8] ^= 1 << (bit % 8)
		if _, err := DecodeKeys(nil, damaged); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
}

func TestOnlyIDsOfTimeOrderGoIntoPages(t *testing.T) {
	if _, ok := KeyOf(performance.KeyOf("order-7"), 0); ok != (performance.KeyOf("order-7")[6]>>4 == 7) {
		t.Error("a text's hash is taken for a time")
	}
	if _, ok := KeyOf(performance.Key(uuid.Must(uuid.NewRandom())), 0); ok {
		t.Error("a random UUID is taken for a time")
	}
	// Ids that somebody counts up in their last bits are told apart.
	a, ok := KeyOf(performance.KeyOf("01970e3c-8c1b-7000-8000-000000000001"), 0)
	b, also := KeyOf(performance.KeyOf("01970e3c-8c1b-7000-8000-000000000002"), 0)
	if !ok || !also || a.Order != b.Order || a.Rest == b.Rest {
		t.Errorf("%+v %+v", a, b)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add(EncodeKeys(timedKeys(20)))
	f.Add([]byte{keysVersion, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, page []byte) {
		if len(page) >= keysPrefix {
			binary.LittleEndian.PutUint32(page[1:], keysChecksum(page))
		}
		if _, err := DecodeKeys(nil, page); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	})
}
