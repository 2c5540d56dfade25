package dashboard

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// stepOf is one thing that can be done to a campaign from its page.
type stepOf struct {
	needs   partners.Action
	reason  bool // a person says why
	primary bool
	danger  bool
	do      func(ctx context.Context, c Campaigns, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error)
}

// doable are the actions with a button. Scheduling has a form, on the setup.
var doable = map[campaigns.Action]stepOf{
	campaigns.Launches: {needs: partners.ActionWriteCampaigns, primary: true, do: func(ctx context.Context, c Campaigns, by event.Origin, id uuid.UUID, revision int64, _ string) (*campaigns.Campaign, error) {
		return c.Launch(ctx, by, id, revision)
	}},
	campaigns.Pauses: {needs: partners.ActionPause, reason: true, primary: true, do: func(ctx context.Context, c Campaigns, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error) {
		return c.Pause(ctx, by, id, revision, reason)
	}},
	campaigns.Resumes: {needs: partners.ActionWriteCampaigns, primary: true, do: func(ctx context.Context, c Campaigns, by event.Origin, id uuid.UUID, revision int64, _ string) (*campaigns.Campaign, error) {
		return c.Resume(ctx, by, id, revision)
	}},
	campaigns.Completes: {needs: partners.ActionWriteCampaigns, reason: true, do: func(ctx context.Context, c Campaigns, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error) {
		return c.Complete(ctx, by, id, revision, reason)
	}},
	campaigns.Cancels: {needs: partners.ActionWriteCampaigns, reason: true, danger: true, do: func(ctx context.Context, c Campaigns, by event.Origin, id uuid.UUID, revision int64, reason string) (*campaigns.Campaign, error) {
		return c.Cancel(ctx, by, id, revision, reason)
	}},
}

// offered are the buttons that a status shows: its valid actions, and those one
// would look for, with the reason why not yet.
var offered = map[campaigns.Status][]campaigns.Action{
	campaigns.Draft:     {campaigns.Launches, campaigns.Cancels},
	campaigns.Scheduled: {campaigns.Launches, campaigns.Cancels},
	campaigns.Active:    {campaigns.Pauses, campaigns.Completes},
	campaigns.Paused:    {campaigns.Resumes, campaigns.Completes},
}

// head is what the tabs of a campaign share, with the readiness list that its
// buttons rest on.
func (v *visit) head(s subject, tab string) (campaignHead, campaigns.Readiness, error) {
	list, err := v.d.Campaigns.Readiness(v.r.Context(), v.by(), s.ID)
	head := campaignHead{
		ID: s.ID.String(), Name: s.Name, Status: string(s.Status), Type: string(s.Type), Tab: tab, Zone: s.Timezone,
		Live: "/api/v1/campaigns/" + s.ID.String() + "/live", Facts: v.locale.facts(s), Revision: s.Revision,
	}
	for _, name := range offered[s.Status] {
		head.Actions = append(head.Actions, v.action(s, name, list))
	}
	if v.who.Can(partners.ActionWriteCampaigns) {
		head.Actions = append(head.Actions, v.cloneAction(s))
	}
	return head, list, err
}

func (v *visit) action(s subject, name campaigns.Action, list campaigns.Readiness) action {
	step := doable[name]
	a := action{
		Name: string(name), Icon: string(name), URL: s.href() + "/" + string(name), Revision: s.Revision,
		Primary: step.primary, Danger: step.danger, NeedsReason: step.reason,
	}
	a.Why = v.whyNot(s, name, list)
	if a.Allowed = a.Why == ""; a.Allowed {
		a.Question, a.Effects = v.locale.T("action.question."+a.Name), v.locale.effects(s, name)
	}
	return a
}

func (v *visit) whyNot(s subject, name campaigns.Action, list campaigns.Readiness) string {
	switch {
	case !v.who.Can(doable[name].needs):
		return v.locale.T("refused.role")
	case name == campaigns.Launches && s.Status == campaigns.Draft:
		return v.locale.T("refused.launch.DRAFT")
	case name == campaigns.Launches && !list.Ready:
		return v.locale.T("refused.launch.ready")
	case name == campaigns.Resumes && s.position.Exhausted:
		return v.locale.T("refused.resume.money")
	}
	return ""
}

