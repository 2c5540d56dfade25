package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
)

// Recurrence is how often a schedule makes its report, at the local midnight
// that ends the period.
type Recurrence string

// The recurrences.
const (
	Daily   Recurrence = "daily"   // of yesterday
	Weekly  Recurrence = "weekly"  // on Monday, of the last week
	Monthly Recurrence = "monthly" // on the first, of the last month
)

// Recurrences are all of them.
var Recurrences = []Recurrence{Daily, Weekly, Monthly}

// periodOf names what a recurrence reports on.
var periodOf = map[Recurrence]string{Daily: "yesterday", Weekly: "last_week", Monthly: "last_month"}

// Schedule makes a report again and again. It is changed by making another.
type Schedule struct {
	ID          uuid.UUID    `json:"id"`
	Partner     uuid.UUID    `json:"partner_id"`
	Every       Recurrence   `json:"every"`
	Scope       Scope        `json:"scope"`
	Format      Format       `json:"format"`
	Granularity string       `json:"granularity"`
	GroupBy     []string     `json:"group_by,omitempty"`
	Lang        string       `json:"lang"`
	Timezone    string       `json:"timezone"` // whose midnights these are
	AllowMixed  bool         `json:"allow_mixed,omitempty"`
	Next        localday.Day `json:"next_day"` // the report is made when it begins
	Last        *Problem     `json:"last_problem,omitempty"`
	CreatedBy   string       `json:"created_by,omitempty"`
	CreatedAt   time.Time    `json:"created_at"`
}

// Schedules keeps schedules. A partner of uuid.Nil finds every partner's.
type Schedules interface {
	// Add leaves a schedule of the same id as it is and returns it.
	AddSchedule(ctx context.Context, s Schedule) (Schedule, error)
	GetSchedule(ctx context.Context, partner, id uuid.UUID) (Schedule, error)
	ListSchedules(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []Schedule, next string, err error)
	DeleteSchedule(ctx context.Context, partner, id uuid.UUID) error
	// Due lists schedules whose next day has begun by now.
	Due(ctx context.Context, now time.Time, limit int) ([]Schedule, error)
	// Advance stores s unless another node has moved it on from the day.
	Advance(ctx context.Context, s Schedule, from localday.Day) error
}

// at is when the schedule is due.
func (s Schedule) at() (time.Time, error) {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return time.Time{}, err
	}
	begin, _ := localday.Bounds(s.Next, zone)
	return begin, nil
}

// NextAt is when the schedule makes its next report; zero when its zone is no
// longer known.
func (s Schedule) NextAt() time.Time { at, _ := s.at(); return at }

// after is the first day on which a schedule is due after a day.
func (e Recurrence) after(day localday.Day) localday.Day {
	switch e {
	case Weekly:
		return day + 7 - localday.Day((int(day.Weekday())+6)%7)
	case Monthly:
		return addMonths(day-localday.Day(civil(day).Day()-1), 1)
	}
	return day + 1
}

func (s Schedule) order() Order {
	return Order{Scope: s.Scope, Period: periodOf[s.Every], Format: s.Format, Granularity: s.Granularity, GroupBy: s.GroupBy,
		Lang: s.Lang, Timezone: s.Timezone, AllowMixed: s.AllowMixed}
}

// Recur makes a schedule of an order, whose period is the recurrence's. The
// order is checked as if it were due today.
func (s *Service) Recur(ctx context.Context, by event.Origin, id uuid.UUID, every Recurrence, o Order) (Schedule, error) {
	made, err := s.PlanSchedule(ctx, by, id, every, o)
	if err != nil {
		return Schedule{}, err
	}
	return s.Schedules.AddSchedule(ctx, made)
}

