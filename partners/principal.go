package partners

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Principal is who a request comes from, as Authenticate found it. The zero
// Principal can do nothing.
type Principal struct {
	Partner uuid.UUID // zero for an administrator, who belongs to no partner
	Key     uuid.UUID // the key's id, or for an Identity the one that its subject always has
	Role    Role
	Name    string
}

// Can reports whether the principal's role may do it.
func (p Principal) Can(a Action) bool { return p.Role.Can(a) }

// Require is nil when Can is true, and otherwise ErrForbidden with the roles
// that may.
func (p Principal) Require(a Action) error {
	if p.Can(a) {
		return nil
	}
	return ErrForbidden.With("The role %q may not %s; these roles may: %s.", p.Role, a, list(allowed[a])).
		WithExtra("role", p.Role).WithExtra("action", a)
}

// IsAdmin reports whether the principal acts for every partner.
func (p Principal) IsAdmin() bool { return p.Role == RoleAdmin }

// Sees reports whether what belongs to partner exists for the principal.
// Another partner's is answered as a missing one.
func (p Principal) Sees(partner uuid.UUID) bool {
	return p.IsAdmin() || p.Role.Valid() && p.Partner == partner
}

// Origin is the principal as the author of what follows: from is the entrance
// ("api", "dashboard"), correlation the request's id.
func (p Principal) Origin(from, correlation string) event.Origin {
	return event.Origin{
		Partner: p.Partner, Kind: event.ActorKey, ID: p.Key.String(), Name: p.Name,
		From: from, CorrelationID: correlation,
	}
}
