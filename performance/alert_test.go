package performance

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

var alertTime = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func cause(seq int64) event.Event {
	return event.Event{ID: uuid.Must(uuid.NewV7()), Partner: uuid.Must(uuid.NewV7()), Seq: seq, OccurredAt: alertTime}
}

func notice(severity Severity) Notice {
	return Notice{Kind: AlertKPIMissed, Subject: "cpa", Severity: severity, Title: "CPA is over its target"}
}

func eventTypes(a *Alert) (types []string) {
	for _, e := range a.PullEvents() {
		types = append(types, e.Type)
	}
	return types
}

func TestAnAlertFiresOnceAndJoinsWhatFollows(t *testing.T) {
	by := event.Origin{Kind: event.ActorReaction}
	first := cause(5)
	a := Raise(by, alertTime, first, notice(SeverityHigh))
	if s := a.State(); s.ID != first.ID || s.State != Firing || s.Count != 1 {
		t.Fatalf("raised: %+v", s)
	}
	if got := eventTypes(a); len(got) != 1 || got[0] != "alert.raised" {
		t.Fatalf("events %v", got)
	}
	a.Join(by, alertTime, first, notice(SeverityHigh)) // the event again
	a.Join(by, alertTime, cause(6), notice(SeverityMedium))
	if s := a.State(); s.Count != 2 || s.Severity != SeverityHigh || len(eventTypes(a)) != 0 {
		t.Fatalf("joined: %+v", s)
	}
	a.Acknowledge(event.Origin{Name: "Ana"}, alertTime, "")
	a.Acknowledge(event.Origin{Name: "Luis"}, alertTime, "")
	if s := a.State(); s.State != Acknowledged || s.AcknowledgedBy != "Ana" || len(eventTypes(a)) != 1 {
		t.Fatalf("acknowledged: %+v", s)
	}
	a.Join(by, alertTime, cause(7), notice(SeverityCritical))
	if s := a.State(); s.State != Firing || s.AcknowledgedBy != "" || len(eventTypes(a)) != 1 {
		t.Fatalf("a graver notice must fire again: %+v", s)
	}
	a.Resolve(by, alertTime, "")
	a.Resolve(by, alertTime, "")
	a.Acknowledge(by, alertTime, "")
	if s := a.State(); s.State != Resolved || s.ResolvedAt == nil || len(eventTypes(a)) != 1 {
		t.Fatalf("resolved: %+v", s)
	}
}
