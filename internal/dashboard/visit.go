package dashboard

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// visit is one request: who makes it, for which partner, how they read.
type visit struct {
	d       *Dashboard
	w       http.ResponseWriter
	r       *http.Request
	locale  *locale
	now     time.Time
	who     partners.Principal
	partner partners.State // whose pages these are; zero for an administrator of an empty system
}

// handler answers a visit; what it returns becomes an error page.
type handler func(*visit) error

// open serves everybody.
func (d *Dashboard) open(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := d.visit(w, r)
		if err == nil {
			err = h(v)
		}
		if err != nil {
			d.fail(v, w, r, err)
		}
	}
}

// private serves those who are signed in; others are led to the door and back.
func (d *Dashboard) private(h handler) http.HandlerFunc {
	return d.open(func(v *visit) error {
		who, err := d.session(v.r)
		if err != nil {
			return v.toSignin(err)
		}
		v.who = who
		if err := v.choosePartner(); err != nil {
			return err
		}
		if v.begins() {
			return v.see(partnersPath)
		}
		v.now = v.now.In(v.zone(v.partner.Timezone))
		return h(v)
	})
}

func (d *Dashboard) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	l, err := d.render.locales.get(negotiate(r))
	return &visit{d: d, w: w, r: r, locale: l, now: d.Now().UTC()}, err
}

func (d *Dashboard) session(r *http.Request) (partners.Principal, error) {
	c, err := r.Cookie(d.Cookie)
	if err != nil {
		return partners.Principal{}, partners.ErrUnauthorized
	}
	who, err := d.Sessions.Authenticate(r.Context(), c.Value)
	if err != nil {
		return partners.Principal{}, err
	}
	return who, who.Require(partners.ActionRead)
}

func (v *visit) toSignin(err error) error {
	if fault.KindOf(err) != fault.Unauthorized {
		return err
	}
	query := url.Values{}
	if v.r.Method == http.MethodGet && v.r.URL.Path != "/" {
		query.Set("next", v.r.URL.RequestURI())
	}
	if _, missing := v.r.Cookie(v.d.Cookie); missing == nil {
		query.Set("ended", "1")
	}
	return v.see(strings.TrimSuffix("/signin?"+query.Encode(), "?"))
}

// choosePartner finds whose pages to show: the key's partner, or the one an
// administrator has chosen, or the first there is.
func (v *visit) choosePartner() error {
	if !v.who.IsAdmin() {
		p, err := v.d.Partners.Get(v.r.Context(), v.who.Partner)
		if err != nil {
			return err
		}
		v.partner = p.State()
		return nil
	}
	chosen := v.r.URL.Query().Get("partner")
	if chosen == "" {
		if c, err := v.r.Cookie(partnerCookie); err == nil {
			chosen = c.Value
		}
	}
	if id, err := uuid.Parse(chosen); err == nil {
		if p, err := v.d.Partners.Get(v.r.Context(), id); err == nil {
			v.partner = p.State()
			v.cookie(partnerCookie, id.String(), yearSeconds)
			return nil
		}
	}
	return v.firstPartner()
}

func (v *visit) firstPartner() error {
	all, _, err := v.d.Partners.List(v.r.Context(), partners.Page{Limit: 1})
	if err == nil && len(all) > 0 {
		v.partner = all[0].State()
	}
	return err
}

// scope is the partner that reads are bound to.
func (v *visit) scope() uuid.UUID { return v.partner.ID }

// by is the visitor as the author of a change.
func (v *visit) by() event.Origin {
	by := v.who.Origin("dashboard", v.r.Header.Get("X-Request-Id"))
	by.Partner = v.scope()
	return by
}

func (v *visit) zone(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

// see sends the browser to a page with GET, so that a reload repeats nothing.
func (v *visit) see(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// done sends the browser on with one sentence about what was done.
func (v *visit) done(path, what string) error {
	v.cookie(flashCookie, what, 60)
	return v.see(path)
}

// page renders a page in its frame.
func (v *visit) page(status int, name, title, section string, content any) error {
	shell := v.shell(title, section, content)
	shell.Flash = v.flash()
	shell.Firing = v.firing()
	return v.d.render.write(v.w, status, name, shell)
}

func (v *visit) shell(title, section string, content any) view {
	theme := ""
	if c, err := v.r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		theme = c.Value
	}
	back := v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		back = "/"
	}
	return view{
		Title: title, Section: section, Locale: v.locale, Theme: theme, Back: back, Now: v.now, Page: content,
		Viewer: &viewer{Name: v.who.Name, Role: string(v.who.Role), Partner: v.partner.Name, Settings: v.who.Can(partners.ActionManageWebhooks),
			Partners: v.who.Can(partners.ActionManagePartners)},
	}
}

// flash takes the sentence that the last change left; it is shown once.
func (v *visit) flash() *flash {
	c, err := v.r.Cookie(flashCookie)
	if err != nil || v.r.Header.Get("X-Requested-With") != "" {
		return nil
	}
	v.cookie(flashCookie, "", -1)
	what, undo, _ := strings.Cut(c.Value, "|")
	if !v.locale.Has("done." + what) {
		return nil
	}
	return &flash{Tone: "good", Icon: "ok", Text: v.locale.T("done." + what), Undo: undoPath(undo)}
}

// undoPath accepts only the two actions that take each other back.
func undoPath(path string) string {
	if strings.HasPrefix(path, "/campaigns/") && (strings.HasSuffix(path, "/pause") || strings.HasSuffix(path, "/resume")) {
		return path
	}
	return ""
}

// firing counts the alerts that need somebody. That they cannot be read must
// not keep anybody from a page.
func (v *visit) firing() int64 {
	found, _, err := v.d.Alerts.List(v.r.Context(), v.by(), performance.AlertQuery{States: []performance.AlertState{performance.Firing}, Limit: pageSize})
	if err != nil {
		slog.WarnContext(v.r.Context(), "alerts not counted", "error", err)
	}
	return int64(len(found))
}

// fail shows an error as a page. Internal ones keep their text to themselves
// and name the request, which the log names too.
func (d *Dashboard) fail(v *visit, w http.ResponseWriter, r *http.Request, err error) {
	if v == nil || v.locale == nil {
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	status, key := statusOf(err)
	p := problemPage{Status: status, Title: v.locale.T("problem." + key), Text: v.locale.T("problem." + key + ".text")}
	if status >= http.StatusInternalServerError {
		p.Reference = uuid.NewString()[:8]
		slog.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "reference", p.Reference, "error", err)
		if r.Method == http.MethodGet {
			p.Retry = r.URL.RequestURI()
		}
	}
	shell := v.shell(p.Title, "", p)
	switch {
	case v.who.Role == "": // nobody is signed in
		shell.Viewer = nil
	case status < http.StatusInternalServerError:
		shell.Firing = v.firing()
	}
	if err := d.render.write(w, status, "problem", shell); err != nil {
		http.Error(w, fmt.Sprintf("Error %d", status), status)
	}
}

// statusOf is the status and the words of an error that has no place on the
// page it came from.
func statusOf(err error) (int, string) {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Malformed:
		return http.StatusNotFound, "404"
	case fault.Forbidden, fault.Unauthorized:
		return http.StatusForbidden, "403"
	case fault.Unavailable, fault.Throttled:
		return http.StatusServiceUnavailable, "503"
	default:
		return http.StatusInternalServerError, "500"
	}
}
