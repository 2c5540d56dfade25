package platforms_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/platforms"
)

// A token does not open for another partner or with another key, opens with a
// key that was replaced, and is in no log, event or answer.
func TestATokenIsBoundAndHidden(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	account := w.connect()
	stored, err := w.db.AdAccounts().Get(t.Context(), w.by.Partner, account.ID)
	w.must(err)
	if bytes.Contains(stored.State().Sealed, []byte("sandbox-meta-token")) {
		t.Error("the token is stored as it is")
	}
	_, err = w.db.AdAccounts().Update(t.Context(), w.by.Partner, account.ID, 0, func(a *platforms.Account) error {
		s := a.State()
		s.External = "999" // as if the sealed bytes had been copied to another account's row
		*a = *platforms.RestoreAccount(s)
		return nil
	})
	w.must(err)
	if _, err := w.Change(t.Context(), w.by, account.ID, 0, platforms.AccountPatch{Settings: &account.Settings}); !errors.Is(err, platforms.ErrUnsealed) {
		t.Errorf("a token that was moved opens: %v", err)
	}
	for _, key := range []string{"", newKey()} {
		if w.Cipher, err = platforms.NewCipher(key, rand.Reader); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Change(t.Context(), w.by, account.ID, 0, platforms.AccountPatch{Settings: &account.Settings}); err == nil {
			t.Errorf("it opens with %d bytes of another key", len(key))
		}
	}
	var log bytes.Buffer
	secret := w.secret()
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret)
	text := log.String() + fmt.Sprintf("%v %+v %s %#v", secret, secret, secret, secret)
	if strings.Contains(text, secret.Token) || strings.Contains(text, secret.ClientSecret) {
		t.Errorf("a secret is written: %s", text)
	}
	events, err := w.db.Log().Read(t.Context(), w.by.Partner, 0, 100)
	w.must(err)
	for _, e := range events {
		if bytes.Contains(e.Data, []byte(secret.Token)) {
			t.Errorf("%s holds the token", e.Type)
		}
	}
	if len(events) == 0 {
		t.Error("nothing was announced")
	}
}

func TestKeysAreReplaced(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	old := newKey()
	var err error
	w.Cipher, err = platforms.NewCipher(old, rand.Reader)
	w.must(err)
	account := w.connect()
	w.Cipher, err = platforms.NewCipher(newKey()+", "+old, rand.Reader)
	w.must(err)
	if _, err := w.Change(t.Context(), w.by, account.ID, 0, platforms.AccountPatch{Settings: &account.Settings}); err != nil {
		t.Errorf("the old key no longer opens: %v", err)
	}
	if _, err := platforms.NewCipher("c2hvcnQ=", rand.Reader); err == nil {
		t.Error("a short key was taken")
	}
}
