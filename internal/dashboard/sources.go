package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

const sourcesPath = "/settings/sources"

// sourcesPage are the sources of events whose attribution windows are declared.
type sourcesPage struct {
	Tabs    []settingsTab
	Problem *problem
	Sources []sourceRow
	Fields  []field
	May     bool
}

type sourceRow struct {
	Name, Click, View string
	Revision          int64
	At                time.Time
}

func (v *visit) sources() error { return v.sourcesWith(http.StatusOK, nil, nil) }

func (v *visit) sourcesWith(status int, refused *problem, wrong *mistakes) error {
	all, err := v.d.Sources.List(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	f := form{v.locale, func(name string) []string { return v.r.Form[name] }, wrong}
	name := f.input("source_name", "source").whole()
	name.Max = performance.MaxTextBytes
	p := sourcesPage{
		Tabs: v.settingsTabs(sourcesPath), Problem: refused, May: v.who.Can(partners.ActionWriteCampaigns),
		Fields: []field{name, f.input("source_click", "attribution_window.click_days").number(), f.input("source_view", "attribution_window.view_days").number()},
	}
	for _, s := range all {
		p.Sources = append(p.Sources, sourceRow{s.Name, v.locale.window(s.Window.ClickDays), v.locale.window(s.Window.ViewDays), s.Revision, s.UpdatedAt})
	}
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	return v.page(status, "sources", v.locale.T("sources.title"), "settings", p)
}

// window is a number of days in words.
func (l *locale) window(days int) string {
	if days == 0 {
		return l.T("sources.never")
	}
	return l.N("sources.days", days)
}

// saveSource declares a source's window.
func (v *visit) saveSource() error {
	entered := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	return v.declare("source", performance.Declaration{
		Source: entered("source_name"),
		Window: &performance.AttributionWindow{ClickDays: whole(entered("source_click"), -1), ViewDays: whole(entered("source_view"), -1)},
	})
}

// withdrawSource takes back what is declared, as it was seen.
func (v *visit) withdrawSource() error {
	return v.declare("source_withdrawn", performance.Declaration{Source: v.r.PostFormValue("source_name"), Revision: v.revision()})
}

func (v *visit) declare(what string, d performance.Declaration) error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	d.Partner = v.scope()
	_, err := v.d.Sources.Declare(v.r.Context(), v.by(), d)
	if err == nil {
		return v.done(sourcesPath, what)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.sourcesWith(status, refused, wrong)
}
