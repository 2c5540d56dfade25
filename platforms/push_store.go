package platforms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

// store changes the placement as it now is in the store, and keeps the result.
func (t *push) store(ctx context.Context, change func(*Placement)) error {
	changed, err := t.Placements.Update(ctx, t.ref.Partner, t.ref.ID, 0, func(p *Placement) error {
		before := p.visible()
		change(p)
		p.update(pusher, t.now(), before)
		return nil
	})
	if err == nil {
		changed.state.Touched = t.placement.state.Touched // as it was when the turn began
		t.placement = changed
	}
	return err
}

// wait puts a placement aside until something touches it.
func (t *push) wait(ctx context.Context, why string) error {
	touched := t.placement.state.Touched
	return t.store(ctx, func(p *Placement) {
		if p.state.Waiting = why; p.state.Touched == touched {
			p.state.DueAt = nil
		}
	})
}

// close ends a turn and says when the next one is due.
func (t *push) close(ctx context.Context, err error) error {
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.NotFound) {
		return t.store(ctx, func(p *Placement) {
			p.state.Problem, p.state.DueAt = &Failure{Class: Refused, Code: f.Code, Message: f.Detail}, nil
		})
	}
	if err != nil {
		return errors.Join(err, t.failed(ctx, failure(err)))
	}
	touched := t.placement.state.Touched
	return t.store(ctx, func(p *Placement) {
		if p.state.Progress == IsEnded {
			return
		}
		next := t.now().Add(t.Refresh)
		for i := range p.state.Objects {
			if p.state.Objects[i].State == Open {
				next = t.now().Add(t.Look)
			}
		}
		if p.state.Touched != touched {
			next = t.now()
		}
		p.state.DueAt, p.state.Problem, p.state.Tries = &next, nil, 0
	})
}

// failed puts the next try off, longer each time.
func (t *push) failed(ctx context.Context, f *Failure) error {
	return t.store(context.WithoutCancel(ctx), func(p *Placement) {
		wait := max(f.RetryAfter, min(time.Second<<min(p.state.Tries, 12), 15*time.Minute))
		next := t.now().Add(wait)
		p.state.Tries++
		p.state.Problem, p.state.DueAt = f, &next
	})
}

// fingerprint is what the platform is told, as a short text.
func fingerprint(d Draft, s Settings, existing map[string]string) string {
	text, err := json.Marshal(map[string]any{"draft": d, "settings": s, "existing": existing})
	if err != nil {
		panic(fmt.Sprintf("platforms: a draft cannot be written as JSON: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}
