package platforms

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
)

// Timing is how patient the pusher and the puller are.
type Timing struct {
	// CallTime is the longest that a call to a platform can be under way: a
	// claim that is older has lost its caller.
	CallTime time.Duration
	Look     time.Duration // between two searches for an unknown object
	Settling time.Duration // after which an object that is not found does not exist
	Refresh  time.Duration // between two looks at statuses and reviews
	Pull     time.Duration // between two pulls of an account
	LookBack int           // days that a pull covers, today included
}

// Usual suits the platforms: both answer within 30 s and show what they have
// made within a minute, and Meta restates for 28 days.
var Usual = Timing{
	CallTime: time.Minute, Look: 20 * time.Second, Settling: 2 * time.Minute, Refresh: 5 * time.Minute, Pull: 15 * time.Minute, LookBack: 28,
}

// Pusher makes the platforms follow the campaigns.
type Pusher struct {
	Config
	Timing
}

// NewPusher works on the same ports as the Service.
func NewPusher(c Config, t Timing) *Pusher { return &Pusher{c, t} }

// pusher is who the log names for what the pusher did.
var pusher = event.Origin{Kind: event.ActorScheduler, ID: "platforms.push", From: "scheduler"}

// atOnce is how many placements one tick looks at.
const atOnce = 50

// Tick pushes every placement that is due. One that fails holds up no other.
func (p *Pusher) Tick(ctx context.Context) error {
	due, err := p.Placements.Due(ctx, p.now(), atOnce)
	for _, ref := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.push(ctx, ref); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "placement not pushed, trying again", "placement", ref.ID, "error", err)
		}
	}
	return err
}

// push is one placement's turn.
type push struct {
	*Pusher
	ref       Ref
	placement *Placement
	access    Access
	connector Connector
	draft     Draft
}

func (p *Pusher) push(ctx context.Context, ref Ref) error {
	placement, err := p.Placements.Get(ctx, ref.Partner, ref.ID)
	if err != nil {
		return err
	}
	account, err := p.Accounts.Get(ctx, ref.Partner, placement.state.Account)
	if err != nil {
		return err
	}
	t := &push{Pusher: p, ref: ref, placement: placement}
	if account.state.Status != Connected {
		return t.wait(ctx, "token")
	}
	if t.access, t.connector, err = p.access(account.state); err != nil {
		return errors.Join(t.wait(ctx, "key"), err)
	}
	err = t.run(ctx)
	var f *Failure
	if errors.As(err, &f) && f.Class == Unauthorized {
		return errors.Join(p.suspend(ctx, account.state, f), t.failed(ctx, f))
	}
	return t.close(ctx, err)
}

// suspend marks an account whose token is no longer good.
func (c *Config) suspend(ctx context.Context, a AdAccountState, f *Failure) error {
	_, err := c.Accounts.Update(ctx, a.Partner, a.ID, 0, func(a *Account) error { a.refused(pusher, c.now(), f); return nil })
	return err
}

// run does everything that can be done now. Each step is stored before and after
// its call.
func (t *push) run(ctx context.Context) (err error) {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.draft, err = t.Campaigns.Draft(ctx, t.ref.Partner, t.placement.state.Campaign, t.placement.state.Percent); err != nil {
		return err
	}
	if !t.placement.state.Ending && (t.draft.Status == campaigns.Draft) {
		return t.store(ctx, func(p *Placement) { p.state.Waiting = "schedule" })
	}
	if over(t.draft.Status) || t.placement.state.Ending {
		return t.end(ctx)
	}
	unfit := t.draft.unfit()
	if unfit != nil {
		t.draft = t.draft.without(t.draft.missing)
	}
	outline, err := t.connector.Outline(t.access, t.draft)
	if err != nil {
		return err
	}
	of := fingerprint(t.draft, t.access.Settings, nil)
	err = t.store(ctx, func(p *Placement) { p.plan(outline, of); p.state.Waiting = "" })
	for err == nil {
		call := t.placement.next()
		if len(call) == 0 {
			break
		}
		err = t.create(ctx, call)
	}
	if err != nil && !t.draft.Runs() {
		return errors.Join(err, t.apply(ctx)) // what cannot be made yet keeps nothing running
	}
	if err != nil {
		return err
	}
	if err := t.fill(ctx); err != nil {
		return err
	}
	if err := t.apply(ctx); err != nil {
		return err
	}
	return errors.Join(t.stand(ctx), unfit)
}

func over(s campaigns.Status) bool { return s == campaigns.Completed || s == campaigns.Cancelled }

