package dashboard

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// timetable is Jobs of which one fails, one is run by no node and one is well.
type timetable struct{}

func (timetable) Jobs(context.Context) ([]event.JobStatus, error) {
	ran, next := time.Now().Add(-time.Hour), time.Now().Add(-time.Hour+time.Second)
	return []event.JobStatus{
		{Name: "campaigns.due", Every: 1, Node: "one:1", RanAt: &ran, NextAt: &next, Millis: 12},
		{Name: "platforms.pull", Every: 1, Node: "two:1", RanAt: &ran, NextAt: &next, Late: true},
		{Name: "reports.due", Every: 5, Node: "one:1", RanAt: &ran, NextAt: &next, Failures: 3, FailedAt: &ran, Problem: "<disk> full"},
		{Name: "webhooks.purge", Every: 3600},
	}, nil
}

func TestJobsOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	operator := w.session(partners.RoleAdmin)
	status, body, _ := w.get(jobsPath, operator, "en")
	if status != http.StatusOK {
		t.Fatalf("status %d %s", status, body)
	}
	has(t, body, "2 jobs need a look.", "The last 3 turns failed", "No node runs it", "&lt;disk&gt; full", "one:1", "in 12 ms", "Not yet", "Makes scheduled reports")
	if fails, late, well := strings.Index(body, "reports.due"), strings.Index(body, "platforms.pull"), strings.Index(body, "campaigns.due"); fails > late || late > well {
		t.Errorf("what fails is at %d, what nobody runs at %d, what is well at %d", fails, late, well)
	}
	_, body, _ = w.get(jobsPath, operator, "es")
	has(t, body, "2 trabajos necesitan atención.", "Fallaron los últimos 3 turnos", "Elabora los informes programados")
	if status, _, _ = w.get(jobsPath, w.session(partners.RoleManager), "en"); status != http.StatusForbidden {
		t.Errorf("a manager sees the jobs: %d", status)
	}
}
