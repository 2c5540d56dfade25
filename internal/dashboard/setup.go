package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

// edited is a form that came back: which part, what was entered, what is wrong.
type edited struct {
	part    string
	value   func(string) []string
	refused *problem
	wrong   *mistakes
}

// setup shows the parts of a campaign, each with the form that changes it.
func (v *visit) setup() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	return v.setupPage(http.StatusOK, s, nil, nil)
}

func (v *visit) setupPage(status int, s subject, refused *problem, back *edited) error {
	head, list, err := v.head(s, "setup")
	if err != nil {
		return err
	}
	p := setupPage{Head: head, Problem: refused, Pairs: v.locale.pairs(s), Reach: v.reach(s)}
	if s.LaunchedAt != nil {
		p.Responses = v.responses(s)
	}
	if s.LaunchedAt == nil && !s.Status.Over() {
		p.Readiness = v.readiness(s, list)
	}
	for _, show := range []func(subject, form) section{v.audiencePart, v.creativesPart, v.datesPart, v.detailsPart} {
		p.Sections = append(p.Sections, v.part(s, show, back))
	}
	if p.Platforms, err = v.placements(s, back); err != nil {
		return err
	}
	return v.page(status, "setup", s.Name, "campaigns", p)
}

// part makes one section: closed with what holds, or open with what came back.
func (v *visit) part(s subject, show func(subject, form) section, back *edited) section {
	f := form{l: v.locale, wrong: &mistakes{l: v.locale}}
	name := show(s, form{l: v.locale, value: func(string) []string { return nil }, wrong: f.wrong}).Name
	f.value = v.present(s, name)
	if back != nil && back.part == name {
		f.value, f.wrong = back.value, back.wrong
	}
	sec := show(s, f)
	sec.Revision, sec.Open = s.Revision, v.r.FormValue("edit") == name
	if back != nil && back.part == name {
		sec.Open, sec.Problem = true, back.refused
		sec.Problem.Rest = f.wrong.rest()
	}
	if !v.who.Can(partners.ActionWriteCampaigns) || s.Status.Over() {
		sec.URL, sec.Undo, sec.Locked = "", "", ""
	}
	return sec
}

// present is what holds now, as each form would send it.
func (v *visit) present(s subject, part string) func(string) []string {
	values := map[string][]string{}
	switch part {
	case "targeting":
		return v.locale.audienceValues(s.Targeting)
	case "creatives":
		for _, c := range s.Creatives {
			values["creative_name"], values["creative_format"] = append(values["creative_name"], c.Name), append(values["creative_format"], c.Format)
			values["creative_url"], values["creative_channel"] = append(values["creative_url"], c.URL), append(values["creative_channel"], c.Channel)
		}
	case "schedule":
		values["launch"] = []string{string(campaigns.LaunchManual)}
		start := s.now.Add(time.Hour).Truncate(time.Hour)
		values["start"], values["end"] = []string{controlTime(start, s.zone)}, []string{controlTime(start.AddDate(0, 0, 30), s.zone)}
		if s.Schedule != nil {
			values["start"], values["end"], values["launch"] = []string{controlTime(s.Schedule.Start, s.zone)}, []string{controlTime(s.Schedule.End, s.zone)}, []string{string(s.Schedule.Launch)}
		}
	default:
		values["name"], values["labels"], values["description"] = []string{s.Name}, []string{join(s.Labels)}, []string{s.Description}
		for _, t := range s.Goals.Targets {
			values["goal_metric"], values["goal_target"] = append(values["goal_metric"], string(t.Metric)), append(values["goal_target"], v.locale.targetText(t))
		}
	}
	return func(name string) []string { return values[name] }
}

func (v *visit) audiencePart(s subject, f form) section {
	more := f.narrowing()
	sec := section{
		Narrowing: more, Name: "targeting", Sentence: v.aim(s), URL: s.href() + "/targeting", Edit: v.locale.T("setup.targeting.edit"),
		Save: v.locale.T("setup.targeting.save"), Fields: f.audience(s.Type),
	}
	if s.LaunchedAt != nil {
		sec.Edit, sec.Save, sec.Warning = v.locale.T("setup.targeting.refine"), v.locale.T("setup.targeting.refine.save"), v.locale.T("setup.targeting.warning")
		if s.PreviousTargeting != nil {
			sec.Undo = s.href() + "/targeting/undo"
		}
	}
	return sec
}

func (v *visit) creativesPart(s subject, f form) section {
	sec := section{
		Name: "creatives", Now: v.locale.creatives(s.State), URL: s.href() + "/creatives", Edit: v.locale.T("setup.creatives.edit"),
		Save: v.locale.T("setup.creatives.save"), Creatives: f.creativeRows(s.Channels),
	}
	if len(sec.Now) == 0 {
		sec.Sentence = v.locale.T("campaign.no_creatives")
	}
	return sec
}

