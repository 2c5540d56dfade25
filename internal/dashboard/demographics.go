package dashboard

import (
	"context"
	"math"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/insight"
	"github.com/hexabuilders/campaignd/targeting/study"
)

// Describer is study.Service, for how an audience differs from others.
type Describer interface {
	Describe(ctx context.Context, partner, id uuid.UUID, against string) (study.Description, error)
}

// differencesCard is the demographic analysis of an audience.
type differencesCard struct {
	Against  string   // the population that was chosen
	Choice   []string // of populations
	Lead     string
	Method   string
	Rows     []differenceRow
	Skipped  string
	Nothing  string // why there is nothing to show
	Outlying bool   // some difference is more than chance
}

type differenceRow struct {
	Attribute, Value, Share, Others string
	Index, Range                    string
	Verdict, Tone, Icon             string
	From, Width, At                 int64 // of the drawing, in hundredths of its width
	Drawn                           bool
}

// shownDifferences is how many groups the card lists, the most telling first.
const shownDifferences = 14

// differences is nil for an audience of nobody, and while members come in: it
// would be of those who happen to be there already.
func (v *visit) differences(s audience.State) (*differencesCard, error) {
	if s.Size == 0 || s.Status == audience.Processing {
		return nil, nil
	}
	l := v.locale
	c := &differencesCard{Against: v.r.URL.Query().Get("against"), Choice: []string{study.AgainstPeople, study.AgainstCensus}}
	if c.Against != study.AgainstPeople && c.Against != study.AgainstCensus {
		c.Against = ""
	}
	d, err := v.d.Describer.Describe(v.r.Context(), v.scope(), s.ID, c.Against)
	if e := fault.As(err); e != nil && e.Kind == fault.Invalid {
		c.Nothing = l.Or("differ.none.", e.Code, e.Detail)
		if c.Against == study.AgainstCensus {
			c.Nothing = l.Or("differ.none.population.", e.Code, c.Nothing)
		}
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.Against = d.Against
	c.Lead = l.T("differ.lead."+d.Against, "looked", l.Count(d.Looked), "members", l.Count(d.Members), "people", l.Count(d.People))
	c.Method = l.N("differ.method", d.Compared)
	for _, g := range d.Groups[:min(len(d.Groups), shownDifferences)] {
		c.Rows = append(c.Rows, l.differenceRow(g))
		c.Outlying = c.Outlying || g.Significant
	}
	if n := len(d.Skipped); n > 0 {
		c.Skipped = l.N("differ.skipped", n)
	}
	return c, nil
}

func (l *locale) differenceRow(g insight.Group) differenceRow {
	row := differenceRow{
		Attribute: l.Or("attribute.", g.Attribute, g.Attribute), Value: g.Value,
		Share: l.Percent(shareOf(g.Share), 1), Others: l.Percent(shareOf(g.Population), 1), Tone: "quiet",
	}
	if g.Attribute == "gender" {
		row.Value = l.word(g.Value)
	}
	if i := g.Index; i != nil {
		row.Index, row.Range = l.Fixed(shareOf(i.Value), 0), l.T("differ.range", "low", l.Fixed(shareOf(i.Low), 0), "high", l.Fixed(shareOf(i.High), 0))
		row.From, row.At = onScale(i.Low), onScale(i.Value)
		row.Width, row.Drawn = max(1, onScale(i.High)-row.From), true
	}
	switch {
	case g.Q == nil:
		row.Verdict = l.T("differ.few")
	case !g.Significant:
		row.Verdict = l.T("differ.chance")
	case g.Share > g.Population:
		row.Tone, row.Icon, row.Verdict = "good", "up", l.T("differ.more")
	default:
		row.Tone, row.Icon, row.Verdict = "warn", "down", l.T("differ.fewer")
	}
	return row
}

// onScale is where an index lies on a drawing of 100 units from a quarter to
// four times the population: doubling and halving are as far from the middle.
func onScale(index float64) int64 {
	if index <= 0 {
		return 0
	}
	return int64(math.Round(min(100, max(0, 50+25*math.Log2(index/100)))))
}
