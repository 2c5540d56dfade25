package dashboard

import (
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// periods are what the overview's figures can cover: today, and 7 or 30 local
// days up to and with today.
var periods = []string{"today", "7d", "30d"}

var periodDays = map[string]int{"today": 1, "7d": 7, "30d": 30}

func period(name string) string {
	if slices.Contains(periods, name) {
		return name
	}
	return periods[0]
}

// overviewTiles are the figures of the overview.
var overviewTiles = []string{"spend", "impressions", "ctr", "conversions", "cpa", "roas"}

// span is the period now and the one before it, each with its course.
type span struct {
	now, before performance.Totals
	course      []performance.Totals // by hour of today, or by day
}

// figures sums the campaigns of one currency over the period and the one
// before. Each campaign counts in its own local days.
func (v *visit) figures(p *overviewPage, subjects []subject) error {
	steps := periodDays[p.Period]
	if p.Period == "today" {
		steps = v.now.Hour() + 1 // the hours to come are no hours without delivery
	}
	all := span{course: make([]performance.Totals, steps)}
	all.now.Currency, all.before.Currency = p.Currency, p.Currency
	for _, s := range subjects {
		if s.code() != p.Currency || s.Status == campaigns.Draft || s.Status == campaigns.Cancelled {
			continue
		}
		if err := v.addPeriod(&all, s, p.Period); err != nil {
			return err
		}
	}
	p.Sums = sumsJSON(all.now)
	for _, metric := range overviewTiles {
		p.Tiles = append(p.Tiles, v.locale.periodTile(metric, p.Period, all))
	}
	p.Comparison = v.comparison(p.Period)
	return nil
}

// addPeriod adds a campaign's share. Today is compared with yesterday up to the
// same hour, which is what one wants to know at 9 in the morning.
func (v *visit) addPeriod(all *span, s subject, period string) error {
	days := localday.Day(periodDays[period])
	today := s.day()
	first, _ := localday.Bounds(today-days+1, s.zone)
	from, _ := localday.Bounds(today-2*days+1, s.zone)
	q := performance.Query{From: from, To: v.now.Add(time.Minute), Granularity: "day"}
	if period == "today" {
		q.Granularity = "hour"
	}
	result, err := v.d.Performance.Metrics(v.r.Context(), s.Partner, s.ID, q)
	if err != nil {
		return err
	}
	for _, item := range result.Items {
		switch {
		case !item.From.Before(first):
			addTo(&all.now, item.Totals)
			if i := all.step(item.From, first, s, period); i >= 0 && i < len(all.course) {
				addTo(&all.course[i], item.Totals)
			}
		case period != "today" || item.From.Before(v.now.Add(-24*time.Hour)):
			addTo(&all.before, item.Totals)
		}
	}
	return nil
}

func (*span) step(at, first time.Time, s subject, period string) int {
	if period == "today" {
		return int(at.Sub(first) / time.Hour)
	}
	return int(localday.Of(at, s.zone) - localday.Of(first, s.zone))
}

func (l *locale) periodTile(metric, period string, all span) tile {
	now, before := figureIn(metric, all.now), figureIn(metric, all.before)
	t := tile{figure: now, Delta: l.compare(now, before, l.T("versus."+period))}
	var course []int64
	for _, totals := range all.course {
		totals.Currency = all.now.Currency
		if f := figureIn(metric, totals); f.Known {
			course = append(course, f.Value)
		}
	}
	if len(course) > 2 && all.now.Events+all.now.Impressions > 0 {
		t.Spark = sparkPath(course)
	}
	return t
}

func (v *visit) comparison(period string) string {
	if period == "today" {
		return v.locale.T("overview.comparison.today", "zone", v.now.Location())
	}
	days := periodDays[period]
	return v.locale.T("overview.comparison", "from", v.locale.Day(v.now.AddDate(0, 0, 1-days)), "to", v.locale.Day(v.now), "days", days, "zone", v.now.Location())
}