// PlanSchedule is what Recur would make; nothing is stored.
func (s *Service) PlanSchedule(ctx context.Context, by event.Origin, id uuid.UUID, every Recurrence, o Order) (Schedule, error) {
	if !slices.Contains(Recurrences, every) {
		return Schedule{}, fault.ErrInvalid.WithFields(fault.Field{Path: "every", Code: "not_allowed", Detail: "This recurrence is not known.", Allow: "daily, weekly, monthly"})
	}
	zone, err := s.zone(ctx, by.Partner, o.Timezone)
	if err != nil {
		return Schedule{}, err
	}
	today := localday.Of(s.now(), zone)
	o.Period, o.From, o.To = periodOf[every], "", ""
	r, _, err := s.planOn(ctx, by, id, o, today)
	if err != nil {
		return Schedule{}, err
	}
	d := r.Definition
	return Schedule{ID: id, Partner: by.Partner, Every: every, Scope: d.Scope, Format: d.Format, Granularity: d.Granularity, GroupBy: d.GroupBy, Lang: d.Lang,
		Timezone: zone.String(), AllowMixed: d.AllowMixed, Next: every.after(today), CreatedBy: cmp.Or(by.Name, by.ID), CreatedAt: s.now()}, nil
}

// Schedule is one of by's partner, or ErrScheduleNotFound.
func (s *Service) Schedule(ctx context.Context, by event.Origin, id uuid.UUID) (Schedule, error) {
	return s.Schedules.GetSchedule(ctx, by.Partner, id)
}

// Recurring is a page of by's partner's schedules, the newest first.
func (s *Service) Recurring(ctx context.Context, by event.Origin, limit int, cursor string) ([]Schedule, string, error) {
	return s.Schedules.ListSchedules(ctx, by.Partner, limit, cursor)
}

// EndSchedule forgets a schedule; its reports stay.
func (s *Service) EndSchedule(ctx context.Context, by event.Origin, id uuid.UUID) error {
	found, err := s.Schedules.GetSchedule(ctx, by.Partner, id)
	if err != nil {
		return err
	}
	return s.Schedules.DeleteSchedule(ctx, found.Partner, id)
}

const (
	dueAtOnce = 50
	// mostMissed bounds the runs of one schedule that are made up after a long
	// stop; the ones before are skipped.
	mostMissed = 31
)

// RunDue orders the reports that are due, those that were missed first.
func (s *Service) RunDue(ctx context.Context) error {
	due, err := s.Schedules.Due(ctx, s.now(), dueAtOnce)
	if err != nil {
		return err
	}
	for _, schedule := range due {
		if err := s.runSchedule(ctx, schedule); err != nil {
			return err
		}
	}
	return nil
}

// runSchedule orders every report that a schedule owes. The id of each follows
// from the schedule and the day, so that however many nodes do so at once,
// stopping wherever, each is made once.
func (s *Service) runSchedule(ctx context.Context, schedule Schedule) error {
	owed := s.owed(schedule)
	for _, day := range owed[max(0, len(owed)-mostMissed):] {
		by := event.Origin{Partner: schedule.Partner, Kind: event.ActorScheduler, ID: "report-schedule", Name: schedule.CreatedBy}
		r, facts, err := s.planOn(ctx, by, runID(schedule.ID, day), schedule.order(), day)
		if err == nil {
			r.Schedule = &schedule.ID
			_, err = s.Store.Add(ctx, r, facts)
		}
		if err != nil && fault.As(err) != nil && fault.As(err).Recovery() == fault.Transient {
			return err
		}
		from := schedule.Next
		schedule.Next, schedule.Last = schedule.Every.after(day), nil
		if err != nil { // a campaign is gone, or currencies are mixed: the next day may do better
			schedule.Last = problemOf(err)
		}
		if err := s.Schedules.Advance(ctx, schedule, from); err != nil {
			return err
		}
	}
	s.nudge()
	return nil
}

// owed are the days that have begun and whose report is not ordered.
func (s *Service) owed(schedule Schedule) []localday.Day {
	var days []localday.Day
	for {
		at, err := schedule.at()
		if err != nil || at.After(s.now()) {
			return days
		}
		days = append(days, schedule.Next)
		schedule.Next = schedule.Every.after(schedule.Next)
	}
}

// runID is the id of a schedule's report of a day: a UUID of version 8, in the
// order of days so that lists have the newest first.
func runID(schedule uuid.UUID, day localday.Day) uuid.UUID {
	sum := sha256.Sum256(append(schedule[:], strings.Repeat("\x00", 4)+day.String()...))
	id := uuid.UUID(sum[:16])
	millis := uint64(max(0, int64(day))) * 24 * 60 * 60 * 1000
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], millis<<16)
	copy(id[:6], stamp[:6])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}
