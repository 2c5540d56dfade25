package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Check is one item of the readiness list.
type Check struct {
	Check    string `json:"check"`
	OK       bool   `json:"ok"`
	Blocking bool   `json:"blocking"` // it must hold before a launch
	Detail   string `json:"detail"`   // what was found
	Fix      string `json:"fix"`      // what to do; "" when it holds
}

// Readiness is the whole list, never only its first failure.
type Readiness struct {
	Ready  bool    `json:"ready"` // every blocking check holds
	Checks []Check `json:"checks"`
}

// Readiness holds the campaign against everything that a launch needs. It says
// nothing about the status: a draft can be ready but for its schedule.
func (c *Campaign) Readiness(now time.Time, f Funding, s Standing) Readiness {
	return listed(append(c.preparation(now), c.means(f, s)...))
}

// resumable is what a resume needs: what may have changed while it was paused.
func (c *Campaign) resumable(now time.Time, f Funding, s Standing) Readiness {
	return listed(append([]Check{c.checkSchedule(now)}, c.means(f, s)...))
}

func listed(checks []Check) Readiness {
	blocked := slices.ContainsFunc(checks, func(c Check) bool { return c.Blocking && !c.OK })
	return Readiness{Ready: !blocked, Checks: checks}
}

// err is nil when ready, else ErrNotReady with the list and the names of what
// blocks.
func (r Readiness) err() error {
	if r.Ready {
		return nil
	}
	var blocking []string
	for _, c := range r.Checks {
		if c.Blocking && !c.OK {
			blocking = append(blocking, c.Check)
		}
	}
	return ErrNotReady.With("The campaign is not ready: %s.", strings.Join(blocking, ", ")).WithExtra("ready", false).WithExtra("checks", r.Checks)
}

func passed(name, detail string) Check {
	return Check{Check: name, OK: true, Blocking: true, Detail: detail}
}

func failed(name, detail, fix string) Check {
	return Check{Check: name, Blocking: true, Detail: detail, Fix: fix}
}

// preparation is what the campaign itself must have.
func (c *Campaign) preparation(now time.Time) []Check {
	return []Check{c.checkGoals(), c.checkTargeting(), c.checkFit(), c.checkCreatives(), c.checkChannels(), c.checkSchedule(now)}
}

// means is what it needs from its budget and its partner.
func (c *Campaign) means(f Funding, s Standing) []Check {
	asked := Commit(f.Kind, f.Limit, c.state.Schedule, c.state.Timezone)
	return []Check{
		checkBudget(f), checkFunds(f), checkContract(s), checkPaid(s, asked), checkActive(s),
		checkLimit("daily_budget_limit", "a day", s.DailyLimit, s.DailyInUse, asked.Daily),
		checkLimit("monthly_budget_limit", "a month", s.MonthlyLimit, s.MonthlyInUse, asked.Monthly),
	}
}

func (c *Campaign) checkGoals() Check {
	var wrong fault.Fields
	c.state.Goals.check(&wrong, c.state.Objective, c.state.Currency)
	if len(wrong) > 0 {
		return failed("goals", sentences(wrong), "Give the campaign goals that fit its objective: PATCH /api/v1/campaigns/{id}.")
	}
	return passed("goals", fmt.Sprintf("%d target metrics are set.", len(c.state.Goals.Targets)))
}

func (c *Campaign) checkTargeting() Check {
	const fix = "Set whom the campaign is for: PUT /api/v1/campaigns/{id}/targeting."
	if c.state.Targeting == nil {
		return failed("targeting", "There is no targeting.", fix)
	}
	if err := c.state.Targeting.Validate(); err != nil {
		return failed("targeting", sentences(fault.As(err).Fields), fix)
	}
	return passed("targeting", c.state.Targeting.Sentence("en"))
}

func (c *Campaign) checkFit() Check {
	const name = "targeting_fits_type"
	if c.state.Targeting == nil {
		return failed(name, "There is no targeting to compare with the type.", "Set the targeting first.")
	}
	if wrong := c.misfits(*c.state.Targeting); len(wrong) > 0 {
		return failed(name, sentences(wrong), "Change the targeting so that it fits the campaign's type and special category.")
	}
	return passed(name, fmt.Sprintf("The targeting fits a %s campaign.", c.state.Type))
}

func (c *Campaign) checkCreatives() Check {
	if len(c.state.Creatives) == 0 {
		return failed("creatives", "There is nothing to show.", "Add at least one creative: PUT /api/v1/campaigns/{id}/creatives.")
	}
	return passed("creatives", fmt.Sprintf("Creatives: %d.", len(c.state.Creatives)))
}

