package partners_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/partners"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	key, token := w.signIn(id, partners.RoleManager)
	p, err := w.sessions.Authenticate(t.Context(), token)
	w.must(err)
	if p.Partner != id || p.Key != key.ID || p.Role != partners.RoleManager {
		t.Errorf("got %+v", p)
	}
	if !strings.HasPrefix(token, "cms_") || strings.Contains(fmt.Sprintf("%+v", w.store.sessions), token) {
		t.Errorf("the token %q is kept or not recognisable", token)
	}
	_, err = w.Authenticate(t.Context(), token)
	w.refused(err) // a session is no key
}

func TestSignOut(t *testing.T) {
	w := newWorld(t)
	_, token := w.signIn(w.partner(), partners.RoleManager)
	_, err := w.sessions.Authenticate(t.Context(), token)
	w.must(err)
	w.must(w.sessions.Close(t.Context(), token))
	_, err = w.sessions.Authenticate(t.Context(), token)
	w.refused(err)
	w.must(w.sessions.Close(t.Context(), token))
}

func TestASessionIdlesOut(t *testing.T) {
	for idle, ok := range map[time.Duration]bool{12*time.Hour - time.Microsecond: true, 12 * time.Hour: false} {
		w := newWorld(t)
		_, token := w.signIn(w.partner(), partners.RoleManager)
		w.pass(idle)
		_, err := w.sessions.Authenticate(t.Context(), token)
		if (err == nil) != ok {
			t.Errorf("after %s: %v", idle, err)
		}
	}
}

func TestASessionInUseLastsSevenDays(t *testing.T) {
	w := newWorld(t)
	_, token := w.signIn(w.partner(), partners.RoleManager)
	begun := w.now
	for w.now.Sub(begun) < 7*24*time.Hour {
		_, err := w.sessions.Authenticate(t.Context(), token)
		w.must(err)
		w.pass(6 * time.Hour)
	}
	_, err := w.sessions.Authenticate(t.Context(), token)
	w.refused(err)
}

// TestASessionEndsWithItsKey is F31 for people in a browser.
func TestASessionEndsWithItsKey(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	key, token := w.signIn(id, partners.RoleManager)
	_, err := w.sessions.Authenticate(t.Context(), token)
	w.must(err)
	w.must(w.RevokeKey(t.Context(), operator, id, key.ID))
	w.pass(partners.CacheFor)
	_, err = w.sessions.Authenticate(t.Context(), token)
	w.refused(err)
}

func TestASessionEndsWhenItsKeyExpires(t *testing.T) {
	w := newWorld(t)
	_, secret := w.key(w.partner(), partners.NewKey{Role: partners.RoleAnalyst, ExpiresAt: new(w.now.Add(3 * time.Second))})
	p, err := w.Authenticate(t.Context(), secret)
	w.must(err)
	token, _, err := w.sessions.Open(t.Context(), p)
	w.must(err)
	_, err = w.sessions.Authenticate(t.Context(), token)
	w.must(err)
	w.pass(3 * time.Second)
	_, err = w.sessions.Authenticate(t.Context(), token)
	w.refused(err)
}

func TestBadSessionTokens(t *testing.T) {
	w := newWorld(t)
	_, secret := w.key(w.partner(), partners.NewKey{Role: partners.RoleManager})
	for _, token := range []string{"", "cms_", secret, "cms_" + strings.Repeat("A", 43)} {
		_, err := w.sessions.Authenticate(t.Context(), token)
		w.refused(err)
	}
}

func TestAPageOfRequestsIsOneLookup(t *testing.T) {
	w := newWorld(t)
	_, token := w.signIn(w.partner(), partners.RoleManager)
	w.store.asked = 0
	for range 20 {
		_, err := w.sessions.Authenticate(t.Context(), token)
		w.must(err)
	}
	if w.store.asked != 1 {
		t.Errorf("the store was asked %d times", w.store.asked)
	}
}

func TestALinkSignsInOnce(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	key, _ := w.key(id, partners.NewKey{Role: partners.RoleManager, Name: "Ana"})
	link, err := w.sessions.NewLink(t.Context(), id, key.ID, false)
	w.must(err)
	token, _, err := w.sessions.Follow(t.Context(), link)
	w.must(err)
	p, err := w.sessions.Authenticate(t.Context(), token)
	w.must(err)
	if p.Key != key.ID || p.Name != "Ana" {
		t.Errorf("got %+v", p)
	}
	_, _, err = w.sessions.Follow(t.Context(), link)
	w.is(err, partners.ErrLink)
}

func TestOfManyWhoFollowALinkOneSignsIn(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	key, _ := w.key(id, partners.NewKey{Role: partners.RoleManager})
	link, err := w.sessions.NewLink(t.Context(), id, key.ID, false)
	w.must(err)
	results := make(chan error)
	for range 8 {
		go func() {
			_, _, err := w.sessions.Follow(t.Context(), link)
			results <- err
		}()
	}
	in := 0
	for range 8 {
		if err := <-results; err == nil {
			in++
		} else if !errors.Is(err, partners.ErrLink) {
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d signed in", in)
	}
}

func TestTheDemosLinkWorksAgainUntilItExpires(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	key, _ := w.key(id, partners.NewKey{Role: partners.RoleManager})
	link, err := w.sessions.NewLink(t.Context(), id, key.ID, true)
	w.must(err)
	for range 2 {
		_, _, err := w.sessions.Follow(t.Context(), link)
		w.must(err)
	}
	w.pass(partners.LinkLife)
	_, _, err = w.sessions.Follow(t.Context(), link)
	w.is(err, partners.ErrLink)
}

func TestALinkDiesWithItsKey(t *testing.T) {
	w := newWorld(t)
	id, other := w.partner(), w.partner()
	key, _ := w.key(id, partners.NewKey{Role: partners.RoleManager})
	_, err := w.sessions.NewLink(t.Context(), other, key.ID, false)
	w.refused(err) // the key is not that partner's
	link, err := w.sessions.NewLink(t.Context(), id, key.ID, true)
	w.must(err)
	w.must(w.RevokeKey(t.Context(), operator, id, key.ID))
	_, _, err = w.sessions.Follow(t.Context(), link)
	w.refused(err)
	_, err = w.sessions.NewLink(t.Context(), id, key.ID, true)
	w.refused(err)
	for _, bad := range []string{"", "cml_x", "cml_" + strings.Repeat("A", 43)} {
		_, _, err := w.sessions.Follow(t.Context(), bad)
		w.is(err, partners.ErrLink)
	}
}

func TestSweepForgetsWhatIsOver(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	key, old := w.signIn(id, partners.RoleManager)
	_, err := w.sessions.NewLink(t.Context(), id, key.ID, false)
	w.must(err)
	w.pass(25 * time.Hour)
	_, fresh := w.signIn(id, partners.RoleManager)
	w.must(w.sessions.Sweep(t.Context()))
	if _, kept := w.store.sessions[partners.HashOf(old)]; kept || len(w.store.links) != 0 {
		t.Error("what is over is still there")
	}
	_, err = w.sessions.Authenticate(t.Context(), fresh)
	w.must(err)
}
