package rule

import (
	"time"

	"github.com/google/uuid"
)

// Side is where a figure stood when it was last known.
type Side string

// The sides. Before the first figure of a period it is neither: armed.
const (
	Armed   Side = ""
	OK      Side = "ok"
	Crossed Side = "crossed"
)

// Standing is how one rule stands with one campaign. It is all that a restart
// needs: the sums are read again from the events.
type Standing struct {
	Partner  uuid.UUID `json:"partner_id"`
	Rule     uuid.UUID `json:"rule_id"`
	Campaign uuid.UUID `json:"campaign_id"`
	Revision int64     `json:"revision"`         // of the rule that was judged
	Period   string    `json:"period,omitempty"` // the local day, where days matter
	Basis    string    `json:"basis,omitempty"`
	Side     Side      `json:"side,omitempty"`
	Alert    uuid.UUID `json:"alert_id"`      // of this crossing; none when the cooldown held it back
	FiredAt  time.Time `json:"fired_at"`      // last; zero for never or for an earlier form of the rule
	Seq      int64     `json:"seq,omitempty"` // of the anomaly that was judged last; of one commit there may be several
	Moment   time.Time `json:"moment"`        // of the commit or minute that was judged last and changed anything
}

// Firing reports whether the crossing of now has fired an alert.
func (s Standing) Firing() bool { return s.Side == Crossed && s.Alert != uuid.Nil }

// Cooling reports whether the cooldown after the last alert still runs.
func (s Standing) Cooling(d *Definition, now time.Time) bool {
	return !s.FiredAt.IsZero() && now.Before(s.FiredAt.Add(time.Duration(d.Cooldown)*time.Minute))
}

// Why an alert was ended by the engine, as its note.
const (
	NoteRecovered     = "recovered"      // the figure came back by the hysteresis
	NotePeriodOver    = "period_over"    // its local day is over
	NoteRuleChanged   = "rule_changed"   // the rule says something else now
	NoteRuleDisabled  = "rule_disabled"  //
	NoteRuleDeleted   = "rule_deleted"   //
	NoteBudgetChanged = "budget_changed" // under the new limit it is not so
)

// Step is what follows from a judgement: an alert ends, with the reason; one
// begins; both, when a new period or rule begins beyond its threshold; or
// neither.
type Step struct {
	Close string
	Fire  bool
}

// Judge is the standing after a figure, and what follows from it. It is the
// state machine of the engine, and reads nothing but its arguments. A moment
// that has been judged before changes nothing.
func (s Standing) Judge(rule *State, r Reading, moment time.Time) (Standing, Step) {
	if !moment.After(s.Moment) {
		return s, Step{}
	}
	next, step := s, Step{}
	if s.Revision != rule.Revision {
		next = Standing{Partner: s.Partner, Rule: s.Rule, Campaign: s.Campaign, Revision: rule.Revision}
		step.Close = closing(s, NoteRuleChanged)
	}
	if next.Period != r.Period {
		if step.Close == "" {
			step.Close = closing(next, NotePeriodOver)
		}
		next.Period, next.Side, next.Alert = r.Period, Armed, uuid.Nil
	}
	if r.Missing == "" {
		next.rebase(rule, r, &step)
		next.cross(rule, r.Value, moment, &step)
	}
	if next != s {
		next.Moment = moment
	}
	return next, step
}

func closing(s Standing, why string) string {
	if s.Alert == uuid.Nil {
		return ""
	}
	return why
}

// rebase arms the rule anew when what the share is of has changed, as a raised
// limit does. What is beyond the threshold all the same stays one crossing.
func (s *Standing) rebase(rule *State, r Reading, step *Step) {
	if s.Basis == r.Basis {
		return
	}
	if s.Basis != "" && !rule.Crossed(r.Value) {
		if step.Close == "" {
			step.Close = closing(*s, NoteBudgetChanged)
		}
		s.Side, s.Alert, s.FiredAt = OK, uuid.Nil, time.Time{}
	}
	s.Basis = r.Basis
}

func (s *Standing) cross(rule *State, value int64, moment time.Time, step *Step) {
	switch {
	case s.Side == Crossed && rule.Recovered(value):
		if step.Close == "" {
			step.Close = closing(*s, NoteRecovered)
		}
		s.Side, s.Alert = OK, uuid.Nil
		return
	case s.Side == Crossed && (s.Alert != uuid.Nil || !rule.Crossed(value)):
		return // it has fired; or it was held back and is within the hysteresis now
	case s.Side != Crossed && !rule.Crossed(value):
		s.Side = OK
		return
	}
	s.Side = Crossed
	if s.Cooling(&rule.Definition, moment) {
		return // it fires when the cooldown is over, if it is still so
	}
	s.Alert, s.FiredAt, step.Fire = AlertID(moment, s.Rule, s.Campaign), moment, true
}
