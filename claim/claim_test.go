package claim_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hexabuilders/campaignd/claim"
)

var errLost, errDown, errWork = errors.New("lost"), errors.New("down"), errors.New("work")

func TestHold(t *testing.T) {
	for _, c := range []struct {
		name    string
		renews  []error // nil from then on
		work    func(context.Context) error
		want    string
		renewed int
	}{
		{"done at once", nil, func(context.Context) error { return nil }, "", 0},
		{"fails", nil, func(context.Context) error { return errWork }, "work", 0},
		{"is kept while it works", nil, func(context.Context) error { time.Sleep(3500 * time.Millisecond); return nil }, "", 3},
		{"a database that is down is tried again", []error{errDown, errDown}, func(context.Context) error { time.Sleep(3500 * time.Millisecond); return nil }, "", 3},
		{"lost: its context ends", []error{nil, errLost}, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "lost", 2},
		{"lost: whatever the work says", []error{errLost}, func(context.Context) error { time.Sleep(5 * time.Second); return nil }, "lost", 1},
		{"panics", nil, func(context.Context) error { panic("out of range") }, "panic: out of range", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which fails when the heartbeat outlives the work
				renewed := 0
				err := claim.Hold(t.Context(), time.Second, errLost, func(context.Context) error {
					renewed++
					if renewed <= len(c.renews) {
						return c.renews[renewed-1]
					}
					return nil
				}, c.work)
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
				if renewed != c.renewed {
					t.Errorf("renewed %d times, want %d", renewed, c.renewed)
				}
			})
		})
	}
}

// TestLoop: busy turns follow each other at once, a failure and an empty table
// wait for the clock, and a wake does not.
func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		begun, wake := time.Now(), make(chan struct{}, 1)
		var at []string
		turns := []struct {
			busy bool
			err  error
		}{{busy: true}, {busy: true}, {err: errDown}, {}, {}}
		err := claim.Loop(ctx, "pieces", 2*time.Second, wake, func(context.Context) (bool, error) {
			at = append(at, time.Since(begun).String())
			n := len(at) - 1
			if n == len(turns)-2 {
				time.AfterFunc(500*time.Millisecond, func() { wake <- struct{}{} })
			}
			if n == len(turns)-1 {
				stop()
			}
			return turns[n].busy, turns[n].err
		})
		if want := []string{"0s", "0s", "0s", "2s", "2.5s"}; err != nil || !slices.Equal(at, want) {
			t.Errorf("%v: turns at %s, want %s", err, strings.Join(at, " "), strings.Join(want, " "))
		}
	})
}
