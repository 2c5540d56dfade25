package budgets

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Patch says what to change of a budget's settings; nil leaves as it is.
type Patch struct {
	Limit        *money.Money  `json:"limit"` // in the budget's currency
	AutoPause    *bool         `json:"auto_pause"`
	Thresholds   *[]Level      `json:"thresholds"`   // all of them; an empty list is none
	Curve        *pacing.Curve `json:"pacing_curve"` // how the limit is to be spread over its time
	ValidateOnly bool          `json:"-"`            // check everything, change nothing

	// These never change; one that is the same is allowed.
	Kind     *Kind           `json:"kind"`
	Currency *money.Currency `json:"currency"`
	Timezone *string         `json:"timezone"`

	Confirmed bool `json:"confirm_unusual"` // a person means the amount, however unusual
	// Authorised says that no second person is needed: an administrator asks, or
	// the campaign is a draft, which spends nothing until it is launched.
	Authorised bool `json:"-"`
}

// change applies a patch whole or not at all. A raised limit arms the
// thresholds that are no longer reached; a lowered one, or a new threshold, may
// fire at once. Nothing settled or posted is reversed. A patch that changes
// nothing leaves the revision as it is and has no event. approved says that
// another person has: then a raise does not count against what one may add.
//
// It does not ask the guard, and so is nobody's outside: Service.Patch, extra
// spend and transfers do.
func (b *Budget) change(by event.Origin, at time.Time, patch Patch, approved bool) error {
	if err := b.check(patch); err != nil {
		return err
	}
	before := b.State()
	b.apply(patch)
	changes := changed(before, b.state)
	if len(changes) == 0 {
		return nil
	}
	if moved := b.state.Limit - before.Limit; !b.advance(at) && moved != 0 { // a new period is granted the new limit
		b.post(ledger.Line{Kind: ledger.Changed, Day: b.Today(at), Figures: ledger.Figures{Limit: moved}})
	}
	b.revise(by, at, Changed{Campaign: b.state.Campaign, Changes: changes})
	if b.state.Limit > before.Limit {
		b.state.Raises = b.raises().with(Raise{at, before.Limit, b.state.Limit - before.Limit, approved})
		b.rearm()
	}
	b.announce(by, at)
	return nil
}

func (b *Budget) check(patch Patch) error {
	wrong := patch.immovable(b.state)
	if patch.Limit != nil {
		if patch.Limit.Currency != b.state.Currency {
			wrong.Add("limit.currency", money.ErrCurrencyMismatch.Code,
				"The limit must be in the budget's currency; nothing is converted.", string(b.state.Currency))
		}
		checkLimit(&wrong, *patch.Limit)
	}
	if patch.Thresholds != nil {
		checkLevels(&wrong, *patch.Thresholds)
	}
	if patch.Curve != nil {
		wrong = append(wrong, patch.Curve.Check("pacing_curve")...)
	}
	return wrong.Err()
}

// immovable names what can never change.
func (p Patch) immovable(s State) (never fault.Fields) {
	const another = "leave it out; another campaign can have another budget"
	if p.Kind != nil && *p.Kind != s.Kind {
		never.Add("kind", "immutable", "The kind never changes: what was spent is counted by its periods.", another)
	}
	if p.Currency != nil && *p.Currency != s.Currency {
		never.Add("currency", "immutable", "The currency never changes: every amount in the ledger is in it.", another)
	}
	if p.Timezone != nil && *p.Timezone != s.Timezone {
		never.Add("timezone", "immutable", "The time zone never changes: with another, one local day would have its money twice, or none.", another)
	}
	return never
}

func (b *Budget) apply(patch Patch) {
	if patch.Limit != nil {
		b.state.Limit = patch.Limit.Micros
	}
	if patch.AutoPause != nil {
		b.state.AutoPause = *patch.AutoPause
	}
	if patch.Thresholds != nil {
		b.state.Thresholds = arrange(*patch.Thresholds, b.state.Thresholds)
	}
	if patch.Curve != nil {
		b.state.Curve = *patch.Curve
	}
}

// rearm arms what is no longer reached under a raised limit.
func (b *Budget) rearm() {
	settled := b.counted().Settled
	for i := range b.state.Thresholds {
		if t := &b.state.Thresholds[i]; settled < t.Mark(b.state.Limit) {
			t.FiredAt = nil
		}
	}
}

func changed(before, after State) []event.Change {
	var changes []event.Change
	if before.Limit != after.Limit {
		changes = append(changes, event.Change{
			Field:  "limit",
			Before: money.New(before.Limit, before.Currency), After: money.New(after.Limit, after.Currency),
		})
	}
	if before.AutoPause != after.AutoPause {
		changes = append(changes, event.Change{Field: "auto_pause", Before: before.AutoPause, After: after.AutoPause})
	}
	if old, now := levelsOf(before.Thresholds), levelsOf(after.Thresholds); !slices.Equal(old, now) {
		changes = append(changes, event.Change{Field: "thresholds", Before: old, After: now})
	}
	if !before.Curve.Equal(after.Curve) {
		changes = append(changes, event.Change{Field: "pacing_curve", Before: before.Curve, After: after.Curve})
	}
	return changes
}

// LimitBefore is the limit before the given events of the budget, oldest first,
// which must be the last ones.
func (s State) LimitBefore(last []event.Event) (int64, error) {
	for i := range last {
		if last[i].Type != (Changed{}).EventType() {
			continue
		}
		changes, err := last[i].Changes()
		if err != nil {
			return 0, err
		}
		for _, c := range changes {
			if c.Field == "limit" {
				var before money.Money
				err := json.Unmarshal(c.Before, &before)
				return before.Micros, err
			}
		}
	}
	return s.Limit, nil
}

func levelsOf(thresholds []Threshold) []Level {
	levels := make([]Level, len(thresholds))
	for i, t := range thresholds {
		levels[i] = Level{Percent: t.Percent, Severity: t.Severity}
	}
	return levels
}
