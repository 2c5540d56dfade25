package billing

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Delivery is what platforms reported of a campaign and channel for a day.
type Delivery struct {
	Campaign uuid.UUID
	Channel  string
	Day      localday.Day
	Currency money.Currency
	Amount   int64
}

// Platforms is what the platforms have reported.
type Platforms interface {
	// Reported is the spend of the local days [from, to) that is not zero, and
	// the number of the last ledger entry at the same moment.
	Reported(ctx context.Context, partner uuid.UUID, from, to localday.Day) (all []Delivery, lastEntry int64, err error)
}

// Receipt is money that a payment provider says has arrived, or has gone back.
type Receipt struct {
	Payment  uuid.UUID
	Day      localday.Day
	Currency money.Currency
	Amount   int64
}

// Receipts is what payment providers say.
type Receipts interface {
	Receipts(ctx context.Context, partner uuid.UUID, from, to localday.Day) ([]Receipt, error)
}

// Notes keeps explanations of differences.
type Notes interface {
	Explanations(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]Explanation, error)
	// Explain stores an explanation in place of one before, with the event.
	Explain(ctx context.Context, partner, difference uuid.UUID, e Explanation, told event.Event) error
}

// Reconciler compares the ledger with what others say.
type Reconciler struct {
	ReconcilerConfig
}

// ReconcilerConfig is what a Reconciler reads. Without Receipts the payments are
// not compared, and the answer says so.
type ReconcilerConfig struct {
	Ledger    Ledger
	Platforms Platforms
	Receipts  Receipts
	Partners  Partners
	Names     Names
	Notes     Notes
	Now       func() time.Time
}

// NewReconciler compares what the config reads.
func NewReconciler(config ReconcilerConfig) *Reconciler { return &Reconciler{config} }

// Errors of reconciliations.
var (
	ErrNoDifference = fault.New(fault.NotFound, "difference_not_found", "There is no such difference.", "Read the reconciliation again: differences that are settled are gone.")
	ErrDays         = fault.New(fault.Malformed, "invalid_days", "These days are not a range.", "Name dates such as 2026-11-01, from before to; to is exclusive.")
)

// ReconcileQuery asks for the local days [From, To); zero is the 35 days up to
// today in the partner's zone.
type ReconcileQuery struct {
	From, To  localday.Day
	Tolerance int64 // micros of each currency; differences of at most this much are none
}

// usualDays are compared unless others are named: a month and its last days.
const usualDays = 35

// Reconcile compares the sides. The errors are ErrDays, money.ErrOverflow and
// those of the ports.
func (s *Reconciler) Reconcile(ctx context.Context, partner uuid.UUID, q ReconcileQuery) (Reconciliation, error) {
	zone, err := s.Partners.Zone(ctx, partner)
	if err != nil {
		return Reconciliation{}, err
	}
	today := localday.Of(s.Now(), zone)
	if q.To == 0 {
		q.To = today + 1
	}
	if q.From == 0 {
		q.From = q.To - usualDays
	}
	if q.From >= q.To {
		return Reconciliation{}, ErrDays.With("%s is not before %s.", q.From, q.To)
	}
	notes, err := s.Notes.Explanations(ctx, partner)
	if err != nil {
		return Reconciliation{}, err
	}
	r := Reconciliation{Partner: partner, From: q.From, To: q.To, Tolerance: q.Tolerance, Connected: s.Receipts != nil}
	c := comparison{}
	if err := s.gather(ctx, &r, c); err != nil {
		return Reconciliation{}, err
	}
	if err := r.judge(c, today, notes); err != nil {
		return Reconciliation{}, err
	}
	names, err := s.Names.Names(ctx, partner)
	for i := range r.Differences {
		r.Differences[i].Name = names[r.Differences[i].Campaign]
	}
	return r, err
}

func (s *Reconciler) gather(ctx context.Context, r *Reconciliation, c comparison) error {
	reported, last, err := s.Platforms.Reported(ctx, r.Partner, r.From, r.To)
	if err != nil {
		return err
	}
	r.LastEntry = last
	for _, d := range reported {
		subject := Subject{Campaign: d.Campaign, Channel: d.Channel, Day: d.Day, Currency: d.Currency}
		if err := c.of(subject).reported.add(d.Amount); err != nil {
			return err
		}
	}
	if s.Receipts != nil {
		receipts, err := s.Receipts.Receipts(ctx, r.Partner, r.From, r.To)
		if err != nil {
			return err
		}
		for _, p := range receipts {
			if err := c.of(Subject{Payment: p.Payment, Day: p.Day, Currency: p.Currency}).reported.add(p.Amount); err != nil {
				return err
			}
		}
	}
	return s.Ledger.Walk(ctx, r.Partner, 0, ledger.Query{}, func(e ledger.Entry) error {
		if e.Seq > last {
			return nil // written after the other side was read
		}
		for i := range e.Lines {
			if l := &e.Lines[i]; l.Day >= r.From && l.Day < r.To {
				if err := c.addLine(l); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (c comparison) addLine(l *ledger.Line) error {
	if l.Cash != 0 {
		if err := c.of(Subject{Payment: cmp.Or(l.Ref, uuid.Max), Day: l.Day, Currency: l.Currency}).ledger.add(l.Cash); err != nil {
			return err
		}
	}
	amount, err := reportedOf(l)
	if err != nil || amount == 0 {
		return err
	}
	return c.of(Subject{Campaign: l.Campaign, Channel: l.Channel, Day: l.Day, Currency: l.Currency}).ledger.add(amount)
}

// explained is the body of billing.difference_explained.
type explained struct {
	Difference money.Money  `json:"difference"`
	Campaign   uuid.UUID    `json:"campaign_id"`
	Day        localday.Day `json:"day"`
	Note       string       `json:"note"`
}

// EventType is the event's name.
func (explained) EventType() string { return "billing.difference_explained" }

// maxNote is how many characters a note may have.
const maxNote = 1000

// Explain says why a difference is as it is; it counts as explained as long as
// its amount stays. The errors are ErrNoDifference, also for another partner's,
// and fault.ErrInvalid for the note.
func (s *Reconciler) Explain(ctx context.Context, by event.Origin, id uuid.UUID, note string, validateOnly bool) (Difference, error) {
	note = strings.TrimSpace(note)
	if n := utf8.RuneCountInString(note); n == 0 || n > maxNote {
		return Difference{}, fault.ErrInvalid.WithFields(fault.Field{Path: "note", Code: "length", Detail: "Say why the sides differ.", Allow: "1 to 1000 characters"})
	}
	r, err := s.Reconcile(ctx, by.Partner, ReconcileQuery{From: 1, To: 1 << 20})
	if err != nil {
		return Difference{}, err
	}
	for _, d := range r.Differences {
		if d.ID != id {
			continue
		}
		now := s.Now().UTC().Truncate(time.Microsecond)
		d.Explained = &Explanation{Difference: d.Amount(), Note: note, By: by.ID, At: now}
		if by.Name != "" {
			d.Explained.By = by.Name
		}
		if validateOnly {
			return d, nil
		}
		var rec event.Recorder
		rec.Record("difference", id, 0, now, by, explained{money.New(d.Amount(), d.Currency), d.Campaign, d.Day, note})
		return d, s.Notes.Explain(ctx, by.Partner, id, *d.Explained, rec.Pull()[0])
	}
	return Difference{}, ErrNoDifference
}
