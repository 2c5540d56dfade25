package audience

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// MaxPersons is how many people one request may remove or erase.
const MaxPersons = 1000

// identified are the identifiers of each person, or fault.ErrInvalid with every
// value that cannot be one.
func identified(people []identity.Person) ([][]identity.ID, error) {
	if len(people) == 0 {
		return nil, ErrNobody
	}
	var wrong fault.Fields
	if len(people) > MaxPersons {
		wrong.Add("people", "too_many", fmt.Sprintf("There are %d.", len(people)), fmt.Sprintf("at most %d", MaxPersons))
		return nil, wrong.Err()
	}
	found := make([][]identity.ID, len(people))
	for i := range people {
		path := fmt.Sprintf("people[%d]", i)
		before := len(wrong)
		found[i] = people[i].Append(nil, func(p identity.Problem) {
			if e := fault.As(p.Err); e != nil {
				wrong.Add(path+"."+p.Column, e.Code, e.Detail, "")
			}
		})
		if len(found[i]) == 0 && len(wrong) == before {
			wrong.Add(path, ErrNobody.Code, "It names nobody.", "at least one of email, phone, external_id and device_id")
		}
	}
	return found, wrong.Err()
}

// Remove takes people out of one audience; they stay in the others. It returns
// how many were members. The errors are ErrNotFound, ErrNobody and
// fault.ErrInvalid.
func (s *Service) Remove(ctx context.Context, by event.Origin, id uuid.UUID, people []identity.Person, validateOnly bool) (int, error) {
	a, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil {
		return 0, err
	}
	by.Partner = a.state.Partner
	found, err := identified(people)
	if err != nil || validateOnly {
		return 0, err
	}
	return s.Eraser.Remove(ctx, by, id, found, s.now())
}

// Erase forgets people everywhere: in every audience, with their identifiers,
// attributes and behaviour, also in uploads on their way in. Erasing somebody
// who is not known is no error. The errors are ErrNobody, ErrBusy and
// fault.ErrInvalid.
func (s *Service) Erase(ctx context.Context, by event.Origin, people []identity.Person, validateOnly bool) (Erasure, error) {
	found, err := identified(people)
	if err != nil || validateOnly {
		return Erasure{}, err
	}
	return s.Eraser.Erase(ctx, by, found, s.now())
}

// Expire ends memberships that are over and forgets who is in no audience.
func (s *Service) Expire(ctx context.Context) error { return s.Eraser.Expire(ctx, s.now()) }

// Erased is the body of people.erased: how many, and never who.
type Erased struct{ Erasure }

// EventType is the event's public name.
func (Erased) EventType() string { return "people.erased" }