// create makes the objects of one call, claimed before and settled after.
func (t *push) create(ctx context.Context, call []Object) error {
	if err := t.store(ctx, func(p *Placement) { p.claim(call, t.now()) }); err != nil {
		return err
	}
	outcomes, err := t.connector.Create(ctx, t.access, t.draft, call, t.placement.existing())
	if err != nil {
		// The answer must not be lost with the request that asked for it.
		ctx := context.WithoutCancel(ctx)
		return errors.Join(t.store(ctx, func(p *Placement) { p.broke(call, failure(err)) }), stop(err))
	}
	return t.store(context.WithoutCancel(ctx), func(p *Placement) { p.settle(call, outcomes) })
}

// stop is err unless the push can go on after it: what was refused or is unknown
// stands on its object, and others may still be made.
func stop(err error) error {
	if c := failure(err).Class; c == Refused || c == Unknown {
		return nil
	}
	return err
}

// apply tells the platform how the campaign now is, when that is not what it was
// told last. A campaign starts when everything is there, and goes on while one
// more ad is being made.
func (t *push) apply(ctx context.Context) error {
	existing := t.placement.existing()
	if len(existing) == 0 {
		return nil
	}
	draft := t.draft
	if draft.Runs() && !t.placement.state.Started && !t.placement.complete() {
		draft.Status = campaigns.Paused
	}
	wanted := fingerprint(draft, t.access.Settings, existing)
	if wanted == t.placement.state.Applied {
		return nil
	}
	// From here on nobody knows what the platform was told last: a pause whose
	// answer is lost, and that is taken back, must not look as if never sent.
	if err := t.store(ctx, func(p *Placement) { p.state.Applied = "" }); err != nil {
		return err
	}
	retired := t.placement.retired()
	if err := t.connector.Apply(ctx, t.access, draft, existing, retired); err != nil {
		return err
	}
	return t.store(ctx, func(p *Placement) {
		at := t.now()
		p.dropped(retired)
		p.state.Applied, p.state.SyncedAt = wanted, &at
		p.state.Started = p.state.Started || draft.Runs()
	})
}

// stand reads how the platform treats the objects.
func (t *push) stand(ctx context.Context) error {
	var objects []Object
	for _, o := range t.placement.state.Objects {
		if o.State == Created && !o.Retired {
			objects = append(objects, o)
		}
	}
	if len(objects) == 0 {
		return nil
	}
	standing, err := t.connector.Standing(ctx, t.access, objects)
	if err != nil {
		return err
	}
	return t.store(ctx, func(p *Placement) { p.stand(standing, t.now()) })
}

// end stops everything at the platform, and then the placement. Its audiences are
// deleted there: who leaves one later would not be taken out any more. The ad set
// is stopped as well, because without them it is for everybody.
func (t *push) end(ctx context.Context) error {
	existing, retired := t.placement.existing(), t.placement.retired()
	for _, o := range t.placement.state.Objects {
		if o.State == Created && !o.Retired && (o.Kind == "audience" || o.Kind == "ad_set" || o.Kind == "ad_group") {
			retired = append(retired, o)
		}
		if o.Kind == "audience" {
			delete(existing, o.Key)
		}
	}
	if len(existing)+len(retired) > 0 {
		if err := t.connector.Apply(ctx, t.access, t.draft.without(t.draft.kept), existing, retired); err != nil {
			return err
		}
	}
	return t.store(ctx, func(p *Placement) {
		p.dropped(retired)
		for i := range p.state.Objects {
			if p.state.Objects[i].open() {
				return // what may exist has to be found and stopped first
			}
		}
		p.state.Progress, p.state.DueAt = IsEnded, nil
		p.revise(pusher, t.now(), "placement.ended")
	})
}

// look searches for what is unknown.
func (t *push) look(ctx context.Context) error {
	now := t.now()
	if err := t.store(ctx, func(p *Placement) { p.lost(now.Add(-t.CallTime)) }); err != nil {
		return err
	}
	kinds := map[string][]string{}
	for _, o := range t.placement.state.Objects {
		if o.State == Open && (o.LookedAt == nil || now.Sub(*o.LookedAt) >= t.Look) {
			kinds[o.Kind] = append(kinds[o.Kind], o.Reference)
		}
	}
	for kind, references := range kinds {
		found, err := t.connector.Find(ctx, t.access, kind, references)
		if err != nil {
			return err
		}
		err = t.store(ctx, func(p *Placement) {
			for i := range p.state.Objects {
				if o := &p.state.Objects[i]; o.State == Open && o.Kind == kind && slices.Contains(references, o.Reference) {
					o.found(found[o.Reference], t.now(), t.Settling)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