func (v *visit) datesPart(s subject, f form) section {
	sec := section{Name: "schedule", Sentence: v.locale.T("campaign.unscheduled"), URL: s.href() + "/schedule", Edit: v.locale.T("setup.schedule.edit"), Save: v.locale.T("setup.schedule.save"), Fields: f.dates()}
	if d := s.Schedule; d != nil {
		sec.Sentence = v.locale.T("setup.schedule.now", "start", v.locale.Stamp(d.Start.In(s.zone)), "end", v.locale.Stamp(d.End.In(s.zone)), "launch", v.locale.T("launch."+string(d.Launch)))
	}
	if s.LaunchedAt != nil { // only the end may move
		sec.Fields = sec.Fields[1:2]
	}
	return sec
}

func (v *visit) detailsPart(s subject, f form) section {
	name := f.input("name", "name")
	name.Max = 200
	return section{
		Name: "details", URL: s.href() + "/details", Edit: v.locale.T("setup.details.edit"), Save: v.locale.T("setup.details.save"),
		Fields: []field{name, f.input("labels", "labels").optional(), f.input("description", "description").optional().whole()}, Goals: f.goalRows(),
	}
}

// pairs are the facts that never change, or not here.
func (l *locale) pairs(s subject) []pair {
	all := []pair{
		{l.T("column.type"), l.T("type." + string(s.Type))}, {l.T("form.objective"), l.T("objective." + string(s.Objective))},
		{l.T("form.channels"), l.channels(s.Channels)}, {l.T("form.currency"), s.code()}, {l.T("form.timezone"), s.Timezone},
		{l.T("setup.created"), l.Stamp(s.CreatedAt.In(s.zone))},
	}
	if s.Category != campaigns.Ordinary {
		all = append(all, pair{l.T("form.category"), l.T("category." + string(s.Category))})
	}
	return append(all, pair{"ID", s.ID.String()})
}

// save runs one change of a part and goes back to the setup: with what was
// done, or with the form as it was sent and what is wrong with it.
func (v *visit) save(part string, change func(s subject, value func(string) []string) (done string, err error)) error {
	s, err := v.one()
	if err != nil {
		return err
	}
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	value := func(name string) []string { return v.r.PostForm[name] }
	done, err := change(s, value)
	if err == nil {
		return v.done(s.href()+"/setup#"+part, done)
	}
	status, refused, wrong := v.refusal(err)
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
	return v.setupPage(status, now, nil, &edited{part: part, value: value, refused: refused, wrong: wrong})
}

// saveTargeting sets the audience, or refines it once the campaign has run.
func (v *visit) saveTargeting() error {
	return v.save("targeting", func(s subject, value func(string) []string) (string, error) {
		var now targeting.Configuration
		if s.Targeting != nil {
			now = *s.Targeting
		}
		next := v.locale.readAudience(value, now, s.Currency)
		if s.LaunchedAt != nil {
			_, err := v.d.Campaigns.RefineTargeting(v.r.Context(), v.by(), s.ID, v.revision(), next, v.locale.T("setup.targeting.reason"))
			return "refine", err
		}
		_, err := v.d.Campaigns.SetTargeting(v.r.Context(), v.by(), s.ID, v.revision(), next)
		return "targeting", err
	})
}

// undoTargeting brings the audience before the last refinement back.
func (v *visit) undoTargeting() error {
	return v.save("targeting", func(s subject, _ func(string) []string) (string, error) {
		_, err := v.d.Campaigns.RollBackTargeting(v.r.Context(), v.by(), s.ID, v.revision(), v.locale.T("setup.rollback"))
		return "rollback", err
	})
}

func (v *visit) saveCreatives() error {
	return v.save("creatives", func(s subject, value func(string) []string) (string, error) {
		_, err := v.d.Campaigns.SetCreatives(v.r.Context(), v.by(), s.ID, v.revision(), readCreatives(value))
		return "creatives", err
	})
}

// saveSchedule dates the campaign; once it has run only its end moves.
func (v *visit) saveSchedule() error {
	return v.save("schedule", func(s subject, value func(string) []string) (string, error) {
		dates := readDates(value, s.zone)
		if s.LaunchedAt != nil {
			_, err := v.d.Campaigns.Patch(v.r.Context(), v.by(), s.ID, v.revision(), campaigns.Patch{End: &dates.End})
			return "schedule", err
		}
		_, err := v.d.Campaigns.Schedule(v.r.Context(), v.by(), s.ID, v.revision(), dates)
		return "schedule", err
	})
}

func (v *visit) saveDetails() error {
	return v.save("details", func(s subject, value func(string) []string) (string, error) {
		goals, wrong := v.locale.parseGoals(value("goal_metric"), value("goal_target"))
		if err := wrong.Err(); err != nil {
			return "", err
		}
		name, description, labels := strings.TrimSpace(at(value("name"), 0)), strings.TrimSpace(at(value("description"), 0)), splitList(at(value("labels"), 0))
		_, err := v.d.Campaigns.Patch(v.r.Context(), v.by(), s.ID, v.revision(), campaigns.Patch{Name: &name, Description: &description, Labels: &labels, Goals: &goals})
		return "details", err
	})
}
