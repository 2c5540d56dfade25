package dashboard

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

// Panels is panel.Service.
type Panels interface {
	Load(ctx context.Context, by event.Origin, in panel.New, format panel.Format, file io.Reader) (panel.State, error)
	Get(ctx context.Context, partner, id uuid.UUID) (panel.State, error)
	List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]panel.State, string, error)
	Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, in panel.Patch) (panel.State, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error
}

type panelsPage struct {
	Problem *problem
	Panels  []panelRow
	Fields  []field
	Partner string // named to the API where the visitor belongs to none
	May     bool
	Busy    bool
}

// panelRow is one panel in the list, and the head of its page.
type panelRow struct {
	ID, Name, State, Tone, Icon, Countries string
	Rows, Rejected, Effective              int64
	People                                 string
	Changed                                time.Time
	Revision                               int64
	Automatic, Complete, Busy, Ready       bool
	Why                                    string // it has failed
}

func (v *visit) panels() error { return v.panelsWith(http.StatusOK, nil, nil) }

func (v *visit) panelsWith(status int, refused *problem, wrong *mistakes) error {
	found, _, err := v.d.Panels.List(v.r.Context(), v.scope(), panel.MaxPanels, "")
	if err != nil {
		return err
	}
	f := form{v.locale, func(string) []string { return nil }, wrong}
	name, country := f.input("panel_name", "name").whole(), f.input("panel_country", "country").optional()
	name.Name, name.Max, country.Name, country.Max = "name", 200, "country", 2
	complete := f.choose("panel_complete", "select", false, []string{"false", "true"}, f.named("panel.complete."))
	complete.Name = "complete"
	p := panelsPage{Problem: refused, May: v.who.Can(partners.ActionWriteCampaigns), Fields: []field{name, country, complete}}
	if v.who.IsAdmin() {
		p.Partner = v.scope().String()
	}
	for _, s := range found {
		row := v.panelRow(s)
		p.Busy = p.Busy || row.Busy
		p.Panels = append(p.Panels, row)
	}
	return v.page(status, "panels", v.locale.T("panel.title"), "audiences", p)
}

func (v *visit) panelRow(s panel.State) panelRow {
	l := v.locale
	row := panelRow{
		ID: s.ID.String(), Name: s.Name, State: l.T("panel.state." + string(s.Status)), Rows: s.Progress.Rows, Rejected: s.Progress.Rejected,
		Changed: s.UpdatedAt.In(v.now.Location()), Revision: s.Revision, Automatic: s.Automatic, Complete: s.Complete,
		Busy: s.Status == panel.Loading, Ready: s.Status == panel.Ready,
	}
	row.Tone, row.Icon = "quiet", "clock"
	switch s.Status {
	case panel.Ready:
		row.Tone, row.Icon = "good", "ok"
	case panel.Failed:
		row.Tone, row.Icon = "bad", "CRITICAL"
		row.Why = l.Or("refusal.", s.Error.Code, s.Error.Detail)
	}
	if s.Totals != nil {
		row.People, row.Effective = l.Count(about(int64(s.Totals.Weight))), int64(math.Round(s.Totals.EffectiveSize))
	}
	var names []string
	for _, g := range s.Countries[:min(3, len(s.Countries))] {
		names = append(names, l.Or("country.", g.Value, g.Value))
	}
	if more := len(s.Countries) - len(names); more > 0 {
		names = append(names, "+"+l.Count(int64(more)))
	}
	row.Countries = strings.Join(names, ", ")
	return row
}

// loadPanel takes the file of a form, for a browser without scripts: with them
// it goes to the API, with its progress. What is said of the file stands before
// it.
func (v *visit) loadPanel() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errNoPage
	}
	said := map[string]string{}
	for range 10 {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		if part.FormName() != "file" {
			text, err := io.ReadAll(io.LimitReader(part, 1024))
			if err != nil {
				return err
			}
			said[part.FormName()] = string(text)
			continue
		}
		format := panel.CSV
		if mediaOf(part) != "text/csv" {
			format = panel.NDJSON
		}
		made, err := v.d.Panels.Load(v.r.Context(), v.by(), panel.New{
			Name: said["name"], Country: said["country"], Complete: said["complete"] == "true", Automatic: true,
		}, format, part)
		if err != nil {
			return v.refusePanel(err)
		}
		return v.done("/panels/"+made.ID.String(), "panel")
	}
	return v.panelsWith(http.StatusUnprocessableEntity, &problem{Title: v.locale.T("audience.no_file")}, nil)
}

