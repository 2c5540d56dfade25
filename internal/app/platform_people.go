package app

import (
	"context"
	"errors"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// members is platforms.People over the audiences.
type members struct{ audiences *audience.Service }

// peopleAtOnce is how many people are read in one transaction, which must not
// stay open while a platform is spoken to.
const peopleAtOnce = 10_000

// Members implements platforms.People.
func (m members) Members(ctx context.Context, partner, id uuid.UUID, on platforms.Platform, visit func([]platforms.Member) error) error {
	_, people, err := m.audiences.Members(ctx, partner, id)
	if err != nil {
		return err
	}
	phone := identity.PhoneMeta
	if on == platforms.Google {
		phone = identity.PhoneGoogle
	}
	for numbers := people.ManyIterator(); ; {
		some := make([]uint32, peopleAtOnce)
		n := numbers.NextMany(some)
		if n == 0 {
			return nil
		}
		batch, err := m.named(ctx, partner, roaring.BitmapOf(some[:n]...), phone)
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			if err := visit(batch); err != nil {
				return err
			}
		}
	}
}

// named are people by what a platform compares; one with several addresses is
// named by each.
func (m members) named(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, phone identity.Kind) ([]platforms.Member, error) {
	var all []platforms.Member
	err := m.audiences.Blocks(ctx, partner, people, audience.Want{Identity: true}, func(b audience.Block) error {
		for slot := range b.IDs {
			if people.Contains(b.First + uint32(slot)) {
				all = appendMembers(all, b.IDs[slot], phone)
			}
		}
		return nil
	})
	return all, err
}

func appendMembers(into []platforms.Member, ids []identity.ID, phone identity.Kind) []platforms.Member {
	var emails, phones []string
	for _, id := range ids {
		switch id.Kind {
		case identity.EmailPlain:
			emails = append(emails, id.Hash.String())
		case phone:
			phones = append(phones, id.Hash.String())
		}
	}
	for i := range max(len(emails), len(phones)) {
		var m platforms.Member
		if i < len(emails) {
			m.Email = emails[i]
		}
		if i < len(phones) {
			m.Phone = phones[i]
		}
		into = append(into, m)
	}
	return into
}

// addAudiences puts the partner's audiences that a targeting names into a draft.
// Names of a platform's own audiences stay what they are.
func (d drafts) addAudiences(ctx context.Context, partner uuid.UUID, draft *platforms.Draft) error {
	for _, named := range draft.Targeting.KeptAudiences() {
		s, err := d.audiences.Get(ctx, partner, named.ID)
		if errors.Is(err, audience.ErrNotFound) {
			draft.Missing = append(draft.Missing, named.Name)
			continue
		}
		if err != nil {
			return err
		}
		grounds, err := d.audiences.Grounds(ctx, s)
		if err != nil {
			return err
		}
		if len(grounds.Silent) > 0 {
			return platforms.ErrUnfit.With("The audience %s has people of whom nobody said on which ground their data may be given to a platform. Set the consent_basis of %s first.", s.Name, strings.Join(grounds.Silent, ", "))
		}
		draft.Audiences = append(draft.Audiences, platforms.Audience{ID: s.ID, Name: s.Name, Size: s.Size, Version: s.Revision, Excluded: named.Excluded, Consented: grounds.Consented})
	}
	return nil
}