// checkChannels warns: a channel without a creative is a mistake more often
// than not, but no reason to hold the others back.
func (c *Campaign) checkChannels() Check {
	check := Check{Check: "creatives_cover_channels", OK: true, Detail: "Every channel has a creative."}
	if bare := c.bareChannels(); len(bare) > 0 {
		check.OK, check.Detail = false, "Nothing is shown on: "+strings.Join(bare, ", ")+"."
		check.Fix = "Add a creative for the channel, or one without a channel for all of them."
	}
	return check
}

func (c *Campaign) bareChannels() []string {
	var bare []string
	for _, channel := range c.state.Channels {
		covers := func(cr Creative) bool { return cr.Channel == "" || cr.Channel == channel }
		if !slices.ContainsFunc(c.state.Creatives, covers) {
			bare = append(bare, channel)
		}
	}
	return bare
}

func (c *Campaign) checkSchedule(now time.Time) Check {
	s := c.state.Schedule
	switch {
	case s == nil:
		return failed("schedule", "There is no schedule.", "Schedule the campaign: POST /api/v1/campaigns/{id}/schedule.")
	case !s.End.After(now):
		return failed("schedule", "The schedule is over since "+s.End.Format(time.RFC3339)+".", "Give it an end in the future.")
	}
	return passed("schedule", fmt.Sprintf("From %s to %s.", s.Start.Format(time.RFC3339), s.End.Format(time.RFC3339)))
}

func checkBudget(f Funding) Check {
	if !f.Limit.IsPositive() {
		return failed("budget", "There is no budget.", "Give the budget an amount: PATCH /api/v1/budgets/{id}.")
	}
	return passed("budget", fmt.Sprintf("The budget is %s (%s).", f.Limit, f.Kind))
}

func checkFunds(f Funding) Check {
	if f.Exhausted || !f.Available.IsPositive() {
		return failed("budget_funded", fmt.Sprintf("Nothing is available: %s of %s is spent.", f.Settled, f.Limit), "Raise the budget: PATCH /api/v1/budgets/{id}.")
	}
	return passed("budget_funded", fmt.Sprintf("%s is available.", f.Available))
}

func checkContract(s Standing) Check {
	if !s.ContractActive {
		return failed("contract", "The partner's contract is not active.", "Ask HexaBuilders to activate the contract.")
	}
	return passed("contract", "The partner's contract is active.")
}

// checkPaid wants a day of delivery to be paid for: less would end the campaign
// on the day that it begins.
func checkPaid(s Standing, asked Commitment) Check {
	const name = "funded"
	switch {
	case !s.Prepaid:
		return passed(name, "The partner spends on account.")
	case !s.Balance.IsPositive() || s.Balance.Micros < asked.Daily.Micros:
		return failed(name, fmt.Sprintf("The partner pays in advance and has %s; a day of this campaign may cost %s.", s.Balance, asked.Daily),
			"Pay in: POST /api/v1/payments, or Billing on the dashboard.")
	}
	return passed(name, fmt.Sprintf("The partner has %s; a day of this campaign may cost %s.", s.Balance, asked.Daily))
}

func checkActive(s Standing) Check {
	const name = "active_campaigns_limit"
	switch {
	case s.MaxActive == nil:
		return passed(name, "There is no limit of active campaigns.")
	case s.ActiveCampaigns >= *s.MaxActive:
		return failed(name, fmt.Sprintf("%d of %d campaigns are active.", s.ActiveCampaigns, *s.MaxActive), "Pause or complete another campaign, or ask for a higher limit.")
	}
	return passed(name, fmt.Sprintf("%d of %d other campaigns are active.", s.ActiveCampaigns, *s.MaxActive))
}

// checkLimit compares what all active campaigns may spend with a limit.
func checkLimit(name, period string, limit *money.Money, inUse, asked money.Money) Check {
	if limit == nil {
		return passed(name, "There is no limit for budgets of "+period+".")
	}
	const fix = "Lower this budget or another one, pause another campaign, or ask for a higher limit."
	if asked.Currency != limit.Currency {
		return failed(name, fmt.Sprintf("The partner's limit is in %s and the budget in %s; nothing is converted.", limit.Currency, asked.Currency),
			"Clone the campaign with a budget in "+string(limit.Currency)+".")
	}
	if inUse.Currency == "" {
		inUse = money.Zero(limit.Currency)
	}
	detail := fmt.Sprintf("This campaign may spend %s %s, the other active ones %s; the limit is %s.", asked, period, inUse, *limit)
	sum, err := inUse.Add(asked)
	if err != nil || sum.Micros > limit.Micros {
		return failed(name, detail, fix)
	}
	return passed(name, detail)
}

func sentences(fields []fault.Field) string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.Path + ": " + f.Detail
	}
	return strings.Join(all, " ")
}
