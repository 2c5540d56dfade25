package partners

import (
	"encoding/binary"
	"testing"
	"time"
)

// TestTheCacheIsBounded fills it far beyond its size, with entries that are
// still good and with ones that are over.
func TestTheCacheIsBounded(t *testing.T) {
	for _, step := range []time.Duration{0, time.Millisecond} {
		c, now := newCache[int](), time.Unix(0, 0)
		for n := range 5 * cacheSize {
			var h Hash
			binary.BigEndian.PutUint64(h[:], uint64(n))
			c.put(h, n, now, nil)
			if len(c.entries) > cacheSize {
				t.Fatalf("%d entries", len(c.entries))
			}
			if got, ok := c.get(h, now); !ok || got != n {
				t.Fatal("what was just put is gone")
			}
			now = now.Add(step)
		}
	}
}
