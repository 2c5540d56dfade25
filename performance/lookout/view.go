package lookout

import (
	"context"
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// view reads what is new of a campaign. first is the hour to judge next, 0 when
// there is none.
func (s *Service) view(ctx context.Context, subject performance.Subject) (first int64, v *scene, err error) {
	now := s.now().UnixMicro()
	v = &scene{now: now, sums: map[int64]performance.Sums{}}
	last, known, err := s.store.LastHour(ctx, subject.Partner, subject.Campaign)
	if err != nil {
		return 0, nil, err
	}
	from := Origin(now)
	if known {
		from = max(from, last+hour)
	}
	if v.knownAt, err = s.numbers.Settled(ctx, subject.Partner); err != nil { // before the numbers: they may be newer, not older
		return 0, nil, err
	}
	if !known {
		if from, err = s.beginning(ctx, subject, from, now+hour); err != nil || from > now+hour {
			return 0, v, err
		}
	}
	rollups, err := s.numbers.Rollups(ctx, subject.Partner, subject.Campaign, performance.Hour, from, now+hour)
	if err != nil {
		return 0, nil, err
	}
	for i := range rollups {
		sums := v.sums[rollups[i].Start]
		for m := range sums {
			sums[m] += rollups[i].Sums[m]
		}
		v.sums[rollups[i].Start] = sums
		v.latest = max(v.latest, rollups[i].Start)
	}
	switch {
	case known:
		return from, v, nil
	case len(rollups) == 0:
		return 0, v, nil
	}
	return rollups[0].Start, v, nil
}

// beginning is where the first day with data begins, between two moments: an hour
// costs a lookup whether it is there or not, and the eight weeks of a campaign
// that began this morning are more than a thousand of them. It is after to when
// there is no data.
func (s *Service) beginning(ctx context.Context, subject performance.Subject, from, to int64) (int64, error) {
	first, last := localday.Of(time.UnixMicro(from), subject.Zone), localday.Of(time.UnixMicro(to), subject.Zone)
	days, err := s.numbers.Rollups(ctx, subject.Partner, subject.Campaign, performance.Day, int64(first), int64(last)+1)
	if err != nil || len(days) == 0 {
		return to + 1, err
	}
	start, _ := localday.Bounds(localday.Day(days[0].Start), subject.Zone)
	return max(from, start.Truncate(time.Hour).UnixMicro()), nil
}
