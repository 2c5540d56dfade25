package auth

import (
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

func TestRolesThatTokensName(t *testing.T) {
	mapped := map[string]partners.Role{"ops": partners.RoleAdmin, "https://acme.example/ads": partners.RoleManager, "books": partners.RoleFinance}
	for _, tc := range []struct {
		name   string
		claims Claims
		all    map[string]any
		want   partners.Role
	}{
		{"a list", Claims{Role: "roles"}, map[string]any{"roles": []any{"offline_access", "finance"}}, partners.RoleFinance},
		{"the mightiest of several", Claims{Role: "roles"}, map[string]any{"roles": []any{"analyst", "manager", "finance"}}, partners.RoleManager},
		{"a scope", Claims{Role: "scope"}, map[string]any{"scope": "openid ingest"}, partners.RoleIngest},
		{"a path", Claims{Role: "realm_access.roles"}, map[string]any{"realm_access": map[string]any{"roles": []any{"approver"}}}, partners.RoleApprover},
		{"a name with dots", Claims{Role: "https://acme.example/roles"}, map[string]any{"https://acme.example/roles": "analyst"}, partners.RoleAnalyst},
		{"admin is nobody's by chance", Claims{Role: "roles"}, map[string]any{"roles": []any{"admin", "analyst"}}, partners.RoleAnalyst},
		{"admin by the map", Claims{Role: "groups", Roles: mapped}, map[string]any{"groups": []any{"books", "ops"}}, partners.RoleAdmin},
		{"own names do not count beside a map", Claims{Role: "groups", Roles: mapped}, map[string]any{"groups": []any{"manager", "books"}}, partners.RoleFinance},
		{"numbers are no names", Claims{Role: "roles"}, map[string]any{"roles": []any{1, nil, true}}, ""},
		{"an object is no name", Claims{Role: "roles"}, map[string]any{"roles": map[string]any{"manager": true}}, ""},
		{"a path through a text", Claims{Role: "a.b"}, map[string]any{"a": "b"}, ""},
	} {
		if got := tc.claims.role(tc.all); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestParseIssuers(t *testing.T) {
	id := uuid.MustParse("019ad0c5-0000-7000-8000-000000000002")
	for _, tc := range []struct {
		text string
		want []Issuer
		ok   bool
	}{
		{"", nil, true},
		{"https://login.example.com/realm", []Issuer{{URL: "https://login.example.com/realm"}}, true},
		{" https://a.example ; https://b.example = " + id.String() + " ;", []Issuer{{URL: "https://a.example"}, {"https://b.example", id}}, true},
		{"http://localhost:9000", []Issuer{{URL: "http://localhost:9000"}}, true},
		{"http://[::1]:9000", []Issuer{{URL: "http://[::1]:9000"}}, true},
		{"http://login.example.com", nil, false},
		{"login.example.com", nil, false},
		{"https://u:p@login.example.com", nil, false},
		{"https://login.example.com?x", nil, false},
		{"https://a.example=acme", nil, false},
		{"https://a.example=00000000-0000-0000-0000-000000000000", nil, false},
		{"https://a.example;https://a.example", nil, false},
	} {
		got, err := ParseIssuers(tc.text)
		if (err == nil) != tc.ok || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q: %+v, %v", tc.text, got, err)
		}
	}
}

func TestParseRoles(t *testing.T) {
	got, err := ParseRoles("ops=admin; a=b=manager ;")
	if want := map[string]partners.Role{"ops": "admin", "a=b": "manager"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"ops", "=admin", "ops=god", "a=admin;a=manager"} {
		if _, err := ParseRoles(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
