package rule

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Bounds of a preview. Its cost is that of reading the facts once.
const (
	PreviewDays      = 30
	previewCampaigns = 50
	previewFirings   = 200
	previewFacts     = 10_000_000
)

// Firing is an alert that a rule would have fired.
type Firing struct {
	Campaign   uuid.UUID  `json:"campaign_id"`
	Name       string     `json:"campaign"`
	FiredAt    time.Time  `json:"fired_at"`
	EndedAt    *time.Time `json:"ended_at"` // null while it would still stand
	Ended      string     `json:"ended,omitempty"`
	Observed   Quantity   `json:"observed"`
	Sample     int64      `json:"sample,omitempty"`
	From       *time.Time `json:"from"` // of the window; null for the campaign's life
	Confidence string     `json:"confidence,omitempty"`
}

// Preview is what a rule would have done.
type Preview struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Campaigns int       `json:"campaigns"` // that were looked at
	LeftOut   int       `json:"left_out"`  // further campaigns that the rule covers
	Facts     int64     `json:"facts"`     // recorded in the time
	Late      int64     `json:"late"`      // of them, those recorded after their local day was over
	Fired     int       `json:"fired"`
	Firings   []Firing  `json:"firings"`   // the first 200, by campaign and time
	Truncated bool      `json:"truncated"` // there was more than a preview may read
}

// Preview says what a definition would have done on the last 30 days as then
// known: it runs the engine over the commits in the order in which they were
// recorded, so that a late fact counts only from when it came. What is read as
// of now are the budget's limit, the schedule and since when the campaign is
// active. The error is fault.ErrInvalid with every wrong field.
func (s *Service) Preview(ctx context.Context, by event.Origin, d Definition) (Preview, error) {
	if err := s.check(ctx, by.Partner, &d); err != nil {
		return Preview{}, err
	}
	now := s.now()
	p := Preview{From: now.AddDate(0, 0, -PreviewDays), To: now, Firings: []Firing{}}
	rule := &State{Partner: by.Partner, Revision: 1, Definition: d}
	of, err := s.previewed(ctx, by.Partner, &d, &p)
	if err != nil {
		return p, err
	}
	for _, c := range of {
		r := &rehearsal{Preview: &p, rule: rule, campaign: c, last: micros(p.From)}
		r.standing = Standing{Campaign: c.ID, Revision: rule.Revision}
		if isAnomaly(*rule) {
			err = r.anomalies(ctx, s.history)
		} else {
			err = r.run(ctx, s.log)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// previewed are the campaigns that are looked at: the newest that the rule
// covers.
func (s *Service) previewed(ctx context.Context, partner uuid.UUID, d *Definition, p *Preview) ([]Campaign, error) {
	all, err := s.campaigns.Latest(ctx, partner, false, mostAtOnce)
	if err != nil {
		return nil, err
	}
	var covered []Campaign
	for _, c := range all {
		if d.Covers(c) {
			covered = append(covered, c)
		}
	}
	p.Campaigns = min(len(covered), previewCampaigns)
	p.LeftOut = len(covered) - p.Campaigns
	return covered[:p.Campaigns], nil
}

// rehearsal runs one campaign's history through the engine's own steps.
type rehearsal struct {
	*Preview
	rule     *State
	campaign Campaign
	tracker  *Tracker
	standing Standing
	open     *Firing
	last     int64 // the last moment judged
}

// errEnough ends a replay that has read as much as a preview may.
var errEnough = errors.New("rule: the preview has read enough")

func (r *rehearsal) run(ctx context.Context, log Log) error {
	r.tracker = NewTracker(r.campaign.Zone, longest([]State{*r.rule}))
	span := performance.Everything
	span.KnownTo = micros(r.To) + 1
	err := log.Replay(ctx, r.campaign.Partner, r.campaign.ID, span, 0, func(recordedAt int64, events []performance.Event) error {
		if recordedAt >= span.KnownTo {
			return nil // a replay gives at least the span
		}
		r.hours(recordedAt)
		r.tracker.Fold(recordedAt, events)
		if recordedAt > micros(r.From) {
			r.count(recordedAt, events)
			if atCommits(*r.rule) {
				r.judge(moment(recordedAt))
			}
		}
		if r.Facts > previewFacts {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		r.Truncated, err = true, nil
	}
	r.hours(micros(r.To))
	r.close("", time.Time{})
	return err
}

// hours judges a rule that only time can tell at the whole hours before a
// moment. Live it is every minute.
func (r *rehearsal) hours(before int64) {
	if !r.rule.Condition.Metric.Timed() {
		return
	}
	for at := hourOf(r.last) + hourMicros; at <= before; at += hourMicros {
		r.judge(moment(at))
		r.last = at
	}
}

func (r *rehearsal) count(recordedAt int64, events []performance.Event) {
	r.Facts += int64(len(events))
	start, _ := localday.Bounds(localday.Of(moment(recordedAt), r.campaign.Zone), r.campaign.Zone)
	for i := range events {
		if events[i].OccurredAt < micros(start) {
			r.Late++
		}
	}
}

func (r *rehearsal) judge(at time.Time) {
	reading := r.tracker.Read(&r.rule.Definition, r.campaign, at)
	var step Step
	r.standing, step = r.standing.Judge(r.rule, reading, at)
	r.follow(step, reading, at)
}

func (r *rehearsal) follow(step Step, reading Reading, at time.Time) {
	if step.Close != "" {
		r.close(step.Close, at)
	}
	if !step.Fire {
		return
	}
	observed := Quantity{Micros: reading.Value, Unit: r.rule.Condition.Metric.canonical()}
	if observed.Unit == Amount {
		observed.Currency = r.campaign.Currency
	}
	r.open = &Firing{
		Campaign: r.campaign.ID, Name: r.campaign.Name, FiredAt: at, Observed: observed, Sample: reading.Sample, Confidence: reading.Confidence,
	}
	if !reading.From.IsZero() {
		r.open.From = &reading.From
	}
}

// close notes the firing that is open, and that it ended.
func (r *rehearsal) close(why string, at time.Time) {
	if r.open == nil {
		return
	}
	if r.open.Ended = why; why != "" {
		r.open.EndedAt = &at
	}
	if r.Fired++; len(r.Firings) < previewFirings {
		r.Firings = append(r.Firings, *r.open)
	} else {
		r.Truncated = true
	}
	r.open = nil
}

// anomalies goes through what was detected about the campaign.
func (r *rehearsal) anomalies(ctx context.Context, history History) error {
	const page, pages = 500, 40
	after := int64(0)
	for range pages {
		events, err := history.History(ctx, r.campaign.Partner, r.campaign.ID, after, page)
		if err != nil {
			return err
		}
		for i := range events {
			after = events[i].Seq
			if events[i].Type == TypeAnomaly && events[i].RecordedAt.After(r.From) {
				if err := r.anomaly(&events[i]); err != nil {
					return err
				}
			}
		}
		if len(events) < page {
			r.close("", time.Time{})
			return nil
		}
	}
	r.Truncated = true
	r.close("", time.Time{})
	return nil
}

func (r *rehearsal) anomaly(ev *event.Event) error {
	var a detected
	if err := json.Unmarshal(ev.Data, &a); err != nil {
		return err
	}
	r.Facts++
	if !r.rule.Condition.wants(&a) || r.standing.Cooling(&r.rule.Definition, ev.RecordedAt) {
		return nil
	}
	r.close(NoteQuiet, ev.RecordedAt)
	r.standing.FiredAt = ev.RecordedAt
	r.follow(Step{Fire: true}, a.reading(), ev.RecordedAt)
	return nil
}