func (v *visit) refusePanel(err error) error {
	status, refused, wrong := v.refusal(err)
	if refused != nil {
		return v.panelsWith(status, refused, wrong)
	}
	if e := fault.As(err); e != nil && (e.Kind == fault.Malformed || e.Kind == fault.TooLarge) {
		return v.panelsWith(http.StatusUnprocessableEntity, &problem{Title: v.locale.Or("refusal.", e.Code, e.Detail), Fix: e.Fix}, nil)
	}
	return err
}

// panelOf is the panel that the address names.
func (v *visit) panelOf() (panel.State, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return panel.State{}, panel.ErrNotFound
	}
	return v.d.Panels.Get(v.r.Context(), v.scope(), id)
}

type panelPage struct {
	panelRow
	Problem    *problem
	May        bool
	Design     string
	Attributes []attributeRow
	Rejections []panel.Rejection
	Ask        []field
	Answer     *panelAnswer
}

// attributeRow is one attribute of the people.
type attributeRow struct {
	Name, Title, Kind, Values, Missing string
}

func (v *visit) panel() error { return v.panelWith(http.StatusOK, nil) }

func (v *visit) panelWith(status int, refused *problem) error {
	s, err := v.panelOf()
	if err != nil {
		return err
	}
	p := panelPage{panelRow: v.panelRow(s), Problem: refused, May: v.who.Can(partners.ActionWriteCampaigns), Rejections: s.Rejections}
	if s.Totals != nil {
		p.Design = v.locale.Fixed(int64(s.Totals.DesignEffect*money.Unit), 2)
	}
	for _, c := range s.Columns {
		p.Attributes = append(p.Attributes, v.attributeRow(s, c))
	}
	if p.Ready {
		p.Ask, p.Answer = v.askPanel(s)
	}
	return v.page(status, "panel", s.Name, "audiences", p)
}

func (v *visit) attributeRow(s panel.State, c panel.Column) attributeRow {
	l := v.locale
	row := attributeRow{Name: c.Name, Title: c.Title, Kind: l.T("panel.kind." + string(c.Kind)), Missing: l.Percent(share(c.Missing, s.Progress.Rows), 1)}
	if c.Kind == panel.Number && c.Min != nil {
		row.Values = l.T("panel.between", "min", l.number(*c.Min), "max", l.number(*c.Max))
		return row
	}
	var names []string
	for _, g := range c.Common[:min(4, len(c.Common))] {
		names = append(names, g.Value+" "+l.Percent(share(g.Rows, s.Progress.Rows), 0))
	}
	if more := c.Values - len(names); more > 0 {
		names = append(names, "+"+l.Count(int64(more)))
	}
	row.Values = strings.Join(names, ", ")
	return row
}

// number is a number of an attribute, whole when it is whole.
func (l *locale) number(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return l.Count(int64(n))
	}
	if math.Abs(n) > 1e12 {
		return "∞"
	}
	return l.Fixed(int64(math.Round(n*money.Unit)), 2)
}

// actOnPanel switches a panel or deletes it.
func (v *visit) actOnPanel() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	s, err := v.panelOf()
	if err != nil {
		return err
	}
	next, what := "/panels/"+s.ID.String(), "panel_changed"
	switch v.r.PathValue("action") {
	case "delete":
		next, what = "/audiences/panels", "panel_deleted"
		err = v.d.Panels.Delete(v.r.Context(), v.by(), s.ID, v.revision())
	case "automatic":
		on := v.r.PostFormValue("automatic") == "true"
		_, err = v.d.Panels.Change(v.r.Context(), v.by(), s.ID, v.revision(), panel.Patch{Automatic: &on})
	default:
		return errNoPage
	}
	if err != nil {
		status, refused, _ := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.panelWith(status, refused)
	}
	return v.done(next, what)
}
