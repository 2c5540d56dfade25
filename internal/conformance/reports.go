package conformance

import (
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance/report"
)

// ReportStore is where reports, their files and their schedules are kept.
type ReportStore interface {
	report.Store
	report.Queue
	report.Files
	report.Schedules
}

// Reports holds the store of reports to its ports.
func Reports(t *testing.T, b Backend) {
	cases{
		"a report is read as it was ordered":                reportStored,
		"facts are those of the first report":               reportFacts,
		"another partner's report is as a missing one":      reportForeign,
		"of workers at once one claims a report":            reportClaimed,
		"a worker that was taken for dead writes no more":   reportLost,
		"a file is read whole, piece by piece":              reportFile,
		"a cancelled report has no worker and no file":      reportCancelled,
		"a file expires, and its definition is kept":        reportExpired,
		"of nodes that advance a schedule at once one does": scheduleAdvanced,
	}.run(t, b)
}

// Claims are of all partners, so that these tests work with reports whose ids
// come first, one after another.
func (w world) report(partner uuid.UUID) report.Report {
	w.Helper()
	r := report.Report{
		ID: newID(), Partner: partner, State: report.Queued, Totals: []report.Total{}, CreatedBy: "suite", CreatedAt: w.now(),
		Definition: report.Definition{Scope: report.Scope{Type: report.ScopePartner}, Format: report.CSV, Granularity: "day", Lang: "en", KnownAt: w.now()},
	}
	added, err := w.Reports.Add(w.Context(), r, report.Facts{At: w.now(), Partner: "Andes", Campaigns: []report.Campaign{}, Alerts: []report.Alert{}})
	w.must(err)
	return added
}

// claim takes this report; others that wait are taken and left.
func (w world) claim(id uuid.UUID) report.Report {
	w.Helper()
	for {
		r, ok, err := w.Reports.Claim(w.Context(), w.now(), w.now().Add(time.Minute))
		w.must(err)
		if !ok {
			w.Fatal("the report is not claimed")
		}
		if r.ID == id {
			return r
		}
	}
}

func reportStored(w world) {
	r := w.report(w.partner())
	got, err := w.Reports.Get(w.Context(), r.Partner, r.ID)
	w.must(err)
	if diff := cmp.Diff(r, got); diff != "" {
		w.Error(diff)
	}
	again := r
	again.CreatedBy = "somebody else"
	kept, err := w.Reports.Add(w.Context(), again, report.Facts{})
	w.must(err)
	w.equal("ordered by", kept.CreatedBy, "suite")
	listed := pages(w, func(cursor string) ([]report.Report, string, error) {
		return w.Reports.List(w.Context(), r.Partner, report.Query{States: []report.State{report.Queued}, Limit: 1, Cursor: cursor})
	}, func() {})
	w.equal("listed", len(listed), 1)
}

func reportFacts(w world) {
	r := w.report(w.partner())
	other := r
	other.ID = newID()
	_, err := w.Reports.Add(w.Context(), other, report.Facts{Partner: "Renamed"})
	w.must(err)
	facts, ok, err := w.Reports.Facts(w.Context(), r.Partner, r.Definition.FactsKey())
	w.must(err)
	w.equal("known", ok, true)
	w.equal("name", facts.Partner, "Andes")
	_, ok, err = w.Reports.Facts(w.Context(), w.partner(), r.Definition.FactsKey())
	w.must(err)
	w.equal("another partner's", ok, false)
}

func reportForeign(w world) {
	r, stranger := w.report(w.partner()), w.partner()
	_, err := w.Reports.Get(w.Context(), stranger, r.ID)
	w.is(err, report.ErrNotFound)
	_, err = w.Reports.Cancel(w.Context(), stranger, r.ID, w.now())
	w.is(err, report.ErrNotFound)
	w.must(w.Reports.Delete(w.Context(), stranger, r.ID))
	_, err = w.Reports.Get(w.Context(), r.Partner, r.ID)
	w.must(err)
}

func reportClaimed(w world) {
	r := w.report(w.partner())
	claims := together(8, func(int) int {
		won := 0
		for {
			got, ok, err := w.Reports.Claim(w.Context(), w.now(), w.now().Add(time.Minute))
			w.must(err)
			if !ok {
				return won
			}
			if got.ID == r.ID {
				won++
			}
		}
	})
	won := 0
	for _, n := range claims {
		won += n
	}
	w.equal("claims", won, 1)
}

