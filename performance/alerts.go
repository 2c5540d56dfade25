package performance

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// AlertQuery asks for a part of a list. The zero value is the first page of all.
type AlertQuery struct {
	Campaign   uuid.UUID    // zero: all
	Rule       uuid.UUID    // zero: all
	States     []AlertState // any of them; none: all
	Kinds      []AlertKind
	Severities []Severity
	Limit      int    // 0: the store's usual
	Cursor     string // from the page before; "" begins
}

// AlertStore keeps alerts, with their events in the same transaction. A partner
// of uuid.Nil is an administrator's and finds every partner's.
type AlertStore interface {
	// ChangeOpen calls change with the open (not resolved) alert of a matter, or
	// nil when there is none; change returns what to store, or nil for nothing.
	// Two calls for one matter wait for each other.
	ChangeOpen(ctx context.Context, partner, campaign uuid.UUID, kind AlertKind, subject string, change func(*Alert) *Alert) error
	// Get fails with ErrAlertNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Alert, error)
	// Update fails with ErrAlertNotFound.
	Update(ctx context.Context, partner, id uuid.UUID, change func(*Alert)) (*Alert, error)
	// List has the newest first.
	List(ctx context.Context, partner uuid.UUID, q AlertQuery) (items []*Alert, next string, err error)
}

// Alerts is the use cases of alerts.
type Alerts struct {
	store AlertStore
	clock func() time.Time
}

// NewAlerts puts the use cases on a store.
func NewAlerts(store AlertStore, clock func() time.Time) *Alerts {
	return &Alerts{store: store, clock: clock}
}

func (a *Alerts) now() time.Time { return a.clock().UTC().Truncate(time.Microsecond) }

// Notify raises an alert for the event that gave the notice, or joins the open
// one of the same matter. Handling an event twice has the effect of once.
func (a *Alerts) Notify(ctx context.Context, by event.Origin, cause event.Event, n Notice) error {
	return a.store.ChangeOpen(ctx, cause.Partner, n.Campaign, n.Kind, n.Subject, func(open *Alert) *Alert {
		if open == nil {
			return Raise(by, a.now(), cause, n)
		}
		open.Join(by, a.now(), cause, n)
		return open
	})
}

// Settle resolves the open alert of a matter that is over, if there is one.
func (a *Alerts) Settle(ctx context.Context, by event.Origin, partner, campaign uuid.UUID, kind AlertKind, subject string) error {
	return a.store.ChangeOpen(ctx, partner, campaign, kind, subject, func(open *Alert) *Alert {
		if open != nil {
			open.Resolve(by, a.now(), "")
		}
		return open
	})
}

// Get is an alert of by's partner, or ErrAlertNotFound.
func (a *Alerts) Get(ctx context.Context, by event.Origin, id uuid.UUID) (*Alert, error) {
	return a.store.Get(ctx, by.Partner, id)
}

// MaxNote bounds a note, in characters.
const MaxNote = 500

func checkNote(note string) error {
	var wrong fault.Fields
	if utf8.RuneCountInString(note) > MaxNote {
		wrong.Add("note", "out_of_range", "The note is too long.", "at most 500 characters")
	}
	return wrong.Err()
}

// Acknowledge notes that a person has seen the alert. The errors are
// ErrAlertNotFound and fault.ErrInvalid.
func (a *Alerts) Acknowledge(ctx context.Context, by event.Origin, id uuid.UUID, note string) (*Alert, error) {
	if err := checkNote(note); err != nil {
		return nil, err
	}
	return a.store.Update(ctx, by.Partner, id, func(x *Alert) { x.Acknowledge(by, a.now(), note) })
}

// Resolve ends the alert by hand. The errors are ErrAlertNotFound and
// fault.ErrInvalid.
func (a *Alerts) Resolve(ctx context.Context, by event.Origin, id uuid.UUID, note string) (*Alert, error) {
	if err := checkNote(note); err != nil {
		return nil, err
	}
	return a.store.Update(ctx, by.Partner, id, func(x *Alert) { x.Resolve(by, a.now(), note) })
}

// List is a page of alerts of by's partner, the newest first.
func (a *Alerts) List(ctx context.Context, by event.Origin, q AlertQuery) ([]*Alert, string, error) {
	return a.store.List(ctx, by.Partner, q)
}
