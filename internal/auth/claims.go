package auth

import (
	"fmt"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

// Claims says where in a token the partner and the role stand. A name is looked
// for as it is, and then as a path: "realm_access.roles" is "roles" inside
// "realm_access".
type Claims struct {
	Partner string // whose value is a partner's id
	Role    string // whose value is one name or a list of names
	// Roles is what an issuer's names mean. Without it the partner's roles go by
	// their own names, and nobody is an administrator: that word stands in too
	// many a directory for something else.
	Roles map[string]partners.Role
}

// ParseRoles reads "campaign-admins=admin; marketing=manager".
func ParseRoles(text string) (map[string]partners.Role, error) {
	roles := map[string]partners.Role{}
	for _, pair := range entries(text) {
		name, role, ok := cutLast(pair)
		switch {
		case !ok || name == "":
			return nil, fmt.Errorf("%q is no NAME=ROLE, such as marketing=manager", pair)
		case !partners.Role(role).Valid():
			return nil, fmt.Errorf("%q is no role; there are admin, manager, approver, finance, analyst and ingest", role)
		case roles[name] != "":
			return nil, fmt.Errorf("%q stands twice", name)
		}
		roles[name] = partners.Role(role)
	}
	return roles, nil
}

// ParseIssuers reads "https://login.example.com; https://login.acme.example=PARTNER".
func ParseIssuers(text string) ([]Issuer, error) {
	var issuers []Issuer
	seen := map[string]bool{}
	for _, entry := range entries(text) {
		i := Issuer{URL: entry}
		if at, id, ok := cutLast(entry); ok {
			partner, err := uuid.Parse(id)
			if err != nil || partner == uuid.Nil {
				return nil, fmt.Errorf("%q is no partner's id", id)
			}
			i = Issuer{at, partner}
		}
		if err := CheckURL(i.URL); err != nil {
			return nil, err
		}
		if seen[i.URL] {
			return nil, fmt.Errorf("%s stands twice", i.URL)
		}
		seen[i.URL] = true
		issuers = append(issuers, i)
	}
	return issuers, nil
}

func entries(text string) (found []string) {
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			found = append(found, part)
		}
	}
	return found
}

func cutLast(entry string) (before, after string, ok bool) {
	at := strings.LastIndexByte(entry, '=')
	if at < 0 {
		return "", "", false
	}
	return strings.TrimSpace(entry[:at]), strings.TrimSpace(entry[at+1:]), true
}

// identity is whom a verified token speaks of. The error is
// partners.ErrNotMapped.
func (c Claims) identity(token *oidc.IDToken, from Issuer) (partners.Identity, error) {
	var all map[string]any
	if err := token.Claims(&all); err != nil {
		return partners.Identity{}, refused("malformed", "What it carries is no JSON object of claims.")
	}
	who := partners.Identity{Issuer: token.Issuer, Subject: token.Subject, Name: personName(all), Role: c.role(all)}
	if who.Role == "" {
		return who, partners.ErrNotMapped.With("The token's claim %q names no role of this service.", c.Role)
	}
	var err error
	who.Partner, err = c.partner(all, from)
	if err == nil && who.Role == partners.RoleAdmin && from.Partner != uuid.Nil {
		err = partners.ErrNotMapped.With("The issuer %s speaks for one partner and names no administrators.", from.URL)
	}
	return who, err
}

// role is the mightiest of those that the token names: never more than one of
// them allows.
func (c Claims) role(all map[string]any) partners.Role {
	named := map[partners.Role]bool{}
	for _, name := range texts(lookup(all, c.Role)) {
		if role := partners.Role(name); len(c.Roles) == 0 && role != partners.RoleAdmin {
			named[role] = true
		} else if role, ok := c.Roles[name]; ok {
			named[role] = true
		}
	}
	for _, role := range partners.Roles {
		if named[role] {
			return role
		}
	}
	return ""
}

// partner is the issuer's own one, or that which the token names. A token of
// another partner than its issuer's is refused rather than bent.
func (c Claims) partner(all map[string]any, from Issuer) (uuid.UUID, error) {
	value := lookup(all, c.Partner)
	if value == nil || value == "" {
		return from.Partner, nil
	}
	text, _ := value.(string)
	id, err := uuid.Parse(text)
	switch {
	case err != nil:
		return uuid.Nil, partners.ErrNotMapped.With("The token's claim %q is no partner's id.", c.Partner)
	case from.Partner != uuid.Nil && id != from.Partner:
		return uuid.Nil, partners.ErrNotMapped.With("The issuer %s does not speak for the partner %s.", from.URL, id)
	}
	return id, nil
}

// lookup is a claim by its name or its path, or nil.
func lookup(all map[string]any, name string) any {
	if value, ok := all[name]; ok {
		return value
	}
	outer, rest, ok := strings.Cut(name, ".")
	inner, isObject := all[outer].(map[string]any)
	if !ok || !isObject {
		return nil
	}
	return lookup(inner, rest)
}

// texts is a claim that is one text or a list of them; scopes are one text with
// spaces.
func texts(value any) (found []string) {
	switch v := value.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		for _, item := range v {
			if text, ok := item.(string); ok {
				found = append(found, text)
			}
		}
	}
	return found
}

// personName is what the history calls somebody.
func personName(all map[string]any) string {
	for _, claim := range []string{"name", "preferred_username", "email"} {
		if text, _ := all[claim].(string); text != "" {
			return text
		}
	}
	return ""
}
