package campaigns

import (
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Patch says what to change of a campaign; nil leaves as it is.
//
// Name, description and labels only describe, and may change in any status.
// Goals may change until the campaign is over, the end of the schedule too;
// type, objective, special category and channels until the launch. Currency and
// time zone never change, and are here to be refused with a reason.
type Patch struct {
	Name        *string
	Description *string
	Labels      *[]string
	Goals       *Goals
	End         *time.Time // of the schedule
	Type        *Type
	Objective   *Objective
	Category    *Category
	Channels    *[]string // empty: the type's
	Currency    *money.Currency
	Timezone    *string
}

// Change applies a patch whole or not at all. The errors are fault.ErrInvalid
// with every wrong field, and ErrLocked with every field that the status no
// longer allows to change. A patch that changes nothing leaves the revision as
// it is and has no event.
func (c *Campaign) Change(by event.Origin, at time.Time, p Patch) error {
	if err := p.unlocked(c.state); err != nil {
		return err
	}
	next := p.apply(c.state)
	if err := p.validate(next, at); err != nil {
		return err
	}
	c.become(by, at, next, func(changes []event.Change) event.Data { return Updated{changes} })
	return nil
}

func (p Patch) apply(s State) State {
	set(&s.Name, p.Name)
	s.Name = strings.TrimSpace(s.Name)
	set(&s.Description, p.Description)
	set(&s.Labels, p.Labels)
	s.Channels = p.channels(s)
	set(&s.Type, p.Type)
	set(&s.Objective, p.Objective)
	set(&s.Category, p.Category)
	s.Category = s.Category.normal()
	if p.Goals != nil {
		s.Goals = p.Goals.in(s.Currency)
	}
	if p.End != nil && s.Schedule != nil {
		moved := *s.Schedule
		moved.End = utc(*p.End)
		if s.Status == Scheduled && !moved.End.Equal(s.Schedule.End) {
			s.LaunchFailure = nil
		}
		s.Schedule = &moved
	}
	return s
}

// channels are those asked for, or else the type's: a campaign that uses what
// its type uses goes on doing so when the type changes.
func (p Patch) channels(s State) []string {
	asked := s.Channels
	set(&asked, p.Channels)
	if len(asked) > 0 && (p.Channels != nil || !slices.Equal(asked, s.Type.Channels())) {
		return asked
	}
	set(&s.Type, p.Type)
	return s.Type.Channels()
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (p Patch) validate(next State, at time.Time) error {
	var wrong fault.Fields
	checkProfile(&wrong, profile{next.Name, next.Description, next.Type, next.Objective, next.Category, next.Channels, next.Labels})
	next.Goals.check(&wrong, next.Objective, next.Currency)
	if p.End != nil && next.Schedule != nil {
		next.Schedule.check(&wrong, "schedule.", at)
	}
	return wrong.Err()
}

// unlocked refuses what can no longer change. Sending a field as it already is
// changes nothing and is allowed.
func (p Patch) unlocked(s State) error {
	var never, now fault.Fields
	const clone = "leave it out; a clone of the campaign can be made with another one"
	if p.Currency != nil && *p.Currency != s.Currency {
		never.Add("currency", "immutable", "The currency never changes: the budget and every reported amount are in it.", clone)
	}
	if p.Timezone != nil && *p.Timezone != s.Timezone {
		never.Add("timezone", "immutable", "The time zone never changes: daily figures and budgets are counted by its days.", clone)
	}
	if err := never.Err(); err != nil {
		return err
	}
	for _, f := range p.lockable(s) {
		if f.differs && !slices.Contains(f.open, s.Status) {
			now.Add(f.path, "locked", "It can no longer be changed: the campaign is "+string(s.Status)+".", "while the campaign is "+oneOf(f.open))
		}
	}
	if len(now) > 0 {
		return ErrLocked.WithFields(now...).WithExtra("campaign_status", s.Status)
	}
	return nil
}

type lock struct {
	path    string
	differs bool
	open    []Status // in which it may change
}

var (
	beforeLaunch = []Status{Draft, Scheduled}
	beforeEnd    = []Status{Draft, Scheduled, Active, Paused}
	whileDated   = []Status{Scheduled, Active, Paused}
)

func (p Patch) lockable(s State) []lock {
	return []lock{
		{"type", differs(p.Type, s.Type), beforeLaunch},
		{"objective", differs(p.Objective, s.Objective), beforeLaunch},
		{"special_category", p.Category != nil && p.Category.normal() != s.Category, beforeLaunch},
		{"channels", p.Channels != nil && !slices.Equal(*p.Channels, s.Channels), beforeLaunch},
		{"goals", p.Goals != nil && !same(p.Goals.in(s.Currency), s.Goals), beforeEnd},
		{"schedule.end", p.End != nil && (s.Schedule == nil || !p.End.Equal(s.Schedule.End)), whileDated},
	}
}

func differs[T comparable](want *T, is T) bool { return want != nil && *want != is }
