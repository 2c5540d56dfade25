// Package claim does work that waits in a table: each piece by one worker at a
// time, on whichever node, for as long as that says it is alive. A worker that
// dies is not heard of any more, and its piece is claimed by another one, from
// the beginning.
package claim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Loop calls turn until ctx ends: again at once while it was busy, and else when
// wake says that there is work, or after every, for work that other nodes took
// in. A turn that fails is logged and tried again. what names the work in logs.
func Loop(ctx context.Context, what string, every time.Duration, wake <-chan struct{}, turn func(context.Context) (busy bool, err error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		busy, err := turn(ctx)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, what+" not worked on, trying again", "error", err)
		} else if busy {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-wake:
		}
	}
	return nil
}

// Hold does a piece of work and calls renew, which keeps its claim, after every
// such time, however long the work takes. When renew fails with lost the work's
// context ends, and the error is lost whatever the work says; any other failure
// is a database that does not answer, and renewing is tried again. A panic is the
// work's failure: it must not take the others with it.
func Hold(ctx context.Context, every time.Duration, lost error, renew, work func(context.Context) error) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		beat(ctx, stop, every, lost, renew)
	}()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if errors.Is(context.Cause(ctx), lost) {
			err = lost
		}
		stop(nil)
		<-beating
	}()
	return work(ctx)
}

func beat(ctx context.Context, stop context.CancelCauseFunc, every time.Duration, lost error, renew func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := renew(ctx); errors.Is(err, lost) {
			stop(lost)
			return
		}
	}
}
