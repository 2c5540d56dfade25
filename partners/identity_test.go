package partners_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

func TestAnIdentityHasAPlace(t *testing.T) {
	w := newWorld(t)
	partner := w.partner()
	ana := partners.Identity{Issuer: "https://login.example", Subject: "ana", Name: "Ana\x00\n Rojas\u202e", Partner: partner, Role: partners.RoleManager}
	first, err := w.Recognize(w.Context(), ana)
	w.must(err)
	if first.Partner != partner || first.Role != partners.RoleManager || first.Name != "Ana Rojas" {
		t.Errorf("%+v", first)
	}

	// She stays herself with another role, or no second person would be needed.
	ana.Role, ana.Name = partners.RoleApprover, ""
	second, err := w.Recognize(w.Context(), ana)
	w.must(err)
	if second.Key != first.Key || second.Name != "ana" {
		t.Errorf("%+v, before %+v", second, first)
	}
	for _, other := range []partners.Identity{
		{Issuer: "https://other.example", Subject: "ana", Partner: partner, Role: partners.RoleApprover},
		{Issuer: "https://login.example", Subject: "bruno", Partner: partner, Role: partners.RoleApprover},
	} {
		if p, err := w.Recognize(w.Context(), other); err != nil || p.Key == first.Key {
			t.Errorf("%+v is %+v, %v", other, p, err)
		}
	}
}

func TestAnIdentityWithoutAPlace(t *testing.T) {
	w := newWorld(t)
	partner := w.partner()
	for name, i := range map[string]partners.Identity{
		"no role":           {Subject: "x", Partner: partner},
		"an unknown role":   {Subject: "x", Partner: partner, Role: "root"},
		"no partner":        {Subject: "x", Role: partners.RoleAnalyst},
		"no such partner":   {Subject: "x", Partner: uuid.Max, Role: partners.RoleAnalyst},
		"still no such one": {Subject: "x", Partner: uuid.Max, Role: partners.RoleAnalyst},
	} {
		if p, err := w.Recognize(w.Context(), i); !errors.Is(err, partners.ErrNotMapped) || p != (partners.Principal{}) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	admin, err := w.Recognize(w.Context(), partners.Identity{Subject: "op", Name: strings.Repeat("ñ", 500), Partner: partner, Role: partners.RoleAdmin})
	w.must(err)
	if admin.Partner != uuid.Nil || !admin.IsAdmin() || len([]rune(admin.Name)) != 200 {
		t.Errorf("%+v", admin)
	}
}
