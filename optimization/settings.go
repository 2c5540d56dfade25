package optimization

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// Settings are what a partner lets the optimiser do by itself.
type Settings struct {
	Revision  int64      `json:"revision"`             // 1 until first changed
	Automatic []Type     `json:"automatic"`            // none unless the partner says so
	MaxStep   int        `json:"max_step_percent"`     // of what a channel or bid has, in a day
	Cooldown  int        `json:"cooldown_hours"`       // between automatic changes of a campaign's field
	Limits    Limits     `json:"limits,omitempty"`     // of every suggestion, also of those that people apply
	UpdatedAt *time.Time `json:"updated_at,omitempty"` // nil until first changed
}

// DefaultSettings let nothing happen by itself: at most 20 % a step once they
// do, and a day between two.
func DefaultSettings() Settings {
	return Settings{Revision: 1, Automatic: []Type{}, MaxStep: 20, Cooldown: 24}
}

// check reports every setting that cannot be.
func (s Settings) check() error {
	var wrong fault.Fields
	for i, t := range s.Automatic {
		if !t.Valid() {
			wrong.Add(fmt.Sprintf("automatic[%d]", i), "unknown_value", "There is no such type of suggestion.", fmt.Sprint(Types))
		}
		if slices.Contains(s.Automatic[:i], t) {
			wrong.Add(fmt.Sprintf("automatic[%d]", i), "duplicate", "The type stands there twice.", "each type once")
		}
	}
	if s.MaxStep < 1 || s.MaxStep > 50 {
		wrong.Add("max_step_percent", "out_of_range", "This cannot be a step.", "whole percent from 1 to 50")
	}
	if s.Cooldown < 1 || s.Cooldown > 30*24 {
		wrong.Add("cooldown_hours", "out_of_range", "This cannot be a cooldown.", "1 to 720 hours")
	}
	s.Limits.check(&wrong)
	return wrong.Err()
}

// SettingsChanged says what the optimiser may do from now on.
type SettingsChanged struct {
	Partner uuid.UUID `json:"partner_id"`
	Before  Settings  `json:"before"`
	After   Settings  `json:"after"`
}

// EventType is the event's public name.
func (SettingsChanged) EventType() string { return "optimizer.settings_changed" }

// LeastConfidence is what an automatic change needs.
const LeastConfidence = 0.8

// Record is what came of a type's changes for a partner.
type Record struct {
	Type         Type `json:"type"`
	Improved     int  `json:"improved"`
	Worse        int  `json:"worse"`
	Inconclusive int  `json:"inconclusive"`
	Confounded   int  `json:"confounded"`
	RolledBack   int  `json:"rolled_back"`
}

// What a record must not be for its type to act by itself.
const (
	judgedFrom = 4    // grades of improved or worse
	mostWorse  = 0.34 // of those
)

// Trusted reports whether the type may still act by itself.
func (r Record) Trusted() bool {
	judged := r.Improved + r.Worse
	return judged < judgedFrom || float64(r.Worse) <= mostWorse*float64(judged)
}

// mostSure is as sure as a model is believed to be: what it does not know of the
// market is in none of its draws.
const mostSure = 0.95

// calibrated is a confidence held against the record: what was said of the
// changes until now counts as much as ten of them.
func (r Record) calibrated(confidence float64) float64 {
	const weight = 10
	judged := float64(r.Improved + r.Worse)
	return min(mostSure, (confidence*weight+float64(r.Improved))/(weight+judged))
}

// The reasons why a suggestion is not applied automatically.
const (
	BlockedOff        = "not_enabled"     // the partner has not allowed the type
	BlockedConfidence = "low_confidence"  // under LeastConfidence
	BlockedRecord     = "poor_record"     // too many of the type's changes were worse
	BlockedFirst      = "first_division"  // a person divides a budget for the first time
	BlockedRisk       = "high_risk"       // a person decides
	BlockedStep       = "step_too_large"  // beyond max_step_percent
	BlockedCooldown   = "cooldown"        // the field was changed a short time ago
	BlockedInactive   = "campaign_paused" // nothing to improve now
)

// blocked is why a suggestion may not be applied automatically, "" if it may, as
// far as it can be told without looking at the campaign.
func (s Settings) blocked(f Finding, r Record) string {
	switch {
	case !slices.Contains(s.Automatic, f.Type):
		return BlockedOff
	case f.Confidence < LeastConfidence:
		return BlockedConfidence
	case !r.Trusted():
		return BlockedRecord
	case len(f.Change.Divide) > 0:
		return BlockedFirst
	case f.Risk == RiskHigh:
		return BlockedRisk
	case f.Change.step() > float64(s.MaxStep)/100+1e-9:
		return BlockedStep
	}
	return ""
}

// step is by which fraction a change moves a bid. What a move is of its target
// is held against the budget when it is made.
func (c Change) step() float64 {
	if c.Bid == nil || c.Bid.Before.Micros <= 0 {
		return 0
	}
	step := float64(c.Bid.After.Micros-c.Bid.Before.Micros) / float64(c.Bid.Before.Micros)
	return max(step, -step)
}

// Count adds changes with a grade, or that were rolled back without one. What
// was taken back because it was worse counts as worse.
func (r *Record) Count(g Grade, s Status, n int) {
	if s == RolledBack {
		r.RolledBack += n
	}
	switch g {
	case Improved:
		r.Improved += n
	case Worse:
		r.Worse += n
	case Inconclusive:
		r.Inconclusive += n
	case Confounded:
		r.Confounded += n
	}
}
