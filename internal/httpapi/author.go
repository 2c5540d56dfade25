package httpapi

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

var errPartnerRequired = fault.New(fault.Invalid, "partner_required",
	"An administrator's key belongs to no partner, and this belongs to one.", "Name the partner with partner_id.")

// by is who sent the request, as the author of what follows.
func by(ctx context.Context) event.Origin { return principal(ctx).Origin("api", requestID(ctx)) }

// scope is the partner whose things the request is about: the key's own, or for
// an administrator the one that is named; uuid.Nil is every partner. Another
// partner's is answered as a missing one.
func scope(ctx context.Context, named uuid.UUID) (uuid.UUID, error) {
	p := principal(ctx)
	if named != uuid.Nil && !p.Sees(named) {
		return uuid.Nil, partners.ErrNotFound
	}
	if p.IsAdmin() {
		return named, nil
	}
	return p.Partner, nil
}

// onePartner is scope where it must be one partner.
func onePartner(ctx context.Context, named uuid.UUID) (uuid.UUID, error) {
	partner, err := scope(ctx, named)
	if err == nil && partner == uuid.Nil {
		err = errPartnerRequired
	}
	return partner, err
}

// byWithin is by, for what scope finds.
func byWithin(ctx context.Context, named uuid.UUID) (event.Origin, error) {
	author := by(ctx)
	var err error
	author.Partner, err = scope(ctx, named)
	return author, err
}

// byFor is by, acting for one partner.
func byFor(ctx context.Context, named uuid.UUID) (event.Origin, error) {
	author := by(ctx)
	var err error
	author.Partner, err = onePartner(ctx, named)
	return author, err
}

// ForPartner names the partner where the key is an administrator's.
type ForPartner struct {
	PartnerID uuid.UUID `query:"partner_id" format:"uuid" doc:"The partner, when the key is an administrator's."`
}
