package pacing

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Subject is a budget with what its pace is judged by.
type Subject struct {
	Partner, Budget, Campaign uuid.UUID
	Currency                  money.Currency
	Plan                      Plan // From and To are zero for a campaign without a schedule
	Spent                     int64
}

// Scheduled reports whether the plan has an end.
func (s Subject) Scheduled() bool { return s.Plan.To.After(s.Plan.From) }

// ChannelDay is what one channel delivered on one local day.
type ChannelDay struct {
	Day     localday.Day
	Channel string
	Spend   int64
	Results map[Result]int64
}

// Result is what a channel is paid for.
type Result string

// The results that efficiency can be asked for.
const (
	Conversions Result = "conversions"
	Clicks      Result = "clicks"
	Leads       Result = "leads"
	Impressions Result = "impressions"
)

// Results are all of them.
var Results = []Result{Conversions, Clicks, Leads, Impressions}

// Budgets finds what is judged; the error is a missing budget's, also for
// another partner's.
type Budgets interface {
	Subject(ctx context.Context, partner, budget uuid.UUID) (Subject, error)
}

// History is what was delivered, by local day of the campaign's zone and by
// channel, in the order of days.
type History interface {
	Days(ctx context.Context, s Subject, from, to time.Time) (days []ChannelDay, knownAt time.Time, err error)
}

// Service is the questions about a budget's pace.
type Service struct {
	budgets Budgets
	history History
	now     func() time.Time
}

// NewService asks budgets and history.
func NewService(b Budgets, h History, now func() time.Time) *Service { return &Service{b, h, now} }

// ErrNoHistory says that there is no complete day to look ahead from.
var ErrNoHistory = fault.New(fault.Invalid, "no_complete_day", "There is no complete day with delivery to look ahead from.",
	"Ask again when the first local day of delivery is over.")

// Answer is what every question here comes with.
type Answer struct {
	Subject Subject
	KnownAt time.Time
}

// lookBack is how many days are looked at: a forecast uses its newest values.
const lookBack = 400

// Pace is how the budget keeps up with its plan.
func (s *Service) Pace(ctx context.Context, partner, budget uuid.UUID) (Answer, Pace, error) {
	subject, days, known, err := s.days(ctx, partner, budget, lookBack)
	if err != nil {
		return Answer{}, Pace{}, err
	}
	return Answer{subject, known}, subject.Plan.Of(s.now(), subject.Spent, perDay(days)), nil
}

// Ahead forecasts the spend over days local days from today on; 0 means to the
// end of the plan, or 30 without one. The errors are Budgets', ErrNoHistory and
// fault.ErrInvalid.
func (s *Service) Ahead(ctx context.Context, partner, budget uuid.UUID, days int) (Answer, Outlook, error) {
	subject, history, known, err := s.days(ctx, partner, budget, lookBack)
	if err != nil {
		return Answer{}, Outlook{}, err
	}
	if days == 0 {
		days = 30
		if subject.Scheduled() {
			today, last := localday.Of(s.now(), subject.Plan.Zone), localday.Of(subject.Plan.To.Add(-1), subject.Plan.Zone)
			days = min(max(1, int(last-today)+1), MaxHorizon)
		}
	}
	if days < 0 || days > MaxHorizon {
		return Answer{}, Outlook{}, fault.ErrInvalid.WithFields(fault.Field{Path: "days", Code: "out_of_range", Detail: "This is no number of days to look ahead.", Allow: "1 to 366"})
	}
	out, err := subject.Plan.Ahead(s.now(), subject.Spent, perDay(history), days)
	if fault.As(err) != nil && fault.As(err).Is(forecast.ErrEmpty) {
		err = ErrNoHistory
	}
	return Answer{subject, known}, out, err
}

// unsettled is how many of the latest complete days efficiency leaves out:
// conversions come days after their clicks, and would look dear.
const unsettled = 2

// Efficiency is what a result cost in each channel over a number of complete
// local days that are old enough for late results to have come, the cheapest
// next result first.
func (s *Service) Efficiency(ctx context.Context, partner, budget uuid.UUID, result Result, days int) (Answer, []Efficiency, error) {
	if !slices.Contains(Results, result) || days < 1 || days > lookBack {
		return Answer{}, nil, fault.ErrInvalid.WithFields(fault.Field{Path: "result", Code: "out_of_range", Detail: "This cannot be answered.",
			Allow: "conversions, clicks, leads or impressions, over 1 to 400 days"})
	}
	subject, history, known, err := s.days(ctx, partner, budget, days+unsettled)
	if err != nil {
		return Answer{}, nil, err
	}
	last := localday.Of(s.now(), subject.Plan.Zone) - unsettled
	samples := map[string][]Sample{}
	for _, d := range history {
		if d.Day < last {
			samples[d.Channel] = append(samples[d.Channel], Sample{d.Spend, d.Results[result]})
		}
	}
	var out []Efficiency
	for channel, sample := range samples {
		out = append(out, Efficient(channel, sample))
	}
	slices.SortFunc(out, cheaper)
	return Answer{subject, known}, out, nil
}

// cheaper orders by what the next result costs, then by what one cost on
// average; channels without results come last.
func cheaper(a, b Efficiency) int {
	for _, pair := range [][2]*int64{{a.Marginal, b.Marginal}, {a.Average, b.Average}} {
		switch x, y := pair[0], pair[1]; {
		case x == nil && y == nil:
		case x == nil:
			return 1
		case y == nil:
			return -1
		case *x != *y:
			if *x < *y {
				return -1
			}
			return 1
		}
	}
	if a.Channel < b.Channel {
		return -1
	}
	return 1
}

// days reads the subject and its last days up to now.
func (s *Service) days(ctx context.Context, partner, budget uuid.UUID, count int) (Subject, []ChannelDay, time.Time, error) {
	subject, err := s.budgets.Subject(ctx, partner, budget)
	if err != nil {
		return Subject{}, nil, time.Time{}, err
	}
	today := localday.Of(s.now(), subject.Plan.Zone)
	from, _ := localday.Bounds(today-localday.Day(count), subject.Plan.Zone)
	_, to := localday.Bounds(today, subject.Plan.Zone)
	history, known, err := s.history.Days(ctx, subject, from, to)
	return subject, history, known, err
}

// perDay adds the channels of a day up.
func perDay(channels []ChannelDay) []Day {
	var days []Day
	for _, c := range channels {
		if last := len(days) - 1; last >= 0 && days[last].Day == c.Day {
			days[last].Spend += c.Spend
		} else {
			days = append(days, Day{c.Day, c.Spend})
		}
	}
	return days
}
