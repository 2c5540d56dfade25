package dashboard

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

const (
	themeCookie   = "theme"
	partnerCookie = "partner" // the partner an administrator looks at
	flashCookie   = "flash"
	yearSeconds   = 365 * 24 * 3600
)

// signin shows the form.
func (d *Dashboard) signin(v *visit) error {
	if v.r.FormValue("ended") != "" {
		return v.door(http.StatusOK, v.locale.T("signin.ended"))
	}
	return v.door(http.StatusOK, "")
}

// enter opens a session for the key that was entered.
func (d *Dashboard) enter(v *visit) error {
	if !d.attempts.allow(v.r) {
		v.w.Header().Set("Retry-After", "60")
		return v.door(http.StatusTooManyRequests, v.locale.T("signin.slow"))
	}
	key := strings.TrimSpace(v.r.PostFormValue("key"))
	if key == "" {
		return v.door(http.StatusUnprocessableEntity, v.locale.T("signin.empty"))
	}
	who, err := d.Keys.Authenticate(v.r.Context(), key)
	if fault.KindOf(err) == fault.Unauthorized && err != nil {
		return v.door(http.StatusUnauthorized, v.locale.T("signin.refused"))
	}
	if err != nil {
		return err
	}
	if !who.Can(partners.ActionRead) {
		return v.door(http.StatusForbidden, v.locale.T("signin.role"))
	}
	token, _, err := d.Sessions.Open(v.r.Context(), who)
	if err != nil {
		return err
	}
	v.setSession(token)
	return v.see(localPath(v.r.PostFormValue("next")))
}

// link exchanges a sign-in link for a session and leaves its address at once.
func (d *Dashboard) link(v *visit) error {
	if !d.attempts.allow(v.r) {
		return v.door(http.StatusTooManyRequests, v.locale.T("signin.slow"))
	}
	token, _, err := d.Sessions.Follow(v.r.Context(), v.r.FormValue("token"))
	if errors.Is(err, partners.ErrLink) || errors.Is(err, partners.ErrUnauthorized) {
		return v.door(http.StatusUnauthorized, v.locale.T("signin.link"))
	}
	if err != nil {
		return err
	}
	v.setSession(token)
	return v.see("/")
}

// signout ends the session here and in the store.
func (d *Dashboard) signout(v *visit) error {
	if c, err := v.r.Cookie(d.Cookie); err == nil {
		if err := d.Sessions.Close(v.r.Context(), c.Value); err != nil {
			return err
		}
	}
	v.cookie(d.Cookie, "", -1)
	v.cookie(partnerCookie, "", -1)
	return v.see("/signin")
}

// preferences keeps the language and the theme in the browser.
func (d *Dashboard) preferences(v *visit) error {
	if lang := v.r.PostFormValue("lang"); isLanguage(lang) {
		v.cookie(languageCookie, lang, yearSeconds)
	}
	switch theme := v.r.PostFormValue("theme"); theme {
	case "light", "dark":
		v.cookie(themeCookie, theme, yearSeconds)
	case "auto":
		v.cookie(themeCookie, "", -1)
	}
	return v.see(localPath(v.r.PostFormValue("back")))
}

func (v *visit) door(status int, problem string) error {
	shell := v.shell(v.locale.T("signin.title"), "", signinPage{Problem: problem, Next: localPath(v.r.FormValue("next"))})
	shell.Viewer, shell.Back = nil, "/signin"
	return v.d.render.write(v.w, status, "signin", shell)
}

func (v *visit) setSession(token string) {
	v.cookie(v.d.Cookie, token, int(partners.SessionLife/time.Second))
}

// cookie sets a cookie that scripts cannot read and other sites' requests do
// not carry; over TLS it is never sent in the clear.
func (v *visit) cookie(name, value string, seconds int) {
	http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // Secure is on wherever there is TLS; the demo has none
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.r.TLS != nil || v.d.Secure,
	})
}

// localPath is a path of ours, or / for anything that could lead elsewhere.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") || strings.HasPrefix(path, "/signin") {
		return "/"
	}
	return path
}
