package partners

import "github.com/hexabuilders/campaignd/fault"

var (
	ErrNotFound = fault.New(fault.NotFound, "partner_not_found",
		"There is no such partner.", "Check the id; GET /api/v1/partners lists the partners that this key sees.")

	ErrKeyNotFound = fault.New(fault.NotFound, "key_not_found",
		"The partner has no such key.", "Check the key's id; it is not the secret itself.")

	// ErrStale says that the partner has changed since it was read.
	ErrStale = fault.New(fault.Stale, "stale_revision",
		"The partner has been changed since it was read.", "Read it again and send the change with its new revision.")

	// ErrExists says that the id, or a key's secret, is taken.
	ErrExists = fault.New(fault.Conflict, "partner_exists", "There is one already.", "Read the one that exists.")

	// ErrUnauthorized is the one answer to every credential that does not hold,
	// whatever the reason: a more exact one would help whoever is guessing.
	ErrUnauthorized = fault.New(fault.Unauthorized, "invalid_key",
		"The key is unknown, revoked or expired.",
		"Send a valid key as \"Authorization: Bearer <key>\"; an administrator can issue a new one.")

	ErrForbidden = fault.New(fault.Forbidden, "role_not_allowed",
		"The key's role does not allow this.", "Use a key with one of the roles named.")

	// ErrNotMapped refuses somebody whose issuer is believed, but whose token
	// leads to no partner or no role here. The reason is told: the token is
	// genuine, and whoever set up the issuer has to mend it.
	ErrNotMapped = fault.New(fault.Forbidden, "identity_not_mapped",
		"The token is valid, but leads to no partner or role here.",
		"Ask whoever runs the identity provider for the claims that docs/operations.md names.")

	// ErrLink is the answer to a sign-in link that does not hold, whatever the
	// reason.
	ErrLink = fault.New(fault.Unauthorized, "invalid_link",
		"The sign-in link is unknown, used or expired.", "Sign in with a key, or ask for a new link.")

	// ErrAdminKey says that the configured administrator's key cannot be used.
	ErrAdminKey = fault.New(fault.Invalid, "invalid_admin_key",
		"The administrator's key must have 32 to 512 printable characters without spaces.",
		"Set CAMPAIGND_ADMIN_KEY to a longer random value, for example from: openssl rand -base64 32")
)
