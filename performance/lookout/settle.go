package lookout

import (
	"time"

	"github.com/hexabuilders/campaignd/performance"
)

const (
	// Settling is how far a campaign's data must have moved on from the start
	// of an hour: its end, and an hour more.
	Settling = 2 * time.Hour
	// Patience is how long after its end an hour of a campaign that has gone
	// silent is judged.
	Patience = 3 * time.Hour
)

// scene is what a look at a campaign sees.
type scene struct {
	sums    map[int64]performance.Sums // by the start of the hour
	latest  int64                      // hour that has data
	now     int64
	knownAt int64
	active  []Period
	// prompt is whether the silence of this campaign means something.
	prompt bool
}

// settled are the hours from the first on that can be judged now. waiting is
// the start of the first that cannot yet, and silent says that the clock alone
// will not settle it.
func (s *scene) settled(first int64) (hours []Hour, waiting int64, silent bool) {
	for h := first; ; h += hour {
		moved := h+Settling.Microseconds() <= s.latest
		overdue := h+hour+Patience.Microseconds() <= s.now
		switch {
		case !moved && !overdue:
			return hours, h, false
		case !moved && !(s.prompt && s.whole(h)):
			return hours, h, true
		}
		sums, has := s.sums[h]
		if has && s.before(h) || s.whole(h) {
			hours = append(hours, Hour{Start: h, KnownAt: s.knownAt, Sums: sums})
		}
	}
}

// whole reports whether the campaign was ACTIVE all through the hour.
func (s *scene) whole(h int64) bool {
	for _, p := range s.active {
		if p.From.UnixMicro() <= h && (p.To.IsZero() || p.To.UnixMicro() >= h+hour) {
			return true
		}
	}
	return false
}

// before reports whether the hour was over before the campaign was launched
// here: what was delivered then is the history of a platform.
func (s *scene) before(h int64) bool {
	return len(s.active) == 0 || h+hour <= s.active[0].From.UnixMicro()
}
