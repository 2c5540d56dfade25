package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/app"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

// spender reserves, commits and records spend until its process is gone, and
// remembers what it asked for without an answer.
type spender struct {
	caller
	budget string

	mu      sync.Mutex
	commits map[string]bool // reservation → whether the commit was answered
	spends  []string        // ids asked for, answered or not
	granted int
	some    bell // rings when something was granted
}

func (s *spender) work(stop *atomic.Bool) {
	for !stop.Load() {
		status, answer, err := s.try("POST", "/budgets/"+s.budget+"/reservations", `{"amount":"1.00","ttl_seconds":2}`)
		if err != nil {
			return
		}
		if status != 201 {
			continue // 503 of a node without its database, or too little left
		}
		var r struct{ ID string }
		if err := json.Unmarshal(answer, &r); err != nil {
			s.t.Error(err)
			return
		}
		spend := uuid.NewString()
		s.mu.Lock()
		s.granted++
		s.commits[r.ID] = false
		s.spends = append(s.spends, spend)
		s.mu.Unlock()
		s.some.ring()
		if status, _, err = s.try("POST", "/reservations/"+r.ID+"/commit", `{"amount":"0.60"}`); err == nil && status == 200 {
			s.mu.Lock()
			s.commits[r.ID] = true
			s.mu.Unlock()
		}
		_, _, _ = s.try("POST", "/budgets/"+s.budget+"/spend", fmt.Sprintf(`{"spend_id":%q,"amount":"0.10"}`, spend))
	}
}

// TestKilledDuringDecisions kills the process between decisions and their
// answers. What was answered stands, what was asked again counts once, and
// money that nobody came back for is free after its time.
func TestKilledDuringDecisions(t *testing.T) {
	rounds := max(4, testenv.Runs(t, 300)) // in fewer, no answer may have been under way
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	campaign := manager.campaign("1000000.00", false)
	s := &spender{commits: map[string]bool{}, some: newBell()}
	s.budget = manager.must("GET", "/campaigns/"+campaign+"/budget", nil)["id"].(string)
	for range rounds {
		s.caller = p.as(manager.key)
		s.some.silence()
		var stop atomic.Bool
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() { s.work(&stop) })
		}
		<-s.some
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		p.kill()
		stop.Store(true)
		group.Wait()
		p = start(t, dir)
	}
	c, unanswered := p.as(manager.key), 0
	for id, answered := range s.commits {
		if !answered {
			unanswered++
		}
		c.must("POST", "/reservations/"+id+"/commit", `{"amount":"0.60"}`) // again, or late
	}
	for _, id := range s.spends {
		c.must("POST", "/budgets/"+s.budget+"/spend", fmt.Sprintf(`{"spend_id":%q,"amount":"0.10"}`, id))
	}
	if s.granted < rounds || unanswered == 0 {
		t.Fatalf("the fault did not happen: %d granted, %d commits without an answer", s.granted, unanswered)
	}
	want := fmt.Sprintf("%d.%d0", s.granted*7/10, s.granted*7%10)
	freed := func() bool {
		b := c.must("GET", "/budgets/"+s.budget, nil)
		if got := b["reported"].(map[string]any)["amount"]; got != want {
			t.Fatalf("reported %v, want %s of %d", got, want, s.granted)
		}
		return b["reserved"].(map[string]any)["amount"] == "0.00"
	}
	eventually(t, "what was held is free again", freed)
	p.stop()
	if err := app.Verify(t.Context(), app.VerifyConfig{Data: dir}, io.Discard); err != nil {
		t.Error(err)
	}
}

// TestAStoppedNodeAuthorisesNothingTwice stops one of two nodes in the midst of
// its decisions, lets the other spend what is left, and continues it.
func TestAStoppedNodeAuthorisesNothingTwice(t *testing.T) {
	database := testenv.Postgres(t)
	first, second := start(t, t.TempDir(), "--database", database), start(t, t.TempDir(), "--database", database)
	_, manager := first.partner()
	campaign := manager.campaign("2000.00", false)
	budget := manager.must("GET", "/campaigns/"+campaign+"/budget", nil)["id"].(string)
	var granted, refused atomic.Int64
	ask := func(c caller, stop *atomic.Bool) {
		for !stop.Load() {
			status, answer, err := c.try("POST", "/budgets/"+budget+"/reservations", `{"amount":"1.00","ttl_seconds":3600}`)
			switch {
			case err != nil || status == 503:
			case status == 201:
				granted.Add(1)
			case status == 409:
				refused.Add(1)
				return
			default:
				t.Errorf("%d %s", status, answer)
				return
			}
		}
	}
	var stop atomic.Bool
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() { ask(first.as(manager.key), &stop) })
	}
	for granted.Load() < 100 {
		time.Sleep(time.Millisecond)
	}
	if err := first.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	for range 16 {
		others.Go(func() { ask(second.as(manager.key), &stop) })
	}
	others.Wait() // until the other node is refused: nothing is left
	if testenv.Thorough() {
		<-time.After(60 * time.Second) // the fault as it is stated; less than it takes the server to notice is enough
	}
	if err := first.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	if granted.Load() > 2000 || refused.Load() == 0 {
		t.Errorf("%d granted of 2000", granted.Load())
	}
	b := second.as(manager.key).must("GET", "/budgets/"+budget, nil)
	if got := b["reserved"].(map[string]any)["amount"]; got != "2000.00" {
		t.Errorf("%v reserved, want all of 2000.00; %d were answered", got, granted.Load())
	}
}
