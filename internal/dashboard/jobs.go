package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// Jobs is jobs.Board.
type Jobs interface {
	Jobs(ctx context.Context) ([]event.JobStatus, error)
}

const jobsPath = "/settings/jobs"

// jobsPage is what runs by the clock, for operators; what needs a look is first.
type jobsPage struct {
	Tabs    []settingsTab
	Said    string // in a sentence, whether all is well
	Tone    string
	Icon    string
	Jobs    []jobRow
	Now     time.Time
	Trouble int
}

type jobRow struct {
	Does, Name, Node    string
	Tone, Icon, State   string
	Every, Took         string
	Ran, Next, FailedAt *time.Time
	Problem             string
}

// jobs is the page.
func (v *visit) jobs() error {
	if err := v.who.Require(partners.ActionOperateBrokers); err != nil {
		return err
	}
	all, err := v.d.Jobs.Jobs(v.r.Context())
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(x, y event.JobStatus) int { return cmp.Compare(trouble(y), trouble(x)) })
	p := jobsPage{Tabs: v.settingsTabs(jobsPath), Tone: "good", Icon: "ok", Now: v.now}
	for _, job := range all {
		p.Jobs = append(p.Jobs, v.jobRow(job))
		p.Trouble += min(1, trouble(job))
	}
	p.Said = v.locale.N("job.well", len(all))
	if p.Trouble > 0 {
		p.Said, p.Tone, p.Icon = v.locale.N("job.trouble", p.Trouble), "bad", "CRITICAL"
	}
	return v.page(http.StatusOK, "jobs", v.locale.T("job.title"), "settings", p)
}

// trouble is 2 where turns fail, 1 where none is made, and otherwise 0.
func trouble(job event.JobStatus) int {
	switch {
	case job.Failures > 0:
		return 2
	case job.Late:
		return 1
	}
	return 0
}

func (v *visit) jobRow(job event.JobStatus) jobRow {
	row := jobRow{
		Does: v.locale.T("job.of." + strings.NewReplacer(".", "_", "-", "_").Replace(job.Name)), Name: job.Name, Node: job.Node,
		Every: v.locale.interval(time.Duration(job.Every) * time.Second), Ran: v.here(job.LastBegun()), Next: v.here(job.NextAt),
		Took: v.locale.T("job.took", "ms", v.locale.Count(job.Millis)), FailedAt: v.here(job.FailedAt), Problem: job.Problem,
		Tone: "good", Icon: "ok", State: v.locale.T("job.ok"),
	}
	switch {
	case job.Failures > 0:
		row.Tone, row.Icon, row.State = "bad", "CRITICAL", v.locale.N("job.fails", job.Failures)
	case job.Late:
		row.Tone, row.Icon, row.State = "warn", "MEDIUM", v.locale.T("job.late")
	case job.RunningSince != nil:
		row.Tone, row.Icon, row.State, row.Took = "quiet", "clock", v.locale.T("job.running"), ""
	case job.RanAt == nil:
		row.Tone, row.Icon, row.State, row.Took = "quiet", "clock", v.locale.T("job.new"), ""
	}
	return row
}

// here is a moment on the visitor's clock.
func (v *visit) here(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	local := at.In(v.now.Location())
	return &local
}

// interval is how often something happens.
func (l *locale) interval(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return l.N("job.every.hours", int(d/time.Hour))
	case d >= time.Minute:
		return l.N("job.every.minutes", int(d/time.Minute))
	}
	return l.N("job.every.seconds", int(d/time.Second))
}
