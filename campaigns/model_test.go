package campaigns_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// model is what the specification's table says of one campaign while people,
// the clock and its budget act on it in any order.
type model struct {
	*world
	id       uuid.UUID
	status   campaigns.Status
	schedule campaigns.Schedule
	created  campaigns.State
	prepared bool // has targeting and creatives
	seen     int  // events checked
	was      campaigns.Status
	past     map[int]campaigns.State // by how many events there were
}

func TestOnlyTheTableIsEverReached(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := begin(r, t)
		actions := map[string]func(*rapid.T){
			"clock": m.tick, "run": m.run, "money": m.money, "contract": m.contract, "prepare": m.prepare, "refine": m.refine, "end": m.moveEnd,
			"": m.check,
		}
		for _, a := range campaigns.Actions {
			actions[string(a)] = func(r *rapid.T) { m.act(r, a) }
		}
		r.Repeat(actions)
	})
}

// begin is a campaign anywhere in its life, so that few steps reach far.
func begin(r *rapid.T, t *testing.T) *model {
	m := &model{world: newWorld(t), status: campaigns.Draft}
	if from := rapid.SampledFrom(append(campaigns.Statuses, "")).Draw(r, "from"); from != "" {
		m.id, m.status, m.prepared = m.in(from), from, true
	} else {
		m.id = must(t)(m.Create(ctx, by, spring(t))).State().ID
	}
	m.created = m.state(m.id)
	if m.created.Schedule != nil {
		m.schedule = *m.created.Schedule
	}
	return m
}

func (m *model) tick(r *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 72).Draw(r, "hours")) * time.Hour)
}

func (m *model) money(r *rapid.T) { m.settled = usd(rapid.Int64Range(0, 1500).Draw(r, "settled")) }

func (m *model) contract(r *rapid.T) { m.standing.ContractActive = rapid.Bool().Draw(r, "active") }

func (m *model) prepare(r *rapid.T) {
	_, err := m.SetCreatives(ctx, by, m.id, 0, banner)
	m.wants(r, err, !m.status.Over(), campaigns.ErrInvalidTransition)
	if m.status == campaigns.Draft || m.status == campaigns.Scheduled {
		_, err := m.SetTargeting(ctx, by, m.id, 0, colombia())
		m.wants(r, err, true, nil)
		m.prepared = true
	}
}

func (m *model) refine(r *rapid.T) {
	_, err := m.RefineTargeting(ctx, by, m.id, 0, peru(), "")
	if m.status.Over() {
		m.wants(r, err, false, campaigns.ErrInvalidTransition)
		return
	}
	m.wants(r, err, m.running(), campaigns.ErrNotLaunched)
}

func (m *model) moveEnd(r *rapid.T) {
	end := m.now.Add(time.Duration(rapid.IntRange(1, 200).Draw(r, "hours")) * time.Hour)
	_, err := m.Patch(ctx, by, m.id, 0, campaigns.Patch{End: &end})
	switch {
	case m.status == campaigns.Draft || m.status.Over():
		if m.schedule.End.Equal(end) {
			m.wants(r, err, true, nil) // what it already is
			return
		}
		m.wants(r, err, false, campaigns.ErrLocked)
	case end.After(m.schedule.Start):
		m.wants(r, err, true, nil)
		m.schedule.End = end
	}
}

func (m *model) running() bool { return m.status == campaigns.Active || m.status == campaigns.Paused }

// ready is what a launch or a resume needs, in the model's own words.
func (m *model) ready() bool {
	return m.prepared && m.settled.Micros < usd(1000).Micros && m.standing.ContractActive && m.schedule.End.After(m.now)
}

func (m *model) act(r *rapid.T, a campaigns.Action) {
	var err error
	if a == campaigns.Schedules {
		s := campaigns.Schedule{Start: m.now.Add(time.Hour), End: m.now.Add(100 * time.Hour), Launch: rapid.SampledFrom(campaigns.LaunchModes).Draw(r, "launch")}
		if _, err = m.Service.Schedule(ctx, by, m.id, 0, s); err == nil {
			m.schedule = s
		}
	} else {
		_, err = m.do(m.id, a)
	}
	to := table[m.status][a]
	switch {
	case to == "" && m.status == campaigns.Draft && a == campaigns.Launches:
		m.wants(r, err, false, campaigns.ErrMustBeScheduledFirst)
	case to == "":
		m.wants(r, err, false, campaigns.ErrInvalidTransition)
	case (a == campaigns.Launches || a == campaigns.Resumes) && !m.ready():
		m.wants(r, err, false, campaigns.ErrNotReady)
	default:
		m.wants(r, err, true, nil)
		m.status = to
	}
}

