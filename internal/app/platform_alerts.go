package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/platforms"
)

// platformTitles are how sentences name platforms.
var platformTitles = map[platforms.Platform]string{platforms.Meta: "Meta Ads", platforms.Google: "Google Ads"}

// alertToken calls for a new token while an account has a bad one. It goes by
// how the account now is: an event that is handled late says nothing of that.
// The alert is about no campaign, because a token stops all of them.
func (r *reactions) alertToken(ctx context.Context, by event.Origin, e event.Event, _ struct{}) error {
	a, err := r.platforms.Account(ctx, e.Partner, e.AggregateID)
	switch f := fault.As(err); {
	case f != nil && f.Kind == fault.NotFound:
		a.Status = platforms.Connected // it is gone, and with it the matter
	case err != nil:
		return err
	}
	subject := e.AggregateID.String()
	if a.Status != platforms.TokenExpired {
		return r.alerts.Settle(ctx, by, e.Partner, uuid.Nil, performance.AlertTokenExpired, subject)
	}
	facts := map[string]any{"ad_account_id": a.ID, "platform": a.Platform, "account": a.Name}
	detail := "Nothing is sent there or pulled from there until the ad account is given a new one."
	if a.Problem != nil {
		detail += " It says: " + a.Problem.Message
		facts["platform_says"] = a.Problem.Message
	}
	return r.alerts.Notify(ctx, by, e, performance.Notice{
		Kind: performance.AlertTokenExpired, Subject: subject, Severity: performance.SeverityHigh,
		Title: fmt.Sprintf("%s wants a new token for %s", platformTitles[a.Platform], a.Name), Detail: detail, Facts: facts,
	})
}

// alertPlacement speaks of a placement that has an object of unknown outcome, and
// of one whose objects the platform refuses; each is over when it no longer is so.
func (r *reactions) alertPlacement(ctx context.Context, by event.Origin, e event.Event, _ struct{}) error {
	p, err := r.platforms.Placement(ctx, e.Partner, e.AggregateID)
	if err != nil {
		return err
	}
	var open, refused []platforms.Object
	for _, o := range p.Objects {
		switch {
		case o.Retired || p.Progress == platforms.IsEnded:
		case o.State == platforms.Open || o.State == platforms.Conflict:
			open = append(open, o)
		case o.State == platforms.Declined || o.Review == platforms.Rejected:
			refused = append(refused, o)
		}
	}
	if err := r.standing(ctx, by, e, p, unknownNotice(p, open), len(open) > 0); err != nil {
		return err
	}
	return r.standing(ctx, by, e, p, refusedNotice(p, refused), len(refused) > 0)
}

// standing raises what stands and ends what does not.
func (r *reactions) standing(ctx context.Context, by event.Origin, e event.Event, p platforms.PlacementState, n performance.Notice, stands bool) error {
	n.Campaign, n.Subject = p.Campaign, p.ID.String()
	if !stands {
		return r.alerts.Settle(ctx, by, e.Partner, n.Campaign, n.Kind, n.Subject)
	}
	n.Facts["placement_id"], n.Facts["platform"] = p.ID, p.Platform
	return r.alerts.Notify(ctx, by, e, n)
}

// unknownNotice is graver when a person has to decide.
func unknownNotice(p platforms.PlacementState, open []platforms.Object) performance.Notice {
	n := performance.Notice{
		Kind: performance.AlertPlacementUnknown, Severity: performance.SeverityMedium,
		Title:  "Nobody knows whether " + platformTitles[p.Platform] + " has made a part of the campaign",
		Detail: "The answer to the creating call was lost. The platform is searched for " + keysOf(open) + "; nothing is sent again before it is certain.",
		Facts:  map[string]any{"objects": keysOf(open), "decide": false},
	}
	for _, o := range open {
		if o.State == platforms.Conflict {
			n.Severity, n.Facts["decide"] = performance.SeverityHigh, true
			n.Title = platformTitles[p.Platform] + " has a part of the campaign more than once"
			n.Detail = "Say which one of " + strings.Join(o.Candidates, ", ") + " it is; the others are stopped."
		}
	}
	return n
}

func refusedNotice(p platforms.PlacementState, refused []platforms.Object) performance.Notice {
	var reasons []string
	for _, o := range refused {
		if o.Problem != nil {
			reasons = append(reasons, o.Problem.Message)
		}
		reasons = append(reasons, o.Reasons...)
	}
	says := strings.Join(reasons, " ")
	return performance.Notice{
		Kind: performance.AlertPlacementRefused, Severity: performance.SeverityMedium,
		Title: platformTitles[p.Platform] + " refuses a part of the campaign", Detail: keysOf(refused) + ": " + says,
		Facts: map[string]any{"objects": keysOf(refused), "platform_says": says},
	}
}

// keysOf names objects as people know them: an ad by its creative, an audience
// by its own name.
func keysOf(objects []platforms.Object) string {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = cmp.Or(o.Name, strings.TrimPrefix(o.Key, "ad:"))
	}
	return strings.Join(names, ", ")
}