func reportLost(w world) {
	r := w.report(w.partner())
	first := w.claim(r.ID)
	w.must(w.Reports.AddPiece(w.Context(), first, 0, []byte("half of a")))
	w.must(w.Reports.Renew(w.Context(), first, w.now().Add(-time.Second))) // its time is over
	second := w.claim(r.ID)
	w.equal("attempt", second.Attempt, first.Attempt+1)
	w.is(w.Reports.AddPiece(w.Context(), first, 1, []byte("file")), report.ErrLost)
	w.is(w.Reports.Renew(w.Context(), first, w.now().Add(time.Minute)), report.ErrLost)
	first.State = report.Ready
	w.is(w.Reports.Finish(w.Context(), first), report.ErrLost)
	w.must(w.Reports.AddPiece(w.Context(), second, 0, []byte("whole")))
	second.State, second.Size = report.Ready, 5
	w.must(w.Reports.Finish(w.Context(), second))
	text, err := io.ReadAll(w.Reports.Open(w.Context(), second))
	w.must(err)
	w.equal("file", string(text), "whole")
}

func reportFile(w world) {
	r := w.claim(w.report(w.partner()).ID)
	for i, piece := range []string{"one ", "two ", "three"} {
		w.must(w.Reports.AddPiece(w.Context(), r, i, []byte(piece)))
	}
	r.State, r.Size = report.Ready, 13
	w.must(w.Reports.Finish(w.Context(), r))
	text, err := io.ReadAll(w.Reports.Open(w.Context(), r))
	w.must(err)
	w.equal("file", string(text), "one two three")
	r.Size = 14 // a piece is missing
	_, err = io.ReadAll(w.Reports.Open(w.Context(), r))
	w.is(err, io.ErrUnexpectedEOF)
}

func reportCancelled(w world) {
	r := w.claim(w.report(w.partner()).ID)
	w.must(w.Reports.AddPiece(w.Context(), r, 0, []byte("half")))
	cancelled, err := w.Reports.Cancel(w.Context(), r.Partner, r.ID, w.now())
	w.must(err)
	w.equal("state", cancelled.State, report.Cancelled)
	w.is(w.Reports.AddPiece(w.Context(), r, 1, []byte("more")), report.ErrLost)
	_, err = w.Reports.Cancel(w.Context(), r.Partner, r.ID, w.now())
	w.is(err, report.ErrOver)
}

func reportExpired(w world) {
	r := w.claim(w.report(w.partner()).ID)
	w.must(w.Reports.AddPiece(w.Context(), r, 0, []byte("old")))
	expires := w.now().Add(time.Hour)
	r.State, r.Size, r.ExpiresAt = report.Ready, 3, &expires
	w.must(w.Reports.Finish(w.Context(), r))
	w.must(w.Reports.Expire(w.Context(), expires.Add(-time.Microsecond)))
	got, err := w.Reports.Get(w.Context(), r.Partner, r.ID)
	w.must(err)
	w.equal("before its time", got.State, report.Ready)
	w.must(w.Reports.Expire(w.Context(), expires))
	got, err = w.Reports.Get(w.Context(), r.Partner, r.ID)
	w.must(err)
	w.equal("state", got.State, report.Expired)
	w.equal("definition", got.Definition.Format, report.CSV)
}

func scheduleAdvanced(w world) {
	day := localday.Day(20_000)
	s := report.Schedule{ID: newID(), Partner: w.partner(), Every: report.Daily, Scope: report.Scope{Type: report.ScopePartner}, Format: report.PDF, Granularity: "day",
		Lang: "es", Timezone: "America/Bogota", Next: day, CreatedAt: w.now()}
	added, err := w.Reports.AddSchedule(w.Context(), s)
	w.must(err)
	if diff := cmp.Diff(s, added); diff != "" {
		w.Error(diff)
	}
	due, err := w.Reports.Due(w.Context(), s.NextAt(), 1000)
	w.must(err)
	found := 0
	for _, x := range due {
		if x.ID == s.ID {
			found++
		}
	}
	w.equal("due at its midnight", found, 1)
	together(8, func(i int) error {
		next := s
		next.Next = day + 1 + localday.Day(i%2)*5
		return w.Reports.Advance(w.Context(), next, day)
	})
	got, err := w.Reports.GetSchedule(w.Context(), s.Partner, s.ID)
	w.must(err)
	stale := s
	stale.Next = day + 30
	w.must(w.Reports.Advance(w.Context(), stale, day)) // too late: nothing happens
	after, err := w.Reports.GetSchedule(w.Context(), s.Partner, s.ID)
	w.must(err)
	w.equal("next day", after.Next, got.Next)
	w.must(w.Reports.DeleteSchedule(w.Context(), s.Partner, s.ID))
	_, err = w.Reports.GetSchedule(w.Context(), s.Partner, s.ID)
	w.is(err, report.ErrScheduleNotFound)
}