func (v *visit) cloneAction(s subject) action {
	return action{
		Name: "clone", Icon: "clone", URL: s.href() + "/clone", Revision: s.Revision, Allowed: true,
		Question: v.locale.T("action.question.clone"), Effects: []effect{{Icon: "clone", Text: v.locale.T("effect.clone.draft")}},
	}
}

// effects say what an action will do, before it does.
func (l *locale) effects(s subject, name campaigns.Action) []effect {
	left := l.Money(s.position.Available.Micros, s.code())
	switch name {
	case campaigns.Launches:
		all := []effect{{Icon: "money", Text: l.T("effect.launch.money", "amount", left)}}
		if s.Schedule != nil {
			all = append(all, effect{Icon: "clock", Text: l.T("effect.launch.until", "time", l.Stamp(s.Schedule.End.In(s.zone)))})
		}
		return append(all, effect{Icon: "edit", Text: l.T("effect.launch.targeting")})
	case campaigns.Pauses:
		return []effect{{Icon: "money", Text: l.T("effect.pause.stop", "amount", left)}, {Icon: "clock", Text: l.T("effect.pause.late")}, {Icon: "resume", Text: l.T("effect.pause.undo")}}
	case campaigns.Resumes:
		return []effect{{Icon: "money", Text: l.T("effect.resume.money", "amount", left)}, {Icon: "MEDIUM", Text: l.T("effect.resume.learning"), Warn: true}}
	case campaigns.Completes:
		return []effect{{Icon: "MEDIUM", Text: l.T("effect.complete.final"), Warn: true}, {Icon: "money", Text: l.T("effect.complete.money", "amount", left)}, {Icon: "ok", Text: l.T("effect.complete.result")}}
	default:
		return []effect{{Icon: "MEDIUM", Text: l.T("effect.cancel.final"), Warn: true}}
	}
}

// act does what a button says and returns to the page, with its undo where
// there is one. A refusal is shown on the page as it now is.
func (v *visit) act() error {
	name := campaigns.Action(v.r.PathValue("action"))
	if name == "clone" {
		return v.clone()
	}
	step, ok := doable[name]
	if !ok {
		return errNoPage
	}
	s, err := v.one()
	if err != nil {
		return err
	}
	if err := v.who.Require(step.needs); err != nil {
		return err
	}
	reason := strings.TrimSpace(v.r.PostFormValue("reason"))
	if reason == "" && step.reason {
		reason = v.locale.T("action.noreason")
	}
	if _, err = step.do(v.r.Context(), v.d.Campaigns, v.by(), s.ID, v.revision(), reason); err != nil {
		return v.refusedAction(err)
	}
	return v.done(s.href(), string(name)+undo(s, name))
}

// undo is what takes an action back, if anything does.
func undo(s subject, name campaigns.Action) string {
	switch name {
	case campaigns.Pauses:
		return "|" + s.href() + "/resume"
	case campaigns.Resumes, campaigns.Launches:
		return "|" + s.href() + "/pause"
	default:
		return ""
	}
}

// refusedAction shows why, on the page as it is by now.
func (v *visit) refusedAction(err error) error {
	status, refused, _ := v.refusal(err)
	if refused == nil {
		return err
	}
	now, readErr := v.one()
	if readErr != nil {
		return readErr
	}
	if fault.KindOf(err) == fault.Stale {
		refused.Changes = v.changesSince(now, v.revision())
	}
	if fault.As(err).Code == campaigns.ErrNotReady.Code {
		return v.setupPage(status, now, refused, nil)
	}
	return v.results(status, now, refused, nil)
}

func (v *visit) clone() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	copied, err := v.d.Campaigns.Clone(v.r.Context(), v.by(), s.ID, campaigns.CloneTerms{Name: s.Name + v.locale.T("clone.suffix")})
	if err != nil {
		return v.refusedAction(err)
	}
	return v.done("/campaigns/"+copied.State().ID.String()+"/setup", "clone")
}

// revision is the one the form was made from; 0, which is whichever it is, is
// only sent by an undo.
func (v *visit) revision() int64 {
	n, err := parseWhole(v.r.PostFormValue("revision"))
	if err != nil {
		return -1 // none that exists
	}
	return n
}