func (m *model) wants(r *rapid.T, err error, ok bool, refusal error) {
	if ok != (err == nil) || !ok && !errors.Is(err, refusal) {
		r.Fatalf("%s: %v, want ok %v or %v", m.status, err, ok, refusal)
	}
}

func (m *model) run(r *rapid.T) {
	if _, err := m.RunDue(ctx); err != nil {
		r.Fatal(err)
	}
	starts := m.status == campaigns.Scheduled && m.schedule.Launch == campaigns.LaunchAuto && !m.schedule.Start.After(m.now)
	switch {
	case m.running() && !m.schedule.End.After(m.now):
		m.status = campaigns.Completed
	case starts && m.ready():
		m.status = campaigns.Active
	}
}

// check holds the campaign against the model and its events against the table.
func (m *model) check(r *rapid.T) {
	c, err := m.Get(ctx, uuid.Nil, m.id)
	if err != nil {
		r.Fatal(err)
	}
	s := c.State()
	switch {
	case s.Status != m.status:
		r.Fatalf("it is %s, want %s", s.Status, m.status)
	case (s.Final != nil) != (s.Status == campaigns.Completed):
		r.Fatalf("%s with outcome %+v", s.Status, s.Final)
	case s.Currency != money.Currency("USD") || s.Timezone != m.created.Timezone || s.BudgetID != m.created.BudgetID:
		r.Fatalf("what never changes has: %+v", s)
	case s.Revision != int64(len(m.log)):
		r.Fatalf("revision %d after %d events", s.Revision, len(m.log))
	}
	for ; m.seen < len(m.log); m.seen++ {
		m.follow(r, m.log[m.seen])
	}
	m.rewind(r, s)
}

// rewind holds every state there was against the present one with the events
// since undone.
func (m *model) rewind(r *rapid.T, now campaigns.State) {
	if m.past == nil {
		m.past = map[int]campaigns.State{}
	}
	m.past[len(m.log)] = now
	tracked := func(s campaigns.State) string {
		s.Revision, s.UpdatedAt, s.PreviousTargeting, s.Learning, s.PausedAt, s.FiguresAtPause, s.Final, s.CompletedAt = 0, time.Time{}, nil, nil, nil, nil, nil, nil
		text, _ := json.Marshal(s)
		return strings.ReplaceAll(string(text), "null", "[]") // a list that is nil equals one that is empty
	}
	for events, was := range m.past {
		before, err := now.Before(m.log[events:])
		if err != nil {
			r.Fatal(err)
		}
		if got, want := tracked(before), tracked(was); got != want {
			r.Fatalf("after %d of %d events it was\n%s, rewound\n%s", events, len(m.log), want, got)
		}
	}
}

// follow holds one event against the table: a change of status is an edge of
// it, and delivery never begins with a blocking check that failed.
func (m *model) follow(r *rapid.T, e event.Event) {
	var body struct {
		Changes   []event.Change
		Launch    []campaigns.Check `json:"launch_checklist"`
		Checklist []campaigns.Check
	}
	if err := json.Unmarshal(e.Data, &body); err != nil {
		r.Fatal(err)
	}
	if e.Revision != int64(m.seen+1) || len(body.Changes) == 0 {
		r.Fatalf("event %d: %+v %s", m.seen, e, e.Data)
	}
	for _, check := range append(body.Launch, body.Checklist...) {
		if check.Blocking && !check.OK {
			r.Fatalf("%s although %s", e.Type, check.Detail)
		}
	}
	for _, c := range body.Changes {
		if c.Field == "status" {
			m.move(r, campaigns.Status(c.Before.(string)), campaigns.Status(c.After.(string)))
		}
	}
}

func (m *model) move(r *rapid.T, from, to campaigns.Status) {
	if from != m.was {
		r.Fatalf("from %s, but it was %s", from, m.was)
	}
	edge := from == "" && to == campaigns.Draft
	for _, reached := range table[from] {
		edge = edge || reached == to
	}
	if m.was = to; !edge {
		r.Fatalf("%s to %s is not in the table", from, to)
	}
}
